import { assert } from '../assert.ts';
import { type Amount, add, ZERO } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { BookOrder, BookView, Holding, RecentFill } from './book-view.ts';
import { entryPricesAfter } from './entry-prices.ts';
import { assertBalanced } from './make-transaction.ts';
import { bookOrderOf, type OrderState } from './order-state.ts';
import type { PositionEntry } from './position-entry.ts';
import type { Transaction } from './transaction.ts';
import { effectOf } from './transaction-effect.ts';

/** The book in memory: a cache of the database, changed only after a commit, by the one writer of the book. */
export interface Book {
  version: number;
  readonly venues: Map<VenueId, VenueBook>;
}

interface VenueBook {
  isOpened: boolean;
  readonly holdings: Map<AssetId, Holding>;
  readonly liveOrders: Map<string, BookOrder>;
  /** The venue's own ids that a transaction stands for, with the transaction's time. */
  readonly venueIds: Map<string, number>;
  newestFillAtMs: number | null;
  readonly recentFills: Map<string, RecentFill>;
  readonly entryPrices: Map<AssetId, Amount>;
}

/** Everything that a book is rebuilt from. */
export interface BookData {
  readonly version: number;
  readonly holdings: readonly { readonly venue: VenueId; readonly holding: Holding }[];
  readonly orders: readonly OrderState[];
  readonly venueIds: readonly { readonly venue: VenueId; readonly venueId: string; readonly atMs: number }[];
  readonly openedVenues: readonly VenueId[];
  /** For every venue the newest fills, those within `RECENT_FILLS_MS` of its newest. */
  readonly recentFills: readonly Transaction[];
  readonly entryPrices: readonly {
    readonly venue: VenueId;
    readonly asset: AssetId;
    readonly entryPrice: Amount;
  }[];
}

export const emptyBook = (): Book => ({ version: 0, venues: new Map() });

export function restoreBook(data: BookData): Book {
  const book: Book = { version: data.version, venues: new Map() };
  for (const { venue, holding } of data.holdings) venueBook(book, venue).holdings.set(holding.asset, holding);
  for (const { venue, venueId, atMs } of data.venueIds) venueBook(book, venue).venueIds.set(venueId, atMs);
  for (const fill of data.recentFills) rememberFill(venueBook(book, fill.venue), fill);
  for (const { venue, asset, entryPrice } of data.entryPrices)
    learnEntryPrice(book, venue, asset, entryPrice);
  for (const order of data.orders) applyOrder(book, order);
  for (const venue of data.openedVenues) markOpened(book, venue);
  return book;
}

/** Adds a transaction that has been committed. The version of every asset that it touches moves by one. */
export function applyTransaction(book: Book, transaction: Transaction): void {
  assertBalanced(transaction);
  const entryPrices = entryPricesAfter(transaction, (asset) => entryOf(book, transaction.venue, asset));
  const touched = new Map<string, Holding>();
  for (const posting of transaction.postings) {
    if ('external' in posting) continue;
    const { venue, asset, bucket, amount } = posting;
    const key = JSON.stringify([venue, asset]);
    const before = touched.get(key) ?? nextVersion(holdingOf(book, venue, asset));
    const after = { ...before, [bucket]: add(before[bucket], amount) };
    touched.set(key, after);
    venueBook(book, venue).holdings.set(asset, after);
  }
  const own = venueBook(book, transaction.venue);
  for (const venueId of transaction.venueIds) {
    // A reversal stands against what it undoes: the venue's id is free again.
    if (transaction.cause === 'reversal') own.venueIds.delete(venueId);
    else own.venueIds.set(venueId, transaction.atMs);
  }
  for (const { asset, entryPrice } of entryPrices) {
    if (entryPrice === null) own.entryPrices.delete(asset);
    else own.entryPrices.set(asset, entryPrice);
  }
  if (transaction.cause === 'fill') rememberFill(own, transaction);
  book.version += 1;
}

/** Takes over what a position was entered at from a venue that agrees on its size. */
export function learnEntryPrice(book: Book, venue: VenueId, asset: AssetId, entryPrice: Amount): void {
  venueBook(book, venue).entryPrices.set(asset, entryPrice);
}

/** A position as the book has it. */
export function entryOf(book: Book, venue: VenueId, asset: AssetId): PositionEntry {
  const { available, hold } = holdingOf(book, venue, asset);
  return {
    size: add(available, hold),
    entryPrice: book.venues.get(venue)?.entryPrices.get(asset) ?? null,
  };
}

/** No venue's list is behind by more than this. */
export const RECENT_FILLS_MS = 600_000;

function rememberFill(own: VenueBook, transaction: Transaction): void {
  const { atMs, venueIds, venue } = transaction;
  own.newestFillAtMs = Math.max(own.newestFillAtMs ?? atMs, atMs);
  const sinceMs = own.newestFillAtMs - RECENT_FILLS_MS;
  for (const [id, fill] of own.recentFills) if (fill.atMs < sinceMs) own.recentFills.delete(id);
  const [id] = venueIds;
  if (id === undefined || atMs < sinceMs) return;
  const deltas = [...effectOf(transaction, venue)].map(([asset, amount]) => ({ asset, amount }));
  own.recentFills.set(id, { atMs, deltas });
}

/** Takes over an order as it stands now. An order that has ended is forgotten: the database has it. */
export function applyOrder(book: Book, state: OrderState): void {
  const { liveOrders } = venueBook(book, state.venue);
  const order = bookOrderOf(state);
  if (order !== null && isLive(order)) liveOrders.set(order.clientOrderId, order);
  else liveOrders.delete(state.clientOrderId);
}

export function markOpened(book: Book, venue: VenueId): void {
  venueBook(book, venue).isOpened = true;
}

/** Forgets venue ids of transactions before a time, to bound what the book keeps in memory. */
export function forgetVenueIdsBefore(book: Book, sinceMs: number): void {
  for (const { venueIds } of book.venues.values()) {
    for (const [venueId, atMs] of venueIds) if (atMs < sinceMs) venueIds.delete(venueId);
  }
}

/** The book of one venue as a comparison needs it. Sorted; later changes to the book do not change it. */
export function viewOf(book: Book, venue: VenueId, recentSinceMs: number): BookView {
  const { isOpened, holdings, liveOrders, venueIds, newestFillAtMs, recentFills, entryPrices } = venueBook(
    book,
    venue,
  );
  const recentVenueIds = new Set<string>();
  for (const [venueId, atMs] of venueIds) if (atMs >= recentSinceMs) recentVenueIds.add(venueId);
  return {
    venue,
    isOpened,
    bookVersion: book.version,
    holdings: [...holdings.values()].sort((a, b) => (a.asset < b.asset ? -1 : 1)),
    liveOrders: [...liveOrders.values()].sort((a, b) => (a.clientOrderId < b.clientOrderId ? -1 : 1)),
    recentVenueIds,
    recentSinceMs,
    newestFillAtMs,
    newestFillIds: [...venueIds].flatMap(([venueId, atMs]) => (atMs === newestFillAtMs ? [venueId] : [])),
    recentFills: new Map(recentFills),
    entryPrices: new Map(entryPrices),
  };
}

/** What the book holds of an asset at a venue: zero of everything, at version 0, where nothing was ever posted. */
export function holdingOf(book: Book, venue: VenueId, asset: AssetId): Holding {
  return (
    book.venues.get(venue)?.holdings.get(asset) ?? {
      asset,
      available: ZERO,
      hold: ZERO,
      inTransit: ZERO,
      accrued: ZERO,
      version: 0,
    }
  );
}

/** The version of every asset that the book has at a venue: what corrections are computed on. */
export const versionsAt = (book: Book, venue: VenueId): ReadonlyMap<AssetId, number> =>
  new Map([...(book.venues.get(venue)?.holdings ?? [])].map(([asset, { version }]) => [asset, version]));

/** All of a holding: wherever in the venue it sits, on its way from it, or owed and not paid yet. */
export const totalOf = ({ available, hold, inTransit, accrued }: Holding): Amount =>
  add(add(available, hold), add(inTransit, accrued));

const isLive = ({ status }: BookOrder): boolean => status === 'submitted' || status === 'accepted';
const nextVersion = (holding: Holding): Holding => ({ ...holding, version: holding.version + 1 });

function venueBook(book: Book, venue: VenueId): VenueBook {
  assert(venue !== '', 'a venue has a name');
  const known = book.venues.get(venue);
  if (known) return known;
  const fresh: VenueBook = {
    isOpened: false,
    holdings: new Map(),
    liveOrders: new Map(),
    venueIds: new Map(),
    newestFillAtMs: null,
    recentFills: new Map(),
    entryPrices: new Map(),
  };
  book.venues.set(venue, fresh);
  return fresh;
}
