// The cash of a venue as orders have set it aside, kept by the reducer of `cash-protocol.ts` and nothing else.
//
// Invariants, each held by a property test of the same words:
// 1. What is stored is what the reducer makes of the events that were committed, in their order.
// 2. An event is committed with the state that it leads to, or neither is.
// 3. Two who read the same version cannot both have reserved from it.

import type { Kysely } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { type Amount, amount, isNegative } from '../src/domain/money/amount.ts';
import {
  applyCashEvent,
  type CashEvent,
  type CashOutcome,
  type CashReservation,
  keyOf,
  openVenueCash,
  type VenueCash,
} from '../src/domain/rebalancing/cash-protocol.ts';
import type { AssetId, VenueId } from '../src/domain/venue/venue.ts';
import { inTransaction } from './database.ts';
import type { Database } from './tables.ts';
import type { CashReservationTable } from './venue-cash-tables.ts';

/** The cash of a venue, its free collateral, or a base asset that it holds: each is reserved by itself. */
export interface CashAccount {
  readonly venue: VenueId;
  readonly asset: AssetId;
}

/** Opens an account with what the book has confirmed of it. One that is open stays as it is. */
export function openCashAccount(
  db: Kysely<Database>,
  account: CashAccount,
  { confirmed, floor, atMs }: { readonly confirmed: Amount; readonly floor: Amount; readonly atMs: number },
): Promise<'opened' | 'alreadyOpen'> {
  assert(!isNegative(floor), `what must stay is not negative: ${floor}`);
  return inTransaction(db, async (trx) => {
    if ((await readCashAccount(trx, account)) !== null) return 'alreadyOpen';
    const { reserved, version, halted } = openVenueCash(confirmed, floor);
    const opening = {
      key: 'opened',
      state: 'opened' as const,
      reason: '',
      body: canonicalJson({ confirmed, floor }),
    };
    await trx
      .insertInto('cash_event')
      .values({ ...account, version, ...opening, at_ms: atMs })
      .execute();
    await trx
      .insertInto('venue_cash')
      .values({ ...account, confirmed, floor, reserved, version, halted })
      .execute();
    return 'opened';
  });
}

/** Takes the venue's total from a certified reading, unless something was booked since it began: compare and swap. */
export const certify = (
  db: Kysely<Database>,
  account: CashAccount,
  { atMs, ...given }: Omit<CashEvent & { readonly type: 'certified' }, 'type'> & { readonly atMs: number },
) => commitCashEvent(db, account, { type: 'certified', ...given }, atMs);

/**
 * Applies an event to the stored state by the reducer, and commits both together: in the transaction that `db` is, or
 * else in one of its own. A transaction has the right to write from its beginning, so that nobody else's event comes
 * between what is read here and what is written. What is refused or repeated writes nothing.
 *
 * @returns what the reducer says, with the state afterwards; its `bookedIds` hold at most the key of this event.
 * @throws {InvariantViolation} for an account that was never opened, and for amounts that the reducer does not take.
 */
export function commitCashEvent(
  db: Kysely<Database>,
  account: CashAccount,
  event: CashEvent,
  atMs: number,
): Promise<CashOutcome> {
  return inTransaction(db, async (trx) => {
    const stored = await readCashAccount(trx, account);
    assert(
      stored !== null,
      `${account.asset} at ${account.venue} is opened before anything is reserved of it`,
    );
    const key = keyOf(event);
    const before = (await isBooked(trx, account, key)) ? { ...stored, bookedIds: [key] } : stored;
    const outcome = applyCashEvent(before, event);
    if (outcome.state === 'refused' || outcome.state === 'repeated') return outcome;
    await trx
      .insertInto('cash_event')
      .values({
        ...account,
        version: outcome.cash.version,
        key,
        state: outcome.state,
        reason: outcome.state === 'premiseBroken' ? outcome.reason : '',
        body: canonicalJson(event),
        at_ms: atMs,
      })
      .execute();
    await writeState(trx, account, { before, after: outcome.cash });
    return outcome;
  });
}

/** What orders have set aside of an account in all. */
export interface ReservedAmount extends CashAccount {
  readonly amount: Amount;
}

/** Everything that is set aside, of accounts where anything is. */
export async function readReserved(db: Kysely<Database>): Promise<readonly ReservedAmount[]> {
  const rows = await db
    .selectFrom('venue_cash')
    .select(['venue', 'asset', 'reserved'])
    .where('reserved', '<>', '0')
    .orderBy('venue')
    .orderBy('asset')
    .execute();
  return rows.map(({ venue, asset, reserved }) => ({ venue, asset, amount: amount(reserved) }));
}

/** The newest event of all accounts, by its sequence; 0 where there is none. */
export async function newestCashEvent(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('cash_event')
    .select('sequence')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.sequence ?? 0;
}

/** Whether an account has moved since an event, by whomever. */
export async function hasMovedSince(
  db: Kysely<Database>,
  { venue, asset }: CashAccount,
  sequence: number,
): Promise<boolean> {
  const row = await db
    .selectFrom('cash_event')
    .select('sequence')
    .where('venue', '=', venue)
    .where('asset', '=', asset)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined && row.sequence > sequence;
}

/** The state as it is stored, without the keys of what was booked; null where the account was never opened. */
export async function readCashAccount(db: Kysely<Database>, account: CashAccount): Promise<VenueCash | null> {
  const row = await db
    .selectFrom('venue_cash')
    .selectAll()
    .where('venue', '=', account.venue)
    .where('asset', '=', account.asset)
    .executeTakeFirst();
  if (row === undefined) return null;
  const reservations = await db
    .selectFrom('cash_reservation')
    .selectAll()
    .where('venue', '=', account.venue)
    .where('asset', '=', account.asset)
    .orderBy('place')
    .execute();
  return {
    confirmed: amount(row.confirmed),
    floor: amount(row.floor),
    reserved: amount(row.reserved),
    version: row.version,
    halted: row.halted,
    reservations: reservations.map(reservationFrom),
    bookedIds: [],
  };
}

/** The state as the reducer makes it of all committed events, likewise; null where there are none. For checks: reads all. */
export async function rebuildCashAccount(
  db: Kysely<Database>,
  account: CashAccount,
): Promise<VenueCash | null> {
  const rows = await db
    .selectFrom('cash_event')
    .select(['body', 'state', 'version'])
    .where('venue', '=', account.venue)
    .where('asset', '=', account.asset)
    .orderBy('version')
    .execute();
  const [opening, ...events] = rows;
  if (opening === undefined) return null;
  const { confirmed, floor } = JSON.parse(opening.body) as {
    readonly confirmed: Amount;
    readonly floor: Amount;
  };
  return events.reduce(
    (cash, { body, state, version }) => {
      const outcome = applyCashEvent(cash, JSON.parse(body) as CashEvent);
      assert(
        outcome.state === state && outcome.cash.version === version,
        `event ${version} of ${account.asset} at ${account.venue} is ${state}, found ${outcome.state}`,
      );
      // Each key is in the table once: to look for it again would cost the square of the events.
      return { ...outcome.cash, bookedIds: [] };
    },
    openVenueCash(confirmed, floor),
  );
}

async function isBooked(db: Kysely<Database>, account: CashAccount, key: string): Promise<boolean> {
  const row = await db
    .selectFrom('cash_event')
    .select('version')
    .where('venue', '=', account.venue)
    .where('asset', '=', account.asset)
    .where('key', '=', key)
    .executeTakeFirst();
  return row !== undefined;
}

async function writeState(
  db: Kysely<Database>,
  account: CashAccount,
  { before, after }: { readonly before: VenueCash; readonly after: VenueCash },
): Promise<void> {
  const { confirmed, floor, reserved, version, halted } = after;
  const { numUpdatedRows } = await db
    .updateTable('venue_cash')
    .set({ confirmed, floor, reserved, version, halted })
    .where('venue', '=', account.venue)
    .where('asset', '=', account.asset)
    .where('version', '=', before.version)
    .executeTakeFirst();
  assert(
    numUpdatedRows === 1n,
    `version ${before.version} of ${account.asset} at ${account.venue} is the last one when it moves`,
  );
  const isChanged = (each: CashReservation) => !before.reservations.includes(each);
  for (const changed of after.reservations.filter(isChanged))
    await writeReservation(db, account, changed, version);
  for (const { order } of before.reservations) {
    if (after.reservations.some((each) => each.order === order)) continue;
    await db
      .deleteFrom('cash_reservation')
      .where('venue', '=', account.venue)
      .where('asset', '=', account.asset)
      .where('order_name', '=', order)
      .execute();
  }
}

async function writeReservation(
  db: Kysely<Database>,
  account: CashAccount,
  { order, amount: reserved, bookedQuantity, endedQuantity }: CashReservation,
  version: number,
): Promise<void> {
  const changing = { amount: reserved, booked_quantity: bookedQuantity, ended_quantity: endedQuantity };
  await db
    .insertInto('cash_reservation')
    .values({ ...account, order_name: order, place: version, ...changing })
    .onConflict((conflict) => conflict.columns(['venue', 'asset', 'order_name']).doUpdateSet(changing))
    .execute();
}

const reservationFrom = (row: CashReservationTable): CashReservation => ({
  order: row.order_name,
  amount: amount(row.amount),
  bookedQuantity: amount(row.booked_quantity),
  endedQuantity: row.ended_quantity === null ? null : amount(row.ended_quantity),
});
