import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  DEFAULT_ADAPTIVE_RULES,
  deriveAdaptive,
  shrunkSharpe,
} from '../../../src/domain/targets/derive-adaptive.ts';
import { deriveLegacyAdaptive, legacyScore } from '../../../src/domain/targets/derive-legacy-adaptive.ts';
import { anyTargets, targetsOf, totalOf, wavy } from './target-fixtures.ts';

const SEED = 20_240_705;
const BASE = { A: 400_000, B: 400_000, CASH: 200_000 };

describe('adaptive targets', () => {
  it('shrink a Sharpe ratio towards zero by n/(n + n0)', () => {
    // Mean 0.01, deviation 0.01·√(10/9) by n - 1, so Sharpe √0.9; 10/(10 + 250) of it.
    const returns = [0, 0.02, 0, 0.02, 0, 0.02, 0, 0.02, 0, 0.02];
    expect(shrunkSharpe(returns, 250)).toBeCloseTo(Math.sqrt(0.9) / 26, 12);
  });

  it('tilt by exp(τ·z), up to a quarter of the configured weight', () => {
    const returns = { A: wavy(0.002, 0.01), B: wavy(-0.002, 0.01) };
    // Two scores are at z = ±1: the ratio is exp(0.2), and the sum is kept.
    const a = 800_000 / (1 + Math.exp(-0.2));
    const mild = deriveAdaptive({ base: BASE, current: BASE }, returns, {
      ...DEFAULT_ADAPTIVE_RULES,
      tilt: 0.1,
    });
    expect(mild).toEqual({
      state: 'derived',
      targets: { A: Math.round(a), B: 800_000 - Math.round(a), CASH: 200_000 },
      notes: [],
    });
    const strong = deriveAdaptive({ base: BASE, current: BASE }, returns, {
      ...DEFAULT_ADAPTIVE_RULES,
      tilt: 1,
    });
    expect(targetsOf(strong)).toEqual({ A: 500_000, B: 300_000, CASH: 200_000 });
  });

  it('stay as configured where all have paid the same', () => {
    const returns = { A: wavy(0.001, 0.01), B: wavy(0.001, 0.01) };
    expect(targetsOf(deriveAdaptive({ base: BASE, current: BASE }, returns))).toEqual(BASE);
  });

  it('take up a changed configuration even where the score does not rise', () => {
    const returns = { A: wavy(0.002, 0.01), B: wavy(-0.002, 0.01) };
    const current = { A: 800_000, B: 0, CASH: 200_000 };
    expect(targetsOf(deriveAdaptive({ base: BASE, current }, returns))).not.toEqual(current);
  });

  it.each([
    ['fewer than 30 returns', { A: wavy(0, 0.01).slice(31), B: wavy(0, 0.01).slice(31) }, 'returns.A', '29'],
    ['returns of other days', { A: wavy(0, 0.01), B: wavy(0, 0.01).slice(1) }, 'returns.B', '59'],
    ['returns that do not vary', { A: wavy(0, 0.01), B: wavy(0.01, 0) }, 'returns.B', '0.01 every day'],
    ['no returns', { A: wavy(0, 0.01) }, 'returns.B', 'none'],
    [
      'a return that is no number',
      { A: wavy(0, 0.01), B: wavy(0, 0.01).with(7, Number.NaN) },
      'returns.B[7]',
      'NaN',
    ],
    ['a loss of more than all', { A: wavy(0, 0.01).with(2, -1.5), B: wavy(0, 0.01) }, 'returns.A[2]', '-1.5'],
  ])('refuse %s', (_, returns, path, found) => {
    const problem = { path, found };
    expect(deriveAdaptive({ base: BASE, current: BASE }, returns)).toMatchObject({
      state: 'refused',
      problem,
    });
    expect(deriveLegacyAdaptive(BASE, returns)).toMatchObject({ state: 'refused', problem });
  });

  it.each([
    [{ tilt: -1 }, 'method.tilt'],
    [{ tiltShareMax: 1.1 }, 'method.tiltShareMax'],
    [{ priorObservations: Number.NaN }, 'method.priorObservations'],
    [{ minImprovement: -0.1 }, 'method.minImprovement'],
  ])('refuse rules that are none: %j', (wrong, path) => {
    const returns = { A: wavy(0.002, 0.01), B: wavy(0, 0.01) };
    expect(
      deriveAdaptive({ base: BASE, current: BASE }, returns, { ...DEFAULT_ADAPTIVE_RULES, ...wrong }),
    ).toMatchObject({ state: 'refused', problem: { path } });
  });

  const anyReturns = fc
    .array(fc.tuple(fc.integer({ min: -30, max: 30 }), fc.integer({ min: 1, max: 50 })), {
      minLength: 5,
      maxLength: 5,
    })
    .map((pairs) =>
      Object.fromEntries(pairs.map(([m, d], i) => ['ABCDE'[i]!, wavy(m / 10_000, d / 1_000, i / 10)])),
    );

  it('no weight is tilted beyond its share of its configured weight, and cash is as configured', () => {
    fc.assert(
      fc.property(anyTargets, anyReturns, fc.constantFrom(0.1, 0.25, 2), (base, returns, tilt) => {
        const rules = { ...DEFAULT_ADAPTIVE_RULES, tilt };
        const targets = targetsOf(deriveAdaptive({ base, current: base }, returns, rules));
        expect(totalOf(targets)).toBe(1_000_000);
        expect(targets.CASH).toBe(base.CASH);
        for (const group of 'ABCDE') {
          expect(targets[group]!).toBeLessThanOrEqual(base[group]! * 1.25);
          expect(targets[group]!).toBeGreaterThanOrEqual(base[group]! * 0.75);
        }
      }),
      { seed: SEED },
    );
  });

  it('targets change only for an improvement of their score that is large enough', () => {
    let [changed, kept] = [0, 0];
    fc.assert(
      fc.property(anyTargets, anyReturns, fc.constantFrom(0.02, 0.3), (base, returns, minImprovement) => {
        const rules = { ...DEFAULT_ADAPTIVE_RULES, minImprovement };
        const scoreOf = (weights: Readonly<Record<string, number>>) =>
          [...'ABCDE'].reduce(
            (sum, group) =>
              sum + (base[group]! > 0 ? weights[group]! * shrunkSharpe(returns[group]!, 250) : 0),
            0,
          );
        const targets = targetsOf(deriveAdaptive({ base, current: base }, returns, rules));
        if (
          totalOf(Object.fromEntries([...'ABCDE'].map((g) => [g, Math.abs(targets[g]! - base[g]!)]))) === 0
        ) {
          kept++;
          return;
        }
        changed++;
        const gain = scoreOf(targets) - scoreOf(base);
        expect(gain).toBeGreaterThan(0);
        expect(gain).toBeGreaterThanOrEqual(minImprovement * Math.abs(scoreOf(base)) * (1 - 1e-9));
        // What is in force now stays: nothing better is to be had.
        expect(targetsOf(deriveAdaptive({ base, current: targets }, returns, rules))).toEqual(targets);
      }),
      { seed: SEED },
    );
    expect(Math.min(changed, kept)).toBeGreaterThan(5);
  });
});

describe('adaptive targets of the earlier design', () => {
  it('score as it did', () => {
    const returns = [...Array(40).fill(0.01), ...Array(20).fill(0.03)].map(
      (value, day) => value * (day % 2 ? 1 : -1),
    );
    const mean = returns.reduce((sum, value) => sum + value, 0) / 60;
    const deviation = Math.sqrt(returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 59);
    // Recent and whole means are 0: momentum and reversion fall out; half of the days are won.
    let [index, peak, deepest] = [1, 1, 0];
    for (const value of returns) {
      index *= 1 + value;
      peak = Math.max(peak, index);
      deepest = Math.min(deepest, index / peak - 1);
    }
    const expected = 0.3 * Math.max(0, (mean / deviation) * Math.sqrt(252)) + 0.2 * (1 + deepest);
    expect(legacyScore(returns)).toBeCloseTo(expected, 12);
  });

  it.each([
    // Twenty days of 2 % after forty of 1 %: mean 0.04/3, deviation from 40 and 20 such days.
    [
      [...Array(40).fill(0.01), ...Array(20).fill(0.02)],
      0.3 * ((0.04 / 3 / Math.sqrt((40 * (0.01 / 3) ** 2 + 20 * (0.02 / 3) ** 2) / 59)) * Math.sqrt(252)) +
        0.2 * 10 * (0.02 - 0.04 / 3) +
        0.1 * -5 * (0.02 - 0.04 / 3) +
        0.2 +
        0.2,
    ],
    // Falls every day: nothing but what the drawdown leaves, which is below the floor.
    [Array.from({ length: 60 }, (_, day) => -0.05 - day / 10_000), 0.1],
  ])('adds its five parts, and is 0.1 at least', (returns, expected) => {
    expect(legacyScore(returns)).toBeCloseTo(expected, 12);
  });

  it('weighs by the share of all scores, and leaves cash as configured', () => {
    const returns = { A: wavy(0.003, 0.01), B: wavy(-0.003, 0.01) };
    const [a, b] = [legacyScore(returns.A), legacyScore(returns.B)];
    const targets = targetsOf(deriveLegacyAdaptive(BASE, returns));
    expect(targets).toEqual({
      A: Math.round((800_000 * a) / (a + b)),
      B: Math.round((800_000 * b) / (a + b)),
      CASH: 200_000,
    });
  });
});
