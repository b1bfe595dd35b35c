import type { Kysely } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { sha256Hex } from '../src/domain/hash.ts';
import type { UnknownReason } from '../src/domain/venue/observation.ts';
import type { VenueId } from '../src/domain/venue/venue.ts';
import type { Database, ReportTable } from './tables.ts';

/** What one reconciliation of one venue came to. */
export interface StoredReport {
  readonly venue: VenueId;
  readonly atMs: number;
  readonly status: string;
  /** The snapshot that was compared; null when there was none. */
  readonly snapshotId: string | null;
  /** Why the venue could not be read; null when it could. */
  readonly unknownReason: UnknownReason | null;
  readonly body: unknown;
}

/** Keeps a report, once. Its id is the SHA-256 of its content. */
export async function saveReport(db: Kysely<Database>, report: StoredReport): Promise<string> {
  const id = sha256Hex(canonicalJson(report));
  await db
    .insertInto('report')
    .values({
      id,
      venue: report.venue,
      at_ms: report.atMs,
      status: report.status,
      snapshot_id: report.snapshotId,
      unknown_reason: report.unknownReason,
      body: canonicalJson(report.body),
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return id;
}

/** The newest reports, newest first; of one venue or of all. */
export async function readReports(
  db: Kysely<Database>,
  { venue, limit }: { readonly venue: VenueId | null; readonly limit: number },
): Promise<readonly StoredReport[]> {
  let query = db.selectFrom('report').selectAll();
  if (venue !== null) query = query.where('venue', '=', venue);
  const rows = await query.orderBy('at_ms', 'desc').orderBy('id').limit(limit).execute();
  return rows.map(reportFromRow);
}

/** When a venue was last found to agree with the book; null where it never was, or where it is not kept any more. */
export async function readLastReconciledAt(db: Kysely<Database>, venue: VenueId): Promise<number | null> {
  const row = await db
    .selectFrom('report')
    .select('at_ms')
    .where('venue', '=', venue)
    .where('status', '=', 'reconciled')
    .orderBy('at_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.at_ms ?? null;
}

/** The snapshot that a venue's report of some moment rests on; null where there is none. */
export async function findSnapshotOfReport(
  db: Kysely<Database>,
  { venue, atMs }: { readonly venue: VenueId; readonly atMs: number },
): Promise<string | null> {
  const row = await db
    .selectFrom('report')
    .select('snapshot_id')
    .where('venue', '=', venue)
    .where('at_ms', '=', atMs)
    .where('snapshot_id', 'is not', null)
    .executeTakeFirst();
  return row?.snapshot_id ?? null;
}

const reportFromRow = (row: ReportTable): StoredReport => ({
  venue: row.venue,
  atMs: row.at_ms,
  status: row.status,
  snapshotId: row.snapshot_id,
  unknownReason: row.unknown_reason as UnknownReason | null,
  body: JSON.parse(row.body) as unknown,
});
