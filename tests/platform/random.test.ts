import { describe, expect, test } from '@jest/globals';
import { seededRandom, splitMix64, systemRandom, xoshiro128StarStar } from '../../src/platform/random.ts';

const draws = (seed: number, count: number): readonly number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('random', () => {
  test('xoshiro128** draws what the definition, computed by other means, gives for the state 1, 2, 3, 4', () => {
    const next = xoshiro128StarStar([1, 2, 3, 4]);
    expect(Array.from({ length: 7 }, next)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034,
    ]);
  });

  test('SplitMix64 draws what is published for the seed 1234567', () => {
    const next = splitMix64(1234567n);
    expect([next(), next(), next()]).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
    ]);
  });

  test('draws the same for the same seed and something else for another', () => {
    expect(draws(7, 50)).toEqual(draws(7, 50));
    expect(draws(7, 50)).not.toEqual(draws(8, 50));
  });

  test('draws lie in [0, 1) and are spread evenly', () => {
    const counts = new Array<number>(10).fill(0);
    for (const draw of draws(1, 20_000)) {
      expect(draw >= 0 && draw < 1).toBe(true);
      const bucket = Math.floor(draw * 10);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    // Chi-squared with 9 degrees of freedom: 27.9 is the 99.9th percentile.
    const chiSquared = counts.reduce((total, count) => total + (count - 2_000) ** 2 / 2_000, 0);
    expect(chiSquared).toBeLessThan(27.9);
  });

  test('the system draws in [0, 1)', () => {
    const draw = systemRandom.next();
    expect(draw >= 0 && draw < 1).toBe(true);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the seed %s', (seed) => {
    expect(() => seededRandom(seed)).toThrow('a seed is a whole number');
  });
});
