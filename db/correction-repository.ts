import type { Kysely } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { AssetId, VenueId } from '../src/domain/venue/venue.ts';
import { inTransaction } from './database.ts';
import type { CorrectionTable, Database } from './tables.ts';

export type CorrectionState = CorrectionTable['state'];

export interface NewCorrection {
  /** Follows from its content: the same correction is proposed once. */
  readonly id: string;
  readonly venue: VenueId;
  /** What it settles; already kept. */
  readonly discrepancyIds: readonly string[];
  /** What it moves at its venue. */
  readonly assets: readonly AssetId[];
  readonly evidenceHash: string;
  readonly body: unknown;
  readonly proposedAtMs: number;
  /** It may be approved until then. */
  readonly expiresAtMs: number | null;
}

export interface StoredCorrection extends Omit<NewCorrection, 'discrepancyIds' | 'assets'> {
  readonly state: CorrectionState;
  readonly decidedAtMs: number | null;
  /** "policy", or "person:…"; null while it is proposed. */
  readonly decidedBy: string | null;
}

export interface CorrectionMove {
  readonly id: string;
  readonly from: CorrectionState;
  readonly to: Exclude<CorrectionState, 'proposed'>;
  /** Of the correction as whoever decides has seen it. */
  readonly evidenceHash: string;
  readonly decidedBy: string;
  readonly atMs: number;
}

/** Proposes a correction, once, however often it is derived; again where it had become stale without a decision. */
export function proposeCorrection(
  db: Kysely<Database>,
  correction: NewCorrection,
): Promise<'proposed' | 'alreadyProposed'> {
  const { id, venue, evidenceHash, body, proposedAtMs, expiresAtMs, discrepancyIds, assets } = correction;
  assert(discrepancyIds.length > 0 && assets.length > 0, 'a correction settles a discrepancy of an asset');
  return inTransaction(db, async (trx) => {
    const proposal = {
      state: 'proposed',
      evidence_hash: evidenceHash,
      body: canonicalJson(body),
      proposed_at_ms: proposedAtMs,
      expires_at_ms: expiresAtMs,
      decided_at_ms: null,
      decided_by: null,
    } as const;
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('correction')
      .values({ id, venue, ...proposal })
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(proposal).where('correction.state', '=', 'stale'),
      )
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows !== 1n) return 'alreadyProposed';
    await trx
      .insertInto('correction_discrepancy')
      .values(discrepancyIds.map((discrepancy_id) => ({ correction_id: id, discrepancy_id })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await trx
      .insertInto('correction_asset')
      .values(assets.map((asset) => ({ correction_id: id, asset })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return 'proposed';
  });
}

/** Compare and swap: moves a correction only from the state and the evidence that were seen. True when it moved. */
export async function moveCorrection(db: Kysely<Database>, move: CorrectionMove): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('correction')
    .set({ state: move.to, decided_at_ms: move.atMs, decided_by: move.decidedBy })
    .where('id', '=', move.id)
    .where('state', '=', move.from)
    .where('evidence_hash', '=', move.evidenceHash)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

export async function findCorrection(db: Kysely<Database>, id: string): Promise<StoredCorrection | null> {
  const row = await db.selectFrom('correction').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : correctionFrom(row);
}

/** Corrections in any of the states, oldest first. */
export async function readCorrections(
  db: Kysely<Database>,
  states: readonly CorrectionState[],
): Promise<readonly StoredCorrection[]> {
  const rows = await db
    .selectFrom('correction')
    .selectAll()
    .where('state', 'in', states)
    .orderBy('proposed_at_ms')
    .orderBy('id')
    .execute();
  return rows.map(correctionFrom);
}

/** Corrections at a venue in one state that were decided on since a time, oldest first. */
export async function readDecidedCorrections(
  db: Kysely<Database>,
  {
    venue,
    state,
    sinceMs,
  }: { readonly venue: VenueId; readonly state: 'applied' | 'reversed'; readonly sinceMs: number },
): Promise<readonly StoredCorrection[]> {
  const rows = await db
    .selectFrom('correction')
    .selectAll()
    .where('state', '=', state)
    .where('venue', '=', venue)
    .where('decided_at_ms', '>=', sinceMs)
    .orderBy('decided_at_ms')
    .orderBy('id')
    .execute();
  return rows.map(correctionFrom);
}

/** Proposals at a venue that wait for a decision. */
export async function readProposals(
  db: Kysely<Database>,
  venue: VenueId,
): Promise<readonly StoredCorrection[]> {
  const rows = await db
    .selectFrom('correction')
    .selectAll()
    .where('state', '=', 'proposed')
    .where('venue', '=', venue)
    .orderBy('id')
    .execute();
  return rows.map(correctionFrom);
}

/** Every correction that was ever proposed for a discrepancy, oldest first. */
export async function readCorrectionsOf(
  db: Kysely<Database>,
  discrepancyId: string,
): Promise<readonly StoredCorrection[]> {
  const rows = await db
    .selectFrom('correction')
    .innerJoin('correction_discrepancy as settles', 'settles.correction_id', 'correction.id')
    .selectAll('correction')
    .where('settles.discrepancy_id', '=', discrepancyId)
    .orderBy('proposed_at_ms')
    .orderBy('id')
    .execute();
  return rows.map(correctionFrom);
}

/** How many corrections someone applied at a venue since a time, by asset. A reversed one was decided anew. */
export async function countAppliedByAsset(
  db: Kysely<Database>,
  by: { readonly venue: VenueId; readonly decidedBy: string; readonly sinceMs: number },
): Promise<ReadonlyMap<AssetId, number>> {
  const rows = await db
    .selectFrom('correction')
    .innerJoin('correction_asset as moves', 'moves.correction_id', 'correction.id')
    .select((row) => ['moves.asset', row.fn.countAll<number>().as('count')])
    .where('correction.state', '=', 'applied')
    .where('correction.venue', '=', by.venue)
    .where('correction.decided_by', '=', by.decidedBy)
    .where('correction.decided_at_ms', '>=', by.sinceMs)
    .groupBy('moves.asset')
    .execute();
  return new Map(rows.map(({ asset, count }) => [asset, count]));
}

const correctionFrom = (row: CorrectionTable): StoredCorrection => ({
  id: row.id,
  venue: row.venue,
  state: row.state,
  evidenceHash: row.evidence_hash,
  body: JSON.parse(row.body) as unknown,
  proposedAtMs: row.proposed_at_ms,
  expiresAtMs: row.expires_at_ms,
  decidedAtMs: row.decided_at_ms,
  decidedBy: row.decided_by,
});
