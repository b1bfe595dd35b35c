import type { Command } from 'commander';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { printPlan } from './print-plan.ts';
import { readConfiguration } from './read-configuration.ts';
import { exitCodeOf } from './venue-outcome.ts';

/** `trueup plan`: what would bring the portfolio to its targets, and why. */
export function registerPlan(program: Command, context: CommandContext): void {
  const command = program
    .command('plan')
    .description('Read every venue once and show which orders would bring the portfolio to its targets.')
    .option('--config <file>', 'the configuration')
    .option('--portfolio <file>', 'instead: a portfolio that a file describes; no venue is asked')
    .action((options: PlanOptions) => {
      const { config, portfolio } = options;
      if ((config === undefined) === (portfolio === undefined))
        throw new CommandFailure('usage', 'expected --config or --portfolio, one of them');
      return portfolio === undefined ? plan(config ?? '', context) : planFile(portfolio, context);
    });
  withCommonHelp(
    command,
    ['trueup plan --config trueup.json', 'trueup plan --portfolio portfolio.json --json'],
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
}

async function planFile(path: string, { output, finish }: CommandContext): Promise<void> {
  const { planPortfolioFile } = await import('../app/plan-portfolio-file.ts');
  const planned = planPortfolioFile(path);
  if (planned.state === 'refused')
    throw new CommandFailure('usage', 'the portfolio cannot be planned for', planned.problems);
  if (planned.state === 'nothingToPlan') throw new CommandFailure('usage', `no plan: ${planned.reason}`);
  if (output.isJson) output.document(planned.plan);
  else printPlan(planned.plan, output);
  finish(EXIT.done);
}

async function plan(config: string, context: CommandContext): Promise<void> {
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
  if (output.isJson) output.document(made);
  for (const { venue, status, reason } of made.venues)
    output.line(`${output.style.bold(venue)}  ${status}  ${reason}`);
  if (made.plan) printPlan(made.plan, output);
  else output.line(`${output.style.bad('no plan')}: ${made.reason}`);
  const code = exitCodeOf(made.venues.map(({ status }) => status));
  context.finish(made.plan ? EXIT.done : code === EXIT.discrepant ? code : EXIT.inconclusive);
}
