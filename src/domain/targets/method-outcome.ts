import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { type AssetGroup, CASH, type TargetWeights, WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import type { Aggregate } from '../signals/aggregate.ts';
import { byId } from './apportion.ts';

/** What a method made of the configured weights. */
export type MethodOutcome =
  | {
      readonly state: 'derived';
      readonly targets: TargetWeights;
      /** What a person should know of how they came about, such as a source that is silent. Empty for nothing. */
      readonly notes: readonly string[];
      /** Which signals counted with which weight; only of signals that are aggregated. */
      readonly aggregates?: readonly Aggregate[];
    }
  | { readonly state: 'refused'; readonly problem: InputProblem };

export const derived = (targets: TargetWeights, notes: readonly string[] = []): MethodOutcome => ({
  state: 'derived',
  targets,
  notes,
});

export const refusedMethod = (problem: InputProblem): MethodOutcome => ({ state: 'refused', problem });

/** The groups a method weighs against each other: those with a weight, without cash, by name; and their sum. */
export interface RiskyGroups {
  readonly groups: readonly AssetGroup[];
  readonly totalPpm: number;
  readonly cashPpm: number;
}

export function riskyGroupsOf(base: TargetWeights): RiskyGroups {
  const groups = Object.keys(base).filter((group) => group !== CASH && (base[group] ?? 0) > 0);
  const cashPpm = base[CASH] ?? 0;
  return { groups: groups.sort(byId), totalPpm: WEIGHT_TOTAL_PPM - cashPpm, cashPpm };
}

/** A fraction from 0 to 1, or what is wrong with it. */
export const findFractionProblem = (path: string, value: number): InputProblem | null =>
  Number.isFinite(value) && value >= 0 && value <= 1
    ? null
    : inputProblem(path, 'a fraction from 0 to 1', value);
