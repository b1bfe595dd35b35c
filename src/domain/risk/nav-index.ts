// The value of the portfolio from one measurement to the next, without what came in and went out.
//
// Invariants, each held by a property test of the same words:
// 1. What comes in or goes out moves neither the index nor the result of a day.
// 2. Without flows the index is the value, times a constant.

import {
  type Amount,
  add,
  divide,
  isNegative,
  isPositive,
  maximum,
  multiply,
  ONE,
  round,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { known, type Measured, missing } from './risk-state.ts';

const INDEX_DECIMALS = 20;

/** What a value is of. Sorted. */
export interface NavScope {
  readonly venues: readonly VenueId[];
  readonly priced: readonly AssetId[];
  /** Held long without a price, and so in no value. */
  readonly unpriced: readonly AssetId[];
}

/** All venues certified, everything at present prices. */
export interface NavReading extends NavScope {
  readonly atMs: number;
  readonly navUsd: Amount;
  readonly valueByAsset: Readonly<Record<AssetId, Amount>>;
}

/** What an asset's deposits and withdrawals come to, at a present price; null where nobody says one. */
export interface ValuedFlow {
  readonly asset: AssetId;
  readonly valueUsd: Amount | null;
}

/** A measurement. `flowUsd` came in since the one before it, negative where it went out; `index` is time-weighted. */
export interface NavPoint extends NavScope {
  readonly atMs: number;
  readonly navUsd: Amount;
  readonly flowUsd: Amount;
  readonly index: Amount;
}

/** An index begins at one. */
export const firstPoint = ({ atMs, navUsd, venues, priced, unpriced }: NavReading): NavPoint => ({
  atMs,
  navUsd,
  flowUsd: ZERO,
  index: ONE,
  venues,
  priced,
  unpriced,
});

/**
 * The next measurement. An asset without a price is left out of value and flows alike: its price when it comes is a flow,
 * and where it goes, nothing is measured. With another set of venues every change of value is a flow.
 */
export function nextPoint(
  before: NavPoint,
  reading: NavReading,
  flows: readonly ValuedFlow[],
): Measured<NavPoint> {
  const { atMs, navUsd, venues, priced, unpriced } = reading;
  const flow = flowOf(before, reading, flows);
  if (flow.state === 'unknown') return flow;
  const index = round(multiply(before.index, factorOf(before.navUsd, navUsd, flow.value)), INDEX_DECIMALS);
  return known({ atMs, navUsd, flowUsd: flow.value, index, venues, priced, unpriced });
}

/** What was gained or lost from one measurement on; `after` are those that followed it, the present one last. */
export function resultSince(
  base: Pick<NavPoint, 'navUsd'>,
  after: readonly Pick<NavPoint, 'navUsd' | 'flowUsd'>[],
): { readonly pnlUsd: Amount; readonly startUsd: Amount } {
  const flowUsd = sum(after.map((point) => point.flowUsd));
  const navUsd = after.at(-1)?.navUsd ?? base.navUsd;
  return {
    pnlUsd: subtract(subtract(navUsd, base.navUsd), flowUsd),
    startUsd: add(base.navUsd, maximum(ZERO, flowUsd)),
  };
}

function flowOf(
  before: NavPoint,
  { navUsd, venues, priced, unpriced, valueByAsset }: NavReading,
  flows: readonly ValuedFlow[],
): Measured<Amount> {
  if (venues.join('\n') !== before.venues.join('\n')) return known(subtract(navUsd, before.navUsd));
  const lost = unpriced.find((asset) => before.priced.includes(asset));
  if (lost !== undefined) return missing(`the price of ${lost}`);
  const leftOut = new Set([...before.unpriced, ...unpriced]);
  const found = before.unpriced.filter((asset) => priced.includes(asset));
  let total = sum(found.map((asset) => valueByAsset[asset] ?? ZERO));
  for (const { asset, valueUsd } of flows) {
    if (leftOut.has(asset)) continue;
    if (valueUsd === null) return missing(`the price of ${asset}, which came in or went out`);
    total = add(total, valueUsd);
  }
  return known(total);
}

/**
 * 1 + the return of a period. What came in counts as there from its beginning, what went out as there until its end, so
 * that neither makes the base smaller than what has earned the return. One where there was nothing to earn it.
 */
function factorOf(beforeUsd: Amount, navUsd: Amount, flowUsd: Amount): Amount {
  const base = isNegative(flowUsd) ? beforeUsd : add(beforeUsd, flowUsd);
  const end = isNegative(flowUsd) ? subtract(navUsd, flowUsd) : navUsd;
  if (!isPositive(base)) return ONE;
  return divide(maximum(ZERO, end), base, INDEX_DECIMALS, 'half');
}
