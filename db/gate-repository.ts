import type { Kysely } from 'kysely';
import type { AssetId, VenueId } from '../src/domain/venue/venue.ts';
import type { Database } from './tables.ts';

/** Whether an asset may be traded at a venue. An asset without a gate is closed. */
export interface Gate {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly state: 'open' | 'closed';
  readonly reason: string;
  /** Since when it is open or closed; another reason alone does not move it. */
  readonly sinceMs: number;
}

/** True when the gate opened or closed, or its reason is another one. */
export async function setGate(
  db: Kysely<Database>,
  gate: Omit<Gate, 'sinceMs'> & { readonly atMs: number },
): Promise<boolean> {
  const { venue, asset, state, reason, atMs } = gate;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('gate')
    .values({ venue, asset, state, reason, since_ms: atMs })
    .onConflict((conflict) =>
      conflict
        .columns(['venue', 'asset'])
        .doUpdateSet((row) => ({
          state,
          reason,
          since_ms: row.case().when('gate.state', '=', state).then(row.ref('gate.since_ms')).else(atMs).end(),
        }))
        .where((row) => row.or([row('gate.state', '!=', state), row('gate.reason', '!=', reason)])),
    )
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

export async function readGates(db: Kysely<Database>, venue: VenueId | null): Promise<readonly Gate[]> {
  let query = db.selectFrom('gate').select(['venue', 'asset', 'state', 'reason', 'since_ms as sinceMs']);
  if (venue !== null) query = query.where('venue', '=', venue);
  return query.orderBy('venue').orderBy('asset').execute();
}

/** Closes every open gate of a venue; true when there was one. */
export async function closeGates(
  db: Kysely<Database>,
  { venue, reason, atMs }: { readonly venue: VenueId; readonly reason: string; readonly atMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('gate')
    .set({ state: 'closed', reason, since_ms: atMs })
    .where('venue', '=', venue)
    .where('state', '=', 'open')
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
