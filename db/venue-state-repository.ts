import type { Kysely } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import type { Opening } from '../src/domain/book/event-context.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { VenueMode } from '../src/domain/reconciliation/gate.ts';
import type { Watermark } from '../src/domain/venue/observation.ts';
import type { VenueId, VenueKind } from '../src/domain/venue/venue.ts';
import type { Database, VenueStateTable } from './tables.ts';

export interface VenueState {
  readonly venue: VenueId;
  /** The account that the venue's name stands for, pinned when it was first seen; null until then. */
  readonly account: { readonly kind: VenueKind; readonly scope: string } | null;
  readonly opening: Opening;
  /** Where the venue's record stood at its opening; null when it was not opened from a snapshot. */
  readonly openingWatermark: Watermark | null;
  readonly lastObservedAtMs: number | null;
  readonly mode: VenueMode;
  readonly modeReason: string;
  readonly modeSinceMs: number;
}

/** Pins the account that a venue's name stands for; says so when it already stands for another one. */
export async function pinVenue(
  db: Kysely<Database>,
  pin: {
    readonly venue: VenueId;
    readonly kind: VenueKind;
    readonly scope: string;
    readonly atMs: number;
  },
): Promise<
  { readonly status: 'pinned' | 'known' } | { readonly status: 'wrongScope'; readonly pinned: string }
> {
  const { venue, kind, scope, atMs } = pin;
  const account = (await findVenueState(db, venue))?.account ?? null;
  if (account !== null) {
    return account.scope === scope && account.kind === kind
      ? { status: 'known' }
      : { status: 'wrongScope', pinned: `${account.kind} ${account.scope}` };
  }
  await db
    .insertInto('venue_state')
    .values({ ...unseenVenue(venue, atMs), kind, scope })
    .onConflict((conflict) => conflict.column('venue').doUpdateSet({ kind, scope }))
    .execute();
  return { status: 'pinned' };
}

/** Opens a venue, once. Its account may be pinned before or after. */
export async function openVenue(
  db: Kysely<Database>,
  venue: VenueId,
  opening: Exclude<Opening, { state: 'unopened' }> & { readonly watermark: Watermark | null },
): Promise<void> {
  const opened = {
    opening: opening.state,
    opened_at_ms: opening.atMs,
    opening_watermark: opening.watermark === null ? null : canonicalJson(opening.watermark),
  };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('venue_state')
    .values({ ...unseenVenue(venue, opening.atMs), ...opened })
    .onConflict((conflict) =>
      conflict.column('venue').doUpdateSet(opened).where('venue_state.opening', '=', 'unopened'),
    )
    .executeTakeFirstOrThrow();
  assert(numInsertedOrUpdatedRows === 1n, `${venue} is unopened when it is opened`);
}

/** Remembers when a certified snapshot of a venue was last taken. */
export async function recordObserved(
  db: Kysely<Database>,
  venue: VenueId,
  observedAtMs: number,
): Promise<void> {
  await db
    .updateTable('venue_state')
    .set({ last_observed_at_ms: observedAtMs })
    .where('venue', '=', venue)
    .execute();
}

/** True when the mode or its reason changed. */
export async function setVenueMode(
  db: Kysely<Database>,
  {
    venue,
    mode,
    reason,
    atMs,
  }: { readonly venue: VenueId; readonly mode: VenueMode; readonly reason: string; readonly atMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('venue_state')
    .set({ mode, mode_reason: reason, mode_since_ms: atMs })
    .where('venue', '=', venue)
    .where((row) => row.or([row('mode', '!=', mode), row('mode_reason', '!=', reason)]))
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

export async function findVenueState(db: Kysely<Database>, venue: VenueId): Promise<VenueState | null> {
  const row = await db.selectFrom('venue_state').selectAll().where('venue', '=', venue).executeTakeFirst();
  return row === undefined ? null : stateFromRow(row);
}

export async function readVenueStates(db: Kysely<Database>): Promise<readonly VenueState[]> {
  const rows = await db.selectFrom('venue_state').selectAll().orderBy('venue').execute();
  return rows.map(stateFromRow);
}

/** Every venue that was ever read or reported on, sorted. */
export async function readKnownVenues(db: Kysely<Database>): Promise<readonly VenueId[]> {
  const rows = await db
    .selectFrom('venue_state')
    .select('venue')
    .union(db.selectFrom('report').select('venue'))
    .orderBy('venue')
    .execute();
  return rows.map(({ venue }) => venue);
}

const unseenVenue = (venue: VenueId, atMs: number): VenueStateTable => ({
  venue,
  kind: null,
  scope: null,
  opening: 'unopened',
  opened_at_ms: null,
  opening_watermark: null,
  last_observed_at_ms: null,
  mode: 'active',
  mode_reason: '',
  mode_since_ms: atMs,
});

function stateFromRow(row: VenueStateTable): VenueState {
  return {
    venue: row.venue,
    account:
      row.kind === null || row.scope === null ? null : { kind: row.kind as VenueKind, scope: row.scope },
    opening: openingFromRow(row),
    openingWatermark:
      row.opening_watermark === null ? null : (JSON.parse(row.opening_watermark) as Watermark),
    lastObservedAtMs: row.last_observed_at_ms,
    mode: row.mode as VenueMode,
    modeReason: row.mode_reason,
    modeSinceMs: row.mode_since_ms,
  };
}

function openingFromRow({ opening, opened_at_ms }: VenueStateTable): Opening {
  if (opening === 'unopened') return { state: 'unopened' };
  assert(opened_at_ms !== null, 'an opened venue has a time of its opening');
  return { state: opening, atMs: opened_at_ms };
}
