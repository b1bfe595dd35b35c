import type { Command } from 'commander';
import type { Configuration } from '../app/configuration.ts';
import type { DecisionAnswer } from '../app/portfolio-api.ts';
import { assertConfirmed } from './assert-confirmed.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { personOf } from './person-of.ts';
import { readConfiguration } from './read-configuration.ts';
import { printable } from './table.ts';

const TIMEOUT_MS = 30_000;

interface ConfirmOptions {
  readonly config: string;
  readonly yes?: boolean;
}

/** `trueup targets confirm`: a person's word that a strategy does trade an asset. */
export function registerTargetsConfirm(targets: Command, context: CommandContext): void {
  const command = targets
    .command('confirm')
    .description('Say that a strategy does trade an asset, where nobody has written so.')
    .argument('<strategy>', 'the strategy, by its id in the configuration')
    .argument('<asset>', 'the asset or the group')
    // Given before or after the name of the command, it is the one of "targets" that commander fills.
    .option('--config <file>', 'the configuration')
    .option('--yes', 'do not ask')
    .action((strategy: string, asset: string, _: unknown, self: Command) =>
      confirm({ strategy, asset }, self.optsWithGlobals<ConfirmOptions>(), context),
    );
  withCommonHelp(
    command,
    [
      'trueup targets confirm solBreakout SOL --config trueup.json',
      'trueup targets confirm solBreakout SOL --config trueup.json --yes --json',
    ],
    [
      'A running "trueup run" is asked to keep it; without one, this command takes the book for the moment. Asks no venue.',
      '"trueup targets" shows what needs a confirmation.',
      '',
      'Exit codes: 0 confirmed, 1 failed, turned down or refused, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

interface Token {
  readonly strategy: string;
  readonly asset: string;
}

async function confirm(
  token: Token,
  { config, yes }: ConfirmOptions,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const configuration = await readConfiguration(config, context);
  const { strategy, asset } = token;
  if (!yes) await ask(token, configuration, context);
  const { status, reason } =
    (await askOwnerFor(token, configuration, context)) ?? (await confirmAlone(token, configuration, context));
  if (status === 'refused') throw new CommandFailure('failed', `nothing was confirmed: ${reason}`);
  if (output.isJson) output.document({ strategy, asset, status, reason });
  output.line(printable(reason));
  context.finish(EXIT.done);
}

/** Shows who says so, and asks. */
async function ask(
  { strategy, asset }: Token,
  configuration: Configuration,
  context: CommandContext,
): Promise<void> {
  const { output, person, clock } = context;
  const { readTargets } = await import('../app/targeting/read-targets.ts');
  const onProblem = (problem: string) => output.note(`trueup: ${problem}`);
  const { tokens } = await readTargets(configuration, { nowMs: clock.now(), onProblem });
  const found = tokens.find((each) => each.strategy === strategy && each.asset === asset);
  if (found !== undefined)
    output.note(printable(`${asset} because ${found.evidence}, with a confidence of ${found.confidence}`));
  const question = `Does ${printable(strategy)} trade ${printable(asset)}?`;
  await assertConfirmed(person, { question, word: asset, otherwise: 'nothing was confirmed' });
}

/** Null where nobody owns the book. */
async function askOwnerFor(
  token: Token,
  { database }: Configuration,
  context: CommandContext,
): Promise<DecisionAnswer | null> {
  const { askOwner } = await import('../app/ask-owner.ts');
  const command = { kind: 'confirmToken', body: { ...token, by: personOf(context) } } as const;
  const answer = await askOwner(database, command, { clock: context.clock, timeoutMs: TIMEOUT_MS });
  return answer?.status === 'done' ? (answer.result as DecisionAnswer) : answer;
}

async function confirmAlone(
  token: Token,
  configuration: Configuration,
  context: CommandContext,
): Promise<DecisionAnswer> {
  const { clock, output } = context;
  const { confirmTokenAlone } = await import('../app/targeting/confirm-token-alone.ts');
  const onProblem = (problem: string) => output.note(`trueup: ${problem}`);
  return confirmTokenAlone(configuration, token, { by: personOf(context), clock, onProblem });
}
