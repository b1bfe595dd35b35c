import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { moveWithCash } from '../../../src/domain/targets/move-with-cash.ts';
import type { WeightBounds } from '../../../src/domain/targets/project-weights.ts';
import { anyTargets, totalOf } from './target-fixtures.ts';

const SEED = 20_240_706;
const BASE = { A: 400_000, B: 200_000, C: 100_000, CASH: 300_000 };
const move = (
  changes: Readonly<Record<string, number>>,
  bounds: Readonly<Record<string, WeightBounds>> = {},
  cashMinPpm = 0,
) => moveWithCash(BASE, Object.entries(changes), { cashMinPpm, bounds });

describe('weights that are moved against cash', () => {
  it.each<[string, ReturnType<typeof move>, object]>([
    ['stay without changes', move({}), BASE],
    ['are taken to cash', move({ A: -100_000 }), { A: 300_000, B: 200_000, C: 100_000, CASH: 400_000 }],
    [
      'stop at their limit, and cash keeps the rest',
      move({ A: 200_000 }, { A: { upperPpm: 450_000 } }),
      { A: 450_000, B: 200_000, C: 100_000, CASH: 250_000 },
    ],
    [
      'stop at their floor',
      move({ A: -400_000 }, { A: { lowerPpm: 150_000 } }),
      { A: 150_000, B: 200_000, C: 100_000, CASH: 550_000 },
    ],
    [
      'are brought within their limits, whatever they were',
      move({}, { A: { upperPpm: 100_000 }, D: { lowerPpm: 50_000 } }),
      { A: 100_000, B: 200_000, C: 100_000, D: 50_000, CASH: 550_000 },
    ],
    [
      'share what cash allows, after its floor',
      move({ A: 200_000, B: 200_000 }, {}, 100_000),
      { A: 500_000, B: 300_000, C: 100_000, CASH: 100_000 },
    ],
    [
      'come down to the floors where those ask for more than there is',
      move({}, { D: { lowerPpm: 600_000 } }),
      { A: 228_571, B: 114_286, C: 57_143, D: 600_000, CASH: 0 },
    ],
  ])('%s', (_, moved, expected) => {
    expect(moved).toEqual(expected);
  });

  const anyBounds = fc.dictionary(
    fc.constantFrom('A', 'B', 'C'),
    fc.tuple(fc.nat(250_000), fc.nat(1_000_000)).map(([lowerPpm, upperPpm]) => ({
      lowerPpm,
      upperPpm: Math.max(lowerPpm, upperPpm),
    })),
    { maxKeys: 3, noNullPrototype: true },
  );
  const anyChanges = fc.dictionary(
    fc.constantFrom('A', 'B', 'C', 'D'),
    fc.integer({ min: -1_000_000, max: 1_000_000 }),
    { noNullPrototype: true },
  );
  const holds = (
    check: (one: {
      base: Readonly<Record<string, number>>;
      changes: Readonly<Record<string, number>>;
      bounds: Readonly<Record<string, WeightBounds>>;
      cashMinPpm: number;
      moved: Readonly<Record<string, number>>;
    }) => void,
  ) =>
    fc.assert(
      fc.property(anyTargets, anyChanges, anyBounds, fc.nat(500_000), (base, changes, bounds, cashMinPpm) => {
        const moved = moveWithCash(base, Object.entries(changes), { cashMinPpm, bounds });
        check({ base, changes, bounds, cashMinPpm, moved });
      }),
      { seed: SEED },
    );

  it('no moved weight is above its limit or below its floor, and all sum to exactly 1 000 000', () => {
    holds(({ moved, bounds }) => {
      expect(totalOf(moved)).toBe(1_000_000);
      for (const [group, ppm] of Object.entries(moved)) {
        const { lowerPpm = 0, upperPpm = 1_000_000 } = bounds[group] ?? {};
        expect(ppm >= lowerPpm && ppm <= upperPpm).toBe(true);
      }
    });
  });

  it('nothing but cash pays for what is added, as long as floors alone do not ask for more than there is', () => {
    holds(({ base, changes, bounds, cashMinPpm, moved }) => {
      const raised = Object.entries(bounds).some(([group, { lowerPpm = 0 }]) => lowerPpm > base[group]!);
      if (raised) return;
      for (const group of 'ABCDE') {
        const { upperPpm = 1_000_000 } = bounds[group] ?? {};
        if (!((changes[group] ?? 0) < 0))
          expect(moved[group]!).toBeGreaterThanOrEqual(Math.min(base[group]!, upperPpm));
        if (!((changes[group] ?? 0) > 0)) expect(moved[group]!).toBeLessThanOrEqual(base[group]!);
      }
      expect(moved.CASH).toBeGreaterThanOrEqual(Math.min(cashMinPpm, base.CASH!));
    });
  });
});
