import type { Command } from 'commander';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { nextCommands } from './next-commands.ts';
import { printExplanation } from './print-explanation.ts';
import { subjectWithId } from './subject-argument.ts';

/** `trueup explain ID`: all that is known of one discrepancy or correction, and what can be done. */
export function registerExplain(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('explain')
      .description('Show where a difference comes from, what would correct it and what it holds up.')
      .argument('<id>', 'a discrepancy or a correction, by its id or at least 4 of its first digits'),
  ).action((id: string, options: BookOptions) => explain(id, options, context));
  withCommonHelp(
    command,
    ['trueup explain 3f2a9c1e --config trueup.json', 'trueup explain 3f2a --database trueup.sqlite --json'],
    [
      'Reads beside a running "trueup run", asks no venue and writes nothing.',
      '',
      'Exit codes: 0 shown, 1 failed, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

async function explain(id: string, options: BookOptions, context: CommandContext): Promise<void> {
  const { readExplanation } = await import('../app/read-explanation.ts');
  const document = await withExistingBook(options, context, async ({ db }) =>
    readExplanation(db, await subjectWithId(db, '<id>', id), context.clock.now()),
  );
  const next = nextCommands(document, options.config ?? 'trueup.json');
  if (context.output.isJson) context.output.document({ ...document, next });
  printExplanation(document, next, context.output);
  context.finish(EXIT.done);
}
