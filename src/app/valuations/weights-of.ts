import type { StoredValuation } from '../../../db/valuation-repository.ts';
import { type AssetGroups, groupOf } from '../asset-groups.ts';

/** Shares of what everything with a price is worth, by group; what has none is in no group. */
export function weightsOf(
  { holdings, valueUsd }: StoredValuation,
  groups: AssetGroups,
): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const { asset, valueUsd: value } of holdings) {
    if (value === null) continue;
    const group = groupOf(groups, asset);
    weights.set(group, (weights.get(group) ?? 0) + Number(value) / Number(valueUsd));
  }
  return weights;
}
