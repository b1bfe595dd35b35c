import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import {
  firstPoint,
  type NavPoint,
  type NavReading,
  nextPoint,
  resultSince,
  type ValuedFlow,
} from '../../../src/domain/risk/nav-index.ts';
import { advancePerformance, type Performance } from '../../../src/domain/risk/performance.ts';
import { a } from './risk-fixtures.ts';

const HOUR_MS = 3_600_000;

const reading = (values: Readonly<Record<string, number>>, more: Partial<NavReading> = {}): NavReading => ({
  atMs: 1,
  navUsd: a(Object.values(values).reduce((total, value) => total + value, 0)),
  valueByAsset: Object.fromEntries(Object.entries(values).map(([asset, value]) => [asset, a(value)])),
  venues: ['v'],
  priced: Object.keys(values).sort(),
  unpriced: [],
  ...more,
});

const flow = (asset: string, value: number | null): ValuedFlow => ({
  asset,
  valueUsd: value === null ? null : a(value),
});

const knownPoint = (before: NavPoint, now: NavReading, flows: readonly ValuedFlow[]): NavPoint => {
  const next = nextPoint(before, now, flows);
  if (next.state === 'unknown') throw new Error(next.missing);
  return next.value;
};

describe('the index', () => {
  const start = firstPoint(reading({ A: 100 }));

  test.each<[string, NavReading, readonly ValuedFlow[], string, string]>([
    ['follows a fall', reading({ A: 80 }), [], '0.8', '0'],
    ['is not moved by a deposit', reading({ A: 100, USD: 50 }), [flow('USD', 50)], '1', '50'],
    ['is not moved by a withdrawal', reading({ A: 40 }), [flow('A', -60)], '1', '-60'],
    ['has a fall with a deposit earned by both', reading({ A: 75, USD: 60 }), [flow('USD', 50)], '0.9', '50'],
    ['has a fall before a withdrawal earned by all', reading({ A: 20 }), [flow('A', -70)], '0.9', '-70'],
    [
      'takes a price that is new for something that came in, not for a gain',
      reading({ A: 90, X: 1000 }),
      [],
      '0.90909090909090909091',
      '0',
    ],
    [
      'takes other venues for something that came in',
      reading({ A: 700 }, { venues: ['v', 'w'] }),
      [],
      '1',
      '600',
    ],
    ['and for something that went out', reading({ A: 7 }, { venues: [] }), [], '1', '-93'],
    [
      'heeds nothing that has no price',
      reading({ A: 90 }, { unpriced: ['X'] }),
      [flow('X', null)],
      '0.9',
      '0',
    ],
    ['is nothing once there is nothing', reading({ A: 0 }), [], '0', '0'],
    ['is not below nothing', reading({ A: -10 }), [], '0', '0'],
    ['is what it was where nothing could earn anything', reading({}), [flow('A', -100)], '1', '-100'],
  ])('%s', (name, now, flows, index, flowUsd) => {
    const before = name.includes('price that is new') ? { ...start, unpriced: ['X'] } : start;
    const expected = name.includes('price that is new') ? '1000' : flowUsd;
    const indexNow = name.includes('price that is new') ? '0.99090909090909090909' : index;
    expect(knownPoint(before, now, flows)).toMatchObject({ index: indexNow, flowUsd: expected });
  });

  test.each<[string, NavReading, readonly ValuedFlow[], RegExp]>([
    ['the price of what is held has gone', reading({}, { unpriced: ['A'] }), [], /^the price of A$/],
    [
      'what came in has no price, and is held no more',
      reading({ A: 100 }),
      [flow('Y', null)],
      /^the price of Y, which/,
    ],
  ])('is not known where %s', (_name, now, flows, missing) => {
    expect(nextPoint(start, now, flows)).toEqual({
      state: 'unknown',
      missing: expect.stringMatching(missing),
    });
  });

  it('1. What comes in or goes out moves neither the index nor the result of a day.', () => {
    const anyFlow = fc.integer({ min: -500, max: 100_000 });
    fc.assert(
      fc.property(fc.array(anyFlow, { minLength: 1, maxLength: 10 }), (flows) => {
        let nav = 100;
        const points = [firstPoint(reading({ A: nav }))];
        for (const wanted of flows) {
          const moved = Math.max(wanted, -nav);
          nav += moved;
          const last = points.at(-1) ?? start;
          points.push(knownPoint(last, reading({ A: nav }), [flow('A', moved)]));
        }
        const [base = start, ...after] = points;
        expect(points.every(({ index }) => index === '1')).toBe(true);
        expect(resultSince(base, after).pnlUsd).toBe('0');
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('2. Without flows the index is the value, times a constant.', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 20 }),
        (values) => {
          let last = start;
          for (const value of values) last = knownPoint(last, reading({ A: value }), []);
          expect(Number(last.index)).toBeCloseTo((values.at(-1) ?? 0) / 100, 9);
        },
      ),
      { numRuns: 200, seed: 2 },
    );
  });
});

describe('the result of a day', () => {
  test.each<[string, number, readonly [number, number][], string, string]>([
    ['is nothing before a second measurement', 100, [], '0', '100'],
    [
      'is what was lost',
      100,
      [
        [98, 0],
        [94, 0],
      ],
      '-6',
      '100',
    ],
    [
      'leaves out what came in, which was there to lose',
      100,
      [
        [1098, 1000],
        [1094, 0],
      ],
      '-6',
      '1100',
    ],
    [
      'leaves out what went out',
      100,
      [
        [48, -50],
        [44, 0],
      ],
      '-6',
      '100',
    ],
  ])('%s', (_name, base, after, pnlUsd, startUsd) => {
    const points = after.map(([nav, flowUsd]) => ({ navUsd: a(nav), flowUsd: a(flowUsd) }));
    expect(resultSince({ navUsd: a(base) }, points)).toEqual({ pnlUsd, startUsd });
  });

  const limits = { dailyLoss: a('0.05') };
  const after = (before: Performance | null, hours: number, pnl: number): Performance =>
    advancePerformance(
      before,
      { index: a('1'), atMs: hours * HOUR_MS },
      { pnlUsd: a(pnl), startUsd: a('100') },
      limits,
    );

  it('halts at the bound, for 24 hours from the first time, and again where it is still lost', () => {
    const steps: readonly [number, number, number | null][] = [
      [1, -4.99, null],
      [2, -5, 2],
      [3, -20, 2],
      [25.9, -20, 2],
      [26, -4, 2],
      [27, -5, 27],
    ];
    let performance: Performance | null = null;
    for (const [hours, pnl, haltedAt] of steps) {
      performance = after(performance, hours, pnl);
      expect(performance.day.haltedAtMs).toBe(haltedAt === null ? null : haltedAt * HOUR_MS);
    }
  });

  it('halts nothing where there is no bound', () => {
    const fallen = { index: a('0.1'), atMs: 2 };
    const started = advancePerformance(
      null,
      { index: a('1'), atMs: 1 },
      { pnlUsd: a('0'), startUsd: a('100') },
      {},
    );
    expect(advancePerformance(started, fallen, { pnlUsd: a('-90'), startUsd: a('100') }, {})).toMatchObject({
      drawdown: { halt: null, index: '0.1', highWaterIndex: '1' },
      day: { haltedAtMs: null },
    });
  });
});
