import { assert } from '../assert.ts';
import { canonicalJson } from '../canonical-json.ts';
import {
  type Amount,
  add,
  amount,
  divide,
  isZero,
  maximum,
  multiply,
  negate,
  ONE,
  subtract,
  ZERO,
} from '../money/amount.ts';
import type { Snapshot } from '../venue/observation.ts';
import { type AssetId, type OpenOrder, perpetualAsset, type VenueId } from '../venue/venue.ts';
import type { Holding } from './book-view.ts';
import { makeTransaction, receive } from './make-transaction.ts';
import { heldFor, type OrderHold, type OrderState, unheardOrder } from './order-state.ts';
import type { Bucket, Posting, Transaction } from './transaction.ts';

type Held = Pick<Snapshot, 'balances' | 'positions' | 'accrued'>;

/** Two reads that may open a venue: they show the same holdings and the same open orders. */
export function agreeForOpening(a: Snapshot, b: Snapshot): boolean {
  const compared = ({ balances, positions, openOrders, accrued }: Snapshot) =>
    canonicalJson({ balances, positions, openOrders, accrued });
  return compared(a) === compared(b);
}

export interface OpeningRequest {
  readonly venue: VenueId;
  readonly snapshot: Held;
  /** What messages have put into the book before the opening: the opening makes up the rest. */
  readonly booked: readonly Holding[];
  /** When the snapshot was observed. */
  readonly atMs: number;
}

/** Opens a venue with what its snapshot shows. Null when the book shows the same already, as with an empty account. */
export function openingTransaction({ venue, snapshot, booked, atMs }: OpeningRequest): Transaction | null {
  const postings: Posting[] = [];
  const open = (asset: AssetId, bucket: Bucket, held: Amount) =>
    postings.push(...receive(venue, bucket, asset, held, 'opening'));
  const seen = new Set<string>();
  const once = (list: string, asset: AssetId) => {
    const key = JSON.stringify([list, asset]);
    assert(!seen.has(key), `a snapshot names ${asset} once among its ${list}`);
    seen.add(key);
  };
  for (const { asset, available, hold } of snapshot.balances) {
    once('balances', asset);
    open(asset, 'available', available);
    open(asset, 'hold', hold);
  }
  for (const { market, size } of snapshot.positions) {
    once('balances', perpetualAsset(market));
    open(perpetualAsset(market), 'available', size);
  }
  for (const accrued of snapshot.accrued) {
    once('accruals', accrued.asset);
    open(accrued.asset, 'accrued', amount(accrued.amount));
  }
  for (const holding of booked) {
    for (const bucket of ['available', 'hold', 'accrued'] as const)
      open(holding.asset, bucket, negate(holding[bucket]));
  }
  return makeTransaction({
    eventId: `opening:${venue}`,
    cause: 'openingBalance',
    venue,
    atMs,
    venueIds: [],
    postings,
  });
}

/** The holdings as they were before some transactions. */
export function holdingsWithout(
  holdings: readonly Holding[],
  transactions: readonly Transaction[],
  venue: VenueId,
): readonly Holding[] {
  const moved = new Map<string, Amount>();
  for (const posting of transactions.flatMap(({ postings }) => postings)) {
    if ('external' in posting || posting.venue !== venue) continue;
    const key = `${posting.bucket}|${posting.asset}`;
    moved.set(key, add(moved.get(key) ?? ZERO, posting.amount));
  }
  return holdings.map((holding) => {
    const before = (bucket: Bucket) =>
      subtract(holding[bucket], moved.get(`${bucket}|${holding.asset}`) ?? ZERO);
    return { ...holding, available: before('available'), hold: before('hold'), accrued: before('accrued') };
  });
}

export interface AdoptionRequest {
  readonly venue: VenueId;
  readonly openOrders: readonly OpenOrder[];
  readonly balances: Snapshot['balances'];
  readonly assetsOfMarket: (market: string) => { readonly base: AssetId; readonly quote: AssetId };
  /** Orders that the book knows already: they are not adopted again, and what they hold is theirs. */
  readonly knownOrders: readonly OrderState[];
  readonly atMs: number;
}

/**
 * Orders that rest at the venue when it opens, as if the bot had submitted what remains of them. A venue says what
 * it holds in all, not for which order: an asset's hold is shared out by what each order needs, to the last digit.
 */
export function adoptOpenOrders(request: AdoptionRequest): readonly OrderState[] {
  const { venue, assetsOfMarket, knownOrders, atMs } = request;
  const knownClientOrderIds = new Set(knownOrders.map(({ clientOrderId }) => clientOrderId));
  const adopted = request.openOrders.filter(
    (order) => !knownClientOrderIds.has(order.clientOrderId ?? order.id),
  );
  const holds = shareHolds(adopted, request);
  return adopted.map((order, index) => ({
    ...unheardOrder(venue, order.clientOrderId ?? order.id),
    terms: { market: order.market, ...assetsOfMarket(order.market), side: order.side },
    submitted: { quantity: order.remaining, limitPrice: order.limitPrice, atMs },
    accepted: { venueOrderId: order.id, hold: holds[index] ?? null },
  }));
}

function shareHolds(
  orders: readonly OpenOrder[],
  { balances, assetsOfMarket, knownOrders }: AdoptionRequest,
): readonly (OrderHold | null)[] {
  const heldAt = new Map(balances.map(({ asset, hold }) => [asset, hold]));
  for (const hold of knownOrders.map(heldFor)) {
    if (hold !== null)
      heldAt.set(hold.asset, maximum(ZERO, subtract(heldAt.get(hold.asset) ?? ZERO, hold.amount)));
  }
  const needs = orders.map((order) => {
    const { base, quote } = assetsOfMarket(order.market);
    return order.side === 'sell'
      ? { asset: base, amount: order.remaining }
      : { asset: quote, amount: multiply(order.remaining, order.limitPrice ?? ONE) };
  });
  const needed = new Map<AssetId, Amount>();
  for (const need of needs) needed.set(need.asset, add(needed.get(need.asset) ?? ZERO, need.amount));
  return needs.map(({ asset, amount: need }) => {
    const left = heldAt.get(asset) ?? ZERO;
    const allNeeds = needed.get(asset) ?? ZERO;
    if (isZero(left) || isZero(allNeeds)) return null;
    const part = need === allNeeds ? left : divide(multiply(left, need), allNeeds, 18);
    heldAt.set(asset, subtract(left, part));
    needed.set(asset, subtract(allNeeds, need));
    return isZero(part) ? null : { asset, amount: part };
  });
}
