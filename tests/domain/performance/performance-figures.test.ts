import { describe, expect, it } from '@jest/globals';
import { DEFAULT_ANNUAL_TERMS } from '../../../src/domain/performance/annual-terms.ts';
import {
  performanceOfReturns,
  performanceOfValuations,
} from '../../../src/domain/performance/performance-figures.ts';
import { indexOfReturns } from '../../../src/domain/performance/return-index.ts';
import { sampleReturns } from '../../../src/domain/performance/sample-returns.ts';
import { findSubPeriods, type Valuation } from '../../../src/domain/performance/sub-periods.ts';

const DAY_MS = 86_400_000;
const A = DEFAULT_ANNUAL_TERMS;
const at = (day: number, value: number): Valuation => ({ atMs: day * DAY_MS, value });
const none = (reason: string) => ({ value: null, reason });
const sampled = (valuations: readonly Valuation[], periodsPerYear = 365) => {
  const found = sampleReturns(findSubPeriods(valuations, []), periodsPerYear);
  return found.value === null ? found.reason : found.value.map((value) => Number(value.toFixed(9)));
};

describe('sampleReturns', () => {
  it.each([
    ['days', [at(0, 100), at(1, 110), at(2, 121)], 365, [0.1, 0.1]],
    [
      'days from valuations within them',
      [at(0, 100), at(0.5, 50), at(1, 110), at(1.2, 7), at(2, 121)],
      365,
      [0.1, 0.1],
    ],
    ['whole days alone', [at(0.4, 70), at(1, 100), at(2, 110)], 365, [0.1]],
    [
      'the ends of days, when they lie',
      [at(0.7, 100), at(1.2, 3), at(1.7, 110), at(2.7, 121)],
      365,
      [0.1, 0.1],
    ],
    ['days of which one is missing', [at(0, 100), at(1, 110), at(3, 121), at(4, 121)], 365, [0.1, 0.1, 0]],
    ['days a stock exchange is open', [at(0, 100), at(1, 110), at(4, 121)], 252, [0.1, 0.1]],
    ['months', [at(0, 100), at(31, 110), at(59, 121)], 12, [0.1, 0.1]],
    ['hours', [at(0, 100), at(1 / 24, 110), at(2 / 24, 121)], 8_760, [0.1, 0.1]],
    [
      'months for days',
      [at(0, 100), at(31, 110)],
      365,
      'valuations lie 31 days apart on average, periodsPerYear 365 wants 1',
    ],
    [
      'days for weeks',
      [at(0, 1), at(1, 1)],
      52,
      'valuations lie 1 days apart on average, periodsPerYear 52 wants 7.02',
    ],
    ['one day', [at(0.1, 100), at(0.5, 110)], 365, 'no valuations of two days'],
    ['nothing', [], 365, 'no valuations of two days'],
  ])('of %s', (_, valuations, periodsPerYear, expected) => {
    expect(sampled(valuations, periodsPerYear)).toEqual(expected);
  });

  it('leaves out days on which nothing was there', () => {
    const flows = [
      { atMs: DAY_MS, amount: -110 },
      { atMs: 2 * DAY_MS, amount: 50 },
    ];
    const periods = findSubPeriods([at(0, 100), at(1, 110), at(2, 0), at(3, 45)], flows);
    expect(sampleReturns(periods, 365).value).toEqual([expect.closeTo(0.1), expect.closeTo(-0.1)]);
  });
});

describe('performanceOfValuations', () => {
  it('tells the same as the returns it is made of', () => {
    const returns = Array.from({ length: 120 }, (_, day) => Math.sin(day * 1.7) / 50);
    const valuations = indexOfReturns(returns).map(({ at: day, index }) => at(day, 1_000 * index));
    const valued = performanceOfValuations(valuations, [], A);
    const { xirr: _, drawdown, ...expected } = performanceOfReturns(returns, A);
    const near = (given: unknown): unknown => {
      if (typeof given === 'number') return expect.closeTo(given, 9);
      if (Array.isArray(given)) return given.map(near);
      if (typeof given !== 'object' || given === null) return given;
      return Object.fromEntries(Object.entries(given).map(([key, member]) => [key, near(member)]));
    };
    expect(valued).toMatchObject(near(expected) as object);
    expect(valued.drawdown).toEqual(near(drawdown));
    expect(valued.xirr.value).toBeCloseTo(valued.cagr.value as number, 9);
    expect([valued.days, valued.flowsOutside]).toEqual([120, 0]);
  });

  it('tells the rate nearest to the time-weighted one, of several', () => {
    const year = 365;
    // (1 + x) is 1.1, 1.2 and 1.3: the same flows as in the tests of xirr, with a valuation before each.
    const flows = [
      { atMs: year * DAY_MS, amount: -3_600 },
      { atMs: 2 * year * DAY_MS, amount: 4_310 },
    ];
    const valuations = [at(0, 1_000), at(year, 3_650), at(2 * year, 1_000), at(3 * year, 1_716)];
    const { timeWeightedReturn, xirr } = performanceOfValuations(valuations, flows, {
      ...A,
      periodsPerYear: 1,
    });
    expect((1 + (timeWeightedReturn.value as number)) ** (1 / 3) - 1).toBeGreaterThan(0.3);
    expect(xirr.value).toBeCloseTo(0.3, 9);
  });

  it('has reasons instead of figures for one valuation', () => {
    const one = performanceOfValuations([at(0, 100)], [], A);
    const two = none('fewer than two valuations');
    expect(one).toMatchObject({ timeWeightedReturn: two, xirr: two, cagr: two, drawdown: two, calmar: two });
    expect(one).toMatchObject({ modifiedDietz: two, volatility: none('no valuations of two days') });
  });

  it('counts whole days as whole, whatever their time of day', () => {
    const valuations = [100, 110, 99, 104.5, 110].map((value, day) => ({
      atMs: 1_700_000_123_457 + day * DAY_MS,
      value,
    }));
    expect(performanceOfValuations(valuations, [], A).drawdown.value).toMatchObject({
      deepest: { peakAt: 1, troughAt: 2, recoveredAt: 4, duration: 3 },
      longestDuration: 3,
      underwaterShare: 0.75,
    });
  });

  it('counts the flows that move nothing', () => {
    const flows = [-1, 1, 5].map((day) => ({ atMs: day * DAY_MS, amount: 1 }));
    const valuations = [at(0, 100), at(1, 100.1)];
    const found = performanceOfValuations(valuations, flows, A);
    expect(found).toEqual({ ...performanceOfValuations(valuations, [], A), flowsOutside: 3 });
    expect(found.xirr.value).toBeCloseTo(1.001 ** 365 - 1, 9);
  });

  it('knows a total loss', () => {
    const lost = performanceOfValuations([at(0, 100), at(365, 0)], [], { ...A, periodsPerYear: 1 });
    expect(lost).toMatchObject({
      timeWeightedReturn: { value: -1 },
      cagr: { value: -1 },
      calmar: { value: -1 },
      drawdown: { value: { maximum: -1 } },
      xirr: none('something was paid in and nothing got back'),
    });
  });
});
