import type { Command } from 'commander';
import type { Configuration } from '../app/configuration.ts';
import type { RequestedRebalance } from '../app/portfolio-api.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { personOf } from './person-of.ts';
import { tellPlan } from './plan-command.ts';
import { readConfiguration } from './read-configuration.ts';

interface RebalanceOptions {
  readonly config: string;
  readonly live?: boolean;
  readonly reason: string;
  readonly yes?: boolean;
}

/** Venues are read before a plan is made, and each may take its time. */
const TIMEOUT_MS = 300_000;
const REASON_LENGTH_MAX = 1_000;

/** `trueup rebalance`: shows what would be traded; with --live, has the running service do it. */
export function registerRebalance(program: Command, context: CommandContext): void {
  const command = program
    .command('rebalance')
    .description('Show which orders would bring the portfolio to its targets; with --live, have them sent.')
    .requiredOption('--config <file>', 'the configuration')
    .option('--live', 'have the running service plan anew, show it, ask, and send it')
    .option('--reason <text>', 'why, for the history', 'asked for')
    .option('--yes', 'with --live: do not ask')
    .action((options: RebalanceOptions) => rebalance(options, context));
  withCommonHelp(
    command,
    [
      'trueup rebalance --config trueup.json',
      'trueup rebalance --config trueup.json --live --reason "new targets"',
    ],
    [
      'Without --live it is "trueup plan": nothing is written and no order is sent. With it, a running',
      '"trueup run --mode live" makes the plan, and carries it out once its id is typed; turned down, it is dropped.',
      '"trueup rebalances" tells what becomes of it.',
      '',
      'Exit codes: 0 planned, or approved, 1 failed or turned down, 2 wrong usage or configuration, 3 no plan can be made,',
      '4 discrepancies found',
    ].join('\n'),
  );
}

async function rebalance(options: RebalanceOptions, context: CommandContext): Promise<void> {
  const { config, live, reason, yes } = options;
  if (yes && !live) throw new CommandFailure('usage', '--yes: expected --live, found none');
  if (!live) return tellPlan(config, null, context);
  if (reason === '' || reason.length > REASON_LENGTH_MAX)
    throw new CommandFailure(
      'usage',
      `--reason: expected 1 to ${REASON_LENGTH_MAX} characters, found ${reason.length}`,
    );
  const configuration = await readConfiguration(config, context);
  const requested = await request(reason, configuration, context);
  const { output } = context;
  if (requested.outcome !== 'waiting') {
    if (output.isJson) output.document({ live: true, ...requested });
    const what = requested.outcome === 'planned' ? 'nothing is sent' : 'no plan';
    output.line(`${output.style.bad(what)}: ${requested.reason}`);
    context.finish(requested.outcome === 'planned' ? EXIT.done : EXIT.inconclusive);
    return;
  }
  await decide(requested.plan.hash, { configuration, config, isAsked: !yes }, context);
}

async function request(
  reason: string,
  { database }: Configuration,
  context: CommandContext,
): Promise<RequestedRebalance> {
  const { askOwner } = await import('../app/ask-owner.ts');
  const command = { kind: 'rebalance', body: { reason, by: personOf(context) } } as const;
  const answer = await askOwner(database, command, { clock: context.clock, timeoutMs: TIMEOUT_MS });
  if (answer === null)
    throw new CommandFailure(
      'failed',
      `no "trueup run" owns ${database}: expected one in live mode, which carries it out`,
    );
  if (answer.status === 'refused') throw new CommandFailure('failed', `the owner refused: ${answer.reason}`);
  return answer.result as RequestedRebalance;
}

/** Nobody else is kept waiting by a plan that was turned down. */
async function decide(
  planHash: string,
  asked: { readonly configuration: Configuration; readonly config: string; readonly isAsked: boolean },
  context: CommandContext,
): Promise<void> {
  const { configuration, config, isAsked } = asked;
  const { confirmPlan, decidePlan, tellPlanDecision } = await import('./decide-plan.ts');
  const { findRebalance } = await import('../app/rebalancing/list-rebalances.ts');
  const found = await withExistingBook({ config }, context, ({ db }) => findRebalance(db, planHash));
  if (found.state !== 'found') throw new Error(`a plan that waits is in the history: ${planHash}`);
  try {
    if (isAsked) await confirmPlan('approve', found.rebalance, context);
  } catch (error) {
    if (error instanceof CommandFailure) await tellPlanDecision('reject', planHash, configuration, context);
    throw error;
  }
  await decidePlan('approve', found.rebalance, { configuration, isAsked: false }, context);
}
