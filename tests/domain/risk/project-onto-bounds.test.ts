import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { projectOntoBounds, type WeightBounds } from '../../../src/domain/risk/project-onto-bounds.ts';

const TOTAL = 1_000_000;
const upTo = (upper: number) => (names: readonly string[]) =>
  Object.fromEntries(names.map((name): [string, WeightBounds] => [name, { lower: 0, upper }]));

describe('a projection', () => {
  test('of .55/.25/.12/.08 with at most .4 each is .4/.3333/.16/.1067', () => {
    const wanted = { a: 550_000, b: 250_000, c: 120_000, d: 80_000 };
    expect(projectOntoBounds(wanted, upTo(400_000)(['a', 'b', 'c', 'd']), TOTAL)).toEqual({
      state: 'projected',
      weights: { a: 400_000, b: 333_333, c: 160_000, d: 106_667 },
    });
  });

  test('never lets renormalisation break a cap: of .6/.4 with at most .4 each nothing sums to one', () => {
    expect(projectOntoBounds({ a: 600_000, b: 400_000 }, upTo(400_000)(['a', 'b']), TOTAL)).toEqual({
      state: 'infeasible',
      weights: { a: 400_000, b: 400_000 },
      missing: 200_000,
    });
  });

  test('raises what is below its lower bound, and takes it from the others in proportion', () => {
    const bounds = { cash: { lower: 100_000, upper: TOTAL } };
    expect(projectOntoBounds({ a: 600_000, b: 400_000, cash: 0 }, bounds, TOTAL)).toEqual({
      state: 'projected',
      weights: { a: 540_000, b: 360_000, cash: 100_000 },
    });
  });

  test('with lower bounds above the total misses by as much', () => {
    const bounds = { a: { lower: 700_000, upper: TOTAL }, b: { lower: 500_000, upper: TOTAL } };
    expect(projectOntoBounds({ a: 500_000, b: 500_000 }, bounds, TOTAL)).toMatchObject({
      state: 'infeasible',
      missing: -200_000,
    });
  });
});

const anyProblem = fc
  .array(
    fc.record({
      part: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000 })),
      x: fc.integer({ min: 0, max: TOTAL }),
      y: fc.integer({ min: 0, max: TOTAL }),
      isFree: fc.boolean(),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((parts) => {
    const wanted: Record<string, number> = {};
    const bounds: Record<string, WeightBounds> = {};
    const total = parts.reduce((sum, { part }) => sum + part, 0);
    let left = TOTAL;
    for (const [index, { part, x, y, isFree }] of parts.entries()) {
      const isLast = index === parts.length - 1;
      const ppm = isLast || total === 0 ? left : Math.floor((part * TOTAL) / total);
      wanted[`g${index}`] = isLast ? left : Math.min(left, ppm);
      left -= wanted[`g${index}`] ?? 0;
      bounds[`g${index}`] = isFree
        ? { lower: 0, upper: TOTAL }
        : { lower: Math.floor(Math.min(x, y) / 4), upper: Math.max(x, y) };
    }
    return { wanted, bounds };
  });

describe('any projection', () => {
  it('1. Projected weights are whole, lie within their bounds and sum to exactly the total.', () => {
    let projected = 0;
    fc.assert(
      fc.property(anyProblem, ({ wanted, bounds }) => {
        const { state, weights } = projectOntoBounds(wanted, bounds, TOTAL);
        for (const [name, ppm] of Object.entries(weights)) {
          expect(Number.isSafeInteger(ppm)).toBe(true);
          expect(ppm).toBeGreaterThanOrEqual(bounds[name]?.lower ?? 0);
          expect(ppm).toBeLessThanOrEqual(bounds[name]?.upper ?? TOTAL);
        }
        const sum = Object.values(weights).reduce((total, ppm) => total + ppm, 0);
        expect(sum === TOTAL).toBe(state === 'projected');
        projected += state === 'projected' ? 1 : 0;
      }),
      { numRuns: 1_000, seed: 1 },
    );
    expect(projected).toBeGreaterThan(300);
  });

  it('2. Weights between their bounds keep their proportions to within one unit.', () => {
    fc.assert(
      fc.property(anyProblem, ({ wanted, bounds }) => {
        const { state, weights } = projectOntoBounds(wanted, bounds, TOTAL);
        fc.pre(state === 'projected');
        const isBetween = ([name, ppm]: readonly [string, number]): boolean =>
          ppm > (bounds[name]?.lower ?? 0) + 1 && ppm < (bounds[name]?.upper ?? TOTAL) - 1;
        const between = Object.entries(weights).filter(isBetween);
        const lambdas = between.map(([name, ppm]) => [name, ppm / (wanted[name] ?? 0)] as const);
        const [, lambda = 1] = lambdas.sort(([x], [y]) => (wanted[y] ?? 0) - (wanted[x] ?? 0))[0] ?? [];
        for (const [name, ppm] of Object.entries(weights)) {
          const { lower, upper } = bounds[name] ?? { lower: 0, upper: TOTAL };
          const off = 1 + (wanted[name] ?? 0) / Math.max(1, wanted[lambdas[0]?.[0] ?? ''] ?? 1);
          const clipped = Math.min(upper, Math.max(lower, lambda * (wanted[name] ?? 0)));
          if (between.length > 0) expect(Math.abs(ppm - clipped)).toBeLessThanOrEqual(off + 1e-3);
        }
      }),
      { numRuns: 1_000, seed: 2 },
    );
  });

  it('3. Weights that lie within their bounds and sum to the total stay as they are.', () => {
    fc.assert(
      fc.property(anyProblem, fc.integer({ min: 0, max: 100_000 }), ({ wanted }, room) => {
        const bounds = Object.fromEntries(
          Object.entries(wanted).map(([name, ppm]) => [
            name,
            { lower: Math.max(0, ppm - room), upper: Math.min(TOTAL, ppm + room) },
          ]),
        );
        expect(projectOntoBounds(wanted, bounds, TOTAL)).toEqual({ state: 'projected', weights: wanted });
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});
