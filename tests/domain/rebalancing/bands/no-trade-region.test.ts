import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  checkOptimality,
  findRegionWeights,
  type RegionTerms,
  singleAssetHalfWidth,
} from '../../../../src/domain/rebalancing/bands/no-trade-region.ts';
import {
  loadQuadraticSolver,
  type QuadraticSolver,
} from '../../../../src/domain/rebalancing/bands/solve-quadratic.ts';

let solve: QuadraticSolver;
beforeAll(async () => {
  solve = await loadQuadraticSolver();
});

/** REBALANCING.md §5: four assets, of which the last is all but cash and costs nothing to move. */
const termsAt = (horizonYears: number): RegionTerms => ({
  targets: [0.4, 0.25, 0.25, 0.1],
  held: [0.52, 0.18, 0.2, 0.1],
  covariance: [
    [0.36, 0.27, 0.05, 0],
    [0.27, 0.5625, 0.04, 0],
    [0.05, 0.04, 0.0256, 0],
    [0, 0, 0, 1e-6],
  ],
  buyCosts: [0.006, 0.006, 0.006, 0],
  sellCosts: [0.006, 0.006, 0.006, 0],
  riskAversion: 3,
  horizonYears,
});

function weightsOf(terms: RegionTerms): readonly number[] {
  const found = findRegionWeights(terms, solve);
  if (found.state === 'notFound') throw new Error(found.reason);
  return found.weights;
}

describe('the weights that several assets are traded to', () => {
  it('are where they are within the no-trade region', () => {
    const terms = termsAt(1 / 12);
    expect(findRegionWeights(terms, solve)).toEqual({ state: 'found', weights: terms.held, isTrade: false });
  });

  // By quadprog and by HiGHS, to six digits.
  it.each([
    [1 / 4, [0.458073, 0.211458, 0.2, 0.130469]],
    [1, [0.419531, 0.240625, 0.2, 0.139844]],
  ])('are those of the quadratic program over %d years', (horizon, expected) => {
    const terms = termsAt(horizon);
    const weights = weightsOf(terms);
    for (const [index, weight] of weights.entries()) expect(weight).toBeCloseTo(expected[index]!, 6);
    expect(checkOptimality(terms, weights, 1e-7).state).toBe('optimal');
    expect(checkOptimality(terms, terms.held).state).toBe('notOptimal');
  });

  it('have the objective that HiGHS found over a year, without its constant', () => {
    const terms = termsAt(1);
    const weights = weightsOf(terms);
    const times = (vector: readonly number[]) =>
      terms.covariance.map((row) => row.reduce((total, each, index) => total + each * vector[index]!, 0));
    const dot = (a: readonly number[], b: readonly number[]) =>
      a.reduce((total, each, i) => total + each * b[i]!, 0);
    const costs = dot(
      terms.buyCosts,
      weights.map((weight, index) => Math.abs(weight - terms.held[index]!)),
    );
    const found = 1.5 * dot(weights, times(weights)) - 3 * dot(terms.targets, times(weights)) + costs;
    expect(found).toBeCloseTo(-0.24393022355622, 9);
  });

  it('sell everything where nothing is wanted of it', () => {
    const terms = { ...termsAt(10), targets: [0, 0, 0, 1] };
    expect(weightsOf(terms)[0]).toBeLessThan(0.02);
    expect(weightsOf({ ...terms, sellCosts: [0, 0, 0, 0] })[0]).toBeCloseTo(0, 6);
  });

  it('are not found, and say so, where the solver finds none', () => {
    const broken: QuadraticSolver = () => ({ state: 'unsolved', reason: 'constraints are inconsistent' });
    expect(findRegionWeights(termsAt(1), broken)).toEqual({
      state: 'notFound',
      reason: 'constraints are inconsistent',
    });
  });
});

describe('the half width of a single asset', () => {
  // c, T at gamma 3; the figures of this project's own arithmetic.
  it.each([
    [0.006, 0.6, 1 / 12, 0.06666666666666668],
    [0.006, 0.6, 1 / 4, 0.022222222222222227],
    [0.001, 0.6, 1 / 12, 0.011111111111111113],
    [0.006, 0.8, 1 / 12, 0.03749999999999999],
  ])('at a cost of %d, a volatility of %d over %d years', (cost, volatility, horizonYears, expected) => {
    expect(singleAssetHalfWidth({ cost, riskAversion: 3, volatility, horizonYears })).toBeCloseTo(
      expected,
      15,
    );
  });

  it('is where the region of one asset against cash ends', () => {
    const atDistance = (distance: number): RegionTerms => ({
      targets: [0.5, 0.5],
      held: [0.5 + distance, 0.5 - distance],
      covariance: [
        [0.36, 0],
        [0, 0],
      ],
      buyCosts: [0.006, 0],
      sellCosts: [0.006, 0],
      riskAversion: 3,
      horizonYears: 1 / 4,
    });
    const edge = singleAssetHalfWidth({ cost: 0.006, riskAversion: 3, volatility: 0.6, horizonYears: 1 / 4 });
    expect(checkOptimality(atDistance(edge * 0.999), atDistance(edge * 0.999).held).state).toBe('optimal');
    expect(checkOptimality(atDistance(edge * 1.001), atDistance(edge * 1.001).held).state).toBe('notOptimal');
    expect(weightsOf(atDistance(0.1))[0]).toBeCloseTo(0.5 + edge, 6);
  });
});

const share = fc.integer({ min: 1, max: 1_000 });
const unit = fc.double({ min: -1, max: 1, noNaN: true });
/** Factor models of three assets and cash: covariances of full rank. */
const drawn = fc
  .tuple(
    fc.array(share, { minLength: 4, maxLength: 4 }),
    fc.array(share, { minLength: 4, maxLength: 4 }),
    fc.array(fc.array(unit, { minLength: 2, maxLength: 2 }), { minLength: 3, maxLength: 3 }),
    fc.array(fc.double({ min: 0, max: 0.02, noNaN: true }), { minLength: 3, maxLength: 3 }),
    fc.double({ min: 0.05, max: 2, noNaN: true }),
  )
  .map(([wanted, held, loadings, costs, horizonYears]): RegionTerms => {
    const fractions = (parts: readonly number[]) =>
      parts.map((part) => part / parts.reduce((a, b) => a + b, 0));
    const loading = (index: number) => loadings[index] ?? [0, 0];
    const covariance = [0, 1, 2, 3].map((row) =>
      [0, 1, 2, 3].map(
        (column) =>
          loading(row)[0]! * loading(column)[0]! +
          loading(row)[1]! * loading(column)[1]! +
          (row !== column ? 0 : row === 3 ? 1e-6 : 0.05),
      ),
    );
    const all = [...costs, 0];
    return {
      targets: fractions(wanted),
      held: fractions(held),
      covariance,
      buyCosts: all,
      sellCosts: all.map((cost) => cost * 1.5),
      riskAversion: 3,
      horizonYears,
    };
  });

it('1. The weights sum to 1 and none is negative.', () => {
  fc.assert(
    fc.property(drawn, (terms) => {
      const weights = weightsOf(terms);
      expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
      expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
    }),
    { seed: 20240615, numRuns: 100 },
  );
});

it('2. The conditions of an optimum hold for what is found, and for nothing else.', () => {
  fc.assert(
    fc.property(drawn, fc.integer({ min: 0, max: 2 }), unit, (terms, asset, moved) => {
      const weights = weightsOf(terms);
      expect(checkOptimality(terms, weights, 1e-6)).toMatchObject({ state: 'optimal' });
      const size = Math.abs(moved) < 0.02 ? 0.02 : moved * 0.2;
      const other = weights.map((each, index) => each + (index === asset ? size : index === 3 ? -size : 0));
      fc.pre(Math.min(...other) > 0.001);
      // The optimum is the only one: cash, against which it was moved, does vary.
      expect(checkOptimality(terms, other, 1e-6).state).toBe('notOptimal');
    }),
    { seed: 20240615, numRuns: 100 },
  );
});
