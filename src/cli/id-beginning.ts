import { CommandFailure } from './command-failure.ts';

/** Fewer digits are the beginning of too many ids to mean one. */
const LENGTH_MIN = 4;

/** An id, or the beginning of one, as a person types it. Ends the command where it can be neither. */
export function idBeginning(place: string, text: string): string {
  const beginning = text.trim().toLowerCase();
  if (beginning.length >= LENGTH_MIN && /^[0-9a-f]+$/.test(beginning)) return beginning;
  const expected = `an id, or at least ${LENGTH_MIN} of its first digits`;
  throw new CommandFailure('usage', `${place}: expected ${expected}, found ${JSON.stringify(text)}`);
}
