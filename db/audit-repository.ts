// The audit log: what was done, when and by whom, in a chain of hashes.
//
// Invariants, each held by a test of the same name:
// 1. No row is ever updated, deleted or replaced through this program.
// 2. A row that was changed, removed, moved or added in another way is found and named.
// The second is verify-audit.ts's work.

import { type Kysely, sql } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { sealOf } from './audit-seal.ts';
import type { AuditEntryTable } from './audit-tables.ts';
import { inTransaction } from './database.ts';
import type { Database } from './tables.ts';

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
      const sequence = head.sequence + 1;
      const previousHash = head.hash;
      const text = canonicalJson(body);
      const hash = sealOf({ sequence, atMs, actor, kind, body: text, previousHash });
      rows.push({ sequence, at_ms: atMs, actor, kind, body: text, previous_hash: previousHash, hash });
      head = { sequence, hash };
    }
    await trx.insertInto('audit_entry').values(rows).execute();
    await trx.updateTable('audit_head').set(head).where('id', '=', 1).execute();
    return head;
  });
}

/** The sequence number of the newest entry, and so how many there are; 0 before the first. */
export async function readAuditSequence(db: Kysely<Database>): Promise<number> {
  const { sequence } = await db.selectFrom('audit_head').select('sequence').executeTakeFirstOrThrow();
  return sequence;
}

/** Entries after a sequence number, oldest first; at most `limit`. Of one kind where it is given. */
export async function readAudit(
  db: Kysely<Database>,
  page: { readonly afterSequence: number; readonly limit: number; readonly kind?: string },
): Promise<readonly AuditEntry[]> {
  let query = db.selectFrom('audit_entry').selectAll().where('sequence', '>', page.afterSequence);
  if (page.kind !== undefined) query = query.where('kind', '=', page.kind);
  const rows = await query.orderBy('sequence').limit(page.limit).execute();
  return rows.map(entryFrom);
}

const entryFrom = ({ sequence, at_ms: atMs, actor, kind, body, hash }: AuditEntryTable): AuditEntry => ({
  sequence,
  atMs,
  actor,
  kind,
  body: JSON.parse(body) as unknown,
  hash,
});

/** The correction as the newest entry of that kind has it; null without one. */
export async function readNewestCorrectionEntry(
  db: Kysely<Database>,
  {
    kind,
    correctionId,
  }: { readonly kind: 'correctionProposed' | 'correctionApplied'; readonly correctionId: string },
): Promise<unknown> {
  const row = await db
    .selectFrom('audit_entry')
    .select('body')
    .where('kind', '=', kind)
    .where(sql<string>`json_extract(body, '$.correction.id')`, '=', correctionId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.body) as { readonly correction: unknown }).correction;
}

/** What an alert may be about, after a sequence number and up to another, oldest first; at most `limit`. */
export async function readNotableAudit(
  db: Kysely<Database>,
  span: { readonly afterSequence: number; readonly throughSequence: number; readonly limit: number },
): Promise<readonly AuditEntry[]> {
  const rows = await db
    .selectFrom('audit_entry')
    .selectAll()
    .where('sequence', '>', span.afterSequence)
    .where('sequence', '<=', span.throughSequence)
    .where(({ eb, or }) =>
      or([
        eb('kind', 'in', ['planRefused', 'rebalanceAborted', 'cashPremiseBroken', 'cashNotCovered']),
        // Messages of the bot, of which most are booked.
        eb(sql<string>`json_extract(body, '$.outcome.status')`, 'in', ['conflict', 'rejected']),
      ]),
    )
    .orderBy('sequence')
    .limit(span.limit)
    .execute();
  return rows.map(entryFrom);
}
