import type { Command } from 'commander';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { assertNote, keepNote } from './keep-note.ts';
import { readConfiguration } from './read-configuration.ts';
import { subjectWithId } from './subject-argument.ts';

interface NoteOptions {
  readonly config: string;
  readonly venue?: string;
  readonly on?: string;
}

/** `trueup note TEXT`: what a person wants to be read later, beside what the service did. */
export function registerNote(program: Command, context: CommandContext): void {
  const command = program
    .command('note')
    .description('Write a note into the audit log, where nobody can change it afterwards.')
    .argument('<text>', 'at most 2000 characters; never a secret')
    .requiredOption('--config <file>', 'the configuration')
    .option('--venue <id>', 'the venue that it concerns')
    .option('--on <id>', 'the discrepancy or the correction that it is about')
    .action((text: string, options: NoteOptions) => note(text, options, context));
  withCommonHelp(
    command,
    [
      'trueup note "moved 500 USD by hand" --config trueup.json --venue coinbase',
      'trueup note "asked the venue, ticket 4711" --config trueup.json --on 3f2a9c1e',
    ],
    [
      '"trueup history" shows it, and "trueup explain" with what it is about. Written by a running "trueup run", or',
      'where none runs by this command itself. Asks no venue.',
      '',
      'Exit codes: 0 kept, 1 failed, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

async function note(text: string, options: NoteOptions, context: CommandContext): Promise<void> {
  const configuration = await readConfiguration(options.config, context);
  await assertNote('<text>', text, configuration);
  const subject = await withExistingBook(options, context, async ({ db }) =>
    options.on === undefined ? null : subjectWithId(db, '--on', options.on),
  );
  const on = subject?.stored.id ?? null;
  const venue = options.venue ?? subject?.stored.venue ?? null;
  await keepNote({ text, venue, on }, configuration, context);
  if (context.output.isJson) context.output.document({ status: 'kept', venue, on });
  context.output.line(subject === null ? 'kept' : `kept, on ${subject.kind} ${subject.shortId}`);
  context.finish(EXIT.done);
}
