import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ReportDocument } from '../report/report-document.ts';
import { assertReplaceable } from './assert-replaceable.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { momentOf } from './history-span.ts';
import { readConfiguration } from './read-configuration.ts';
import { printable } from './table.ts';

interface ReportOptions extends BookOptions {
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
  readonly title: string;
  readonly yes?: boolean;
}

const TITLE_MAX = 200;
const PAGE = 'report.html';

/** `trueup report`: a page of charts that stands alone, and the tables behind it. */
export function registerReport(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('report')
      .description(
        'Write a page of charts that stands alone, with its tables as CSV files; or tell its figures.',
      ),
  )
    .option('--out <folder>', 'where the page and its tables are written; needed without --json')
    .option('--from <time>', 'from then on: a time, or a span such as 90d; from the first valuation without')
    .option('--to <time>', 'up to then; now without')
    .option('--title <text>', 'what the page is called', 'Portfolio report')
    .option('--yes', 'replace files without asking')
    .action((options: ReportOptions) => report(options, context));
  withCommonHelp(
    command,
    [
      'trueup report --config trueup.json --out report',
      'trueup report --database trueup.sqlite --from 90d --out report --yes',
      'trueup report --config trueup.json --json',
    ],
    [
      'Value against deposits, drawdown, allocation against targets, attribution, correlation, rebalances with their',
      'reasons, and the record of the reconciliation. The page needs no script and loads nothing; it reads in light and',
      'dark, on a phone and on paper. Reads beside a running "trueup run" and writes nothing but these files.',
      'docs/REPORT.md says what each part rests on.',
      '',
      'Exit codes: 0 written, also where parts say that they are not known; 1 failed, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

async function report(options: ReportOptions, context: CommandContext): Promise<void> {
  const { out, from, to, title, config, yes } = options;
  const { output, clock, finish } = context;
  if (out === undefined && !output.isJson)
    throw new CommandFailure('usage', '--out: expected a folder to write into, found none');
  if (title.trim() === '' || title.length > TITLE_MAX)
    throw new CommandFailure(
      'usage',
      `--title: expected 1 to ${TITLE_MAX} characters, found ${title.length}`,
    );
  const nowMs = clock.now();
  const fromMs = from === undefined ? null : momentOf('--from', from, nowMs);
  const toMs = to === undefined ? nowMs : momentOf('--to', to, nowMs);
  if (fromMs !== null && fromMs > toMs)
    throw new CommandFailure('usage', `--from: expected a time before --to and now, found ${from}`);
  const configuration = config === undefined ? null : await readConfiguration(config, context);
  const { DEFAULT_GROUPS } = await import('../app/asset-groups.ts');
  const { readReport } = await import('../app/report/read-report.ts');
  const groups = { ...DEFAULT_GROUPS, ...configuration?.groups };
  const { path, document } = await withExistingBook(options, context, async (book) => ({
    path: book.path,
    document: await readReport(book.db, { title, groups, tax: configuration?.tax ?? null, fromMs, toMs }),
  }));
  const files =
    out === undefined ? [] : await writeReport(document, { out, database: path, isAsked: !yes }, context);
  if (output.isJson) output.document({ database: path, files, ...document });
  for (const file of files) output.line(printable(file));
  finish(EXIT.done);
}

/** Asks before anything is written, so that a refusal leaves every file as it was. */
async function writeReport(
  document: ReportDocument,
  { out, database, isAsked }: { readonly out: string; readonly database: string; readonly isAsked: boolean },
  { person }: CommandContext,
): Promise<readonly string[]> {
  if (existsSync(out) && !statSync(out).isDirectory())
    throw new CommandFailure('usage', `--out ${out}: expected a folder, found a file`);
  const { renderReport } = await import('../report/render-report.ts');
  const { reportTables } = await import('../app/report/report-tables.ts');
  const { csvLine } = await import('../../db/csv-line.ts');
  const { writeFileWhole } = await import('./write-file-whole.ts');
  const contents: readonly (readonly [file: string, lines: readonly string[]])[] = [
    [PAGE, [renderReport(document)]],
    ...reportTables(document).map(
      ({ file, columns, rows }) => [file, [csvLine(columns), ...rows.map(csvLine)]] as const,
    ),
  ];
  mkdirSync(out, { recursive: true });
  const isThere = contents.some(([file]) => existsSync(join(out, file)));
  if (isThere) {
    const option = '--out';
    await assertReplaceable(join(out, PAGE), { option, database, isAsked, person });
    for (const [file] of contents)
      await assertReplaceable(join(out, file), { option, database, isAsked: false, person });
  }
  for (const [file, lines] of contents)
    await writeFileWhole(join(out, file), async (write) => {
      for (const line of lines) write(line);
    });
  return contents.map(([file]) => join(out, file));
}
