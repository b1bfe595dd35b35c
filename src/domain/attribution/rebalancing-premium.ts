// What rebalancing was worth against having held on.

import {
  type Amount,
  add,
  isPositive,
  isZero,
  multiply,
  subtract,
  sum,
  toNumber,
  ZERO,
} from '../money/amount.ts';
import { type Fact, known, unknown } from '../rebalancing/triggers/fact.ts';
import type { AssetId } from '../venue/venue.ts';

/** The portfolio at one time, right before what flows and what is traded then. */
export interface HeldPortfolio {
  readonly atMs: number;
  readonly navUsd: Amount;
  /** By asset, over all venues; signed for perpetuals. */
  readonly quantities: Readonly<Record<AssetId, Amount>>;
  /** Of a unit, of every asset that is held here or was held before; an asset without a price is left out. */
  readonly pricesUsd: Readonly<Record<AssetId, Amount>>;
  /** What came in from outside from here to the next, negative where it went out; counted as there from here on. */
  readonly flowUsd: Amount;
}

export interface HappenedRebalance {
  readonly id: string;
  readonly atMs: number;
}

/** Signed fractions, time-weighted. */
export interface Premium {
  readonly fromMs: number;
  readonly toMs: number;
  readonly actual: number;
  /** Of a shadow portfolio that holds on to what was held at `fromMs`. */
  readonly hold: number;
  /** actual − hold. */
  readonly premium: number;
}

export interface RebalancingPremium {
  /** Each from its own time to the next: what it was worth not to hold on to what the last one had left. */
  readonly rebalances: readonly (HappenedRebalance & { readonly premium: Fact<Premium> })[];
  /** From the first valuation to the last, against never having rebalanced. */
  readonly cumulative: Fact<Premium>;
}

/**
 * The rebalancing premium, R_actual − R_hold. The shadow portfolio begins with the value and the quantities of the last
 * valuation at or before a rebalance, is never traded, and moves by its prices alone: nav + Σ quantity·(price − price at
 * its beginning), which is the value of what is held, and of perpetuals with their margin. It has the same flows, pro rata
 * to what it holds, which leaves its return as it is. Fees and slippage are in R_actual and so in the premium, as are
 * funding and rewards, which the shadow has none of. Unknown where a price or a valuation is missing and where either
 * has lost everything. `portfolios` in any order, each time once.
 */
export function rebalancingPremium(
  portfolios: readonly HeldPortfolio[],
  rebalances: readonly HappenedRebalance[],
): RebalancingPremium {
  const points = [...portfolios].sort((a, b) => a.atMs - b.atMs);
  const happened = [...rebalances].sort((a, b) => a.atMs - b.atMs);
  const lastIndexAt = (atMs: number): number => points.findLastIndex((point) => point.atMs <= atMs);
  return {
    rebalances: happened.map((rebalance, index) => {
      const next = happened.slice(index + 1).find(({ atMs }) => atMs > rebalance.atMs);
      const end = next === undefined ? points.length - 1 : lastIndexAt(next.atMs);
      return { ...rebalance, premium: premiumOver(points, lastIndexAt(rebalance.atMs), end) };
    }),
    cumulative: premiumOver(points, points.length === 0 ? -1 : 0, points.length - 1),
  };
}

function premiumOver(points: readonly HeldPortfolio[], begin: number, end: number): Fact<Premium> {
  const first = points[begin];
  const last = points[end];
  if (first === undefined || last === undefined) return unknown('there is no valuation at or before it');
  if (end === begin) return unknown('there is no valuation after it, before the next');
  const actual = actualReturn(points.slice(begin, end + 1));
  if (actual.state === 'unknown') return actual;
  const hold = holdReturn(first, last);
  if (hold.state === 'unknown') return hold;
  return known({
    fromMs: first.atMs,
    toMs: last.atMs,
    actual: actual.value,
    hold: hold.value,
    premium: actual.value - hold.value,
  });
}

function actualReturn(points: readonly HeldPortfolio[]): Fact<number> {
  let growth = 1;
  for (const [index, point] of points.slice(1).entries()) {
    const before = points[index] as HeldPortfolio;
    const base = add(before.navUsd, before.flowUsd);
    if (!isPositive(base)) return unknown(`there was nothing to earn a return at ${isoTime(before.atMs)}`);
    if (!isPositive(point.navUsd)) return unknown(`everything was lost by ${isoTime(point.atMs)}`);
    growth *= toNumber(point.navUsd) / toNumber(base);
  }
  return known(growth - 1);
}

function holdReturn(first: HeldPortfolio, last: HeldPortfolio): Fact<number> {
  if (!isPositive(first.navUsd)) return unknown(`there was nothing to hold at ${isoTime(first.atMs)}`);
  const gains: Amount[] = [];
  for (const [asset, quantity] of Object.entries(first.quantities)) {
    if (isZero(quantity)) continue;
    const [from, to] = [first.pricesUsd[asset], last.pricesUsd[asset]];
    if (from === undefined || to === undefined)
      return unknown(`${asset} has no price at ${isoTime((from === undefined ? first : last).atMs)}`);
    gains.push(multiply(quantity, subtract(to, from)));
  }
  const gainUsd = sum(gains);
  if (!isPositive(add(first.navUsd, gainUsd)))
    return unknown(`holding on would have lost everything by ${isoTime(last.atMs)}`);
  return known(gainUsd === ZERO ? 0 : toNumber(gainUsd) / toNumber(first.navUsd));
}

const isoTime = (atMs: number): string => new Date(atMs).toISOString();
