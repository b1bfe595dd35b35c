import type { Command } from 'commander';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';

/** `trueup signals`: what several sources say of assets together, and the targets that come of it. */
export function registerSignals(program: Command, context: CommandContext): void {
  const command = program
    .command('signals')
    .description('Aggregate the signals of a file: one view of each asset, who counted, and target weights.')
    .requiredOption('--input <file>', 'signals with their settings as JSON, or signals alone as JSON or CSV')
    .option('--as-of <time>', 'instead of the time in the file, or that of the newest signal')
    .option('--method <method>', 'weighted, confidence, majority or rank')
    .option('--half-life-seconds <seconds>', 'after so long a signal weighs half, and is half as sure')
    .option('--min-sources <count>', 'fewer sources that count give no view')
    .option('--max-conflict <fraction>', 'above it, from 0 to 1, there is no view')
    .option('--max-source-weight <weight>', 'the largest share of a view that one source has')
    .option('--reach <fraction>', 'how far full conviction moves a weight, as a share of it')
    .option('--min-cash <weight>', 'cash that signals leave alone')
    .action((options: SignalsOptions) => signals(options, context));
  withCommonHelp(
    command,
    [
      'trueup signals --input signals.json',
      'trueup signals --input signals.csv --method majority --min-sources 2 --json',
      'trueup signals --input signals.csv --half-life-seconds 86400 --as-of 2026-01-31T12:00:00Z',
    ],
    [
      'A flag stands above what the file says. Reads no clock, asks no venue and writes nothing. Target weights are in parts',
      'per million. docs/SIGNALS.md has the methods, the shape of the file and that of the document.',
      '',
      'Exit codes: 0 done, 1 failed, 2 wrong usage or input',
    ].join('\n'),
  );
}

interface SignalsOptions {
  readonly input: string;
  readonly json?: boolean;
  readonly [flag: string]: string | boolean | undefined;
}

async function signals(options: SignalsOptions, { output, finish }: CommandContext): Promise<void> {
  const { input, json: _, ...flags } = options;
  const { aggregateSignalsFile } = await import('../app/aggregate-signals-file.ts');
  const outcome = aggregateSignalsFile(input, flags as Readonly<Record<string, string>>);
  if (outcome.state === 'refused')
    throw new CommandFailure('usage', 'the signals cannot be aggregated', outcome.problems);
  if (output.isJson) output.document(outcome.document);
  else (await import('./print-signals.ts')).printSignals(outcome.document, output);
  finish(EXIT.done);
}
