import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import type { Observations } from '../../../src/domain/correlation/common-returns.ts';
import { commonReturns, logReturns } from '../../../src/domain/correlation/common-returns.ts';
import {
  doesNotVary,
  estimateCorrelation,
  pearson,
} from '../../../src/domain/correlation/estimate-correlation.ts';
import { fisherInterval } from '../../../src/domain/correlation/fisher-interval.ts';
import { nearestCorrelation } from '../../../src/domain/correlation/nearest-correlation.ts';
import { eigenOf } from '../../../src/domain/correlation/square-matrix.ts';
import { anyCorrelation } from './any-correlation.ts';

/** Forty periods that no other has. */
const wave = (seed: number, count = 40): readonly number[] =>
  Array.from({ length: count }, (_, t) => Math.sin(seed * (t + 1) ** 1.5) / 50);
const A = wave(1.3);
const B = A.map((value, t) => 0.5 * value + 0.5 * wave(2.7)[t]!);
const without = (values: Observations, ...times: readonly number[]): Observations =>
  values.map((value, t) => (times.includes(t) ? null : value));
/** Prices with these log returns, from 100 on. */
function pricesOf(returns: readonly number[]): readonly number[] {
  const prices = [100];
  for (const value of returns) prices.push(prices.at(-1)! * Math.exp(value));
  return prices;
}
const upTo = (count: number) => Array.from({ length: count }, (_, t) => t);
const named = (series: Readonly<Record<string, Observations>>) =>
  Object.entries(series).map(([name, values]) => ({ name, values }));

describe('returns', () => {
  it('of prices are logarithms of what they grow by', () => {
    expect(logReturns([100, 110, 55])).toEqual([Math.log(1.1), Math.log(0.5)]);
  });

  it('of two series are over the same periods, where one of them has a gap as well', () => {
    const [some, others] = commonReturns([100, null, 121, 133.1], [10, 11, 20, 40], 'prices');
    expect(some).toEqual([Math.log(121 / 100), Math.log(133.1 / 121)]);
    expect(others).toEqual([Math.log(2), Math.log(2)]);
  });

  it('that are given are taken where both are', () => {
    expect(commonReturns([0.1, null, 0.2], [0.3, 0.4, null], 'returns')).toEqual([[0.1], [0.3]]);
  });
});

describe('a correlation', () => {
  it('is told of thirty common returns, with its overlap and its interval', () => {
    const estimate = estimateCorrelation(named({ A, B: without(B, ...upTo(10)) }), 'returns');
    const value = pearson(B.slice(10), A.slice(10));
    expect(estimate.correlation).toEqual([
      [1, value],
      [value, 1],
    ]);
    expect(estimate.overlaps).toEqual([
      [40, 30],
      [30, 30],
    ]);
    expect(estimate.lower[0]![1]).toBe(fisherInterval(value, 30).lower);
    expect(estimate.upper[1]![0]).toBe(fisherInterval(value, 30).upper);
    expect([estimate.insufficient, estimate.constant]).toEqual([[], []]);
  });

  it('of fewer is null, and its pair is named with what there is', () => {
    const estimate = estimateCorrelation(named({ A: without(A, 39), B: without(B, ...upTo(10)) }), 'returns');
    expect(estimate.correlation).toEqual([
      [1, null],
      [null, 1],
    ]);
    expect([estimate.lower[0]![1], estimate.upper[0]![1]]).toEqual([null, null]);
    expect(estimate.insufficient).toEqual([{ names: ['A', 'B'], overlap: 29 }]);
  });

  it('of what does not vary is null, and it has no risk', () => {
    const growing = Array.from({ length: 40 }, (_, t) => 100 * 1.001 ** t);
    const prices = pricesOf(A).slice(1);
    const estimate = estimateCorrelation(
      named({ A: prices, USDC: growing.map(() => 1), BILL: growing }),
      'prices',
    );
    expect(estimate.constant).toEqual(['USDC', 'BILL']);
    expect(estimate.correlation).toEqual([
      [1, null, null],
      [null, null, null],
      [null, null, null],
    ]);
    expect(estimate.volatilities).toEqual([expect.any(Number), 0, 0]);
    expect(estimate.insufficient).toEqual([]);
  });

  it('is null over periods in which one of the two stands still', () => {
    const late = A.map((value, t) => (t < 32 ? 0 : value));
    const early = without(B, 32, 33, 34, 35, 36, 37, 38, 39);
    const estimate = estimateCorrelation(named({ late, early }), 'returns');
    expect(estimate.correlation[0]![1]).toBeNull();
    expect(estimate.insufficient).toEqual([{ names: ['late', 'early'], overlap: 32 }]);
  });

  it('is 1 with a multiple of itself and -1 with its opposite, however small', () => {
    for (const factor of [3, 1e-160, -1e-160, -2]) {
      const found = pearson(
        A,
        A.map((value) => value * factor),
      );
      expect(found).toBeCloseTo(Math.sign(factor), 12);
    }
  });

  it('of prices is that of their returns, and not of their levels', () => {
    // Both fall and rise together from day to day while one climbs and the other sinks.
    const climb = (drift: number) => pricesOf(A.map((value) => value + drift));
    const estimate = estimateCorrelation(named({ UP: climb(0.02), DOWN: climb(-0.02) }), 'prices');
    expect(estimate.correlation[0]![1]).toBeCloseTo(1, 10);
  });
});

describe('what does not vary', () => {
  test.each<[readonly number[], boolean]>([
    [[0, 0, 0], true],
    [[0.1, 0.1, 0.1 + 1e-15], true],
    [[0, 1e-300], false],
    [[-0.001, 0.001], false],
    [[], true],
  ])('%j: %p', (values, does) => {
    expect(doesNotVary(values)).toBe(does);
  });
});

describe('an interval', () => {
  it('holds the correlation, within -1 and 1, and narrows with more returns', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 5_000 }),
        (correlation, observations) => {
          const { lower, upper } = fisherInterval(correlation, observations);
          expect(lower).toBeGreaterThanOrEqual(-1);
          expect(upper).toBeLessThanOrEqual(1);
          expect(lower).toBeLessThanOrEqual(correlation + 1e-12);
          expect(upper).toBeGreaterThanOrEqual(correlation - 1e-12);
          const more = fisherInterval(correlation, observations + 10);
          expect(more.upper - more.lower).toBeLessThanOrEqual(upper - lower + 1e-12);
        },
      ),
      { numRuns: 300, seed: 2 },
    );
    expect(fisherInterval(0.5, 3)).toEqual({ lower: -1, upper: 1 });
  });
});

describe('the nearest correlation', () => {
  /** Two of these cannot each be 0.9 with a third and -0.9 with each other. */
  const IMPOSSIBLE = [
    [1, 0.9, -0.9],
    [0.9, 1, 0.9],
    [-0.9, 0.9, 1],
  ];

  it('of no portfolio has no eigenvalue below zero and ones on its diagonal, and says what changed', () => {
    const nearest = nearestCorrelation(IMPOSSIBLE);
    // Eigenvalues 1.9, 1.9, -0.8: 3/2 of the projection that leaves the third out, by hand 1.9·⅔ → 1, 1.9·⅓ → ½.
    expect(nearest.smallestEigenvalue).toBeCloseTo(-0.8, 12);
    expect(nearest.largestChange).toBeCloseTo(0.4, 12);
    expect(nearest.correlation.map((row) => row.map((value) => Number(value.toFixed(9))))).toEqual([
      [1, 0.5, -0.5],
      [0.5, 1, 0.5],
      [-0.5, 0.5, 1],
    ]);
    expect(Math.min(...eigenOf(nearest.correlation).values)).toBeGreaterThan(-1e-12);
  });

  it('of one is itself', () => {
    fc.assert(
      fc.property(anyCorrelation(), (correlation) => {
        expect(nearestCorrelation(correlation)).toMatchObject({ correlation, largestChange: 0 });
      }),
      { numRuns: 100, seed: 4 },
    );
  });
});
