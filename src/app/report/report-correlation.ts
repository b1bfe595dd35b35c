import type { StoredValuation } from '../../../db/valuation-repository.ts';
import { analyseSeries } from '../../domain/correlation/analyse-input.ts';
import { known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import type { ReportDocument } from '../../report/report-document.ts';
import { type AssetGroups, CASH_GROUP, groupOf } from '../asset-groups.ts';
import { weightsOf } from './report-allocation.ts';

/** Returns that are looked at: REBALANCING.md §3g, where 30 leave an interval from .45 to .85 at a correlation of .7. */
const DAYS = 90;

/** Correlations of the daily prices of what is held now, cash apart, and what they say of the risk. */
export function reportedCorrelation(
  valuations: readonly StoredValuation[],
  groups: AssetGroups,
): ReportDocument['correlation'] {
  const days = valuations.filter(({ tier }) => tier === 'daily').slice(-DAYS - 1);
  const last = valuations.at(-1);
  if (last === undefined || Number(last.valueUsd) <= 0) return unknown('nothing is held that has a value');
  const held = [...weightsOf(last, groups)].filter(([group, weight]) => group !== CASH_GROUP && weight > 0);
  if (held.length < 2) return unknown('fewer than two assets are held besides cash');
  const names = held.map(([group]) => group).sort();
  const prices = days.map((valuation) => pricesOf(valuation, groups));
  const total = held.reduce((sum, [, weight]) => sum + weight, 0);
  const weightOf = new Map(held);
  const outcome = analyseSeries({
    series: Object.fromEntries(names.map((name) => [name, prices.map((of) => of.get(name) ?? null)])),
    kind: 'prices',
    weights: names.map((name) => (weightOf.get(name) ?? 0) / total),
  });
  if (outcome.state === 'refused') {
    const { path, expected, found } = outcome.problem;
    return unknown(`${path}: expected ${expected}, found ${found}`);
  }
  const { correlation, merges, riskLevel, recommendation, reasons } = outcome.analysis;
  if (correlation.every((row, index) => row.every((value, other) => index === other || value === null)))
    return unknown(`too few days of prices: ${days.length} of at least 31`);
  return known({
    names: outcome.analysis.names,
    correlation,
    merges,
    riskLevel: riskLevel ?? 'unknown',
    recommendation: recommendation ?? reasons.riskLevel ?? '',
  });
}

function pricesOf({ holdings }: StoredValuation, groups: AssetGroups): ReadonlyMap<string, number> {
  return new Map(
    holdings.flatMap(({ asset, price }) =>
      price === null ? [] : [[groupOf(groups, asset), Number(price.price)] as const],
    ),
  );
}
