import type { OpenDatabase } from '../../db/database.ts';
import type { Subject } from '../app/find-subject.ts';
import { CommandFailure } from './command-failure.ts';
import { idBeginning } from './id-beginning.ts';

/** What an id on the command line stands for. Ends the command, with what it may have meant, where that is not one thing. */
export async function subjectWithId(db: OpenDatabase['db'], place: string, text: string): Promise<Subject> {
  const beginning = idBeginning(place, text);
  const { findSubject } = await import('../app/find-subject.ts');
  const search = await findSubject(db, beginning);
  if (search.status === 'found') return search.subject;
  const subjects = search.subjects.map((subject) => `  ${subjectLine(subject)}`);
  const message =
    search.status === 'ambiguous'
      ? `${place}: expected the beginning of one id, found ${beginning}, with which several begin:`
      : `${place}: expected the id of a discrepancy or a correction, found ${beginning}; ${
          subjects.length === 0 ? 'none is open' : 'open are:'
        }`;
  throw new CommandFailure('usage', [message, ...subjects].join('\n'));
}

/** One subject in a line, as lists of candidates show it. */
export function subjectLine({ kind, shortId, stored }: Subject): string {
  const what = 'asset' in stored ? `${stored.venue} ${stored.asset} ${stored.class}` : stored.venue;
  return `${shortId}  ${kind}  ${what}  ${stored.state}`;
}
