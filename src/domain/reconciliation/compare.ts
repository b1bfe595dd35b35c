// Comparison: what the book believes against what a certified snapshot says.
//
// Invariants, each held by a property test of the same name:
// 1. A book compared with itself agrees.
// 2. Adding every delta to the book makes it equal to the venue.
// 3. The same inputs give the same differences in the same order, whatever order they arrived in.
// 4. A zero on one side agrees with absence on the other.
// 5. What the one side lacks and what the other side lacks are both found.

import { assert } from '../assert.ts';
import type { BookView, Holding } from '../book/book-view.ts';
import { type Amount, add, isMore, isNegative, isZero, multiply, subtract, ZERO } from '../money/amount.ts';
import type { Known, Snapshot } from '../venue/observation.ts';
import { type AssetId, isPerpetualAsset, perpetualAsset, type VenueId } from '../venue/venue.ts';
import { compareEntryPrices } from './compare-entry-prices.ts';
import { compareOrders } from './compare-orders.ts';
import { type InFlight, type InFlightReach, isWithinReach, reachByAsset } from './in-flight.ts';
import { type Tolerances, type Weighed, weighDifference } from './tolerance.ts';

export type DifferenceClass =
  | 'agreed'
  | 'rounding'
  | 'dust'
  | 'pending'
  | 'missingAtVenue'
  | 'unknownToBook'
  | 'quantityMismatch'
  | 'holdMismatch'
  | 'positionMismatch'
  | 'orderMismatch';

export type Severity = 'info' | 'warning' | 'error' | 'critical';

/**
 * Where totals agree the rest of what is not held is available, so that one of the two is told. `entryPrice` is what a
 * position was entered at, where both agree on its size.
 */
export type ComparedBucket = 'total' | 'hold' | 'order' | 'entryPrice';

/** One place where book and venue differ. What agrees has no row. */
export interface Difference {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly bucket: ComparedBucket;
  /** What differs: the asset, or for an order its id at the venue, else its client order id. */
  readonly subject: string;
  readonly class: DifferenceClass;
  /** What it is once nothing under way accounts for it any more; the same as `class` unless that is `pending`. */
  readonly settledClass: Exclude<DifferenceClass, 'agreed' | 'pending'>;
  /** What it weighs once it has settled. */
  readonly severity: Severity;
  readonly isMaterial: boolean;
  readonly bookAmount: Amount;
  readonly venueAmount: Amount;
  /** Venue minus book: positive when the venue holds more than the book believes. */
  readonly delta: Amount;
  /** Magnitude in USD; null without a price: then the relative test alone decided. */
  readonly valueUsd: Amount | null;
  /** Magnitude as a fraction of the book's amount. */
  readonly relative: Amount;
  /** What is under way that may account for it: order, fill and transfer ids. Empty unless `pending`. */
  readonly pendingOn: readonly string[];
  readonly pendingUntilMs: number | null;
  /** An order of unknown outcome is among them: it stays pending until evidence comes, however long. */
  readonly awaitsOutcome: boolean;
  readonly isOverdue: boolean;
}

export interface Comparison {
  readonly venue: VenueId;
  readonly observedAtMs: number;
  /** The origins that answered. */
  readonly sources: readonly string[];
  readonly bookVersion: number;
  readonly compared: number;
  readonly agreed: number;
  /** Sorted by asset, bucket and subject. */
  readonly differences: readonly Difference[];
  /** Owed and not settled: told apart and never a discrepancy of cash. */
  readonly accrued: readonly {
    readonly asset: AssetId;
    readonly bookAmount: Amount;
    readonly venueAmount: string;
  }[];
}

export interface CompareInput {
  readonly book: BookView;
  readonly snapshot: Known<Snapshot>;
  readonly inFlight: InFlight;
  readonly tolerances: Tolerances;
  /** USD for one unit; null where unknown, which is never zero. */
  readonly priceOf: (asset: AssetId) => Amount | null;
  readonly navUsd: Amount | null;
}

/** Compares every holding and open order in both directions. Takes certified snapshots only, and only opened venues. */
export function compareVenue(input: CompareInput): Comparison {
  const { book, snapshot } = input;
  assert(book.isOpened, `an unopened venue is never compared: ${book.venue}`);
  assert(snapshot.certificate.venue === book.venue, 'a book is compared with a snapshot of its own venue');
  const atMs = snapshot.certificate.observedAtMs;
  const reaches = reachByAsset(input.inFlight, atMs);
  const differences: Difference[] = [];
  const visit = (asset: AssetId, holding: Holding | undefined, balance: Amounts | undefined): void => {
    const found = compareAsset({
      asset,
      holding: holding ?? EMPTY,
      balance: balance ?? EMPTY,
      input,
      reaches,
    });
    if (found !== null) differences.push(found);
  };
  const compared = join(sortedUnique(book.holdings), sortedUnique(venueAmounts(snapshot.value)), visit);
  const orders = compareOrders(book, snapshot.value.openOrders, input.inFlight);
  differences.push(...compareEntryPrices(book, snapshot.value.positions));
  return {
    venue: book.venue,
    observedAtMs: atMs,
    sources: snapshot.certificate.sources,
    bookVersion: book.bookVersion,
    compared: compared + orders.compared,
    agreed: compared + orders.compared - differences.length - orders.differences.length,
    differences: [...differences, ...orders.differences].sort(byAssetBucketSubject),
    accrued: accruedOf(book, snapshot.value),
  };
}

interface Amounts {
  readonly available: Amount;
  readonly hold: Amount;
}

interface VenueAmounts extends Amounts {
  readonly asset: AssetId;
}

const EMPTY: Amounts = { available: ZERO, hold: ZERO };

function compareAsset(at: {
  readonly asset: AssetId;
  readonly holding: Amounts;
  readonly balance: Amounts;
  readonly input: CompareInput;
  readonly reaches: ReadonlyMap<AssetId, InFlightReach>;
}): Difference | null {
  const { asset, holding, balance, input } = at;
  // Amounts are canonical text, so equal parts need no arithmetic: this is the path of nearly every row.
  if (holding.available === balance.available && holding.hold === balance.hold) return null;
  const book = add(holding.available, holding.hold);
  const venue = add(balance.available, balance.hold);
  const reach = at.reaches.get(asset) ?? null;
  if (book !== venue)
    return judge({ asset, bucket: 'total', book, venue, class: classOf(asset, book, venue) }, input, reach);
  return judge(
    { asset, bucket: 'hold', book: holding.hold, venue: balance.hold, class: 'holdMismatch' },
    input,
    reach,
  );
}

interface Found {
  readonly asset: AssetId;
  readonly bucket: ComparedBucket;
  readonly book: Amount;
  readonly venue: Amount;
  readonly class: Exclude<DifferenceClass, 'agreed' | 'pending'>;
}

function judge(found: Found, input: CompareInput, reach: InFlightReach | null): Difference {
  const delta = subtract(found.venue, found.book);
  const weighed = weighDifference({ ...found, delta }, input.priceOf(found.asset), input.tolerances);
  const settledClass = weighed.size === 'rounding' || weighed.size === 'dust' ? weighed.size : found.class;
  // A hold moves with every order on the asset, by amounts that only the venue knows: any of them accounts for it.
  const isPending =
    settledClass === found.class &&
    reach !== null &&
    (found.class === 'holdMismatch' || isWithinReach(delta, reach));
  return {
    venue: input.book.venue,
    asset: found.asset,
    bucket: found.bucket,
    subject: found.asset,
    class: isPending ? 'pending' : settledClass,
    settledClass,
    severity: severityOf(found, weighed, input),
    isMaterial: weighed.size === 'material',
    bookAmount: found.book,
    venueAmount: found.venue,
    delta,
    valueUsd: weighed.valueUsd,
    relative: weighed.relative,
    pendingOn: isPending ? reach.references : [],
    pendingUntilMs: isPending ? reach.deadlineAtMs : null,
    awaitsOutcome: isPending && reach.awaitsOutcome,
    isOverdue: isPending && reach.isOverdue,
  };
}

function classOf(asset: AssetId, book: Amount, venue: Amount): Found['class'] {
  if (isPerpetualAsset(asset)) return 'positionMismatch';
  if (isZero(venue)) return 'missingAtVenue';
  return isZero(book) ? 'unknownToBook' : 'quantityMismatch';
}

function severityOf(found: Found, weighed: Weighed, input: CompareInput): Severity {
  const { tolerances, navUsd } = input;
  if (weighed.size !== 'material') return 'info';
  if (found.class === 'holdMismatch') return 'warning';
  if (isZero(found.venue)) return 'critical';
  if (found.class === 'positionMismatch' && hasWrongSign(found)) return 'critical';
  const { valueUsd, relative } = weighed;
  if (
    valueUsd !== null &&
    navUsd !== null &&
    isMore(valueUsd, multiply(navUsd, tolerances.criticalNavShare))
  ) {
    return 'critical';
  }
  const isDear = valueUsd !== null && !isMore(tolerances.errorValueUsd, valueUsd);
  return isDear || !isMore(tolerances.errorRelative, relative) ? 'error' : 'warning';
}

const hasWrongSign = (found: Found): boolean =>
  !isZero(found.book) && !isZero(found.venue) && isNegative(found.book) !== isNegative(found.venue);

/** Walks two sorted lists once and calls back for every key of either. */
function join(
  book: readonly Holding[],
  venue: readonly VenueAmounts[],
  visit: (asset: AssetId, holding: Holding | undefined, balance: VenueAmounts | undefined) => void,
): number {
  let compared = 0;
  for (let b = 0, v = 0; b < book.length || v < venue.length; compared += 1) {
    const holding = book[b];
    const balance = venue[v];
    const isBookFirst = balance === undefined || (holding !== undefined && holding.asset < balance.asset);
    const isVenueFirst = holding === undefined || (balance !== undefined && balance.asset < holding.asset);
    const asset = isBookFirst ? holding?.asset : balance.asset;
    assert(asset !== undefined, 'a join visits what exists');
    visit(asset, isVenueFirst ? undefined : holding, isBookFirst ? undefined : balance);
    if (!isVenueFirst) b += 1;
    if (!isBookFirst) v += 1;
  }
  return compared;
}

/** A position is held like an asset, all of it available. */
function venueAmounts(snapshot: Snapshot): readonly VenueAmounts[] {
  if (snapshot.positions.length === 0) return snapshot.balances;
  const positions = snapshot.positions.map((position) => ({
    asset: perpetualAsset(position.market),
    available: position.size,
    hold: ZERO,
  }));
  return [...snapshot.balances, ...positions];
}

/** Most lists come sorted and are passed through; an asset that is named twice is a bug of whoever made the list. */
function sortedUnique<T extends { readonly asset: AssetId }>(rows: readonly T[]): readonly T[] {
  let isSorted = true;
  for (let i = 1; i < rows.length && isSorted; i += 1) isSorted = assetAt(rows, i - 1) < assetAt(rows, i);
  if (isSorted) return rows;
  const sorted = [...rows].sort((a, b) => (a.asset < b.asset ? -1 : a.asset > b.asset ? 1 : 0));
  for (let i = 1; i < sorted.length; i += 1) {
    assert(assetAt(sorted, i - 1) !== assetAt(sorted, i), `an asset is named once: ${assetAt(sorted, i)}`);
  }
  return sorted;
}

const assetAt = (rows: readonly { readonly asset: AssetId }[], index: number): AssetId =>
  rows[index]?.asset ?? '';

function accruedOf(book: BookView, snapshot: Snapshot): Comparison['accrued'] {
  const venue = new Map(snapshot.accrued.map(({ asset, amount }) => [asset, amount]));
  const believed = new Map(book.holdings.filter((h) => !isZero(h.accrued)).map((h) => [h.asset, h.accrued]));
  return [...new Set([...venue.keys(), ...believed.keys()])].sort().map((asset) => ({
    asset,
    bookAmount: believed.get(asset) ?? ZERO,
    venueAmount: venue.get(asset) ?? '0',
  }));
}

function byAssetBucketSubject(a: Difference, b: Difference): number {
  if (a.asset !== b.asset) return a.asset < b.asset ? -1 : 1;
  if (a.bucket !== b.bucket) return a.bucket < b.bucket ? -1 : 1;
  return a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0;
}
