// What several assets that move together should be traded to: REBALANCING.md §3b.
//
// Invariants, each held by a property test of the same name:
// 1. The weights sum to 1 and none is negative.
// 2. The conditions of an optimum hold for what is found, and for nothing else.

import type { QuadraticProgram, QuadraticSolver } from './solve-quadratic.ts';

/** One period: min (gamma T / 2) (w - t)' S (w - t) + costs of |w - h|. Statistics: doubles. By the index of the asset. */
export interface RegionTerms {
  /** `t`: fractions that sum to 1, as `held` (`h`) do. None is negative. */
  readonly targets: readonly number[];
  readonly held: readonly number[];
  /** `S`, of a year. */
  readonly covariance: readonly (readonly number[])[];
  /** Of what is bought or sold, as fractions. */
  readonly buyCosts: readonly number[];
  readonly sellCosts: readonly number[];
  readonly riskAversion: number;
  /** Until the next decision. */
  readonly horizonYears: number;
}

export type RegionOutcome =
  | { readonly state: 'found'; readonly weights: readonly number[]; readonly isTrade: boolean }
  | { readonly state: 'notFound'; readonly reason: string };

/** Whether weights are optimal, by the multiplier of their sum: some lambda must suit every asset. */
export type Optimality =
  | { readonly state: 'optimal'; readonly lambda: number }
  /** `low` asks for more lambda than `high` allows. */
  | { readonly state: 'notOptimal'; readonly low: number; readonly high: number; readonly by: number };

/** Below this a weight has not moved. Also how far apart two bounds of lambda may be for rounding. */
const TOLERANCE = 1e-9;
/**
 * Costs have no curvature of their own: each round is made definite around the last one's solution, by this share of
 * the largest variance, until that does not move (the proximal point method). With less of it the solver loses its way
 * among the kinks; with more, rounds are wasted.
 */
const RIDGE = 1e-3;
const ROUNDS_MAX = 200;
const SETTLED = 1e-12;
/** Of a cost: a hundredth of a basis point. */
const SOLUTION_TOLERANCE = 1e-6;

/** The weights to trade to. Inside the no-trade region that is where they are, exactly. What is found is checked. */
export function findRegionWeights(terms: RegionTerms, solve: QuadraticSolver): RegionOutcome {
  if (checkOptimality(terms, terms.held).state === 'optimal')
    return { state: 'found', weights: terms.held, isTrade: false };
  let last: readonly number[] = [...terms.held, ...terms.held.map(() => 0)];
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const solution = solve(programOf(terms, last));
    if (solution.state === 'unsolved') return { state: 'notFound', reason: solution.reason };
    const change = Math.max(...solution.at.map((value, index) => Math.abs(value - (last[index] ?? 0))));
    last = solution.at;
    if (change < SETTLED) break;
  }
  const weights = terms.held.map((held, index) => {
    const weight = Math.max(0, last[index] ?? 0);
    return Math.abs(weight - held) < TOLERANCE ? held : weight;
  });
  const checked = checkOptimality(terms, weights, SOLUTION_TOLERANCE);
  if (checked.state === 'notOptimal')
    return { state: 'notFound', reason: `what the solver found is not optimal, by ${checked.by}` };
  return { state: 'found', weights, isTrade: true };
}

/**
 * The conditions of Karush, Kuhn and Tucker with m = gamma T S (w - t): an asset that is not traded has
 * |m - lambda| at most its cost, one that is bought m - lambda = - cost, one that is sold m - lambda = cost; one that
 * is sold off may want to be sold still.
 */
export function checkOptimality(
  terms: RegionTerms,
  weights: readonly number[],
  tolerance: number = TOLERANCE,
): Optimality {
  const marginal = marginalOf(terms, weights);
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const [index, weight] of weights.entries()) {
    const move = weight - (terms.held[index] ?? 0);
    const least = (marginal[index] ?? 0) - (terms.sellCosts[index] ?? 0);
    const most = (marginal[index] ?? 0) + (terms.buyCosts[index] ?? 0);
    const isGone = weight <= TOLERANCE;
    if (move > TOLERANCE) [low, high] = [Math.max(low, most), Math.min(high, most)];
    else if (move < -TOLERANCE) [low, high] = [isGone ? low : Math.max(low, least), Math.min(high, least)];
    else [low, high] = [isGone ? low : Math.max(low, least), Math.min(high, most)];
  }
  if (low - high > tolerance) return { state: 'notOptimal', low, high, by: low - high };
  const between = (low + high) / 2;
  return {
    state: 'optimal',
    lambda: Number.isFinite(between) ? between : Number.isFinite(high) ? high : low,
  };
}

/** For one asset against what does not vary: c / (gamma sigma^2 T). */
export const singleAssetHalfWidth = (terms: {
  readonly cost: number;
  readonly riskAversion: number;
  readonly volatility: number;
  readonly horizonYears: number;
}): number => terms.cost / (terms.riskAversion * terms.volatility ** 2 * terms.horizonYears);

function marginalOf(terms: RegionTerms, weights: readonly number[]): readonly number[] {
  const scale = terms.riskAversion * terms.horizonYears;
  const distance = weights.map((weight, index) => weight - (terms.targets[index] ?? 0));
  return terms.covariance.map(
    (row) => scale * row.reduce((total, each, index) => total + each * (distance[index] ?? 0), 0),
  );
}

/**
 * In weights and their costs (w, k): each k is at least what buying to w costs, and at least what selling to it does.
 * Weights whose cost is least lie at a kink of it, so that both are held there.
 */
function programOf(terms: RegionTerms, around: readonly number[]): QuadraticProgram {
  const { covariance, held, targets, buyCosts, sellCosts } = terms;
  const size = held.length;
  const curvature = terms.riskAversion * terms.horizonYears;
  const scale = curvature * Math.max(...covariance.map((row, index) => row[index] ?? 0));
  const indices = Array.from({ length: 2 * size }, (_, index) => index);
  const rowOf = (entries: Readonly<Record<number, number>>) => indices.map((index) => entries[index] ?? 0);
  const wanted = covariance.map((row) =>
    row.reduce((total, each, index) => total + each * (targets[index] ?? 0), 0),
  );
  return {
    quadratic: indices.map((row) =>
      indices.map(
        (column) =>
          (row < size && column < size ? (curvature * (covariance[row]?.[column] ?? 0)) / scale : 0) +
          (row === column ? RIDGE : 0),
      ),
    ),
    linear: indices.map(
      (index) =>
        (index < size ? (curvature * (wanted[index] ?? 0)) / scale : -1) + RIDGE * (around[index] ?? 0),
    ),
    constraints: [
      { weights: indices.map((index) => (index < size ? 1 : 0)), bound: 1 },
      ...held.flatMap((weight, index) => {
        const [buy, sell] = [(buyCosts[index] ?? 0) / scale, (sellCosts[index] ?? 0) / scale];
        return [
          { weights: rowOf({ [index]: 1 }), bound: 0 },
          { weights: rowOf({ [size + index]: 1, [index]: -buy }), bound: -buy * weight },
          { weights: rowOf({ [size + index]: 1, [index]: sell }), bound: sell * weight },
        ];
      }),
    ],
    equalities: 1,
  };
}
