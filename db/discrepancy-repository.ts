import type { Kysely } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { AssetId, VenueId } from '../src/domain/venue/venue.ts';
import { inTransaction } from './database.ts';
import type { Database, DiscrepancyTable } from './tables.ts';

export interface StoredDiscrepancy {
  readonly id: string;
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly class: string;
  readonly severity: string;
  /** Where it stands in its life: suspected, confirmed, … closed. */
  readonly state: string;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  readonly body: unknown;
}

export interface DiscrepancyStep {
  readonly atMs: number;
  readonly state: string;
  readonly note: string;
}

/** Keeps a discrepancy as it stands now. A new state is added to its history, with a note on why. */
export function saveDiscrepancy(
  db: Kysely<Database>,
  discrepancy: StoredDiscrepancy,
  { atMs, note }: { readonly atMs: number; readonly note: string },
): Promise<void> {
  return inTransaction(db, async (trx) => {
    const { id } = discrepancy;
    const before = await trx
      .selectFrom('discrepancy')
      .select('state')
      .where('id', '=', id)
      .executeTakeFirst();
    const { id: _id, first_seen_at_ms: _first, ...changing } = rowFrom(discrepancy);
    await trx
      .insertInto('discrepancy')
      .values(rowFrom(discrepancy))
      .onConflict((conflict) => conflict.column('id').doUpdateSet(changing))
      .execute();
    if (before?.state === discrepancy.state) return;
    await trx
      .insertInto('discrepancy_history')
      .values({ discrepancy_id: id, at_ms: atMs, state: discrepancy.state, note })
      .execute();
  });
}

export async function findDiscrepancy(db: Kysely<Database>, id: string): Promise<StoredDiscrepancy | null> {
  const row = await db.selectFrom('discrepancy').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : discrepancyFrom(row);
}

/** Discrepancies in any of the states, in the order in which they were first seen. */
export async function readDiscrepancies(
  db: Kysely<Database>,
  { states, venue = null }: { readonly states: readonly string[]; readonly venue?: VenueId | null },
): Promise<readonly StoredDiscrepancy[]> {
  let query = db.selectFrom('discrepancy').selectAll().where('state', 'in', states);
  if (venue !== null) query = query.where('venue', '=', venue);
  const rows = await query.orderBy('first_seen_at_ms').orderBy('id').execute();
  return rows.map(discrepancyFrom);
}

/** Every discrepancy there ever was, oldest first; at most `limit`. */
export async function readAllDiscrepancies(
  db: Kysely<Database>,
  limit: number,
): Promise<readonly StoredDiscrepancy[]> {
  const rows = await db
    .selectFrom('discrepancy')
    .selectAll()
    .orderBy('first_seen_at_ms')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(discrepancyFrom);
}

/** Those that were first seen last, newest first; of one venue or of all. */
export async function readNewestDiscrepancies(
  db: Kysely<Database>,
  { venue, limit }: { readonly venue: VenueId | null; readonly limit: number },
): Promise<readonly StoredDiscrepancy[]> {
  let query = db.selectFrom('discrepancy').selectAll();
  if (venue !== null) query = query.where('venue', '=', venue);
  const rows = await query.orderBy('first_seen_at_ms', 'desc').orderBy('id').limit(limit).execute();
  return rows.map(discrepancyFrom);
}

/** The states that a discrepancy went through, oldest first. */
export async function readDiscrepancyHistory(
  db: Kysely<Database>,
  discrepancyId: string,
): Promise<readonly DiscrepancyStep[]> {
  return db
    .selectFrom('discrepancy_history')
    .select(['at_ms as atMs', 'state', 'note'])
    .where('discrepancy_id', '=', discrepancyId)
    .orderBy('sequence')
    .execute();
}

const rowFrom = (discrepancy: StoredDiscrepancy): DiscrepancyTable => ({
  id: discrepancy.id,
  venue: discrepancy.venue,
  asset: discrepancy.asset,
  class: discrepancy.class,
  severity: discrepancy.severity,
  state: discrepancy.state,
  first_seen_at_ms: discrepancy.firstSeenAtMs,
  last_seen_at_ms: discrepancy.lastSeenAtMs,
  body: canonicalJson(discrepancy.body),
});

const discrepancyFrom = (row: DiscrepancyTable): StoredDiscrepancy => ({
  id: row.id,
  venue: row.venue,
  asset: row.asset,
  class: row.class,
  severity: row.severity,
  state: row.state,
  firstSeenAtMs: row.first_seen_at_ms,
  lastSeenAtMs: row.last_seen_at_ms,
  body: JSON.parse(row.body) as unknown,
});
