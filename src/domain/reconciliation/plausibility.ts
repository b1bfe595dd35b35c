// Whether so much can be gone.
//
// Invariants, each held by a property test of the same name:
// 1. What the book no longer believes in either is not missed.
// 2. A read that shows at least what the last certified one did is plausible.
// 3. A larger loss is never more plausible than a smaller one.

import type { BookView } from '../book/book-view.ts';
import {
  type Amount,
  absolute,
  add,
  isMore,
  isZero,
  minimum,
  multiply,
  subtract,
  ZERO,
} from '../money/amount.ts';
import type { Snapshot } from '../venue/observation.ts';
import { type AssetId, perpetualAsset } from '../venue/venue.ts';
import { RECONCILIATION_DEFAULTS } from './defaults.ts';

export interface PlausibilityInput {
  readonly snapshot: Snapshot;
  /** What the venue said when it was last believed. */
  readonly before: Snapshot;
  readonly book: BookView;
  /** USD for one unit; null where unknown: then only the disappearance counts. */
  readonly priceOf: (asset: AssetId) => Amount | null;
}

/** More is gone than a single read is believed about. */
export interface Implausible {
  readonly detail: string;
  /** What is gone and what is left of it: two reads that give the same text agree on the loss. */
  readonly loss: string;
}

/**
 * Finds a mass disappearance: more assets, or a greater share of the venue's value, than may vanish between two
 * reads without a fill that says so and without the book knowing of it. Null where the read is plausible.
 */
export function findImplausibleLoss({
  snapshot,
  before,
  book,
  priceOf,
}: PlausibilityInput): Implausible | null {
  const held = amountsOf(snapshot);
  const believed = new Map(book.holdings.map(({ asset, available, hold }) => [asset, add(available, hold)]));
  const traded = assetsOfNewFills(snapshot, before);
  const gone: AssetId[] = [];
  const losses: string[] = [];
  let valueUsd = ZERO;
  let lostUsd = ZERO;
  for (const [asset, was] of amountsOf(before)) {
    const price = priceOf(asset);
    if (price !== null) valueUsd = add(valueUsd, multiply(absolute(was), price));
    const left = absolute(held.get(asset) ?? ZERO);
    const expected = minimum(absolute(was), absolute(believed.get(asset) ?? ZERO));
    if (traded.has(asset) || !isMore(expected, left)) continue;
    losses.push(`${asset} ${left}`);
    if (isZero(left)) gone.push(asset);
    if (price !== null) lostUsd = add(lostUsd, multiply(subtract(expected, left), price));
  }
  const { vanishedAssetsMax, vanishedValueShare } = RECONCILIATION_DEFAULTS;
  const loss = losses.sort().join(', ');
  if (gone.length > vanishedAssetsMax)
    return { detail: `${gone.length} assets are gone at once: ${gone.slice(0, 5).join(', ')}`, loss };
  if (isMore(lostUsd, multiply(valueUsd, vanishedValueShare)))
    return { detail: `${lostUsd} of ${valueUsd} USD are gone at once`, loss };
  return null;
}

/** Balances and positions alike: a position is held like an asset. */
function amountsOf({ balances, positions }: Snapshot): ReadonlyMap<AssetId, Amount> {
  return new Map([
    ...balances.map(({ asset, total }) => [asset, total] as const),
    ...positions.map(({ market, size }) => [perpetualAsset(market), size] as const),
  ]);
}

/** A fill that was not there before says why its assets and its fee moved. */
function assetsOfNewFills(snapshot: Snapshot, before: Snapshot): ReadonlySet<AssetId> {
  const known = new Set(before.fills.map(({ id }) => id));
  const fills = snapshot.fills.filter(({ id }) => !known.has(id));
  return new Set(fills.flatMap(({ base, quote, fee }) => [base, quote, fee.asset]));
}
