import type { Command } from 'commander';
import type { FirstDifference } from '../replay/journal-script.ts';
import type { ReplayResult } from '../replay/replay-journal.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import type { Output } from './output.ts';
import { printable } from './table.ts';

interface ReplayOptions {
  readonly database?: string;
}

/** `trueup replay`: runs the service again on a recorded journal and says whether it does the same. */
export function registerReplay(program: Command, context: CommandContext): void {
  const command = program
    .command('replay')
    .description('Run the service again on a recorded journal and compare every message and every row.')
    .argument('<journal>', 'the journal, as --journal has written it')
    .option('--database <file>', 'a copy of the database as it was when the journal began; empty without')
    .action((journal: string, options: ReplayOptions) => replay(journal, options, context));
  withCommonHelp(
    command,
    ['trueup replay demo.jsonl', 'trueup replay run.jsonl --database before.sqlite --json'],
    [
      'Asks no venue and changes no file: answers, time and draws come from the journal. The first line that differs',
      'is shown, also where someone has edited the journal.',
      '',
      'Exit codes: 0 identical, 1 different or failed, 2 wrong usage',
    ].join('\n'),
  );
}

async function replay(journal: string, options: ReplayOptions, context: CommandContext): Promise<void> {
  const { replayService } = await import('../replay/replay-service.ts');
  const result = await replayService(journal, options).catch((error: unknown) => {
    throw unreadableFile(error) ?? error;
  });
  if (context.output.isJson) context.output.document(documentOf(result));
  else print(result, context.output);
  context.finish(result.identical ? EXIT.done : EXIT.failed);
}

function documentOf(result: ReplayResult): unknown {
  const { identical, messages } = result;
  return identical
    ? { messages, identical, stateHash: result.stateHash }
    : { messages, identical, firstDifference: result.firstDifference };
}

function print(result: ReplayResult, output: Output): void {
  const { style } = output;
  if (result.identical) {
    output.line(`${style.good('identical')}: ${result.messages} lines, state ${result.stateHash}`);
    return;
  }
  const { sequence, kind, expected, found }: FirstDifference = result.firstDifference;
  output.line(`${style.bad('different')} at line ${sequence} (${printable(kind)})`);
  output.line(`  expected ${printable(JSON.stringify(expected))}`);
  output.line(`  found    ${printable(JSON.stringify(found))}`);
}

/** A file that is not there, or is none, is a mistake in the command line. */
function unreadableFile(error: unknown): CommandFailure | null {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES') return null;
  return new CommandFailure(
    'usage',
    `expected a file that can be read, found ${code}: ${path ?? 'a folder'}`,
  );
}
