import { closeSync, openSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import type { IncidentsReport } from '../incidents/judge-incidents.ts';
import { elapsedMs } from '../platform/clock.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import type { Output } from './output.ts';
import { tableLines } from './table.ts';

interface IncidentsOptions {
  readonly count: string;
  readonly seed: string;
  readonly dump?: string;
}

const COUNT_MAX = 1_000_000;

/** `trueup incidents`: makes books go wrong in known ways and says how well the core finds out. */
export function registerIncidents(program: Command, context: CommandContext): void {
  const command = program
    .command('incidents')
    .description('Make books go wrong in known ways and measure how they are explained and corrected.')
    .option('--count <number>', 'how many incidents', '500')
    .option('--seed <number>', 'a whole number; the same seed makes the same incidents', '1')
    .option('--dump <file>', 'write what was given and, on lines apart, what was true and what was said')
    .action((options: IncidentsOptions) => runIncidents(options, context));
  withCommonHelp(
    command,
    ['trueup incidents --count 500 --seed 1 --json', 'trueup incidents --count 20 --dump incidents.jsonl'],
    [
      'Each incident has one to four causes on a random book over three venues. Asks no venue and opens no database.',
      'Whether an explanation is the only one is worked out apart from the solver, by trying every combination.',
      '',
      'Exit codes: 0 nothing was corrected wrongly, 1 something was or it failed, 2 wrong usage',
    ].join('\n'),
  );
}

async function runIncidents(options: IncidentsOptions, { output, finish }: CommandContext): Promise<void> {
  const count = wholeNumber('--count', options.count, 1, COUNT_MAX);
  const seed = wholeNumber('--seed', options.seed, 0, Number.MAX_SAFE_INTEGER);
  const { judgeIncidents } = await import('../incidents/judge-incidents.ts');
  const documents = await import('../incidents/incident-documents.ts');
  const dump = options.dump === undefined ? null : openDump(options.dump);
  try {
    const report = judgeIncidents({
      count,
      seed,
      elapsedMs,
      ...(dump !== null && {
        onIncident: (incident) => dump.line(documents.inputDocument(incident)),
        onJudged: (judged) => {
          dump.line(documents.truthDocument(judged.incident));
          dump.line(documents.resultDocument(judged));
        },
      }),
    });
    if (output.isJson) output.document(report);
    else print(report, output);
    finish(report.wrongCorrections === 0 && report.residualNonZero === 0 ? EXIT.done : EXIT.failed);
  } finally {
    dump?.close();
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new CommandFailure(
    'usage',
    `expected a whole number from ${least} to ${most} after ${option}, found ${text}`,
  );
}

function openDump(path: string) {
  const file = openForWriting(path);
  return {
    line: (document: unknown): void => {
      writeSync(file, `${JSON.stringify(document)}\n`);
    },
    close: () => closeSync(file),
  };
}

function openForWriting(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandFailure('usage', `expected a file that can be written, found ${code}: ${path}`);
  }
}

function print(report: IncidentsReport, { line, style }: Output): void {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const isRight = report.wrongCorrections === 0 && report.residualNonZero === 0;
  line(`${style.bold(`${report.count} incidents`)} of seed ${report.seed}, ${report.policy}`);
  line();
  const rows: readonly (readonly string[])[] = [
    ['wrongly corrected', String(report.wrongCorrections)],
    ['explained without summing to the difference', String(report.residualNonZero)],
    ['causes correct, of those with one explanation', percent(report.causesCorrect)],
    ['several explanations, flagged as ambiguous', percent(report.ambiguousFlagged)],
    ['one explanation', percent(report.uniqueShare)],
    ['book and venue equal afterwards', percent(report.corrected)],
    ['… without asking anyone', percent(report.correctedUnasked)],
    ['time of the core, 95 of 100 within', `${report.p95Ms.toFixed(1)} ms`],
  ];
  for (const text of tableLines([{ title: 'Measure' }, { title: 'Value', align: 'right' }], rows)) line(text);
  line();
  const causes = Object.entries(report.byCause).map(([cause, { true: happened, found }]) => [
    cause,
    String(happened),
    String(found),
  ]);
  const columns = [
    { title: 'Cause' },
    { title: 'Happened', align: 'right' as const },
    { title: 'Explained', align: 'right' as const },
  ];
  for (const text of tableLines(columns, causes)) line(text);
  line();
  line(isRight ? style.good('nothing was corrected wrongly') : style.bad('something was corrected wrongly'));
}
