// The values and flows of a part of the portfolio, as its performance is reckoned from.
//
// Invariants, each held by a property test of the same words:
// 1. Where everything has a price, value changes by flows and by prices alone.
// 2. An asset that gets a price, or loses it, has earned nothing by that.

import { type Amount, add, isZero, multiply, negate, sum, toNumber, ZERO } from '../money/amount.ts';
import type { AssetId } from '../venue/venue.ts';
import { type Knowing, placeFlows } from './place-flows.ts';
import type { ScopeFlow } from './scope-flow.ts';

/** What of a valuation is of the scope. */
export interface ScopePart {
  readonly asset: AssetId;
  readonly quantity: Amount;
  /** Null where there is no price. */
  readonly valueUsd: Amount | null;
}

export interface ScopeValuation extends Knowing {
  readonly parts: readonly ScopePart[];
  /** Of one unit of an asset then; null where nobody said. */
  readonly priceOf: (asset: AssetId) => Amount | null;
}

export interface ScopeSeries {
  readonly valuations: readonly { readonly atMs: number; readonly value: number }[];
  readonly flows: readonly { readonly atMs: number; readonly amount: number }[];
  /** Held without a price in one of the valuations at least; in none of those values. */
  readonly unpriced: readonly AssetId[];
  /** Came or went without anybody saying what it was worth: it is in no flow. */
  readonly unpricedFlows: readonly AssetId[];
}

/**
 * Valuations in time, each before the flows of its moment; of several of one time the first counts. What has no price is
 * left out of values and flows alike: where its price comes its value is a flow in, and where that goes a flow out.
 */
export function scopeSeries(
  all: readonly ScopeValuation[],
  flows: readonly ScopeFlow[],
  groupOf: (asset: AssetId) => string,
): ScopeSeries {
  const valuations = all.filter(({ atMs }, place) => place === 0 || all[place - 1]?.atMs !== atMs);
  const values = valuations.map(({ parts }) => valuesByGroup(parts, groupOf));
  const unpriced = new Set<AssetId>();
  for (const { parts } of valuations)
    for (const { asset, valueUsd } of parts) if (valueUsd === null) unpriced.add(asset);
  const unpricedFlows = new Set<AssetId>();
  const moved: { readonly atMs: number; readonly usd: Amount }[] = [];
  /** In the gap behind a valuation, a group is measured where it has a price, or is not there, at both of its ends. */
  const isMeasured = (place: number, group: string): boolean =>
    values[place]?.get(group) !== null && values[place + 1]?.get(group) !== null;
  for (const { flow, after, sign, atMs } of placeFlows(valuations, flows)) {
    if (!isMeasured(after, groupOf(flow.asset))) continue;
    const usd = flow.usd ?? worth(flow, [valuations[after], valuations[after + 1]]);
    if (usd === null) unpricedFlows.add(flow.asset);
    else moved.push({ atMs, usd: sign === 1 ? usd : negate(usd) });
  }
  for (const [place, { atMs }] of valuations.slice(0, -1).entries()) {
    const [before, next] = [values[place], values[place + 1]];
    if (!before || !next) continue;
    for (const group of new Set([...before.keys(), ...next.keys()])) {
      if (isMeasured(place, group)) continue;
      const usd = add(next.get(group) ?? ZERO, negate(before.get(group) ?? ZERO));
      if (!isZero(usd)) moved.push({ atMs, usd });
    }
  }
  return {
    valuations: valuations.map(({ atMs }, place) => ({
      atMs,
      value: toNumber(sum([...(values[place]?.values() ?? [])].filter((value) => value !== null))),
    })),
    flows: moved.sort((a, b) => a.atMs - b.atMs).map(({ atMs, usd }) => ({ atMs, amount: toNumber(usd) })),
    unpriced: [...unpriced].sort(),
    unpricedFlows: [...unpricedFlows].sort(),
  };
}

/** Null where a part of the group has no price. */
function valuesByGroup(
  parts: readonly ScopePart[],
  groupOf: (asset: AssetId) => string,
): ReadonlyMap<string, Amount | null> {
  const values = new Map<string, Amount | null>();
  for (const { asset, valueUsd } of parts) {
    const group = groupOf(asset);
    const soFar = values.has(group) ? (values.get(group) ?? null) : ZERO;
    values.set(group, soFar === null || valueUsd === null ? null : add(soFar, valueUsd));
  }
  return values;
}

/** At the price before it, or else at the one after it. */
function worth(
  { asset, quantity }: ScopeFlow,
  [before, next]: readonly (ScopeValuation | undefined)[],
): Amount | null {
  const price = before?.priceOf(asset) ?? next?.priceOf(asset) ?? null;
  return price === null ? null : multiply(quantity, price);
}
