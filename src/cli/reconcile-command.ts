import type { Command } from 'commander';
import type { Configuration } from '../app/configuration.ts';
import type { VenueReport } from '../app/portfolio-api.ts';
import { RECONCILIATION_SETTINGS } from '../app/reconciliation-settings.ts';
import { worstStatus } from '../domain/reconciliation/report-status.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { openOwned, settledReports } from './open-owned.ts';
import { readConfiguration, venueWithId } from './read-configuration.ts';
import { reconciliationFlagsOf, withReconciliationFlags } from './reconciliation-flags.ts';
import { exitCodeOf, printReports, reportDocument } from './venue-outcome.ts';

interface ReconcileOptions {
  readonly config: string;
  readonly venue?: string;
}

/** `trueup reconcile`: compares venues with the book once, in the process that owns the book. */
export function registerReconcile(program: Command, context: CommandContext): void {
  const command = program
    .command('reconcile')
    .description(
      'Compare one venue or all with the book, explain what differs, correct what the policy allows.',
    )
    .requiredOption('--config <file>', 'the configuration')
    .option('--venue <id>', 'only this venue, by its id in the configuration')
    .action((options: ReconcileOptions) => reconcile(options, context));
  withReconciliationFlags(command);
  withCommonHelp(
    command,
    [
      'trueup reconcile --config trueup.json',
      'trueup reconcile --config trueup.json --venue coinbase --json',
      'trueup reconcile --config trueup.json --threshold-usd 25',
    ],
    [
      'A running "trueup run" is asked to do it, under its own settings; without one, this command takes the book for',
      'as long as it runs.',
      'Sends no order.',
      '',
      'Exit codes: 0 reconciled, 1 failed, 2 wrong usage or configuration, 3 inconclusive, 4 discrepancies found',
    ].join('\n'),
  );
}

async function reconcile(options: ReconcileOptions, context: CommandContext): Promise<void> {
  const { config, venue } = options;
  const flags = reconciliationFlagsOf(options);
  const configuration = await readConfiguration(config, context, flags);
  if (venue !== undefined) venueWithId(configuration, venue);
  await refuseForOwner(Object.keys(flags), configuration, context);
  const reports =
    (await askForReports(configuration, venue, context)) ??
    (await reconcileAlone(configuration, venue, context));
  const statuses = reports.map(({ status }) => status);
  const status = statuses.length === 0 ? 'reconciled' : worstStatus(statuses);
  if (context.output.isJson) context.output.document({ status, venues: reports.map(reportDocument) });
  printReports(reports, context.output);
  for (const { venue: id, status: found, unknown } of reports)
    if (found === 'inconclusive' && unknown === null)
      context.output.line(`${id} is not opened yet: trueup open --config ${config} --venue ${id}`);
  context.finish(exitCodeOf(statuses.length === 0 ? ['reconciled'] : statuses));
}

/** An owner that runs reconciles under its own settings: a flag that changed nothing would mislead. */
async function refuseForOwner(
  keys: readonly string[],
  { database }: Configuration,
  { clock }: CommandContext,
): Promise<void> {
  const given = RECONCILIATION_SETTINGS.filter(({ key }) => keys.includes(key)).map(({ flag }) => flag);
  if (given.length === 0) return;
  const { findOwner } = await import('../app/ask-owner.ts');
  const owner = await findOwner(database, clock.now());
  if (!owner) return;
  const found = `process ${owner.processId}, which reconciles under its own settings`;
  throw new CommandFailure('usage', `${given.join(', ')}: expected no owner of the book, found ${found}`);
}

/** Null where nobody owns the book. */
async function askForReports(
  { database, reconciliation }: Configuration,
  venue: string | undefined,
  { clock }: CommandContext,
): Promise<readonly VenueReport[] | null> {
  const { askOwner } = await import('../app/ask-owner.ts');
  // Several reads with quiet windows between them, and the owner's turn.
  const timeoutMs = 6 * (reconciliation.timeoutMs + reconciliation.quietWindowMs) + 10_000;
  const answer = await askOwner(
    database,
    { kind: 'reconcile', body: { venue: venue ?? null } },
    { clock, timeoutMs },
  );
  if (answer === null) return null;
  if (answer.status === 'refused')
    throw new CommandFailure('failed', `the owner of the book refused: ${answer.reason}`);
  return answer.result as readonly VenueReport[];
}

async function reconcileAlone(
  configuration: Configuration,
  venue: string | undefined,
  context: CommandContext,
): Promise<readonly VenueReport[]> {
  const portfolio = await openOwned(configuration, context);
  try {
    return await settledReports(portfolio, venue);
  } finally {
    await portfolio.close();
  }
}
