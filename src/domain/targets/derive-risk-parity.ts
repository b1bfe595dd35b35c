import { findTargetProblem, type TargetWeights } from '../rebalancing/targets.ts';
import { derived, type MethodOutcome, refusedMethod, riskyGroupsOf } from './method-outcome.ts';
import { findReturnsProblem, own, type ReturnSeries } from './return-series.ts';
import { riskParityWeights } from './risk-parity.ts';
import { shareOut } from './share-out.ts';

/**
 * Cash as configured, and the rest so that every group with a configured weight contributes the same risk; how large
 * those weights are does not matter. Refuses returns that are missing, fewer than 30, of other days, or without
 * variance: a stablecoin beside coins has no equal share of their risk. A note says what was shrunk or fell back.
 */
export function deriveRiskParity(base: TargetWeights, returns: ReturnSeries): MethodOutcome {
  const { groups, totalPpm } = riskyGroupsOf(base);
  const problem = findTargetProblem(base) ?? findReturnsProblem(returns, groups);
  if (problem !== null) return refusedMethod(problem);
  if (groups.length === 0) return derived(base);
  const parity = riskParityWeights(groups.map((group) => own(returns, group) ?? []));
  const shares = groups.map((group, i) => [group, parity.weights[i] ?? Number.NaN] as const);
  const notes =
    parity.method === 'inverseVolatility'
      ? [`weighted by inverse volatility: ${parity.reason}`]
      : parity.covariance === 'sample'
        ? []
        : [`the covariance is not positive definite, so its ${parity.covariance} estimate is used`];
  return derived({ ...base, ...shareOut(shares, totalPpm) }, notes);
}
