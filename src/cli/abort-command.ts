import type { Command } from 'commander';
import type { DecisionAnswer } from '../app/portfolio-api.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { isConfirmed } from './person.ts';
import { personOf } from './person-of.ts';
import { readConfiguration } from './read-configuration.ts';
import { printable } from './table.ts';

interface AbortOptions {
  readonly config: string;
  readonly reason: string;
  readonly yes?: boolean;
}

const TIMEOUT_MS = 30_000;

/** `trueup abort`: the kill switch of a rebalance under way. */
export function registerAbort(program: Command, context: CommandContext): void {
  const command = program
    .command('abort')
    .description('Stop the rebalance under way: nothing more is sent, what is live is followed to its end.')
    .requiredOption('--config <file>', 'the configuration')
    .option('--reason <text>', 'why, for the audit log', 'asked for')
    .option('--yes', 'do not ask')
    .action((options: AbortOptions) => abort(options, context));
  withCommonHelp(
    command,
    ['trueup abort --config trueup.json --reason "the market is moving" --yes'],
    [
      'Asks the running "trueup run", which answers within a second. Where none runs, nothing is sent either, and a',
      'rebalance that was under way goes on when it starts again. Orders at a venue are not cancelled: they are',
      'immediate-or-cancel, and end by themselves.',
      '',
      'Exit codes: 0 it ends, 1 failed, refused or nothing was under way, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

async function abort({ config, reason, yes }: AbortOptions, context: CommandContext): Promise<void> {
  const { output, person, clock, finish } = context;
  const { database } = await readConfiguration(config, context);
  if (!yes) {
    const confirmed = await isConfirmed(person, 'Abort the rebalance under way?', 'abort');
    if (confirmed === 'nobody')
      throw new CommandFailure('usage', 'expected --yes, or a terminal to ask at; found neither');
    if (!confirmed) throw new CommandFailure('failed', 'nothing was aborted');
  }
  const { askOwner } = await import('../app/ask-owner.ts');
  const command = { kind: 'abortRebalance', body: { reason, by: personOf(context) } } as const;
  const answer = await askOwner(database, command, { clock, timeoutMs: TIMEOUT_MS });
  if (answer === null)
    throw new CommandFailure('failed', `no "trueup run" owns ${database}: nothing is sent while that is so`);
  if (answer.status === 'refused') throw new CommandFailure('failed', `refused: ${answer.reason}`);
  const { reason: said } = answer.result as DecisionAnswer;
  if (output.isJson) output.document({ status: 'done', reason: said });
  output.line(printable(said));
  finish(EXIT.done);
}
