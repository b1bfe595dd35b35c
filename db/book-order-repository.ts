import type { Kysely } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { type InferredFill, type OrderState, statusOf } from '../src/domain/book/order-state.ts';
import { type Amount, amount } from '../src/domain/money/amount.ts';
import type { VenueId } from '../src/domain/venue/venue.ts';
import type { BookOrderTable, Database } from './tables.ts';

export async function findBookOrder(
  db: Kysely<Database>,
  venue: VenueId,
  clientOrderId: string,
): Promise<OrderState | null> {
  const row = await db
    .selectFrom('book_order')
    .selectAll()
    .where('venue', '=', venue)
    .where('client_order_id', '=', clientOrderId)
    .executeTakeFirst();
  return row === undefined ? null : orderFromRow(row);
}

/** The order that the venue knows by its own id. */
export async function findBookOrderByVenueOrderId(
  db: Kysely<Database>,
  venue: VenueId,
  venueOrderId: string,
): Promise<OrderState | null> {
  const row = await db
    .selectFrom('book_order')
    .selectAll()
    .where('venue', '=', venue)
    .where('venue_order_id', '=', venueOrderId)
    .executeTakeFirst();
  return row === undefined ? null : orderFromRow(row);
}

/** Orders that may still fill, of every venue: also those whose submission was not heard yet. */
export async function readLiveOrders(db: Kysely<Database>): Promise<readonly OrderState[]> {
  const rows = await db
    .selectFrom('book_order')
    .selectAll()
    .where('is_live', '=', 1)
    .orderBy('venue')
    .orderBy('client_order_id')
    .execute();
  return rows.map(orderFromRow);
}

export async function saveBookOrder(db: Kysely<Database>, order: OrderState): Promise<void> {
  const row = rowFromOrder(order);
  const { venue: _venue, client_order_id: _id, ...changing } = row;
  await db
    .insertInto('book_order')
    .values(row)
    .onConflict((conflict) => conflict.columns(['venue', 'client_order_id']).doUpdateSet(changing))
    .execute();
}

function rowFromOrder(order: OrderState): BookOrderTable {
  const { terms, submitted, accepted } = order;
  const status = statusOf(order);
  return {
    venue: order.venue,
    client_order_id: order.clientOrderId,
    market: terms?.market ?? null,
    base: terms?.base ?? null,
    quote: terms?.quote ?? null,
    side: terms?.side ?? null,
    quantity: submitted?.quantity ?? null,
    limit_price: submitted?.limitPrice ?? null,
    submitted_at_ms: submitted?.atMs ?? null,
    venue_order_id: accepted?.venueOrderId ?? null,
    hold_asset: accepted?.hold?.asset ?? null,
    hold_amount: accepted?.hold?.amount ?? null,
    is_cancelled: order.isCancelled ? 1 : 0,
    filled_quantity: order.filledQuantity,
    inferred_fills: JSON.stringify(order.inferredFills),
    is_live: status === 'submitted' || status === 'accepted' ? 1 : 0,
  };
}

function orderFromRow(row: BookOrderTable): OrderState {
  return {
    venue: row.venue,
    clientOrderId: row.client_order_id,
    terms: termsFromRow(row),
    submitted: submissionFromRow(row),
    accepted: acceptanceFromRow(row),
    isCancelled: row.is_cancelled === 1,
    filledQuantity: amount(row.filled_quantity),
    inferredFills: JSON.parse(row.inferred_fills) as readonly InferredFill[],
  };
}

function termsFromRow({ market, base, quote, side, client_order_id }: BookOrderTable): OrderState['terms'] {
  if (market === null) return null;
  assert(base !== null && quote !== null && side !== null, `the terms of ${client_order_id} are whole`);
  return { market, base, quote, side };
}

function submissionFromRow({
  quantity,
  limit_price,
  submitted_at_ms,
}: BookOrderTable): OrderState['submitted'] {
  if (quantity === null || submitted_at_ms === null) return null;
  const limitPrice: Amount | null = limit_price === null ? null : amount(limit_price);
  return { quantity: amount(quantity), limitPrice, atMs: submitted_at_ms };
}

function acceptanceFromRow({
  venue_order_id,
  hold_asset,
  hold_amount,
}: BookOrderTable): OrderState['accepted'] {
  if (venue_order_id === null) return null;
  const hold =
    hold_asset === null || hold_amount === null ? null : { asset: hold_asset, amount: amount(hold_amount) };
  return { venueOrderId: venue_order_id, hold };
}
