import { describe, expect, it } from '@jest/globals';
import { relativeVolatilities } from '../../../../src/domain/rebalancing/bands/relative-volatility.ts';

const matrix = [
  [0.36, 0.27],
  [0.27, 0.5625],
];
const AB = { groups: ['A', 'B'], matrix, periodsPerYear: 1 };

describe("a group's volatility against the rest", () => {
  it('is its own where the rest is cash', () => {
    expect(relativeVolatilities({ A: 600_000, CASH: 400_000 }, AB)).toEqual({
      A: Math.sqrt(0.36),
      // All that is not cash is A.
      CASH: Math.sqrt(0.36),
    });
  });

  it('is that of the difference to the rest, weighted by its targets', () => {
    const found = relativeVolatilities({ A: 500_000, B: 250_000, CASH: 250_000 }, AB);
    // Half of what is not A is B: 0.36 - 2 x 0.5 x 0.27 + 0.25 x 0.5625.
    expect(found.A).toBeCloseTo(Math.sqrt(0.36 - 0.27 + 0.140625), 12);
    // Two thirds of what is not B are A.
    expect(found.B).toBeCloseTo(Math.sqrt(0.5625 - (4 / 3) * 0.27 + (4 / 9) * 0.36), 12);
  });

  it('is of a year', () => {
    const daily = { groups: ['A'], matrix: [[0.36 / 365]], periodsPerYear: 365 };
    expect(relativeVolatilities({ A: 600_000, CASH: 400_000 }, daily).A).toBeCloseTo(0.6, 12);
  });

  it('is not told where a variance is missing, or nothing is left', () => {
    expect(relativeVolatilities({ A: 500_000, X: 250_000, CASH: 250_000 }, AB)).toEqual({});
    expect(relativeVolatilities({ A: 1_000_000, CASH: 0 }, AB)).toEqual({});
  });
});
