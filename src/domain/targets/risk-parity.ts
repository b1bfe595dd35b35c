// Weights whose parts of the portfolio's risk are equal.
//
// Invariants, each held by a property test of the same name:
// 1. Every weight contributes the same risk, to 1e-10, or a reason says why not.
// 2. The scale of returns does not matter, nor the order of series.

import { type Covariance, isPositiveDefinite, ledoitWolf, ridged, sampleCovariance } from './covariance.ts';

export type RiskParity =
  | {
      readonly method: 'equalRiskContribution';
      /** Sum to 1, in the order of the series. */
      readonly weights: readonly number[];
      readonly covariance: 'sample' | 'ledoitWolf' | 'ridge';
    }
  /** What stands in where there is no solution, and why there is none. */
  | { readonly method: 'inverseVolatility'; readonly weights: readonly number[]; readonly reason: string };

/** max |RC_i·n - 1| at which the weights are taken; REBALANCING.md §3a. */
const CONTRIBUTION_TOLERANCE = 1e-10;
/** Far more than is needed: weights of eight coins take about ten. */
const SWEEPS_MAX = 2_000;

/**
 * Weights of equal risk contribution by cyclical coordinate descent (Griveau-Billion, Richard and Roncalli 2013), from
 * series of equal length that vary. A covariance that is not positive definite is shrunk (Ledoit and Wolf), then
 * ridged; where even that does not converge the weights are inverse volatilities, with the reason.
 */
export function riskParityWeights(series: readonly (readonly number[])[]): RiskParity {
  const sample = sampleCovariance(series);
  const [name, covariance] = positiveDefinite(series, sample);
  const weights = name === null ? null : equalRiskContributions(covariance);
  if (name !== null && weights !== null)
    return { method: 'equalRiskContribution', weights, covariance: name };
  const reason =
    name === null
      ? 'no covariance is positive definite, shrunk or not'
      : `risk contributions are not equal after ${SWEEPS_MAX} sweeps`;
  return { method: 'inverseVolatility', weights: inverseVolatilities(sample), reason };
}

/**
 * Minimises ½xᵀΣx - (1/n)·Σ ln x_i one coordinate at a time; w = x/Σx. Null where the contributions x_i·(Σx)_i/xᵀΣx
 * are not equal to 1e-10 after 2000 sweeps. Expects variances above zero.
 */
export function equalRiskContributions(covariance: Covariance): readonly number[] | null {
  const share = 1 / covariance.length;
  const x = covariance.map((row, i) => Math.sqrt(share / (row[i] ?? Number.NaN)));
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    for (const [i, row] of covariance.entries()) {
      const variance = row[i] ?? Number.NaN;
      const others = product(row, x) - variance * (x[i] ?? Number.NaN);
      x[i] = positiveRoot(variance, others, share);
    }
    if (isEqual(covariance, x)) return normalised(x);
  }
  return null;
}

/** Each weight in proportion to 1/σ. */
export const inverseVolatilities = (covariance: Covariance): readonly number[] =>
  normalised(covariance.map((row, i) => 1 / Math.sqrt(row[i] ?? Number.NaN)));

/** The root above zero of variance·x² + others·x - share = 0, by the form that does not cancel. */
function positiveRoot(variance: number, others: number, share: number): number {
  const root = Math.sqrt(others * others + 4 * variance * share);
  return others > 0 ? (2 * share) / (others + root) : (root - others) / (2 * variance);
}

function isEqual(covariance: Covariance, x: readonly number[]): boolean {
  const parts = covariance.map((row, i) => (x[i] ?? Number.NaN) * product(row, x));
  const risk = parts.reduce((sum, part) => sum + part, 0);
  return parts.every((part) => Math.abs((part / risk) * parts.length - 1) < CONTRIBUTION_TOLERANCE);
}

function positiveDefinite(
  series: readonly (readonly number[])[],
  sample: Covariance,
): readonly ['sample' | 'ledoitWolf' | 'ridge' | null, Covariance] {
  if (isPositiveDefinite(sample)) return ['sample', sample];
  const { covariance: shrunk } = ledoitWolf(series);
  if (isPositiveDefinite(shrunk)) return ['ledoitWolf', shrunk];
  const ridge = ridged(sample);
  return isPositiveDefinite(ridge) ? ['ridge', ridge] : [null, sample];
}

const product = (row: readonly number[], x: readonly number[]): number =>
  row.reduce((sum, value, i) => sum + value * (x[i] ?? Number.NaN), 0);

function normalised(values: readonly number[]): readonly number[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
}
