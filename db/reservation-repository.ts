import type { Kysely } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { type Amount, amount, isNegative, isZero, subtract } from '../src/domain/money/amount.ts';
import type { AssetId, VenueId } from '../src/domain/venue/venue.ts';
import { inTransaction } from './database.ts';
import type { ReservationTable } from './order-tables.ts';
import type { Database } from './tables.ts';

/** What an order of ours may still take: laid over the book, never a bucket of it. */
export interface Reservation {
  readonly intentId: string;
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly amount: Amount;
}

/** Reserves for an order, in the transaction that records its intent. */
export async function reserve(db: Kysely<Database>, reservations: readonly Reservation[]): Promise<void> {
  const wanted = reservations.filter((reservation) => !isZero(reservation.amount));
  if (wanted.length === 0) return;
  await db
    .insertInto('reservation')
    .values(
      wanted.map(({ intentId, venue, asset, amount: value }) => ({
        intent_id: intentId,
        venue,
        asset,
        amount: value,
      })),
    )
    .execute();
}

/** Lowers a reservation by what a fill took, to nothing at the least. Does nothing where nothing is reserved. */
export function reduceReservation(db: Kysely<Database>, taken: Reservation): Promise<void> {
  assert(!isNegative(taken.amount), `a fill takes no less than nothing: ${taken.amount}`);
  return inTransaction(db, async (trx) => {
    const key = { intent_id: taken.intentId, venue: taken.venue, asset: taken.asset };
    const row = await trx
      .selectFrom('reservation')
      .selectAll()
      .where((where) => where.and(key))
      .executeTakeFirst();
    if (row === undefined) return;
    const rest = subtract(amount(row.amount), taken.amount);
    await (isZero(rest) || isNegative(rest)
      ? trx
          .deleteFrom('reservation')
          .where((where) => where.and(key))
          .execute()
      : trx
          .updateTable('reservation')
          .set({ amount: rest })
          .where((where) => where.and(key))
          .execute());
  });
}

/** Gives back whatever an order still reserves. */
export async function releaseReservations(db: Kysely<Database>, intentId: string): Promise<void> {
  await db.deleteFrom('reservation').where('intent_id', '=', intentId).execute();
}

/** Everything that is reserved, at one venue or at all. */
export async function readReservations(
  db: Kysely<Database>,
  venue: VenueId | null,
): Promise<readonly Reservation[]> {
  let query = db.selectFrom('reservation').selectAll();
  if (venue !== null) query = query.where('venue', '=', venue);
  const rows = await query.orderBy('venue').orderBy('asset').orderBy('intent_id').execute();
  return rows.map(reservationFrom);
}

const reservationFrom = ({ intent_id, venue, asset, amount: text }: ReservationTable): Reservation => ({
  intentId: intent_id,
  venue,
  asset,
  amount: amount(text),
});
