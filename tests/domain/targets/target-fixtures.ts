import fc from 'fast-check';
import { CASH, type TargetWeights, WEIGHT_TOTAL_PPM } from '../../../src/domain/rebalancing/targets.ts';
import type { MethodOutcome } from '../../../src/domain/targets/method-outcome.ts';

/** Weights of A to E and cash that sum to one. */
export const anyTargets = fc
  .array(fc.nat(WEIGHT_TOTAL_PPM), { minLength: 5, maxLength: 5 })
  .map((cuts) => [0, ...cuts.toSorted((a, b) => a - b), WEIGHT_TOTAL_PPM])
  .map(
    (cuts): TargetWeights =>
      Object.fromEntries(
        ['A', 'B', 'C', 'D', 'E', CASH].map((group, index) => [group, cuts[index + 1]! - cuts[index]!]),
      ),
  );

export const totalOf = (weights: TargetWeights): number =>
  Object.values(weights).reduce((sum, ppm) => sum + ppm, 0);

export function targetsOf(outcome: MethodOutcome): TargetWeights {
  if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.problem));
  return outcome.targets;
}

/** Sixty days around a mean, one after another up and down; the seed shifts its phase so that no two are alike. */
export const wavy = (mean: number, deviation: number, seed = 0): readonly number[] =>
  Array.from({ length: 60 }, (_, day) => mean + deviation * Math.sin(1 + day * (1.3 + seed) + seed * 7));
