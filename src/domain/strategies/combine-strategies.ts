// From the weights of strategies and their mixes to the weights of assets.
//
// Invariants, each held by a property test of the same name:
// 1. Combined weights sum to exactly 1 000 000, and each is its exact product sum rounded to a neighbouring millionth.
// 2. What no mix names is cash.
// 3. The order of strategies does not matter.

import type { InputProblem } from '../rebalancing/input-problem.ts';
import { type AssetGroup, CASH, type TargetWeights, WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import { apportion, byId } from '../targets/apportion.ts';
import { type Allocations, findAllocationProblem } from './strategy-allocation.ts';

export type CombinedTargets =
  | { readonly state: 'combined'; readonly targets: TargetWeights }
  | { readonly state: 'refused'; readonly problem: InputProblem };

/**
 * w_a = Σ ω_s·m_{s,a}, and cash is what remains. Products are in millionths of millionths and exact; they become
 * millionths once, by largest remainder. Groups stand in the order of their names. Never throws.
 */
export function combineStrategies(allocations: Allocations): CombinedTargets {
  const problem = findAllocationProblem(allocations);
  if (problem !== null) return { state: 'refused', problem };
  const products = new Map<AssetGroup, bigint>([[CASH, BigInt(allocations.cashPpm) * TOTAL]]);
  const add = (group: AssetGroup, part: bigint) => products.set(group, (products.get(group) ?? 0n) + part);
  for (const { weightPpm, mixPpm } of allocations.strategies) {
    let rest = TOTAL;
    for (const [group, ppm] of Object.entries(mixPpm)) {
      add(group, BigInt(weightPpm) * BigInt(ppm));
      rest -= BigInt(ppm);
    }
    add(CASH, BigInt(weightPpm) * rest);
  }
  const parts = [...products].map(([id, part]) => ({ id, part }));
  const shares = [...apportion(parts, TOTAL)].map(([group, ppm]) => [group, Number(ppm)] as const);
  return { state: 'combined', targets: Object.fromEntries(shares.sort(([a], [b]) => byId(a, b))) };
}

const TOTAL = BigInt(WEIGHT_TOTAL_PPM);
