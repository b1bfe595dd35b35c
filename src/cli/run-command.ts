import type { Command } from 'commander';
import type { Configuration, MetricsConfiguration } from '../app/configuration.ts';
import { METRICS_HOST, PORT_MAX } from '../app/metrics/metrics-address.ts';
import type { Portfolio, VenueReport } from '../app/portfolio-api.ts';
import type { Plan } from '../domain/rebalancing/plan.ts';
import { assertConfirmed } from './assert-confirmed.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { openOwned, settledReports } from './open-owned.ts';
import { readConfiguration } from './read-configuration.ts';
import { reconciliationFlagsOf, withReconciliationFlags } from './reconciliation-flags.ts';
import { tellProgress } from './tell-progress.ts';
import { exitCodeOf, printReports, reportDocument } from './venue-outcome.ts';

interface RunFlags {
  readonly config: string;
  readonly mode: string;
  readonly once?: boolean;
  readonly yes?: boolean;
  readonly journal?: string;
  readonly metricsPort?: string;
}

/** `trueup run`: the service, by itself rather than inside a bot. */
export function registerRun(program: Command, context: CommandContext): void {
  const command = program
    .command('run')
    .description('Run the service: reconcile on schedule, correct by policy, do what other commands ask.')
    .requiredOption('--config <file>', 'the configuration')
    .option('--mode <mode>', 'paper sends no order; live may', 'paper')
    .option('--once', 'end after one report of every venue, and a plan where targets are set')
    .option('--yes', 'live: do not ask')
    .option('--journal <file>', 'record everything that enters and leaves; an existing file is overwritten')
    .option('--metrics-port <port>', 'serve metrics there, instead of metrics.port; 0 takes any that is free')
    .action((flags: RunFlags) => run(flags, context));
  withReconciliationFlags(command);
  withCommonHelp(
    command,
    [
      'trueup run --config trueup.json',
      'trueup run --config trueup.json --once --json',
      'trueup run --config trueup.json --mode live',
      'trueup run --config trueup.json --interval-seconds 60 --metrics-port 9464',
    ],
    [
      'Ctrl-C ends it: orders on their way get their answer, everything else is left for the next start.',
      '',
      'Exit codes: 0 done, 1 failed, 2 wrong usage or configuration; with --once also 3 inconclusive, 4 discrepancies found',
    ].join('\n'),
  );
}

async function run(flags: RunFlags, context: CommandContext): Promise<void> {
  const mode = modeOf(flags.mode);
  const configuration = await readConfiguration(flags.config, context, reconciliationFlagsOf(flags));
  const metrics = metricsOf(flags.metricsPort, configuration);
  if (mode === 'live' && !flags.yes) await confirmLive(configuration, context);
  const journal = flags.journal === undefined ? {} : { journal: flags.journal };
  const portfolio = await openOwned(configuration, context, { mode, metrics, ...journal });
  if (portfolio.metricsUrl !== null) context.output.note(`metrics at ${portfolio.metricsUrl}`);
  try {
    if (flags.once) return await runOnce(portfolio, configuration, mode, context);
    await runUntilStopped(portfolio, mode, context);
  } finally {
    await portfolio.close();
  }
}

function modeOf(mode: string): 'paper' | 'live' {
  if (mode === 'paper' || mode === 'live') return mode;
  throw new CommandFailure('usage', `--mode: expected "paper" or "live", found ${JSON.stringify(mode)}`);
}

function metricsOf(port: string | undefined, { metrics }: Configuration): MetricsConfiguration | null {
  if (port === undefined) return metrics;
  if (!/^\d{1,5}$/.test(port) || Number(port) > PORT_MAX) {
    const expected = `a whole number between 0 and ${PORT_MAX}`;
    throw new CommandFailure('usage', `--metrics-port: expected ${expected}, found ${JSON.stringify(port)}`);
  }
  return { host: metrics?.host ?? METRICS_HOST, port: Number(port) };
}

async function confirmLive({ venues }: Configuration, { person }: CommandContext): Promise<void> {
  const names = venues.map(({ id }) => id).join(', ');
  const left = venues.filter((venue) => venue.kind === 'solana' && venue.transfersTo.length > 0);
  const transfers = left.length === 0 ? '' : ` Transfers may leave ${left.map(({ id }) => id).join(', ')}.`;
  const question = `Live mode may send orders to ${names}.${transfers}`;
  const otherwise = 'live mode was not confirmed: nothing was started';
  await assertConfirmed(person, { question, word: 'live', otherwise, about: '--mode live' });
}

async function runOnce(
  portfolio: Portfolio,
  configuration: Configuration,
  mode: string,
  { output, finish }: CommandContext,
): Promise<void> {
  const reports = await settledReports(portfolio, undefined);
  const { hasTargets } = await import('../app/targeting/has-targets.ts');
  const made = hasTargets(configuration) ? await planOf(portfolio) : null;
  if (output.isJson) output.document({ mode, venues: reports.map(reportDocument), ...made });
  await print(reports, made, output);
  const statuses = reports.map(({ status }) => status);
  const code = statuses.length === 0 ? EXIT.done : exitCodeOf(statuses);
  finish(code === EXIT.done && made !== null && made.plan === null ? EXIT.inconclusive : code);
}

interface MadePlan {
  readonly plan: Plan | null;
  /** Why there is no plan. */
  readonly planRefusal: string | null;
}

async function planOf(portfolio: Portfolio): Promise<MadePlan> {
  try {
    return { plan: await portfolio.plan(), planRefusal: null };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'RebalancingRefusedError') throw error;
    return { plan: null, planRefusal: error.message };
  }
}

async function print(
  reports: readonly VenueReport[],
  made: MadePlan | null,
  output: CommandContext['output'],
): Promise<void> {
  printReports(reports, output);
  if (made?.plan) (await import('./print-plan.ts')).printPlan(made.plan, output);
  else if (made) output.line(`${output.style.bad('no plan')}: ${made.planRefusal}`);
}

async function runUntilStopped(portfolio: Portfolio, mode: string, context: CommandContext): Promise<void> {
  const { output, person } = context;
  tellProgress(portfolio, output);
  output.note(`running in ${mode} mode; Ctrl-C ends it and loses nothing`);
  let offStop = (): void => {};
  const stopped = new Promise<null>((resolve) => {
    offStop = person.onStop(() => resolve(null));
  });
  const ended = await Promise.race([stopped, portfolio.ended]);
  offStop();
  if (ended) throw new CommandFailure('failed', `the service has ended: ${ended.reason}`);
  output.note('ending: orders on their way get their answer');
  await portfolio.close();
  if (output.isJson) output.document({ mode, ended: 'stopped' });
  context.finish(EXIT.done);
}
