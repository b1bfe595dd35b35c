import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_ANNUAL_TERMS } from '../../../src/domain/performance/annual-terms.ts';
import { annualReturn, cagr, calmarRatio } from '../../../src/domain/performance/cagr.ts';
import { findRoot } from '../../../src/domain/performance/find-root.ts';
import { modifiedDietz } from '../../../src/domain/performance/modified-dietz.ts';
import { judgeOutcomes } from '../../../src/domain/performance/outcomes.ts';
import { sharpeOfSample, sharpeRatio } from '../../../src/domain/performance/sharpe-ratio.ts';
import { downsideDeviation, sortinoRatio } from '../../../src/domain/performance/sortino-ratio.ts';
import { percentile, valueAtRisk } from '../../../src/domain/performance/value-at-risk.ts';
import { volatility } from '../../../src/domain/performance/volatility.ts';

const A = DEFAULT_ANNUAL_TERMS;
const none = (reason: string) => ({ value: null, reason });
const thirty = Array.from({ length: 30 }, (_, day) => (day % 2 === 0 ? 0.02 : -0.01));

describe('volatility', () => {
  it('is the deviation of a sample times the root of the periods', () => {
    expect(volatility([0.01, 0.03], { periodsPerYear: 4 }).value).toBeCloseTo(Math.SQRT2 * 0.01 * 2, 12);
  });
  it('is zero, not a trace of rounding, where returns do not vary', () => {
    expect(volatility(Array(9).fill(0.1), A)).toEqual({ value: 0 });
    expect(volatility([110 / 100 - 1, 121 / 110 - 1, 133.1 / 121 - 1], A)).toEqual({ value: 0 });
  });
  it('is none of one return', () => {
    expect(volatility([0.01], A)).toEqual(none('1 return, at least 2 are needed'));
  });
});

describe('Sharpe ratio', () => {
  it('has an interval as wide as Lo has it', () => {
    const found = sharpeRatio(thirty, A);
    const ofPeriod = 0.005 / (0.015 * Math.sqrt(30 / 29));
    const error = Math.sqrt((1 + ofPeriod ** 2 / 2) / 30) * Math.sqrt(365);
    expect(found).toEqual({
      value: expect.closeTo(ofPeriod * Math.sqrt(365), 9),
      interval: [
        expect.closeTo(ofPeriod * Math.sqrt(365) - 1.959963984540054 * error, 9),
        expect.closeTo(ofPeriod * Math.sqrt(365) + 1.959963984540054 * error, 9),
      ],
    });
  });
  it("takes a period's part of the interest without risk off each return", () => {
    const shifted = thirty.map((value) => value - 0.0365 / 365);
    expect(sharpeRatio(thirty, { ...A, riskFree: 0.0365 }).value).toBeCloseTo(
      sharpeOfSample(shifted, A).value as number,
      9,
    );
  });
  it.each([
    ['29 returns', thirty.slice(1), '29 returns, at least 30 are needed'],
    ['none', [], 'no returns, at least 30 are needed'],
    ['returns that do not vary', Array(30).fill(0.01), 'the returns do not vary'],
  ])('is none of %s', (_, returns, reason) => {
    expect(sharpeRatio(returns, A)).toEqual(none(reason));
  });
});

describe('Sortino ratio', () => {
  it('divides by all returns, those above what is wanted too', () => {
    expect(downsideDeviation([0.01, -0.02, 0.03, 0], { ...A, periodsPerYear: 1 })).toEqual({ value: 0.01 });
    expect(sortinoRatio([0.01, -0.02, 0.03, 0], { ...A, periodsPerYear: 1 }).value).toBeCloseTo(0.5, 12);
  });
  it('counts below the minimum acceptable return of a period', () => {
    const terms = { periodsPerYear: 4, minimumAcceptableReturn: 0.04 };
    expect(downsideDeviation([0.02, 0], terms).value).toBeCloseTo(Math.sqrt(0.0001 / 2) * 2, 12);
    expect(sortinoRatio([0.01, 0.01, 0.01], terms)).toEqual(
      none('no return is below the minimum acceptable one'),
    );
  });
  it('is none of one return', () => {
    expect(sortinoRatio([-0.1], A)).toEqual(none('1 return, at least 2 are needed'));
  });
});

describe('CAGR and Calmar', () => {
  it.each([
    [0.1, 365, 0.1],
    [0.21, 730, 0.1],
    [0.1, 90, 1.1 ** (365 / 90) - 1],
    [-1, 100, -1],
  ])('of %p in %p days is %p', (total, days, expected) => {
    expect(cagr(total, days).value).toBeCloseTo(expected, 12);
  });
  it.each([
    [0.1, 89.9, '89 days, at least 90 are needed'],
    [-1.5, 365, 'more than everything is lost'],
    [1e300, 90, 'it is too large for a number'],
  ])('of %p in %p days is none: %s', (total, days, reason) => {
    expect(cagr(total, days)).toEqual(none(reason));
  });
  it('is annual of however short a time to compare with', () => {
    expect(annualReturn(0.01, 1).value).toBeCloseTo(1.01 ** 365 - 1, 9);
    expect(annualReturn(0.01, 0)).toEqual(none('no time has passed'));
  });
  it('divides by the fall', () => {
    expect(calmarRatio({ value: 0.1 }, -0.2)).toEqual({ value: 0.5 });
    expect(calmarRatio({ value: 0.1 }, 0)).toEqual(none('nothing has fallen'));
    expect(calmarRatio(cagr(0, 3), -0.2)).toEqual(none('no CAGR: 3 days, at least 90 are needed'));
  });
});

describe('outcomes', () => {
  it('counts wins of what was decided', () => {
    expect(judgeOutcomes([3, -1, 0, 1, -3, 6, 1e-17])).toEqual({
      won: 3,
      lost: 2,
      winRate: { value: 0.6 },
      profitFactor: { value: 2.5 },
      isProfitFactorInfinite: false,
      expectancy: { value: 6 / 5 },
    });
  });
  it('has no profit factor without a loss, and says that it has no end', () => {
    expect(judgeOutcomes([1, 2])).toMatchObject({
      winRate: { value: 1 },
      profitFactor: none('nothing was lost'),
      isProfitFactorInfinite: true,
    });
  });
  it('has a profit factor of zero without a gain', () => {
    expect(judgeOutcomes([-1, -2])).toMatchObject({ winRate: { value: 0 }, profitFactor: { value: 0 } });
  });
  it.each([
    [[], 'no outcomes'],
    [[0, 0], 'nothing was won or lost'],
  ])('of %p are none', (outcomes, reason) => {
    expect(judgeOutcomes(outcomes)).toEqual({
      won: 0,
      lost: 0,
      winRate: none(reason),
      profitFactor: none(reason),
      isProfitFactorInfinite: false,
      expectancy: none(reason),
    });
  });
});

describe('value at risk', () => {
  it('is a percentile between returns, and the mean of what is no better', () => {
    const returns = Array.from({ length: 41 }, (_, index) => (20 - index) / 100);
    expect(valueAtRisk(returns).value).toMatchObject({
      var95: expect.closeTo(-0.18, 12),
      cvar95: expect.closeTo(-0.19, 12),
    });
  });
  it('has the normal figures beside it under 100 returns alone', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index / 100);
    expect(valueAtRisk(hundred).value?.normal).toBeNull();
    const { normal } = valueAtRisk(hundred.slice(1)).value ?? { normal: null };
    const deviation = (volatility(hundred.slice(1), { periodsPerYear: 1 }).value as number) * 1;
    expect(normal?.var95).toBeCloseTo(0.5 - 1.6448536269514722 * deviation, 12);
    expect(normal?.cvar95).toBeCloseTo(0.5 - 2.0627128075074257 * deviation, 10);
  });
  it('is none of one return', () => {
    expect(valueAtRisk([0.1])).toEqual(none('1 return, at least 2 are needed'));
    expect(percentile([], 0.5)).toEqual(none('no values'));
  });
  it('is never better than the worst five per cent and never worse than the worst', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 80 }),
        (returns) => {
          const found = valueAtRisk(returns);
          if (found.value === null) throw new Error(found.reason);
          expect(found.value.cvar95).toBeLessThanOrEqual(found.value.var95 + 1e-12);
          expect(found.value.cvar95).toBeGreaterThanOrEqual(Math.min(...returns) - 1e-12);
        },
      ),
    );
  });
});

describe('modified Dietz', () => {
  const DAY_MS = 86_400_000;
  it('weighs flows by how long they were there', () => {
    const valuations = [
      { atMs: 10 * DAY_MS, value: 165 },
      { atMs: 0, value: 100 },
    ];
    const flows = [{ atMs: 5 * DAY_MS, amount: 50 }];
    expect(modifiedDietz(valuations, flows)).toEqual({ value: 15 / 125 });
    expect(modifiedDietz(valuations, [...flows, { atMs: 10 * DAY_MS, amount: 9 }])).toEqual({
      value: 15 / 125,
    });
  });
  it('is none where nothing was there', () => {
    expect(modifiedDietz([{ atMs: 0, value: 0 }], [])).toEqual(none('fewer than two valuations'));
    const empty = [0, 1].map((atMs) => ({ atMs, value: 0 }));
    expect(modifiedDietz(empty, [])).toEqual(none('nothing was there to earn a return'));
  });
});

describe('findRoot', () => {
  it.each([
    ['a line', (x: number) => 3 * x - 1, 1 / 3],
    ['a cubic', (x: number) => x ** 3 - 0.125, 0.5],
    ['a step', (x: number) => (x < 0.7 ? -1 : 1e-9), 0.7],
    ['a curve that is flat at its root', (x: number) => (x - 0.25) ** 9, 0.25],
    ['an end that is the root', (x: number) => x, 0],
  ])('finds that of %s', (_, curve, root) => {
    expect(findRoot(curve, [0, 1], 1e-13)).toBeCloseTo(root, 3);
    expect(findRoot(curve, [1, 0], 1e-13)).toBeCloseTo(root, 3);
  });
  it('takes few steps on what is smooth', () => {
    let calls = 0;
    findRoot(
      (x) => {
        calls += 1;
        return Math.exp(x) - 5;
      },
      [-20, 14],
      1e-14,
    );
    expect(calls).toBeLessThan(30);
  });
});
