import { mean } from './return-series.ts';

/** Symmetric; row and column i are the i-th series. */
export type Covariance = readonly (readonly number[])[];

/** Σ (x - x̄)(y - ȳ) / (n - 1) of series of equal length. */
export const sampleCovariance = (series: readonly (readonly number[])[]): Covariance =>
  crossProducts(series, (series[0]?.length ?? 0) - 1);

export interface ShrunkCovariance {
  readonly covariance: Covariance;
  /** How much of the identity is in it, from 0 to 1. */
  readonly shrinkage: number;
}

/**
 * Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices" (2004): the mix of the
 * covariance, dividing by n, with its mean variance times the identity that has the least expected error. Positive
 * definite whenever the shrinkage is above zero.
 */
export function ledoitWolf(series: readonly (readonly number[])[]): ShrunkCovariance {
  const count = series.length;
  const observations = series[0]?.length ?? 0;
  const covariance = crossProducts(series, observations);
  const middle = covariance.reduce((sum, row, i) => sum + at(row, i), 0) / count;
  // Both norms are divided by the number of series, as in the paper.
  const squares = covariance.flat().reduce((sum, value) => sum + value ** 2, 0);
  const distance = squares / count - middle ** 2;
  const centred = series.map((values) => centre(values));
  let fourth = 0;
  for (let t = 0; t < observations; t++) {
    // Σ over i, j of x_i²·x_j² is the square of Σ x_i².
    fourth += centred.reduce((sum, values) => sum + at(values, t) ** 2, 0) ** 2;
  }
  const noise = (fourth / observations - squares) / (count * observations);
  const shrinkage = distance > 0 ? Math.max(0, Math.min(1, noise / distance)) : 1;
  const shrunk = covariance.map((row, i) =>
    row.map((value, j) => (1 - shrinkage) * value + (i === j ? shrinkage * middle : 0)),
  );
  return { covariance: shrunk, shrinkage };
}

/** With 1e-10 of the mean variance added to each variance; REBALANCING.md §3a. */
export function ridged(covariance: Covariance): Covariance {
  const added = (1e-10 * covariance.reduce((sum, row, i) => sum + at(row, i), 0)) / covariance.length;
  return covariance.map((row, i) => row.map((value, j) => (i === j ? value + added : value)));
}

/** A pivot of Cholesky's below this share of its variance is rounding. */
const PIVOT_SHARE_MIN = 1e-12;

/** Whether Cholesky's decomposition exists with pivots that are more than rounding. */
export function isPositiveDefinite(covariance: Covariance): boolean {
  const factor: number[][] = [];
  for (const [i, row] of covariance.entries()) {
    const left: number[] = [];
    for (let j = 0; j < i; j++) {
      const other = factor[j] ?? [];
      left.push((at(row, j) - dot(left, other, j)) / at(other, j));
    }
    const pivot = at(row, i) - dot(left, left, i);
    if (!(pivot > PIVOT_SHARE_MIN * at(row, i))) return false;
    factor.push([...left, Math.sqrt(pivot)]);
  }
  return true;
}

function crossProducts(series: readonly (readonly number[])[], divisor: number): Covariance {
  const centred = series.map((values) => centre(values));
  return centred.map((one) => centred.map((other) => dot(one, other, one.length) / divisor));
}

function centre(values: readonly number[]): readonly number[] {
  const middle = mean(values);
  return values.map((value) => value - middle);
}

function dot(one: readonly number[], other: readonly number[], length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += at(one, i) * at(other, i);
  return sum;
}

/** Indices come from lengths; one beyond them makes the result NaN, which no later check lets pass. */
const at = (values: readonly number[], index: number): number => values[index] ?? Number.NaN;
