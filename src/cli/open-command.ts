import type { Command } from 'commander';
import type { Configuration } from '../app/configuration.ts';
import type { DecisionAnswer } from '../app/portfolio-api.ts';
import type { Balance } from '../domain/venue/venue.ts';
import { assertConfirmed } from './assert-confirmed.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { openOwned } from './open-owned.ts';
import { personOf } from './person-of.ts';
import { readConfiguration, venueWithId } from './read-configuration.ts';
import { tableLines } from './table.ts';

interface OpenOptions {
  readonly config: string;
  readonly venue: string;
  readonly yes?: boolean;
}

interface Opened {
  readonly status: 'opened' | 'alreadyOpen' | 'inconclusive';
  readonly reason: string;
}

/** `trueup open`: takes what a venue holds into the book, once a person has seen it. */
export function registerOpen(program: Command, context: CommandContext): void {
  const command = program
    .command('open')
    .description('Open a venue: its certified balances become the first of the book, once you say yes.')
    .requiredOption('--config <file>', 'the configuration')
    .requiredOption('--venue <id>', 'the venue, by its id in the configuration')
    .option('--yes', 'do not ask')
    .action((options: OpenOptions) => open(options, context));
  withCommonHelp(
    command,
    [
      'trueup open --config trueup.json --venue coinbase',
      'trueup open --config trueup.json --venue dydx --yes --json',
    ],
    [
      'Two certified snapshots, a quiet window apart, have to agree. A running "trueup run" is asked to do it.',
      '',
      'Exit codes: 0 open, 1 failed or turned down, 2 wrong usage or configuration, 3 no two snapshots agree',
    ].join('\n'),
  );
}

async function open(options: OpenOptions, context: CommandContext): Promise<void> {
  const configuration = await readConfiguration(options.config, context);
  venueWithId(configuration, options.venue);
  const { findOwner } = await import('../app/ask-owner.ts');
  const owner = await findOwner(configuration.database, context.clock.now());
  const opened = await (owner ? openThroughOwner : openAlone)(options, configuration, context);
  if (context.output.isJson) context.output.document({ venue: options.venue, ...opened });
  context.output.line(`${options.venue}: ${opened.reason}`);
  context.finish(opened.status === 'inconclusive' ? EXIT.inconclusive : EXIT.done);
}

async function openThroughOwner(
  options: OpenOptions,
  configuration: Configuration,
  context: CommandContext,
): Promise<Opened> {
  await confirm(options, configuration, context);
  const { askOwner } = await import('../app/ask-owner.ts');
  const body = { venue: options.venue, by: personOf(context) };
  const on = { clock: context.clock, timeoutMs: 30_000 };
  const answer = await askOwner(configuration.database, { kind: 'openVenue', body }, on);
  if (answer === null) throw new CommandFailure('failed', 'the owner of the book has ended: open it again');
  const { status } = answer;
  return outcomeOf(status === 'done' ? { status, reason: 'opened' } : answer);
}

async function openAlone(
  options: OpenOptions,
  configuration: Configuration,
  context: CommandContext,
): Promise<Opened> {
  const { venue } = options;
  const portfolio = await openOwned(configuration, context);
  try {
    const [report] = await portfolio.reports(venue);
    const { venues } = await portfolio.status();
    const opening = venues.find((each) => each.venue === venue)?.opening ?? 'unopened';
    if (opening !== 'unopened') return { status: 'alreadyOpen', reason: 'open' };
    if (report?.unknown) {
      const { reason, detail } = report.unknown;
      return { status: 'inconclusive', reason: `no certified snapshot, ${reason}: ${detail}` };
    }
    await confirm(options, configuration, context);
    return outcomeOf(await portfolio.decide({ kind: 'openVenue', venue }, personOf(context)));
  } finally {
    await portfolio.close();
  }
}

async function confirm(
  { venue, yes }: OpenOptions,
  { database }: Configuration,
  { output, person }: CommandContext,
): Promise<void> {
  if (yes) return;
  const balances = await newestBalances(database, venue);
  const rows = balances.map(({ asset, symbol, total, hold }) => [symbol ?? asset, total, hold]);
  output.note(`${venue} holds`);
  const columns = [
    { title: 'Asset' },
    { title: 'Total', align: 'right' },
    { title: 'Hold', align: 'right' },
  ] as const;
  for (const line of tableLines(columns, rows)) output.note(`  ${line}`);
  const question = `Open ${venue} with this?`;
  await assertConfirmed(person, { question, word: venue, otherwise: `${venue} was not opened` });
}

/** As the owner of the book last read them. */
async function newestBalances(path: string, venue: string): Promise<readonly Balance[]> {
  const { openDatabaseReadOnly } = await import('../../db/database.ts');
  const { readNewestSnapshots } = await import('../../db/snapshot-repository.ts');
  const database = await openDatabaseReadOnly(path);
  try {
    const [snapshot] = await readNewestSnapshots(database.db, venue, 1);
    return snapshot?.observation.value.balances ?? [];
  } finally {
    await database.close();
  }
}

function outcomeOf({ status, reason }: DecisionAnswer): Opened {
  if (status === 'done') return { status: 'opened', reason };
  if (reason.endsWith('is open already')) return { status: 'alreadyOpen', reason: 'open' };
  if (reason.startsWith('no two certified reads')) return { status: 'inconclusive', reason };
  throw new CommandFailure('failed', reason);
}
