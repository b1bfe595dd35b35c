import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { CASH, findTargetProblem, type TargetWeights } from '../rebalancing/targets.ts';
import { apportion } from './apportion.ts';
import {
  derived,
  findFractionProblem,
  type MethodOutcome,
  refusedMethod,
  riskyGroupsOf,
} from './method-outcome.ts';

export interface VolatilityRegimeRules {
  /** Of the portfolio, a year: 0.3 is 30 %. */
  readonly volatilityMax: number;
  /** By how much everything but cash shrinks above it. */
  readonly reduction: number;
}

/** Those of the earlier design; REBALANCING.md §3a and A.2. */
export const DEFAULT_VOLATILITY_REGIME: VolatilityRegimeRules = { volatilityMax: 0.3, reduction: 0.2 };

/**
 * Everything but cash times 1 - reduction while the portfolio's volatility is above its threshold; the rest is cash.
 * `volatility` is a year's, null where it is not known: then nothing is reduced, and a note says so.
 */
export function reduceByVolatility(
  base: TargetWeights,
  volatility: number | null,
  rules: VolatilityRegimeRules = DEFAULT_VOLATILITY_REGIME,
): MethodOutcome {
  const problem =
    findTargetProblem(base) ??
    findFractionProblem('method.reduction', rules.reduction) ??
    findVolatilityProblem('method.volatilityMax', rules.volatilityMax) ??
    (volatility === null ? null : findVolatilityProblem('volatility', volatility));
  if (problem !== null) return refusedMethod(problem);
  if (volatility === null) return derived(base, ['nothing is reduced: the volatility is not known']);
  if (volatility <= rules.volatilityMax) return derived(base);
  const { groups, totalPpm, cashPpm } = riskyGroupsOf(base);
  const keptPpm = Math.round(totalPpm * (1 - rules.reduction));
  const kept = apportion(
    groups.map((id) => ({ id, part: BigInt(base[id] ?? 0) })),
    BigInt(keptPpm),
  );
  const reduced = Object.fromEntries([...kept].map(([group, ppm]) => [group, Number(ppm)]));
  const note = `volatility of ${volatility} is above ${rules.volatilityMax}: all but cash is reduced by ${rules.reduction}`;
  return derived({ ...base, ...reduced, [CASH]: cashPpm + totalPpm - keptPpm }, [note]);
}

const findVolatilityProblem = (path: string, value: number): InputProblem | null =>
  Number.isFinite(value) && value >= 0 ? null : inputProblem(path, 'a volatility of zero or more', value);
