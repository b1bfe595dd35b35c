import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import type { TargetWeights } from '../../../src/domain/rebalancing/targets.ts';
import { clipTargets } from '../../../src/domain/risk/clip-targets.ts';
import type { RiskLimits } from '../../../src/domain/risk/risk-limits.ts';
import { known, missing, type RiskState } from '../../../src/domain/risk/risk-state.ts';
import { a, stateOf, unitVenue } from './risk-fixtures.ts';

/** A million dollars, in which a lot of a cent is less than a millionth: one millionth is what a cap loses to it. */
const million = (holdings: Readonly<Record<string, number>>, more: Partial<RiskState> = {}) => {
  const held = Object.values(holdings).reduce((total, each) => total + each, 0);
  return stateOf([unitVenue('v', 1_000_000 - held, holdings)], more);
};
const empty = million({ A: 0, B: 0, C: 0, D: 0 });
const AB = known({ A: 'x', B: 'x' });

describe('targets', () => {
  test.each<[string, TargetWeights, RiskState, RiskLimits, TargetWeights]>([
    [
      'within their cap stay',
      { A: 390_000, CASH: 610_000 },
      empty,
      { maxPositionPct: a('40') },
      { A: 390_000, CASH: 610_000 },
    ],
    [
      'above it go to the others in proportion',
      { A: 550_000, B: 250_000, C: 120_000, D: 80_000, CASH: 0 },
      empty,
      { maxPositionPct: a('40') },
      { A: 399_999, B: 333_334, C: 160_000, D: 106_667, CASH: 0 },
    ],
    [
      'that nothing may take go to cash',
      { A: 600_000, B: 400_000, CASH: 0 },
      empty,
      { maxPositionPct: a('40') },
      { A: 399_999, B: 399_999, CASH: 200_002 },
    ],
    [
      'of a cluster are cut in proportion',
      { A: 400_000, B: 200_000, C: 200_000, CASH: 200_000 },
      million({ A: 0, B: 0, C: 0 }, { clusters: AB }),
      { maxClusterPct: a('30') },
      { A: 199_999, B: 100_000, C: 299_999, CASH: 400_002 },
    ],
    [
      'of what may only be reduced stay at what is held',
      { A: 500_000, B: 300_000, CASH: 200_000 },
      million({ A: 400_000, B: 100_000 }, { drawdown: missing('x') }),
      { drawdownHalt: { warn: a('0.15'), halt: a('0.25'), stops: 'buys' } },
      { A: 400_000, B: 100_000, CASH: 500_000 },
    ],
    [
      'of a cluster in breach are not above what is held',
      { A: 300_000, B: 300_000, CASH: 400_000 },
      million({ A: 500_000, B: 200_000 }, { clusters: AB }),
      { maxClusterPct: a('60') },
      { A: 342_857, B: 200_000, CASH: 457_143 },
    ],
    [
      'of what trades at a venue in breach alone are not above what is held',
      { A: 500_000, B: 300_000, CASH: 200_000 },
      stateOf([unitVenue('v', 300_000, { A: 400_000 }), unitVenue('w', 300_000, { B: 0 })]),
      { maxVenuePct: a('60') },
      { A: 400_000, B: 360_000, CASH: 240_000 },
    ],
    [
      'leave the cash that stays at each venue',
      { A: 1_000_000, CASH: 0 },
      stateOf([unitVenue('v', 500_000, { A: 0 }), unitVenue('w', 500_000, { A: 0 })]),
      { minCashUsd: a('10000') },
      { A: 980_000, CASH: 20_000 },
    ],
    [
      'count what is held where nothing trades',
      { A: 400_000, CASH: 600_000 },
      million({ A: 0 }, { elsewhere: [{ venue: 'wallet', asset: 'A', quantity: a('200000') }] }),
      { maxPositionPct: a('40') },
      { A: 279_999, CASH: 720_001 },
    ],
    [
      'stay where the portfolio cannot be valued',
      { A: 600_000, CASH: 400_000 },
      stateOf([unitVenue('v', 100, { A: 1, X: -1 }, ['A'])]),
      { maxPositionPct: a('40') },
      { A: 600_000, CASH: 400_000 },
    ],
  ])('%s', (_name, targets, state, limits, expected) => {
    const clipped = clipTargets(targets, state, limits);
    expect(clipped.targets).toEqual(expected);
    expect(clipped.changes.map(({ group, ppm }) => [group, ppm])).toEqual(
      Object.entries(expected)
        .filter(([group, ppm]) => targets[group] !== ppm)
        .sort(([x], [y]) => (x < y ? -1 : 1)),
    );
  });
});

const anyTargets = fc
  .array(fc.integer({ min: 0, max: 1_000 }), { minLength: 4, maxLength: 4 })
  .filter((parts) => parts.some((part) => part > 0))
  .map((parts): TargetWeights => {
    const total = parts.reduce((sum, part) => sum + part, 0);
    const [A = 0, B = 0, C = 0] = parts.map((part) => Math.floor((part * 1_000_000) / total));
    const rest = 1_000_000 - A - B - C;
    // Without cash, nothing is there that could take what the others may not.
    return (parts[3] ?? 0) % 3 === 0 ? { A: A + rest, B, C, CASH: 0 } : { A, B, C, CASH: rest };
  });
const anyState = fc
  .record({
    A: fc.integer({ min: 0, max: 500 }),
    B: fc.integer({ min: 0, max: 500 }),
    C: fc.integer({ min: 0, max: 500 }),
    cash: fc.integer({ min: 1, max: 900 }),
    isClustered: fc.boolean(),
    isHalted: fc.boolean(),
  })
  .map(({ A, B, C, cash, isClustered, isHalted }) =>
    stateOf([unitVenue('v', cash, { A, B }), unitVenue('w', 100, { C })], {
      clusters: isClustered ? AB : known({}),
      drawdown: isHalted
        ? known({ index: a('0.7'), indexAtMs: 0, highWaterIndex: a('1'), halt: null })
        : known({ index: a('1'), indexAtMs: 0, highWaterIndex: a('1'), halt: null }),
    }),
  );
const LIMITS: RiskLimits = {
  maxPositionPct: a('40'),
  maxClusterPct: a('50'),
  maxVenuePct: a('90'),
  minCashPct: a('1'),
  drawdownHalt: { warn: a('0.15'), halt: a('0.25'), stops: 'buys' },
};
const heldPpm = (state: RiskState, group: string): number => {
  const all = state.venues.flatMap(({ cash, holdings }) => [
    Number(cash),
    ...Object.values(holdings).map(Number),
  ]);
  const held = state.venues.reduce((total, { holdings }) => total + Number(holdings[group] ?? 0), 0);
  return (held / all.reduce((total, each) => total + each, 0)) * 1_000_000;
};
const sumOf = (targets: TargetWeights): number =>
  Object.values(targets).reduce((total, ppm) => total + ppm, 0);

describe('any clipped targets', () => {
  it('1. Clipped targets sum to exactly 1 000 000, and none is negative.', () => {
    fc.assert(
      fc.property(anyTargets, anyState, (targets, state) => {
        const clipped = clipTargets(targets, state, LIMITS).targets;
        expect(sumOf(clipped)).toBe(1_000_000);
        expect(Object.values(clipped).every((ppm) => Number.isSafeInteger(ppm) && ppm >= 0)).toBe(true);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('2. No clipped target is above what the limits allow of its group and its cluster.', () => {
    fc.assert(
      fc.property(anyTargets, anyState, (targets, state) => {
        const { A = 0, B = 0, C = 0 } = clipTargets(targets, state, LIMITS).targets;
        for (const ppm of [A, B, C]) expect(ppm).toBeLessThanOrEqual(400_000);
        const isClustered = state.clusters.state === 'known' && 'A' in state.clusters.value;
        if (isClustered) expect(A + B).toBeLessThanOrEqual(500_000);
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it('3. What is in breach already, or may only be reduced, gets no target above what is held.', () => {
    let reduced = 0;
    fc.assert(
      fc.property(anyTargets, anyState, (targets, state) => {
        const clipped = clipTargets(targets, state, LIMITS).targets;
        const isHalted = state.drawdown.state === 'known' && state.drawdown.value.index !== '1';
        const isClustered = state.clusters.state === 'known' && 'A' in state.clusters.value;
        const isBroken = isClustered && heldPpm(state, 'A') + heldPpm(state, 'B') > 500_000;
        for (const group of ['A', 'B', 'C']) {
          const held = heldPpm(state, group);
          if (!isHalted && held <= 400_000 && !(isBroken && group !== 'C')) continue;
          reduced++;
          expect(clipped[group] ?? 0).toBeLessThanOrEqual(held + 1e-3);
        }
      }),
      { numRuns: 300, seed: 3 },
    );
    expect(reduced).toBeGreaterThan(300);
  });

  it('4. Targets within every limit stay as they are.', () => {
    let same = 0;
    fc.assert(
      fc.property(anyTargets, anyState, (targets, state) => {
        const { A = 0, B = 0, C = 0, CASH = 0 } = targets;
        const isHalted = state.drawdown.state === 'known' && state.drawdown.value.index !== '1';
        // A lot of a cent in the smallest of these portfolios is 100 millionths.
        fc.pre(!isHalted && Math.max(A, B, C) < 399_900 && A + B < 499_800 && CASH > 20_000);
        fc.pre(['A', 'B'].every((group) => heldPpm(state, group) < 249_000) && heldPpm(state, 'C') < 400_000);
        const ofSecond = 100 + Number(state.venues[1]?.holdings.C ?? 0);
        const ofFirst = ['A', 'B'].reduce(
          (total, group) => total + Number(state.venues[0]?.holdings[group]),
          Number(state.venues[0]?.cash),
        );
        fc.pre(Math.max(ofFirst, ofSecond) < 0.9 * (ofFirst + ofSecond));
        same++;
        expect(clipTargets(targets, state, LIMITS)).toEqual({ targets, changes: [] });
      }),
      { numRuns: 100, seed: 4 },
    );
    expect(same).toBe(100);
  });
});
