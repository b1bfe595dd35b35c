import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  effectiveBets,
  minimumTorsionShares,
  principalShares,
} from '../../../src/domain/correlation/effective-bets.ts';
import {
  averageCorrelation,
  diversificationRatio,
  impliedCorrelation,
  portfolioVolatility,
  riskContributions,
} from '../../../src/domain/correlation/portfolio-risk.ts';
import { anyCorrelation, anyHolding, permuted } from './any-correlation.ts';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const uniform = (count: number, value: number) =>
  Array.from({ length: count }, (_, i) => Array.from({ length: count }, (_, j) => (i === j ? 1 : value)));
const anyHeld = () =>
  anyCorrelation().chain((correlation) =>
    anyHolding(correlation.length).map((holding) => ({ correlation, ...holding })),
  );

describe('risk of a portfolio', () => {
  it('is shared out without remainder, and bets are between one and as many as there are', () => {
    fc.assert(
      fc.property(anyHeld(), (held) => {
        const count = held.weights.length;
        expect(sum(riskContributions(held)!)).toBeCloseTo(1, 12);
        for (const shares of [principalShares(held)!, minimumTorsionShares(held)!]) {
          expect(sum(shares)).toBeCloseTo(1, 12);
          expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
          const bets = effectiveBets(shares);
          expect(bets).toBeGreaterThanOrEqual(1 - 1e-12);
          expect(bets).toBeLessThanOrEqual(count + 1e-9);
        }
        expect(diversificationRatio(held)).toBeGreaterThanOrEqual(1 - 1e-12);
        expect(impliedCorrelation(held)).toBeLessThanOrEqual(1 + 1e-12);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('is the same in whatever order the assets come, and in whatever unit volatilities are', () => {
    fc.assert(
      fc.property(anyHeld(), fc.integer({ min: 0, max: 1e9 }), (held, seed) => {
        const { order, matrix } = permuted(held.correlation, seed);
        const other = {
          correlation: matrix,
          weights: order.map((i) => held.weights[i]!),
          volatilities: order.map((i) => held.volatilities[i]! * 19.1),
        };
        const contributions = riskContributions(held)!;
        const shares = minimumTorsionShares(held)!;
        for (const [place, i] of order.entries()) {
          expect(riskContributions(other)![place]).toBeCloseTo(contributions[i]!, 10);
          expect(minimumTorsionShares(other)![place]).toBeCloseTo(shares[i]!, 6);
        }
        expect(impliedCorrelation(other)).toBeCloseTo(impliedCorrelation(held)!, 10);
        expect(portfolioVolatility(other) / 19.1).toBeCloseTo(portfolioVolatility(held), 10);
      }),
      { numRuns: 200, seed: 8 },
    );
  });

  it('implies the correlation that all pairs have', () => {
    for (const value of [-0.2, 0, 0.35, 1]) {
      const held = {
        correlation: uniform(4, value),
        weights: [0.1, 0.2, 0.3, 0.4],
        volatilities: [4, 3, 2, 1],
      };
      expect(impliedCorrelation(held)).toBeCloseTo(value, 14);
      expect(averageCorrelation(held.correlation)).toBeCloseTo(value, 14);
    }
  });

  it.each<[string, number, readonly number[], number]>([
    ['what is independent is as many bets as there are, evenly held', 0, [1, 1, 1, 1], 4],
    ['what brings no risk is no bet', 0, [1, 1, 1, 0], 3],
    ['one that brings all of it is one bet', 0, [1, 0, 0, 0], 1],
  ])('%s', (_, correlation, volatilities, bets) => {
    const held = { correlation: uniform(4, correlation), weights: [0.25, 0.25, 0.25, 0.25], volatilities };
    expect(effectiveBets(minimumTorsionShares(held)!)).toBeCloseTo(bets, 10);
    expect(riskContributions(held)).toEqual(
      volatilities.map((volatility) => (volatility === 0 ? 0 : expect.closeTo(1 / bets, 12))),
    );
  });

  it('of assets that move as one is one bet by components, and a number by torsion too', () => {
    const held = { correlation: uniform(3, 1), weights: [0.5, 0.3, 0.2], volatilities: [1, 1, 1] };
    expect(effectiveBets(principalShares(held)!)).toBeCloseTo(1, 10);
    expect(effectiveBets(minimumTorsionShares(held)!)).toBeGreaterThanOrEqual(1);
    expect(diversificationRatio(held)).toBeCloseTo(1, 12);
  });

  it.each([
    ['nothing that varies is held', { weights: [1, 0], volatilities: [0, 1] }],
    ['one is the opposite of the other', { weights: [0.5, 0.5], volatilities: [1, 1] }],
  ])('is no share of anything where %s', (_, holding) => {
    const held = { correlation: uniform(2, -1), ...holding };
    expect(portfolioVolatility(held)).toBe(0);
    expect([riskContributions(held), diversificationRatio(held)]).toEqual([null, null]);
    expect([minimumTorsionShares(held), principalShares(held)]).toEqual([null, null]);
  });

  it('implies no correlation of fewer than two that bring risk', () => {
    expect(
      impliedCorrelation({ correlation: uniform(2, 0.4), weights: [1, 0], volatilities: [1, 1] }),
    ).toBeNull();
    expect(averageCorrelation([[1]])).toBeNull();
  });
});
