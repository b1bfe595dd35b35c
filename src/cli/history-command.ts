import type { Command } from 'commander';
import { csvLine } from '../../db/csv-line.ts';
import type { HistoryEntry } from '../app/history-entry.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { sinceMsOf } from './history-span.ts';
import type { Output } from './output.ts';
import { printable } from './table.ts';

interface HistoryOptions extends BookOptions {
  readonly since?: string;
  readonly limit: string;
  readonly csv?: boolean;
}

const LIMIT_DEFAULT = '100';
const LIMIT_MAX = 10_000;

/** `trueup history`: what happened to the book, from the database alone. */
export function registerHistory(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('history')
      .description(
        'Tell what happened: openings, changes of status, discrepancies, decisions, gates, plans, notes.',
      ),
  )
    .option('--venue <id>', 'only of this venue, and what concerns every venue')
    .option('--since <time>', 'only from then on: 2026-01-31T12:00:00Z, or a span such as 24h or 7d')
    .option('--limit <count>', `the newest that are told, at most ${LIMIT_MAX}`, LIMIT_DEFAULT)
    .option('--csv', 'a table for a spreadsheet')
    .action((options: HistoryOptions) => history(options, context));
  withCommonHelp(
    command,
    [
      'trueup history --config trueup.json --since 24h',
      'trueup history --database trueup.sqlite --venue coinbase --limit 1000 --csv > history.csv',
    ],
    [
      'Oldest first. Reads beside a running "trueup run" and writes nothing; all of it, hashes included, is what',
      '"trueup audit export" writes.',
      '',
      'Exit codes: 0 told, 1 failed, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

async function history(options: HistoryOptions, context: CommandContext): Promise<void> {
  const { output, clock } = context;
  if (options.csv && output.isJson) throw new CommandFailure('usage', 'expected --csv or --json, found both');
  const request = {
    venue: options.venue ?? null,
    sinceMs: options.since === undefined ? null : sinceMsOf(options.since, clock.now()),
    limit: limitOf(options.limit),
  };
  const { readHistory } = await import('../app/read-history.ts');
  const { path, entries } = await withExistingBook(options, context, async (book) => ({
    path: book.path,
    entries: await readHistory(book.db, request),
  }));
  if (output.isJson) output.document({ database: path, entries });
  else if (options.csv) printCsv(entries, output);
  else print(entries, output);
  context.finish(EXIT.done);
}

function limitOf(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  const expected = `a whole number from 1 to ${LIMIT_MAX}`;
  throw new CommandFailure('usage', `--limit: expected ${expected}, found ${JSON.stringify(text)}`);
}

function print(entries: readonly HistoryEntry[], output: Output): void {
  if (entries.length === 0) output.line('nothing has happened');
  for (const { atMs, kind, venue, asset, id, by, text } of entries) {
    const where = [venue, asset, id?.slice(0, 8)].filter((part) => part).join(' ');
    output.line(
      `${timeText(atMs)}  ${output.style.bold(kind)}  ${inLine(where)}  ${inLine(text)}  ${output.style.dim(inLine(by))}`,
    );
  }
}

function printCsv(entries: readonly HistoryEntry[], output: Output): void {
  output.line(csvLine(['at', 'atMs', 'kind', 'venue', 'asset', 'id', 'by', 'text', 'sequence']));
  for (const { atMs, kind, venue, asset, id, by, text, sequence } of entries)
    output.line(
      csvLine([timeText(atMs), atMs, kind, ...[venue, asset, id, by, text].map(inLineOrNull), sequence]),
    );
}

const timeText = (atMs: number): string => new Date(atMs).toISOString();
/** A note may have several lines; here it has one. */
const inLine = (text: string): string => printable(text.trim().replaceAll(/\s+/g, ' '));
const inLineOrNull = (text: string | null): string | null => (text === null ? null : inLine(text));
