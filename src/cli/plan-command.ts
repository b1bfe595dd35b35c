import type { Command } from 'commander';
import type { PlanBesideOwner } from '../app/plan-beside-owner.ts';
import type { Plan } from '../domain/rebalancing/plan.ts';
import type { PlanInput } from '../domain/rebalancing/plan-input.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { readConfiguration } from './read-configuration.ts';
import { exitCodeOf } from './venue-outcome.ts';

/** `trueup plan`: what would bring the portfolio to its targets, and why. */
export function registerPlan(program: Command, context: CommandContext): void {
  const command = program
    .command('plan')
    .description('Read every venue once and show which orders would bring the portfolio to its targets.')
    .option('--config <file>', 'the configuration')
    .option('--portfolio <file>', 'instead: a portfolio that a file describes; no venue is asked')
    .option('--why <asset>', 'only what the plan says of one asset, and why')
    .action((options: PlanOptions) => {
      const { config, portfolio, why } = options;
      if ((config === undefined) === (portfolio === undefined))
        throw new CommandFailure('usage', 'expected --config or --portfolio, one of them');
      return portfolio === undefined
        ? tellPlan(config ?? '', why ?? null, context)
        : planFile(portfolio, why ?? null, context);
    });
  withCommonHelp(
    command,
    [
      'trueup plan --config trueup.json',
      'trueup plan --config trueup.json --why BTC',
      'trueup plan --portfolio portfolio.json --json',
    ],
    [
      'Reads beside a running "trueup run". Writes nothing and sends no order. docs/OPERATING.md has the shape of the file.',
      '',
      'Exit codes: 0 planned, 1 failed, 2 wrong usage or configuration, 3 no plan can be made, 4 discrepancies found',
    ].join('\n'),
  );
}

interface PlanOptions {
  readonly config?: string;
  readonly portfolio?: string;
  readonly why?: string;
}

async function planFile(path: string, why: string | null, { output, finish }: CommandContext): Promise<void> {
  const { planPortfolioFile } = await import('../app/plan-portfolio-file.ts');
  const planned = planPortfolioFile(path);
  if (planned.state === 'refused')
    throw new CommandFailure('usage', 'the portfolio cannot be planned for', planned.problems);
  if (planned.state === 'nothingToPlan') throw new CommandFailure('usage', `no plan: ${planned.reason}`);
  if (why !== null) await tellWhy(planned, why, output);
  else if (output.isJson) output.document(planned.plan);
  else (await import('./print-plan.ts')).printPlan(planned.plan, output);
  finish(EXIT.done);
}

async function tellWhy(
  {
    plan: made,
    groups,
    targeting = null,
  }: {
    readonly plan: Plan;
    readonly groups: PlanInput['groups'];
    readonly targeting?: PlanBesideOwner['targeting'];
  },
  asset: string,
  output: CommandContext['output'],
): Promise<void> {
  const { explainAsset } = await import('../domain/rebalancing/explain-asset.ts');
  const explained = explainAsset(made, groups, asset);
  if (explained.state === 'unknownAsset')
    throw new CommandFailure(
      'usage',
      `--why: expected one of ${explained.known.join(', ')}, found ${asset.slice(0, 64)}`,
    );
  const { explanation } = explained;
  if (output.isJson) output.document(targeting === null ? explanation : { ...explanation, targeting });
  else {
    (await import('./print-plan.ts')).printAsset(explanation, output);
    if (targeting !== null)
      (await import('./print-targeting.ts')).printTargetOf(targeting, explanation, output);
  }
}

/** The plan for what the venues say now, beside whoever owns the book; null for all of it, or one asset. */
export async function tellPlan(config: string, why: string | null, context: CommandContext): Promise<void> {
  const { output, clock } = context;
  const configuration = await readConfiguration(config, context);
  const { planBesideOwner } = await import('../app/plan-beside-owner.ts');
  const onProblem = (problem: string) => output.note(`trueup: ${problem}`);
  const made = await planBesideOwner(configuration, { clock, onProblem }).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'KeyRefusedError')
      throw new CommandFailure('configuration', error.message, [], { cause: error });
    if ((error as { code?: unknown }).code !== 'SQLITE_CANTOPEN') throw error;
    const message = `there is no book at ${configuration.database}: "trueup open" makes one`;
    throw new CommandFailure('failed', message, [], { cause: error });
  });
  const { plan: found, groups } = made;
  if (why !== null && found !== null)
    await tellWhy({ plan: found, groups, targeting: made.targeting }, why, output);
  else await tellAll(made, output);
  const code = exitCodeOf(made.venues.map(({ status }) => status));
  context.finish(made.plan ? EXIT.done : code === EXIT.discrepant ? code : EXIT.inconclusive);
}

async function tellAll(
  { groups: _groups, ...made }: PlanBesideOwner,
  output: CommandContext['output'],
): Promise<void> {
  if (output.isJson) output.document(made);
  for (const { venue, status, reason } of made.venues)
    output.line(`${output.style.bold(venue)}  ${status}  ${reason}`);
  if (made.plan) {
    (await import('./print-plan.ts')).printPlan(made.plan, output);
    if (made.targeting) (await import('./print-targeting.ts')).printTargeting(made.targeting, output);
  } else output.line(`${output.style.bad('no plan')}: ${made.reason}`);
}
