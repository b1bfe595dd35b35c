import type { Command } from 'commander';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { momentOf } from './history-span.ts';
import { personOf } from './person-of.ts';
import { readConfiguration } from './read-configuration.ts';
import { printable } from './table.ts';

interface BackfillOptions {
  readonly config?: string;
  readonly database?: string;
  readonly at?: string;
  readonly parts?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly prices?: string;
  readonly anew?: boolean;
}

/** `trueup valuations backfill`: valuations of the past, from the book and from prices. */
export function registerBackfill(valuations: Command, context: CommandContext): void {
  const command = valuations
    .command('backfill')
    .description('Reckon the valuations that are missing, at every 00:00 UTC and before every flow.')
    // Given before or after the name of the command, these are the ones of "valuations" that commander fills.
    .option('--config <file>', 'the configuration that names the database')
    .option('--from <time>', 'from then on: a time or a span such as 90d; from the first entry without')
    .option('--to <time>', 'up to then; up to now without')
    .option('--prices <file>', 'prices in USD, CSV under "at,asset,price" or JSON; known ones count without')
    .option('--anew', 'reckon what an earlier backfill has added again; what was recorded stays')
    .action((_: unknown, self: Command) => backfill(self.optsWithGlobals(), context));
  withCommonHelp(
    command,
    [
      'trueup valuations backfill --config trueup.json --prices closes.csv',
      'trueup valuations backfill --config trueup.json --from 2024-01-01 --to 2024-12-31 --prices closes.csv --json',
    ],
    [
      'Takes the book for as long as it takes: stop "trueup run" first. Asks no venue. What is there stays, so that',
      'the same again adds nothing. A price serves for a day. Where something has a price at other times and none then,',
      'the valuation is left out; what has none at any time is named and in no value.',
      '',
      'Exit codes: 0 done, 1 failed, 2 wrong usage, file or configuration',
    ].join('\n'),
  );
}

async function backfill(options: BackfillOptions, context: CommandContext): Promise<void> {
  const { output, clock } = context;
  const { config, database, at, parts } = options;
  if (config === undefined)
    throw new CommandFailure(
      'usage',
      `expected --config, found ${database === undefined ? 'none' : '--database'}`,
    );
  if ((database ?? at ?? parts) !== undefined)
    throw new CommandFailure('usage', 'expected --from, --to and --prices alone beside --config');
  const configuration = await readConfiguration(config, context);
  if (configuration.database === ':memory:')
    throw new CommandFailure('usage', '--config: expected a database in a file, found ":memory:"');
  const nowMs = clock.now();
  const fromMs = options.from === undefined ? null : momentOf('--from', options.from, nowMs);
  const toMs = options.to === undefined ? null : momentOf('--to', options.to, nowMs);
  if (fromMs !== null && fromMs > (toMs ?? nowMs))
    throw new CommandFailure('usage', `--from: expected a time before --to and now, found ${options.from}`);
  const { readPriceFile } = await import('../app/valuations/price-file.ts');
  const file =
    options.prices === undefined ? { ok: true as const, prices: [] } : readPriceFile(options.prices);
  if (!file.ok) throw new CommandFailure('usage', `${options.prices} is no file of prices`, file.problems);
  const { backfillAlone } = await import('../app/valuations/backfill-alone.ts');
  const done = await backfillAlone(
    configuration,
    { fromMs, toMs, prices: file.prices, isAnew: options.anew ?? false },
    {
      by: personOf(context),
      clock,
      onProblem: (problem) => output.note(`trueup: ${problem}`),
      onProgress: ({ atMs, added }) => {
        const text = `${added} valuations, up to ${new Date(atMs).toISOString().slice(0, 10)}`;
        if (output.isInteractive) output.rewrite(text);
        else output.note(text);
      },
    },
  );
  if (output.isInteractive) output.rewrite('');
  if (output.isJson) output.document({ database: configuration.database, ...done });
  output.line(`${done.added} added, ${done.present} were there`);
  if (done.skipped > 0) output.line(`${done.skipped} left out for want of a price: other prices fill them`);
  for (const [asset, count] of Object.entries(done.gaps))
    output.line(`  ${printable(asset)} had none ${count} times`);
  if (done.incomplete > 0) output.line(`${done.incomplete} of those added are not complete`);
  for (const [asset, count] of Object.entries(done.unpriced))
    output.line(`no price of ${printable(asset)} at any time: in no value of ${count} valuations`);
  context.finish(EXIT.done);
}
