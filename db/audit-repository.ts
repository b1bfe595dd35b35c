// The audit log: what was done, when and by whom, in a chain of hashes.
//
// Invariants, each held by a test of the same name:
// 1. No row is ever updated, deleted or replaced through this program.
// 2. A row that was changed, removed, moved or added in another way is found and named.

import type { Kysely } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { sha256Hex } from '../src/domain/hash.ts';
import { inTransaction } from './database.ts';
import type { AuditEntryTable, Database } from './tables.ts';

/** What the first entry follows. */
export const GENESIS_HASH = '0'.repeat(64);
/** Entries read at a time when the chain is verified. */
const BATCH = 1_000;
/** Entries appended in one call: seven values each, of the 32 766 that SQLite binds at most. */
const APPENDED_MAX = 4_000;

export interface NewAuditEntry {
  readonly atMs: number;
  /** Who did it: an actor's name, or "person:…" . */
  readonly actor: string;
  readonly kind: string;
  /** Anything that canonical JSON takes. Never a secret. */
  readonly body: unknown;
}

export interface AuditEntry extends NewAuditEntry {
  readonly sequence: number;
  readonly hash: string;
}

export type AuditVerdict =
  | { readonly entries: number; readonly verified: true }
  /** `sequence` names the first row that is not as it was written; `entries` counts those before it. */
  | {
      readonly entries: number;
      readonly verified: false;
      readonly sequence: number;
      readonly problem: string;
    };

/** Appends entries in their order, all of them or none. */
export function appendAudit(
  db: Kysely<Database>,
  entries: readonly NewAuditEntry[],
): Promise<{ readonly sequence: number; readonly hash: string }> {
  assert(entries.length <= APPENDED_MAX, `at most ${APPENDED_MAX} audit entries are appended at once`);
  return inTransaction(db, async (trx) => {
    let head = await trx.selectFrom('audit_head').select(['sequence', 'hash']).executeTakeFirstOrThrow();
    if (entries.length === 0) return head;
    const rows: AuditEntryTable[] = [];
    for (const { atMs, actor, kind, body } of entries) {
      const unsealed = {
        sequence: head.sequence + 1,
        at_ms: atMs,
        actor,
        kind,
        body: canonicalJson(body),
        previous_hash: head.hash,
      };
      head = { sequence: unsealed.sequence, hash: sealOf(unsealed) };
      rows.push({ ...unsealed, hash: head.hash });
    }
    await trx.insertInto('audit_entry').values(rows).execute();
    await trx.updateTable('audit_head').set(head).where('id', '=', 1).execute();
    return head;
  });
}

/** Reads the whole chain and says whether it is as it was written, or which row is not. */
export async function verifyAudit(db: Kysely<Database>): Promise<AuditVerdict> {
  let sequence = 0;
  let hash = GENESIS_HASH;
  const broken = (at: number, problem: string): AuditVerdict => ({
    entries: sequence,
    verified: false,
    sequence: at,
    problem,
  });
  for (let after = Number.MIN_SAFE_INTEGER; ; after = sequence) {
    const rows = await db
      .selectFrom('audit_entry')
      .selectAll()
      .where('sequence', '>', after)
      .orderBy('sequence')
      .limit(BATCH)
      .execute();
    for (const row of rows) {
      if (row.sequence !== sequence + 1) {
        return row.sequence > sequence
          ? broken(sequence + 1, `entry ${sequence + 1} is missing: the next one is ${row.sequence}`)
          : broken(row.sequence, `the first entry is 1, found ${row.sequence}`);
      }
      const problem = problemOf(row, hash);
      if (problem !== null) return broken(row.sequence, problem);
      sequence = row.sequence;
      hash = row.hash;
    }
    if (rows.length < BATCH) break;
  }
  const head = await db.selectFrom('audit_head').select(['sequence', 'hash']).executeTakeFirst();
  if (!head) return broken(sequence, 'the record of where the chain ends is missing');
  if (head.sequence > sequence)
    return broken(sequence + 1, `entry ${sequence + 1} is missing: the chain ended at ${head.sequence}`);
  if (head.sequence < sequence)
    return broken(head.sequence + 1, `entry ${head.sequence + 1} was added past the chain's end`);
  if (head.hash !== hash) return broken(sequence, `the chain ended with ${head.hash}, found ${hash}`);
  return { entries: sequence, verified: true };
}

/** Entries after a sequence number, oldest first; at most `limit`. Of one kind where it is given. */
export async function readAudit(
  db: Kysely<Database>,
  page: { readonly afterSequence: number; readonly limit: number; readonly kind?: string },
): Promise<readonly AuditEntry[]> {
  let query = db.selectFrom('audit_entry').selectAll().where('sequence', '>', page.afterSequence);
  if (page.kind !== undefined) query = query.where('kind', '=', page.kind);
  const rows = await query.orderBy('sequence').limit(page.limit).execute();
  return rows.map(({ sequence, at_ms: atMs, actor, kind, body, hash }) => ({
    sequence,
    atMs,
    actor,
    kind,
    body: JSON.parse(body) as unknown,
    hash,
  }));
}

function problemOf(row: AuditEntryTable, previousHash: string): string | null {
  if (row.previous_hash !== previousHash)
    return `expected previous hash ${previousHash}, found ${row.previous_hash}`;
  const seal = sealOf(row);
  return seal === row.hash ? null : `expected content with the hash ${row.hash}, found ${seal}`;
}

/**
 * SHA-256 of the previous hash and the canonical JSON of {actor, atMs, body, kind, sequence}. The body is canonical
 * text already and goes in as it stands, so that a single changed byte shows.
 */
function sealOf(row: Omit<AuditEntryTable, 'hash'>): string {
  const { sequence, at_ms: atMs, actor, kind, body, previous_hash } = row;
  return sha256Hex(
    `${previous_hash}{"actor":${JSON.stringify(actor)},"atMs":${atMs},"body":${body},"kind":${JSON.stringify(kind)},"sequence":${sequence}}`,
  );
}
