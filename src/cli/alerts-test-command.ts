import type { Command } from 'commander';
import type { TestedChannel } from '../app/alerts/test-channels.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { personOf } from './person-of.ts';
import { readConfiguration } from './read-configuration.ts';
import { printable } from './table.ts';

interface TestOptions {
  readonly config?: string;
  readonly channel?: string;
}

/** `trueup alerts test`: whether a message arrives. */
export function registerAlertsTest(alerts: Command, context: CommandContext): void {
  const command = alerts
    .command('test')
    .description('Send a test message by every channel, or by one, and say what became of it.')
    // Given before or after the name of the command, it is the one of "alerts" that commander fills.
    .option('--config <file>', 'the configuration')
    .option('--channel <name>', 'only by this channel')
    .action((_: unknown, self: Command) => send(self.optsWithGlobals<TestOptions>(), context));
  withCommonHelp(
    command,
    [
      'trueup alerts test --config trueup.json',
      'trueup alerts test --config trueup.json --channel phone --json',
    ],
    [
      'Each message is sent once, beside a running "trueup run" or without one. Opens no database and asks no venue.',
      '',
      'Exit codes: 0 every message arrived, 1 one did not, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

async function send({ config, channel }: TestOptions, context: CommandContext): Promise<void> {
  const { output, clock, finish } = context;
  if (config === undefined) throw new CommandFailure('usage', 'expected --config, found nothing');
  const { channels } = (await readConfiguration(config, context)).alerts;
  const chosen = channel === undefined ? channels : channels.filter(({ name }) => name === channel);
  if (chosen.length === 0) {
    const known = channels.map(({ name }) => JSON.stringify(name)).join(', ');
    const expected = known === '' ? 'a channel in alerts.channels' : known;
    const found = channel === undefined ? 'none' : JSON.stringify(channel);
    throw new CommandFailure('usage', `--channel: expected ${expected}, found ${found}`);
  }
  const { testChannels } = await import('../app/alerts/test-channels.ts');
  const names = new Set(chosen.map(({ name }) => name));
  const tested: readonly TestedChannel[] = await testChannels(channels, names, {
    clock,
    by: personOf(context),
  });
  if (output.isJson) output.document({ channels: tested });
  for (const { channel: name, kind, state, problem, tookMs } of tested)
    output.line(
      state === 'delivered'
        ? output.style.good(`${printable(name)}  ${kind}  delivered in ${tookMs} ms`)
        : output.style.bad(`${printable(name)}  ${kind}  failed: ${printable(problem)}`),
    );
  finish(tested.every(({ state }) => state === 'delivered') ? EXIT.done : EXIT.failed);
}
