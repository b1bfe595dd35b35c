import { type Amount, amount as exact, isPositive, multiply, ZERO } from '../money/amount.ts';
import { type AssetGroup, CASH } from '../rebalancing/targets.ts';
import { byId } from '../targets/apportion.ts';
import type { AssetId } from '../venue/venue.ts';
import { type StrategyAmounts, splitAmount } from './split-amount.ts';
import type { StrategyAllocation } from './strategy-allocation.ts';
import type { AssetAmounts } from './sub-ledgers.ts';

/** What becomes of holdings that belong to no strategy. */
export type UnassignedPolicy = 'hold' | 'sell' | 'adopt';

export type UnassignedDecision =
  /** It stays where it is, outside of every plan. */
  | { readonly action: 'hold'; readonly asset: AssetId; readonly quantity: Amount; readonly reason: string }
  | { readonly action: 'sell'; readonly asset: AssetId; readonly quantity: Amount }
  /** Strategies that want the asset take it over; the shares sum to the quantity. */
  | {
      readonly action: 'adopt';
      readonly asset: AssetId;
      readonly quantity: Amount;
      readonly shares: StrategyAmounts;
    };

/**
 * One decision for each asset of which something is unassigned, by name. `adopt` gives it to the strategies whose mixes
 * name its group, by strategy weight times mix, at the step. Cash is always held, as is what is below zero and what no
 * strategy wants: nothing is bought or invented to even out.
 */
export function decideUnassigned(
  unassigned: AssetAmounts,
  policy: UnassignedPolicy,
  {
    strategies,
    groupOf,
    stepOf,
  }: {
    readonly strategies: readonly StrategyAllocation[];
    readonly groupOf: (asset: AssetId) => AssetGroup;
    readonly stepOf: (asset: AssetId) => Amount;
  },
): readonly UnassignedDecision[] {
  const held = [...unassigned].filter(([, quantity]) => quantity !== ZERO).sort(([a], [b]) => byId(a, b));
  return held.map(([asset, quantity]): UnassignedDecision => {
    const hold = (reason: string): UnassignedDecision => ({ action: 'hold', asset, quantity, reason });
    if (policy === 'hold') return hold('policy');
    if (groupOf(asset) === CASH) return hold('it is cash');
    if (!isPositive(quantity)) return hold('more has left than was unassigned');
    if (policy === 'sell') return { action: 'sell', asset, quantity };
    const wanting = wantsOf(strategies, groupOf(asset));
    if (wanting.size === 0) return hold('no strategy wants it');
    return { action: 'adopt', asset, quantity, shares: splitAmount(quantity, wanting, stepOf(asset)) };
  });
}

function wantsOf(strategies: readonly StrategyAllocation[], group: AssetGroup): StrategyAmounts {
  const wants = strategies.map(({ id, weightPpm, mixPpm }) => {
    const mix = Object.hasOwn(mixPpm, group) ? (mixPpm[group] ?? 0) : 0;
    return [id, multiply(exact(String(weightPpm)), exact(String(mix)))] as const;
  });
  return new Map(wants.filter(([, part]) => isPositive(part)));
}
