import type SqliteDatabase from 'better-sqlite3';
import { sha256Hex } from '../src/domain/hash.ts';

/** A row of the audit log as SQLite gives it. */
export type AuditRow = [
  sequence: number,
  atMs: number,
  actor: string,
  kind: string,
  body: string,
  previousHash: string,
  hash: string,
];

/** Rows read at a time. What is hashed of them stays small enough to be collected cheaply. */
const BATCH = 100;
/** Between two texts; canonical JSON and hashes never hold it. */
const SEPARATOR = '\u001f';
const HASH_LENGTH = 64;

const ROWS = `select sequence, at_ms, actor, kind, body, previous_hash, hash from audit_entry
  where sequence > ? order by sequence limit ${BATCH}`;

/** What is sealed of each row, as `sealOf` puts it together, and its hash: all of a batch in one text. */
const SKIMMED = `select count(*), max(octet_length(previous_hash)), group_concat(concat(
    previous_hash, '{"actor":', json_quote(actor), ',"atMs":', at_ms, ',"body":', body,
    ',"kind":', json_quote(kind), ',"sequence":', sequence, '}', char(31), hash), char(31))
  from (select * from audit_entry where sequence > ? order by sequence limit ${BATCH})`;

type Skimmed = [count: number, previousHashLength: number | null, text: string | null];

export interface AuditRows {
  /** The next rows after a sequence, one by one: an order of magnitude slower than `skim`. */
  readonly read: (after: number) => readonly AuditRow[];
  /**
   * Goes through the next rows as long as they follow one another and carry their right hashes, telling each. Says
   * whether all of them did, and how many there were. A row where it stops is not yet known to be wrong: `read` says.
   */
  readonly skim: (
    after: { readonly sequence: number; readonly hash: string },
    tell: (sequence: number, hash: string) => boolean,
  ) => { readonly isClean: boolean; readonly count: number };
}

/**
 * Rows of the audit log. Most of the time that a row takes is the way from SQLite to here, value by value: skimming
 * takes one value for a whole batch.
 */
export function auditRows(sqlite: SqliteDatabase.Database): AuditRows {
  const rows = sqlite.prepare<[number], AuditRow>(ROWS).raw();
  const skimmed = sqlite.prepare<[number], Skimmed>(SKIMMED).raw();
  return {
    read: (after) => rows.all(after),
    skim: (after, tell) => {
      const [count, previousHashLength, text] = skimmed.get(after.sequence) ?? [0, null, null];
      if (text === null) return { isClean: count === 0, count };
      const parts = text.split(SEPARATOR);
      // More parts: a value holds the separator, and where one ends cannot be told.
      if (parts.length !== 2 * count || previousHashLength !== HASH_LENGTH) return { isClean: false, count };
      let { sequence, hash } = after;
      for (let index = 0; index < parts.length; index += 2) {
        const sealed = parts[index] ?? '';
        sequence += 1;
        if (!sealed.startsWith(hash) || !sealed.endsWith(`,"sequence":${sequence}}`))
          return { isClean: false, count };
        hash = sha256Hex(sealed);
        if (hash !== parts[index + 1] || !tell(sequence, hash)) return { isClean: false, count };
      }
      return { isClean: true, count };
    },
  };
}
