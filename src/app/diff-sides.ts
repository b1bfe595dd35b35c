// The two files as the core takes them. Where one file says less than the core compares, the other's word is taken for
// both, so that no difference comes of it.

import { assert } from '../domain/assert.ts';
import type { BookOrder, BookView, Holding } from '../domain/book/book-view.ts';
import { makeTransaction, receive } from '../domain/book/make-transaction.ts';
import type { Cause, ExternalAccount, Transaction } from '../domain/book/transaction.ts';
import { subtract, ZERO } from '../domain/money/amount.ts';
import { certify, type Known, type Snapshot } from '../domain/venue/observation.ts';
import type { Fill, VenueId } from '../domain/venue/venue.ts';
import type { StatedAccount, StatedOrder } from './diff-account.ts';
import type { DiffInput } from './diff-input.ts';
import type { Booking } from './diff-records.ts';

/** What the book of a file looks like to the core. */
export function bookOf({ book, snapshot }: DiffInput, venue: VenueId): BookView {
  const saysOrders = book.account.openOrders !== null && snapshot.account.openOrders !== null;
  return {
    venue,
    isOpened: true,
    bookVersion: 0,
    holdings: holdingsOf(book.account, snapshot.account),
    liveOrders: saysOrders ? (book.account.openOrders ?? []).map((order) => bookOrder(order, venue)) : [],
    recentVenueIds: new Set(book.bookings.map(({ id }) => id)),
    recentSinceMs: 0,
    newestFillAtMs: null,
    newestFillIds: [],
    recentFills: new Map(),
    entryPrices: new Map(),
  };
}

/** Where one side states a total alone, what the other holds of it is taken for both: it is not compared. */
function holdingsOf(account: StatedAccount, other: StatedAccount): readonly Holding[] {
  return [...account.balances].map(([asset, { total, hold }]) => {
    const held = hold ?? other.balances.get(asset)?.hold ?? ZERO;
    return {
      asset,
      available: subtract(total, held),
      hold: held,
      inTransit: ZERO,
      accrued: ZERO,
      version: 0,
    };
  });
}

/** The market stands for what it trades, of which a file says nothing. */
function bookOrder(order: StatedOrder, venue: VenueId): BookOrder {
  const { id, clientOrderId, market, side, remaining, limitPrice } = order;
  return {
    clientOrderId: clientOrderId ?? orderId(order),
    venueOrderId: id,
    venue,
    market,
    base: market,
    quote: market,
    side,
    quantity: remaining,
    filledQuantity: ZERO,
    limitPrice,
    hold: null,
    status: 'accepted',
    submittedAtMs: 0,
  };
}

function orderId({ id, clientOrderId }: StatedOrder): string {
  const known = id ?? clientOrderId;
  assert(known !== null, 'an order has an id');
  return known;
}

/** What the snapshot of a file looks like to the core, as if it had been read at that time. */
export function snapshotOf(input: DiffInput, venue: VenueId, observedAtMs: number): Known<Snapshot> {
  const { book, snapshot } = input;
  const saysOrders = book.account.openOrders !== null && snapshot.account.openOrders !== null;
  const unmoved = { activity: 'unmoved', height: null };
  const value: Snapshot = {
    balances: holdingsOf(snapshot.account, book.account).map(({ asset, available, hold }) => {
      const total = snapshot.account.balances.get(asset)?.total ?? ZERO;
      return { asset, symbol: null, total, available, hold };
    }),
    // They stand among the balances, where a size needs no entry price.
    positions: [],
    openOrders: saysOrders
      ? (snapshot.account.openOrders ?? []).map((order) => ({ ...order, id: orderId(order) }))
      : [],
    fills: fillsOf(input),
    accrued: snapshot.accrued,
  };
  const observed = certify(value, {
    venue,
    // A comparison does not ask of what kind a venue is: trades and activity are complete since one time here.
    kind: snapshot.certificate?.kind ?? 'coinbase',
    scope: snapshot.certificate?.scope ?? venue,
    complete: true,
    observedAtMs,
    clockSkewMs: null,
    watermarkBefore: unmoved,
    watermarkAfter: unmoved,
    pages: (snapshot.certificate?.pages ?? []).map((page) => ({ ...page, endpoint: 'file' })),
    sources: ['file'],
  });
  assert(observed.state === 'known', 'a file that says that it is complete is certified');
  return observed;
}

/** The snapshot's and the records'; of one that both list the records say more. */
function fillsOf({ snapshot, records }: DiffInput): readonly Fill[] {
  const listed = (records?.records ?? []).flatMap((record) => (record.kind === 'fill' ? [record.fill] : []));
  return [...new Map([...snapshot.fills, ...listed].map((fill) => [fill.id, fill])).values()];
}

const BOOKED_AS: Readonly<
  Record<Booking['kind'], { readonly cause: Cause; readonly account: ExternalAccount }>
> = {
  fill: { cause: 'fill', account: 'trade' },
  swap: { cause: 'fill', account: 'trade' },
  deposit: { cause: 'deposit', account: 'transfer' },
  withdrawal: { cause: 'withdrawal', account: 'transfer' },
  transfer: { cause: 'transfer', account: 'transfer' },
  funding: { cause: 'funding', account: 'funding' },
  fee: { cause: 'correction', account: 'fee' },
  reward: { cause: 'correction', account: 'reward' },
  conversion: { cause: 'correction', account: 'trade' },
};

/** A booking as a transaction, named by its place in the file; nothing where nothing moved. */
export function bookedAs(
  { id, kind, atMs, deltas }: Booking,
  index: number,
  venue: VenueId,
): readonly Transaction[] {
  const { cause, account } = BOOKED_AS[kind];
  const transaction = makeTransaction({
    eventId: `booked[${index}]`,
    cause,
    venue,
    atMs,
    venueIds: [id],
    postings: deltas.flatMap(({ asset, amount }) => receive(venue, 'available', asset, amount, account)),
  });
  return transaction === null ? [] : [transaction];
}
