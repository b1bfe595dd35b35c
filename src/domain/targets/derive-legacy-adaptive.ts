import { findTargetProblem, type TargetWeights } from '../rebalancing/targets.ts';
import { derived, type MethodOutcome, refusedMethod, riskyGroupsOf } from './method-outcome.ts';
import { findReturnsProblem, mean, own, type ReturnSeries, sampleDeviation } from './return-series.ts';
import { shareOut } from './share-out.ts';

/** Trading days by which the earlier design annualised, although its markets never close. */
const YEAR_DAYS = 252;

/**
 * The adaptive weights of the earlier design, for portfolios that were built on them: each group's share of all scores.
 * Its caps came after, and scaled weights up beyond them; here they are projected, as for every method.
 * Refuses returns that are missing, fewer than 30, of other days, or without variance.
 */
export function deriveLegacyAdaptive(base: TargetWeights, returns: ReturnSeries): MethodOutcome {
  const { groups, totalPpm } = riskyGroupsOf(base);
  const problem = findTargetProblem(base) ?? findReturnsProblem(returns, groups);
  if (problem !== null) return refusedMethod(problem);
  const scores = groups.map((group) => [group, legacyScore(own(returns, group) ?? [])] as const);
  return derived({ ...base, ...shareOut(scores, totalPpm) });
}

/**
 * 0.3·max(0, Sharpe) + 0.2·10·(20 d - 60 d mean) + 0.1·(-5)·(20 d - whole mean) + 0.2·(1 - |drawdown|)
 * + 0.2·2·max(0, share of days won - 0.5), and 0.1 at least; REBALANCING.md A.2. The share counts days without change.
 */
export function legacyScore(returns: readonly number[]): number {
  const sharpe = (mean(returns) / sampleDeviation(returns)) * Math.sqrt(YEAR_DAYS);
  const recent = mean(returns.slice(-20));
  const momentum = 10 * (recent - mean(returns.slice(-60)));
  const reversion = -5 * (recent - mean(returns));
  const won = returns.filter((value) => value > 0).length / returns.length;
  const score =
    0.3 * Math.max(0, sharpe) +
    0.2 * momentum +
    0.1 * reversion +
    0.2 * (1 - drawdownOf(returns)) +
    0.2 * 2 * Math.max(0, won - 0.5);
  return Math.max(0.1, score);
}

/** The largest fall from a peak of the compounded returns, the start included: 0.25 is a quarter. */
function drawdownOf(returns: readonly number[]): number {
  let [index, peak, deepest] = [1, 1, 0];
  for (const value of returns) {
    index *= 1 + value;
    peak = Math.max(peak, index);
    deepest = Math.max(deepest, 1 - index / peak);
  }
  return deepest;
}
