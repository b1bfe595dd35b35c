import type { StoredValuation } from '../../../db/valuation-repository.ts';
import { analyseSeries, type ReportedAnalysis } from '../../domain/correlation/analyse-input.ts';
import type { RiskLevel } from '../../domain/correlation/correlation-risk.ts';
import { type AssetGroups, CASH_GROUP, groupOf } from '../asset-groups.ts';
import { weightsOf } from './weights-of.ts';

/** Returns that are looked at: REBALANCING.md §3g, where 30 leave an interval from .45 to .85 at a correlation of .7. */
const RETURNS_MAX = 90;
/** Days whose prices make them. */
export const CORRELATED_DAYS = RETURNS_MAX + 1;

export type HeldCorrelation =
  | { readonly state: 'analysed'; readonly analysis: ReportedAnalysis }
  /** Fewer than two assets are held besides cash. */
  | { readonly state: 'nothingToCompare'; readonly reason: string }
  | { readonly state: 'unknown'; readonly reason: string };

/**
 * Correlations of the daily prices of what the last of the valuations holds, cash apart. What never had a price in these
 * days is left out; what had one and has none now makes it unknown, because nobody can say what is held of it.
 */
export function correlationOfHoldings(
  valuations: readonly StoredValuation[],
  { groups, previousLevel }: { readonly groups: AssetGroups; readonly previousLevel: RiskLevel | null },
): HeldCorrelation {
  const days = valuations.filter(({ tier }) => tier === 'daily').slice(-CORRELATED_DAYS);
  const last = valuations.at(-1);
  if (last === undefined) return { state: 'unknown', reason: 'nothing was valued yet' };
  const prices = days.map((valuation) => pricesOf(valuation, groups));
  const missing = last.holdings.find(
    ({ asset, price }) => price === null && prices.some((of) => of.has(groupOf(groups, asset))),
  );
  if (missing !== undefined) return { state: 'unknown', reason: `${missing.asset} has no price` };
  if (Number(last.valueUsd) <= 0)
    return { state: 'nothingToCompare', reason: 'nothing is held that has a value' };
  const held = [...weightsOf(last, groups)].filter(([group, weight]) => group !== CASH_GROUP && weight > 0);
  if (held.length < 2)
    return { state: 'nothingToCompare', reason: 'fewer than two assets are held besides cash' };
  const names = held.map(([group]) => group).sort();
  const total = held.reduce((sum, [, weight]) => sum + weight, 0);
  const weightOf = new Map(held);
  const outcome = analyseSeries({
    series: Object.fromEntries(names.map((name) => [name, prices.map((of) => of.get(name) ?? null)])),
    kind: 'prices',
    weights: names.map((name) => (weightOf.get(name) ?? 0) / total),
    previousLevel,
  });
  if (outcome.state === 'analysed') return outcome;
  const { path, expected, found } = outcome.problem;
  return { state: 'unknown', reason: `${path}: expected ${expected}, found ${found}` };
}

function pricesOf({ holdings }: StoredValuation, groups: AssetGroups): ReadonlyMap<string, number> {
  return new Map(
    holdings.flatMap(({ asset, price }) =>
      price === null ? [] : [[groupOf(groups, asset), Number(price.price)] as const],
    ),
  );
}
