import type { StoredValuation } from '../../../db/valuation-repository.ts';
import type { RebalanceRecord } from '../../domain/rebalancing/history/rebalance-record.ts';
import { known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import type { Allocation, ReportDocument } from '../../report/report-document.ts';
import type { AssetGroups } from '../asset-groups.ts';
import { weightsOf } from '../valuations/weights-of.ts';

/**
 * The share of each group over time, against what the newest plan by then went for. Valuations that leave a holding out
 * for want of a price have no shares: those of the others would be too large.
 */
export function allocationsOf(
  valuations: readonly StoredValuation[],
  rebalances: readonly RebalanceRecord[],
  groups: AssetGroups,
): ReportDocument['allocation'] {
  const whole = valuations.filter(
    ({ holdings, valueUsd }) => Number(valueUsd) > 0 && holdings.every(({ price }) => price !== null),
  );
  if (whole.length === 0) return unknown('no valuation of everything that is held');
  const plans = rebalances
    .flatMap(({ plan }) => (plan === null ? [] : [plan]))
    .toSorted((a, b) => a.plannedAtMs - b.plannedAtMs);
  let next = 0;
  const points = whole.map((valuation) => {
    for (let plan = plans[next]; plan !== undefined && plan.plannedAtMs <= valuation.atMs; plan = plans[next])
      next += 1;
    return {
      atMs: valuation.atMs,
      weights: weightsOf(valuation, groups),
      targets: plans[next - 1]?.weights.target ?? null,
    };
  });
  const names = new Set(
    points.flatMap(({ weights, targets }) => [...weights.keys(), ...Object.keys(targets ?? {})]),
  );
  const allocations = [...names].map(
    (group): Allocation => ({
      group,
      points: points.map(({ atMs, weights, targets }) => ({
        atMs,
        weight: weights.get(group) ?? 0,
        target: targets === null ? null : Number(targets[group] ?? 0),
      })),
    }),
  );
  // The largest now first.
  const now = ({ points: own }: Allocation): number => own.at(-1)?.weight ?? 0;
  return known(allocations.toSorted((a, b) => now(b) - now(a) || (a.group < b.group ? -1 : 1)));
}
