import { CommandFailure } from './command-failure.ts';
import { isConfirmed, type Person } from './person.ts';

/**
 * Goes on where the person types exactly the word.
 *
 * @throws {CommandFailure} of usage where nobody is there to ask, `about` saying of what; failed, with `otherwise`,
 * where something else is typed.
 */
export async function assertConfirmed(
  person: Person,
  {
    question,
    word,
    otherwise,
    about,
  }: {
    readonly question: string;
    readonly word: string;
    /** What did not happen. */
    readonly otherwise: string;
    readonly about?: string;
  },
): Promise<void> {
  const confirmed = await isConfirmed(person, question, word);
  if (confirmed === 'nobody') {
    const place = about === undefined ? '' : `${about}: `;
    throw new CommandFailure('usage', `${place}expected --yes, or a terminal to ask at; found neither`);
  }
  if (!confirmed) throw new CommandFailure('failed', otherwise);
}
