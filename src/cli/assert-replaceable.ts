import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { assertConfirmed } from './assert-confirmed.ts';
import { CommandFailure } from './command-failure.ts';
import type { Person } from './person.ts';

/** What SQLite keeps beside a database, and what the audit log does. */
const BESIDE = ['', '-wal', '-shm', '-journal', '.head'];

/**
 * Ends the command where a file must not be written: its folder is not there, it is no regular file, it is the book or
 * beside it, or it exists and nobody wants it replaced.
 */
export async function assertReplaceable(
  file: string,
  {
    option,
    database,
    isAsked,
    person,
  }: {
    /** Its flag, as in "--out". */
    readonly option: string;
    readonly database: string;
    /** Whether a person is asked before something is replaced. */
    readonly isAsked: boolean;
    readonly person: Person;
  },
): Promise<void> {
  const refuse = (expected: string): never => {
    throw new CommandFailure('usage', `${option} ${file}: expected ${expected}`);
  };
  if (file === '' || !existsSync(dirname(file)) || !statSync(dirname(file)).isDirectory())
    refuse('a file in a folder that exists');
  const place = join(realpathSync(dirname(file)), basename(file));
  const target = existsSync(file) ? realpathSync(file) : place;
  const book = existsSync(database) ? realpathSync(database) : database;
  if (BESIDE.some((suffix) => target === `${book}${suffix}`))
    refuse('a file that is not the book, nor kept beside it');
  if (!existsSync(file)) return;
  if (!statSync(file).isFile()) refuse('a regular file, or none');
  if (!isAsked) return;
  await assertConfirmed(person, {
    question: `${file} exists and would be replaced.`,
    word: 'replace',
    otherwise: `${file} was left as it is`,
    about: `${option} ${file}, which exists`,
  });
}
