import type { Configuration } from '../app/configuration.ts';
import type { NewNote } from '../app/note-entry.ts';
import { secretsOf } from '../app/venue-configuration.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { personOf } from './person-of.ts';

const TIMEOUT_MS = 30_000;

/** Checks a note before anything is done. Ends the command where its text is none, or holds what nobody may read. */
export async function assertNote(place: string, text: string, configuration: Configuration): Promise<void> {
  const { NOTE_LENGTH_MAX } = await import('../app/note-entry.ts');
  if (text.trim() === '' || text.length > NOTE_LENGTH_MAX) {
    const found = text.trim() === '' ? 'none' : text.length;
    throw new CommandFailure(
      'usage',
      `${place}: expected 1 to ${NOTE_LENGTH_MAX} characters, found ${found}`,
    );
  }
  const { venues, audit } = configuration;
  const secrets = [...venues.flatMap(secretsOf), ...(audit.signingKey ? [audit.signingKey] : [])];
  // Nobody can take a note back.
  if (secrets.some((secret) => secret.removeFrom(text) !== text))
    throw new CommandFailure('usage', `${place}: expected no secret, found a key of the configuration in it`);
}

/** Keeps a note: the owner of the book is asked to, or where none runs the book is taken for the moment. */
export async function keepNote(
  note: NewNote,
  configuration: Configuration,
  context: CommandContext,
): Promise<void> {
  const { clock, output } = context;
  const by = personOf(context);
  const { askOwner } = await import('../app/ask-owner.ts');
  const command = { kind: 'addNote', body: { ...note, by } } as const;
  const answer = await askOwner(configuration.database, command, { clock, timeoutMs: TIMEOUT_MS });
  if (answer?.status === 'refused')
    throw new CommandFailure('failed', `the owner of the book refused the note: ${answer.reason}`);
  if (answer !== null) return;
  const { addNoteAlone } = await import('../app/add-note-alone.ts');
  const onProblem = (problem: string) => output.note(`trueup: ${problem}`);
  await addNoteAlone(configuration, note, { by, clock, onProblem });
}
