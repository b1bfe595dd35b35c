import { assert } from '../assert.ts';
import { type AssetGroup, CASH, type TargetWeights, WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import { apportion, byId } from '../targets/apportion.ts';
import type { StrategyAllocation, StrategyId } from './strategy-allocation.ts';
import { NOBODY } from './strategy-deltas.ts';

/** What one strategy holds of the targets in the end; null is what belongs to none. */
export interface Allotment {
  readonly strategy: StrategyId | null;
  readonly group: AssetGroup;
  readonly ppm: number;
}

/** Each target, shared out by what each strategy brought to it: weight times mix. What nobody brought is nobody's. */
export function allotTargets(
  targets: TargetWeights,
  allocations: readonly StrategyAllocation[],
  cashPpm: number,
): readonly Allotment[] {
  return Object.keys(targets)
    .sort(byId)
    .flatMap((group) => {
      const ppm = targets[group] ?? 0;
      const parts = [
        ...allocations.map((each) => ({ id: each.id, part: partOf(each, group) })),
        { id: NOBODY, part: group === CASH ? BigInt(cashPpm) * BigInt(WEIGHT_TOTAL_PPM) : 0n },
      ].filter(({ part }) => part > 0n);
      const shares = parts.length === 0 ? new Map([[NOBODY, BigInt(ppm)]]) : apportion(parts, BigInt(ppm));
      const allotted = [...shares].map(([id, share]) => ({
        strategy: id === NOBODY ? null : id,
        group,
        ppm: Number(share),
      }));
      assert(
        allotted.reduce((sum, each) => sum + each.ppm, 0) === ppm,
        `what is allotted of ${group} is its target`,
      );
      return allotted.filter((each) => each.ppm > 0);
    });
}

function partOf({ weightPpm, mixPpm }: StrategyAllocation, group: AssetGroup): bigint {
  const own = Object.hasOwn(mixPpm, group) ? (mixPpm[group] ?? 0) : 0;
  const rest = WEIGHT_TOTAL_PPM - Object.values(mixPpm).reduce((sum, ppm) => sum + ppm, 0);
  return BigInt(weightPpm) * BigInt(group === CASH ? own + rest : own);
}
