import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { ReportDocument } from '../report/report-document.ts';
import { assertConfirmed } from './assert-confirmed.ts';
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
  if (out === '') throw new CommandFailure('usage', '--out: expected a folder, found an empty name');
  if (existsSync(out) && !statSync(out).isDirectory())
    throw new CommandFailure('usage', `--out ${out}: expected a folder, found a file`);
  const { renderReport } = await import('../report/render-report.ts');
  const { reportTables } = await import('../app/report/report-tables.ts');
  const { csvLine } = await import('../../db/csv-line.ts');
  const contents: readonly FileContent[] = [
    { path: join(out, PAGE), lines: [renderReport(document)] },
    ...reportTables(document).map(({ file, columns, rows }) => ({
      path: join(out, file),
      lines: [csvLine(columns), ...rows.map(csvLine)],
    })),
  ];
  const replaced = contents.filter(({ path }) => existsSync(path));
  for (const { path } of replaced)
    await assertReplaceable(path, { option: '--out', database, isAsked: false, person });
  if (isAsked && replaced.length > 0)
    await assertConfirmed(person, {
      question: `${replaced.map(({ path }) => path).join(', ')} ${replaced.length === 1 ? 'exists' : 'exist'} and would be replaced.`,
      word: 'replace',
      otherwise: `${out} was left as it is`,
      about: `--out ${out}, where ${replaced[0]?.path} exists`,
    });
  try {
    // One folder and not a path of them, which Node tries for ever to make in what is no real file system.
    if (!existsSync(out)) mkdirSync(out);
    await writeTogether(contents);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== 'string') throw error;
    const found = existsSync(dirname(out)) ? code : `no folder ${dirname(out)}`;
    throw new CommandFailure(
      'usage',
      `--out ${out}: expected a folder that can be written to, or a new one in such, found ${found}`,
    );
  }
  return contents.map(({ path }) => path);
}

interface FileContent {
  readonly path: string;
  readonly lines: readonly string[];
}

/** Every file is whole before the first is put in its place: where one fails, all are left as they were. */
async function writeTogether([first, ...others]: readonly FileContent[]): Promise<void> {
  if (first === undefined) return;
  const { writeFileWhole } = await import('./write-file-whole.ts');
  await writeFileWhole(first.path, async (write) => {
    for (const line of first.lines) write(line);
    await writeTogether(others);
  });
}
