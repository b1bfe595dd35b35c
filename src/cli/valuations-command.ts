import { type Command, Option } from 'commander';
import type { Tier } from '../domain/valuation/retention.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { momentOf } from './history-span.ts';
import { registerBackfill } from './valuations-backfill-command.ts';

type Every = 'day' | 'hour' | 'all';

interface ValuationsOptions extends BookOptions {
  readonly at?: string;
  readonly from?: string;
  readonly to?: string;
  readonly every: Every;
  readonly parts?: boolean;
}

const TIERS: Readonly<Record<Every, readonly Tier[] | null>> = {
  day: ['daily'],
  hour: ['hourly', 'daily'],
  all: null,
};
/** More than ten years of days and a year of hours; a month of all of them. */
const LISTED_MAX = 20_000;
const DEFAULT_SPAN_MS = 30 * 86_400_000;

/** `trueup valuations`: what the portfolio was worth, and what of, at a time or over a span. */
export function registerValuations(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('valuations')
      .description('Show what the portfolio was worth: each holding, its price and where that is from.'),
  )
    .option('--at <time>', 'one in full: the newest at a time or before it; "now" for the newest')
    .option(
      '--from <time>',
      'from then on: 2026-01-31T12:00:00Z, or a span such as 24h or 7d; 30 days without',
    )
    .option('--to <time>', 'up to then')
    .addOption(
      new Option('--every <span>', 'the first of each day or hour, or all with those before flows')
        .choices(['day', 'hour', 'all'])
        .default('day'),
    )
    .option('--parts', 'with --json: of a span too, what each consists of')
    .action((options: ValuationsOptions) => valuations(options, context));
  withCommonHelp(
    command,
    [
      'trueup valuations --config trueup.json',
      'trueup valuations --database trueup.sqlite --at 2026-01-31T12:00:00Z',
      'trueup valuations --database trueup.sqlite --from 365d --every day --parts --json',
    ],
    [
      'Reads beside a running "trueup run" and writes nothing. What has no price is named with its quantity and in no',
      'value. docs/VALUATIONS.md says when they are taken, how long they are kept, and how they are backfilled.',
      '',
      'Exit codes: 0 told, 1 failed, 2 wrong usage or configuration',
    ].join('\n'),
  );
  registerBackfill(command, context);
}

async function valuations(options: ValuationsOptions, context: CommandContext): Promise<void> {
  const { at, from, to, parts } = options;
  if (at !== undefined && (from !== undefined || to !== undefined))
    throw new CommandFailure('usage', 'expected --at, or --from and --to; found both');
  if (parts && !context.output.isJson)
    throw new CommandFailure('usage', '--parts: expected --json, found none; --at shows the parts of one');
  const nowMs = context.clock.now();
  if (at !== undefined) return tellOne(at === 'now' ? nowMs : momentOf('--at', at, nowMs), options, context);
  const toMs = to === undefined ? nowMs : momentOf('--to', to, nowMs);
  const span = {
    fromMs: from === undefined ? toMs - DEFAULT_SPAN_MS : momentOf('--from', from, nowMs),
    toMs,
    tiers: TIERS[options.every],
    limit: LISTED_MAX + 1,
  };
  if (span.fromMs > span.toMs)
    throw new CommandFailure('usage', `--from: expected a time before --to, found ${from}`);
  const { readValuations, readValuationTotals } = await import('../../db/valuation-repository.ts');
  const { totalDocument, valuationDocument } = await import('../app/valuations/valuation-document.ts');
  const { output } = context;
  const found = await withExistingBook(options, context, async ({ path, db }) => ({
    database: path,
    valuations: parts
      ? (await readValuations(db, span)).map(valuationDocument)
      : (await readValuationTotals(db, span)).map(totalDocument),
  }));
  if (found.valuations.length > LISTED_MAX)
    throw new CommandFailure(
      'usage',
      `expected at most ${LISTED_MAX} valuations, found more: name a shorter span, or --every day`,
    );
  if (output.isJson) output.document(found);
  else if (found.valuations.length === 0)
    output.line(
      `no valuations from ${isoOf(span.fromMs)} to ${isoOf(span.toMs)}; "--at now" shows the newest`,
    );
  else (await import('./print-valuations.ts')).printTotals(found.valuations, output);
  context.finish(EXIT.done);
}

async function tellOne(atMs: number, options: ValuationsOptions, context: CommandContext): Promise<void> {
  const { findValuationAt } = await import('../../db/valuation-repository.ts');
  const { valuationDocument } = await import('../app/valuations/valuation-document.ts');
  const { path, found } = await withExistingBook(options, context, async (book) => ({
    path: book.path,
    found: await findValuationAt(book.db, atMs),
  }));
  const { output } = context;
  const valuation = found === null ? null : valuationDocument(found);
  if (output.isJson) output.document({ database: path, valuation });
  else if (valuation === null) output.line('no valuation is so old');
  else (await import('./print-valuations.ts')).printValuation(valuation, output);
  context.finish(EXIT.done);
}

const isoOf = (atMs: number): string => new Date(atMs).toISOString();
