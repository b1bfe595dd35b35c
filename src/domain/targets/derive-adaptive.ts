// Weights tilted towards what has paid for its risk.
//
// Invariants, each held by a property test of the same name:
// 1. No weight is tilted beyond its share of its configured weight, and cash is as configured.
// 2. Targets change only for an improvement of their score that is large enough.

import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { CASH, findTargetProblem, type TargetWeights } from '../rebalancing/targets.ts';
import {
  derived,
  findFractionProblem,
  type MethodOutcome,
  refusedMethod,
  riskyGroupsOf,
} from './method-outcome.ts';
import { projectWeights } from './project-weights.ts';
import { findReturnsProblem, mean, own, type ReturnSeries, sampleDeviation } from './return-series.ts';
import { shareOut } from './share-out.ts';

export interface AdaptiveRules {
  /** τ: a score one deviation above the mean multiplies a weight by exp(τ). */
  readonly tilt: number;
  /** The largest tilt, as a share of the configured weight. */
  readonly tiltShareMax: number;
  /** n0: observations that count as much as the prior, which is a Sharpe ratio of zero. */
  readonly priorObservations: number;
  /** By what share the portfolio's score must rise before targets change. */
  readonly minImprovement: number;
}

/** n0, the clip and the improvement are those of REBALANCING.md §3a; at τ = 0.25 a score of z = 1 meets the clip. */
export const DEFAULT_ADAPTIVE_RULES: AdaptiveRules = {
  tilt: 0.25,
  tiltShareMax: 0.25,
  priorObservations: 250,
  minImprovement: 0.02,
};

/**
 * w ∝ ω·exp(τ·z) within ±25 % of each configured weight ω, by projection; z is the standard score, across groups, of
 * the Sharpe ratio shrunk by n/(n + n0). The portfolio's score is the mean of these by weight; what is in force now,
 * `current`, stays unless the score rises by `minImprovement` of its size. Refuses returns that say too little.
 */
export function deriveAdaptive(
  { base, current }: { readonly base: TargetWeights; readonly current: TargetWeights },
  returns: ReturnSeries,
  rules: AdaptiveRules = DEFAULT_ADAPTIVE_RULES,
): MethodOutcome {
  const { groups, totalPpm, cashPpm } = riskyGroupsOf(base);
  const problem =
    findTargetProblem(base) ??
    findTargetProblem(current) ??
    findRulesProblem(rules) ??
    findReturnsProblem(returns, groups);
  if (problem !== null) return refusedMethod(problem);
  const scores = groups.map((group) => shrunkSharpe(own(returns, group) ?? [], rules.priorObservations));
  const tilted = groups.map((group, i) => {
    const z = standardScore(scores, i);
    return [group, (base[group] ?? 0) * Math.exp(rules.tilt * z)] as const;
  });
  const candidate = projectWeights(
    { ...base, ...shareOut(tilted, totalPpm) },
    { bounds: boundsOf(base, groups, rules, cashPpm), excess: 'refuse' },
  );
  if (candidate.state === 'refused') return refusedMethod(candidate.problem);
  const scoreOf = (weights: TargetWeights): number =>
    groups.reduce((sum, group, i) => sum + (weights[group] ?? 0) * (scores[i] ?? Number.NaN), 0);
  const before = scoreOf(current);
  const gain = scoreOf(candidate.targets) - before;
  const isWorthIt = gain > 0 && gain >= rules.minImprovement * Math.abs(before);
  return isWorthIt || !isWithin(current, base, groups, rules, cashPpm)
    ? derived(candidate.targets)
    : derived(current, [
        `targets stay: their score would rise by less than ${rules.minImprovement} of itself`,
      ]);
}

/** mean/deviation · n/(n + n0), per period: scaling it by a year would change no weight. */
export function shrunkSharpe(returns: readonly number[], priorObservations: number): number {
  const { length } = returns;
  return ((mean(returns) / sampleDeviation(returns)) * length) / (length + priorObservations);
}

/** Deviations from the mean of all scores; 0 where they are all the same. */
function standardScore(scores: readonly number[], index: number): number {
  const middle = mean(scores);
  const deviation = Math.sqrt(mean(scores.map((score) => (score - middle) ** 2)));
  return deviation === 0 ? 0 : ((scores[index] ?? Number.NaN) - middle) / deviation;
}

function boundsOf(
  base: TargetWeights,
  groups: readonly string[],
  { tiltShareMax }: AdaptiveRules,
  cashPpm: number,
): Readonly<Record<string, { readonly lowerPpm: number; readonly upperPpm: number }>> {
  const tilts = groups.map((group) => {
    const ppm = base[group] ?? 0;
    const room = Math.floor(ppm * tiltShareMax);
    return [group, { lowerPpm: ppm - room, upperPpm: Math.min(1_000_000, ppm + room) }] as const;
  });
  return { ...Object.fromEntries(tilts), [CASH]: { lowerPpm: cashPpm, upperPpm: cashPpm } };
}

/** Whether the weights in force are of this configuration at all: after it was changed they do not stay. */
function isWithin(
  current: TargetWeights,
  base: TargetWeights,
  groups: readonly string[],
  rules: AdaptiveRules,
  cashPpm: number,
): boolean {
  const bounds = boundsOf(base, groups, rules, cashPpm);
  return Object.entries({ ...base, ...current }).every(([group]) => {
    const { lowerPpm, upperPpm } = bounds[group] ?? { lowerPpm: 0, upperPpm: 0 };
    const ppm = current[group] ?? 0;
    return ppm >= lowerPpm && ppm <= upperPpm;
  });
}

function findRulesProblem(rules: AdaptiveRules): InputProblem | null {
  const { tilt, priorObservations, tiltShareMax, minImprovement } = rules;
  if (!(Number.isFinite(tilt) && tilt >= 0 && tilt <= 10))
    return inputProblem('method.tilt', 'a number from 0 to 10', tilt);
  if (!(Number.isFinite(priorObservations) && priorObservations >= 0))
    return inputProblem('method.priorObservations', 'a number of zero or more', priorObservations);
  return (
    findFractionProblem('method.tiltShareMax', tiltShareMax) ??
    findFractionProblem('method.minImprovement', minImprovement)
  );
}
