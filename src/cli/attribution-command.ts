import { type Command, Option } from 'commander';
import { GROUPINGS, type Grouping } from '../domain/attribution/grouping.ts';
import type { Tier } from '../domain/valuation/retention.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { momentOf } from './history-span.ts';
import { readConfiguration } from './read-configuration.ts';

type Every = 'day' | 'hour' | 'all';

const TIERS: Readonly<Record<Every, readonly Tier[] | null>> = {
  day: ['daily'],
  hour: ['hourly', 'daily'],
  all: null,
};

/** `trueup attribution`: whose return it was, and what rebalancing was worth and has cost. */
export function registerAttribution(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('attribution')
      .description(
        'Take a return apart: by strategy, asset or venue, with fees, slippage, funding and cash; linked over periods.',
      ),
  )
    .option(
      '--input <file>',
      'instead of a book: values, flows, trades and payments of periods; or weights and returns',
    )
    .addOption(new Option('--by <grouping>', 'whose return it was').choices(GROUPINGS).default('asset'))
    .option(
      '--from <time>',
      'of a book: from then on, a time or a span such as 90d; from the first valuation without',
    )
    .option('--to <time>', 'of a book: up to then')
    .addOption(
      new Option(
        '--every <span>',
        'of a book: periods of a day or an hour, or between all valuations; day without',
      ).choices(['day', 'hour', 'all']),
    )
    .action((options: AttributionOptions) => attribution(options, context));
  withCommonHelp(
    command,
    [
      'trueup attribution --config trueup.json --from 90d',
      'trueup attribution --database trueup.sqlite --by venue --every hour --json',
      'trueup attribution --input periods.json --by strategy --json',
    ],
    [
      'Reads a book beside a running "trueup run". Asks no venue and writes nothing. Contributions sum to the return;',
      'what cannot be told, such as the return of a period that had nothing to earn it, is null with the reason.',
      'docs/ATTRIBUTION.md has the file. A book needs two valuations: "trueup valuations backfill" makes those of the past.',
      '',
      'Exit codes: 0 done, 1 failed, 2 wrong usage, input or configuration, 3 too few valuations',
    ].join('\n'),
  );
}

interface AttributionOptions extends BookOptions {
  readonly input?: string;
  readonly by: Grouping;
  readonly from?: string;
  readonly to?: string;
  readonly every?: Every;
}

async function attribution(options: AttributionOptions, context: CommandContext): Promise<void> {
  const { input, by, config, database, from, to, every } = options;
  if (input === undefined) return bookAttribution(options, context);
  if ((config ?? database) !== undefined)
    throw new CommandFailure('usage', 'expected one of --input, --config and --database, found several');
  if ((from ?? to ?? every) !== undefined)
    throw new CommandFailure('usage', 'expected --from, --to and --every with a book alone, found --input');
  const { attributeFile } = await import('../app/attribution-file.ts');
  const attributed = attributeFile(input, by);
  if (attributed.state === 'refused')
    throw new CommandFailure('usage', 'the return cannot be attributed', attributed.problems);
  const { output, finish } = context;
  if (output.isJson) output.document(attributed.document);
  else (await import('./print-attribution.ts')).printAttribution(attributed.document, output);
  finish(EXIT.done);
}

async function bookAttribution(options: AttributionOptions, context: CommandContext): Promise<void> {
  const { config, by: grouping, from, to, every = 'day' } = options;
  const { output, clock, finish } = context;
  const nowMs = clock.now();
  const span = {
    fromMs: from === undefined ? 0 : momentOf('--from', from, nowMs),
    toMs: to === undefined ? nowMs : momentOf('--to', to, nowMs),
    tiers: TIERS[every],
  };
  if (span.fromMs > span.toMs)
    throw new CommandFailure('usage', `--from: expected a time before --to, found ${from}`);
  const configuration = config === undefined ? null : await readConfiguration(config, context);
  const { attributionOfBook } = await import('../app/attribution-of-book.ts');
  const { DEFAULT_GROUPS } = await import('../app/asset-groups.ts');
  const groups = configuration?.groups ?? DEFAULT_GROUPS;
  const { path, outcome } = await withExistingBook(options, context, async (book) => ({
    path: book.path,
    outcome: await attributionOfBook(book.db, { ...span, groups, grouping }),
  }));
  if (outcome.state === 'tooMany')
    throw new CommandFailure(
      'usage',
      `expected at most ${outcome.most} valuations, found more: name a shorter span, or --every day`,
    );
  if (outcome.state === 'tooFew') {
    const reason = `expected two valuations at least in the span, found ${outcome.found}`;
    if (output.isJson) output.document({ database: path, grouping, return: null, reason });
    else output.line(`${reason}; "trueup valuations backfill" makes those of the past`);
    finish(EXIT.inconclusive);
    return;
  }
  if (output.isJson) output.document({ database: path, ...outcome.document });
  else (await import('./print-attribution.ts')).printAttribution(outcome.document, output);
  finish(EXIT.done);
}
