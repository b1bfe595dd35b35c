import type { Kysely } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import type { AuditEntryTable } from './audit-tables.ts';
import { csvLine } from './csv-line.ts';
import type { Database } from './tables.ts';

/** `jsonl`: an object a line, from which the hashes can be computed again. `csv`: every value quoted as RFC 4180 has it. */
export type AuditFormat = 'jsonl' | 'csv';

/** Entries read at a time. */
const BATCH = 1_000;
const CSV_HEADER = 'sequence,atMs,actor,kind,body,previousHash,hash';

/**
 * Writes every entry, oldest first, and says how many. Holds no more than a batch in memory; `write` gets whole
 * lines without their ends. Does not verify.
 */
export async function exportAudit(
  db: Kysely<Database>,
  format: AuditFormat,
  write: (line: string) => unknown,
): Promise<number> {
  if (format === 'csv') await write(CSV_HEADER);
  let entries = 0;
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const rows = await db
      .selectFrom('audit_entry')
      .selectAll()
      .where('sequence', '>', after)
      .orderBy('sequence')
      .limit(BATCH)
      .execute();
    for (const row of rows) await write(format === 'csv' ? csvOf(row) : jsonOf(row));
    entries += rows.length;
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return entries;
    assert(last.sequence > after, 'entries are read in their order');
    after = last.sequence;
  }
}

/** The body is canonical JSON already and goes in as it stands. */
function jsonOf({ sequence, at_ms, actor, kind, body, previous_hash, hash }: AuditEntryTable): string {
  const text = (value: string) => JSON.stringify(value);
  return `{"sequence":${sequence},"atMs":${at_ms},"actor":${text(actor)},"kind":${text(kind)},"body":${body},"previousHash":${text(previous_hash)},"hash":${text(hash)}}`;
}

function csvOf({ sequence, at_ms, actor, kind, body, previous_hash, hash }: AuditEntryTable): string {
  return csvLine([sequence, at_ms, actor, kind, body, previous_hash, hash]);
}
