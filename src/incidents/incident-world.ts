import { assert } from '../domain/assert.ts';
import { applyOrder, applyTransaction, emptyBook, markOpened, viewOf } from '../domain/book/book-state.ts';
import { holdTransaction } from '../domain/book/event-postings.ts';
import { makeTransaction, receive } from '../domain/book/make-transaction.ts';
import { type OrderState, unheardOrder } from '../domain/book/order-state.ts';
import type { Cause, ExternalAccount, Posting, Transaction } from '../domain/book/transaction.ts';
import { type Amount, add, isZero, negate, subtract, ZERO } from '../domain/money/amount.ts';
import type { Snapshot } from '../domain/venue/observation.ts';
import {
  type Activity,
  type AssetId,
  type Fill,
  isPerpetualAsset,
  marketOfPerpetual,
  type OpenOrder,
  type VenueId,
} from '../domain/venue/venue.ts';
import type { IncidentBook } from './incident.ts';

/** Amounts by asset that something adds to a venue's holdings, none of them zero. */
export type Effect = ReadonlyMap<AssetId, Amount>;

export interface Booking {
  readonly eventId: string;
  readonly cause: Cause;
  readonly atMs: number;
  readonly venueIds: readonly string[];
  readonly effect: Effect;
  readonly account: ExternalAccount;
}

/** The venues as they are and the book as it was kept, each changed on its own: that is how they come to differ. */
export interface IncidentWorld {
  readonly book: IncidentBook;
  /** Something happens at a venue; whether it is on record and whether it is booked is said apart. */
  happen(venue: VenueId, effect: Effect): void;
  recordFill(venue: VenueId, fill: Fill): void;
  recordActivity(venue: VenueId, activity: Activity): void;
  bookEffect(venue: VenueId, booking: Booking): Transaction;
  bookPostings(fields: Omit<Transaction, 'id'>): Transaction;
  /** An order rests at the venue and in the book; the book may lack what is held for it. */
  placeOrder(order: RestingOrder): void;
  /** An order leaves the venue with all that was held for it. */
  endOrder(venue: VenueId, orderId: string): void;
  activityAt(venue: VenueId): readonly Activity[];
  heldAt(venue: VenueId): Snapshot;
}

export interface RestingOrder {
  readonly venue: VenueId;
  readonly open: OpenOrder & { readonly clientOrderId: string };
  readonly base: AssetId;
  readonly quote: AssetId;
  readonly hold: { readonly asset: AssetId; readonly amount: Amount };
  readonly isHoldBooked: boolean;
  readonly atMs: number;
}

interface VenueState {
  readonly totals: Map<AssetId, Amount>;
  readonly fills: Fill[];
  readonly activity: Activity[];
  readonly orders: Map<string, RestingOrder>;
}

export function createWorld(venues: readonly VenueId[], openedAtMs: number): IncidentWorld {
  const book = emptyBook();
  const transactions: Transaction[] = [];
  const orders = new Map<string, OrderState>();
  const states = new Map<VenueId, VenueState>(
    venues.map((venue) => [venue, { totals: new Map(), fills: [], activity: [], orders: new Map() }]),
  );
  for (const venue of venues) markOpened(book, venue);
  const at = (venue: VenueId): VenueState => {
    const state = states.get(venue);
    assert(state !== undefined, `an incident has the venue ${venue}`);
    return state;
  };
  const post = (transaction: Transaction): void => {
    applyTransaction(book, transaction);
    transactions.push(transaction);
  };
  const replaceOrder = (order: OrderState): void => {
    orders.set(order.clientOrderId, order);
    applyOrder(book, order);
  };
  const bookPostings = (fields: Omit<Transaction, 'id'>): Transaction => {
    const transaction = makeTransaction(fields);
    assert(transaction !== null, 'what is booked moves something');
    post(transaction);
    return transaction;
  };
  return {
    book: {
      // An incident is about what is held: its venues tell nothing of what positions were entered at.
      viewOf: (venue) => ({ ...viewOf(book, venue, openedAtMs), entryPrices: new Map() }),
      transactionsOf: (venue) => transactions.filter((transaction) => transaction.venue === venue),
      orderOf: (clientOrderId) => orders.get(clientOrderId) ?? null,
      post,
      replaceOrder,
    },
    happen: (venue, effect) => {
      const { totals } = at(venue);
      for (const [asset, moved] of effect) totals.set(asset, add(totals.get(asset) ?? ZERO, moved));
    },
    recordFill: (venue, fill) => at(venue).fills.push(fill),
    recordActivity: (venue, activity) => at(venue).activity.push(activity),
    bookPostings,
    bookEffect: (venue, { eventId, cause, atMs, venueIds, effect, account }) => {
      const postings = [...effect].flatMap(([asset, moved]): readonly Posting[] =>
        receive(venue, 'available', asset, moved, account),
      );
      return bookPostings({ eventId, cause, venue, atMs, venueIds, postings });
    },
    placeOrder: (resting) => {
      at(resting.venue).orders.set(resting.open.id, resting);
      const order = bookedOrder(resting);
      const before = unheardOrder(resting.venue, resting.open.clientOrderId);
      const held = holdTransaction(before, order, {
        eventId: `accepted:${resting.open.id}`,
        atMs: resting.atMs,
      });
      if (held !== null) post(held);
      replaceOrder(order);
    },
    endOrder: (venue, orderId) => {
      at(venue).orders.delete(orderId);
    },
    activityAt: (venue) => [...at(venue).activity].sort(byTimeThenId),
    heldAt: (venue) => snapshotOf(at(venue)),
  };
}

/** What a fill moves: worked out here anew, so that the core is not judged by its own arithmetic. */
export function effectOfFill(fill: Fill): Effect {
  const isBuy = fill.side === 'buy';
  return effectOfAmounts([
    [fill.base, isBuy ? fill.quantity : negate(fill.quantity)],
    [fill.quote, isBuy ? negate(fill.quoteAmount) : fill.quoteAmount],
    [fill.fee.asset, negate(fill.fee.amount)],
  ]);
}

export function effectOfAmounts(amounts: Iterable<readonly [AssetId, Amount]>): Effect {
  const effect = new Map<AssetId, Amount>();
  for (const [asset, moved] of amounts) effect.set(asset, add(effect.get(asset) ?? ZERO, moved));
  for (const [asset, moved] of effect) if (isZero(moved)) effect.delete(asset);
  return effect;
}

export const negated = (effect: Effect): Effect =>
  new Map([...effect].map(([asset, moved]) => [asset, negate(moved)]));

export const differenceOf = (a: Effect, b: Effect): Effect => effectOfAmounts([...a, ...negated(b)]);

function bookedOrder({ venue, open, base, quote, hold, isHoldBooked, atMs }: RestingOrder): OrderState {
  const { clientOrderId, market, side, remaining: quantity, limitPrice, id: venueOrderId } = open;
  return {
    ...unheardOrder(venue, clientOrderId),
    terms: { market, base, quote, side },
    submitted: { quantity, limitPrice, atMs },
    accepted: { venueOrderId, hold: isHoldBooked ? hold : null },
  };
}

function snapshotOf({ totals, fills, orders }: VenueState): Snapshot {
  const held = effectOfAmounts([...orders.values()].map(({ hold }) => [hold.asset, hold.amount]));
  const rows = [...totals].filter(([, total]) => !isZero(total)).sort(([a], [b]) => (a < b ? -1 : 1));
  const balances = rows
    .filter(([asset]) => !isPerpetualAsset(asset))
    .map(([asset, total]) => {
      const hold = held.get(asset) ?? ZERO;
      return { asset, symbol: asset, total, available: subtract(total, hold), hold };
    });
  const positions = rows
    .filter(([asset]) => isPerpetualAsset(asset))
    .map(([asset, size]) => ({
      market: marketOfPerpetual(asset),
      side: size.startsWith('-') ? ('short' as const) : ('long' as const),
      size,
      entryPrice: ZERO,
    }));
  return {
    balances,
    positions,
    openOrders: [...orders.values()].map(({ open }) => open).sort((a, b) => (a.id < b.id ? -1 : 1)),
    fills: [...fills].sort(byTimeThenId),
    accrued: [],
  };
}

const byTimeThenId = (
  a: { readonly atMs: number; readonly id: string },
  b: { readonly atMs: number; readonly id: string },
): number => a.atMs - b.atMs || (a.id < b.id ? -1 : 1);
