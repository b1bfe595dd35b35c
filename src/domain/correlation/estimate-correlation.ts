import { mean, OBSERVATIONS_MIN, sampleDeviation } from '../targets/return-series.ts';
import { commonReturns, type Observations, ownReturns, type SeriesKind } from './common-returns.ts';
import { fisherInterval } from './fisher-interval.ts';
import { dot } from './square-matrix.ts';

/** A figure of each pair; null where it cannot be told. */
export type PairFigures = readonly (readonly (number | null)[])[];

export interface NamedSeries {
  readonly name: string;
  readonly values: Observations;
}

export interface CorrelationEstimate {
  readonly names: readonly string[];
  /** Pearson's, pair by pair; null for a pair with too few common returns, and for a series that does not vary. */
  readonly correlation: PairFigures;
  /** Returns that both have. */
  readonly overlaps: readonly (readonly number[])[];
  /** 95 % by Fisher, where there is a correlation. */
  readonly lower: PairFigures;
  readonly upper: PairFigures;
  /** Sample deviation of each series' own returns, a period; null for fewer than two. */
  readonly volatilities: readonly (number | null)[];
  /** Have no risk and no correlation. */
  readonly constant: readonly string[];
  /** Pairs of series that vary, with fewer common returns than it takes. */
  readonly insufficient: readonly InsufficientPair[];
}

export interface InsufficientPair {
  readonly names: readonly [string, string];
  readonly overlap: number;
}

/**
 * How returns move together, each pair over the periods that both have, thirty at least: below that the interval is
 * wider than what it tells (REBALANCING.md §3g). Series in one order and of one length. A matrix of pairs that were
 * measured over different periods may be none of a correlation: `nearestCorrelation`.
 */
export function estimateCorrelation(series: readonly NamedSeries[], kind: SeriesKind): CorrelationEstimate {
  const returns = series.map(({ values }) => ownReturns(values, kind));
  const isConstant = returns.map((own) => own.length > 0 && doesNotVary(own));
  const pairs = series.map(({ values }, i) =>
    series.slice(0, i).map((other, j) => pairOf(commonReturns(values, other.values, kind), i, j)),
  );
  const figures = (read: (pair: Pair) => number | null, diagonal: (i: number) => number | null) =>
    series.map((_, i) =>
      series.map((_, j) => {
        if (i === j) return diagonal(i);
        const pair = pairs[Math.max(i, j)]?.[Math.min(i, j)];
        return pair === undefined ? null : read(pair);
      }),
    );
  const one = (i: number) => (isConstant[i] || (returns[i]?.length ?? 0) < OBSERVATIONS_MIN ? null : 1);
  return {
    names: series.map(({ name }) => name),
    correlation: figures(({ correlation }) => correlation, one),
    overlaps: series.map((_, i) =>
      series.map((_, j) =>
        i === j ? (returns[i]?.length ?? 0) : (pairs[Math.max(i, j)]?.[Math.min(i, j)]?.overlap ?? 0),
      ),
    ),
    lower: figures(({ correlation, overlap }) => boundOf(correlation, overlap, 'lower'), one),
    upper: figures(({ correlation, overlap }) => boundOf(correlation, overlap, 'upper'), one),
    volatilities: returns.map((own, i) => (isConstant[i] ? 0 : own.length < 2 ? null : sampleDeviation(own))),
    constant: series.filter((_, i) => isConstant[i]).map(({ name }) => name),
    insufficient: pairs
      .flat()
      .filter(({ i, j, correlation }) => correlation === null && !isConstant[i] && !isConstant[j])
      .map(({ i, j, overlap }) => ({ names: [series[j]?.name ?? '', series[i]?.name ?? ''], overlap })),
  };
}

interface Pair {
  readonly i: number;
  readonly j: number;
  readonly overlap: number;
  readonly correlation: number | null;
}

function pairOf([some, others]: readonly [readonly number[], readonly number[]], i: number, j: number): Pair {
  const overlap = some.length;
  const isKnown = overlap >= OBSERVATIONS_MIN && !doesNotVary(some) && !doesNotVary(others);
  return { i, j, overlap, correlation: isKnown ? pearson(some, others) : null };
}

const boundOf = (correlation: number | null, overlap: number, side: 'lower' | 'upper'): number | null =>
  correlation === null ? null : fisherInterval(correlation, overlap)[side];

/** Pearson's correlation of series of one length that vary, -1 to 1. */
export function pearson(some: readonly number[], others: readonly number[]): number {
  const one = deviationsOf(some);
  const other = deviationsOf(others);
  const correlation = dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
  // Rounding may take it beyond one.
  return Math.max(-1, Math.min(1, correlation));
}

/** From the mean, the greatest of them 1: squares of small returns may be below the smallest double. */
function deviationsOf(values: readonly number[]): readonly number[] {
  const middle = mean(values);
  const deviations = values.map((value) => value - middle);
  const greatest = deviations.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return deviations.map((value) => value / greatest);
}

/** Returns of a price that grows by the same rate differ by rounding alone. */
const ROUNDING = 1e-12;

/** Whether all values are one, but for rounding. */
export function doesNotVary(values: readonly number[]): boolean {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return !(most - least > ROUNDING * Math.max(Math.abs(least), Math.abs(most)));
}
