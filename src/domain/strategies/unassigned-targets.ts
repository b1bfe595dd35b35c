import { type Amount, add, ZERO } from '../money/amount.ts';
import type { AssetGroup, TargetWeights } from '../rebalancing/targets.ts';
import type { AssetId } from '../venue/venue.ts';
import type { StrategyAllocation } from './strategy-allocation.ts';
import { decideUnassigned, type UnassignedDecision, type UnassignedPolicy } from './unassigned-policy.ts';

/** What is held at one venue. */
export interface HeldAsset {
  readonly asset: AssetId;
  readonly quantity: Amount;
}

export interface UnassignedTargets {
  /** With a target of zero for every group that is sold. */
  readonly targets: TargetWeights;
  /** One for each asset that no target names, by name. */
  readonly decisions: readonly UnassignedDecision[];
}

/**
 * Holdings that no target names, decided by the policy. What is held stays outside of the plan, as without a target;
 * `sell` gives its group a target of zero, where `isTraded` says that it can be sold. `adopt` takes what a strategy
 * wants and holds the rest: a group with a target is adopted already, so here that is every group.
 */
export function withUnassigned(
  targets: TargetWeights,
  held: readonly HeldAsset[],
  by: {
    readonly policy: UnassignedPolicy;
    readonly strategies: readonly StrategyAllocation[];
    readonly groupOf: (asset: AssetId) => AssetGroup;
    readonly isTraded: (group: AssetGroup) => boolean;
    readonly stepOf: (asset: AssetId) => Amount;
  },
): UnassignedTargets {
  const { policy, groupOf, isTraded } = by;
  const unassigned = new Map<AssetId, Amount>();
  for (const { asset, quantity } of held) {
    if (Object.hasOwn(targets, groupOf(asset))) continue;
    unassigned.set(asset, add(unassigned.get(asset) ?? ZERO, quantity));
  }
  const decisions = decideUnassigned(unassigned, policy, by).map((decision): UnassignedDecision => {
    const { asset, quantity } = decision;
    return decision.action === 'sell' && !isTraded(groupOf(asset))
      ? { action: 'hold', asset, quantity, reason: 'no market to sell it at has a price' }
      : decision;
  });
  const sold = decisions.filter(({ action }) => action === 'sell').map(({ asset }) => groupOf(asset));
  return { targets: { ...targets, ...Object.fromEntries(sold.map((group) => [group, 0])) }, decisions };
}
