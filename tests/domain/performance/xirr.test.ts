import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CashFlow, presentValue } from '../../../src/domain/performance/present-value.ts';
import { xirr } from '../../../src/domain/performance/xirr.ts';

const DAY_MS = 86_400_000;
const flows = (...pairs: readonly (readonly [string, number])[]): readonly CashFlow[] =>
  pairs.map(([day, amount]) => ({ atMs: Date.parse(day), amount }));
const yearly = (...amounts: readonly number[]): readonly CashFlow[] =>
  amounts.map((amount, year) => ({ atMs: year * 365 * DAY_MS, amount }));

describe('xirr', () => {
  it.each([
    ['a year', flows(['2023-01-01', -100], ['2024-01-01', 110]), 0.1],
    ['any order', flows(['2024-01-01', 110], ['2023-01-01', -100]), 0.1],
    [
      'several on one date',
      flows(['2023-01-01', -60], ['2024-01-01', 100], ['2023-01-01', -40], ['2024-01-01', 10]),
      0.1,
    ],
    ['a loan, seen by the borrower', flows(['2023-01-01', 100], ['2024-01-01', -110]), 0.1],
    ['nothing earned', yearly(-100, 100), 0],
    ['nearly all lost', yearly(-1e6, 1), 1e-6 - 1],
    ['zeros between', yearly(-100, 0, 0, 133.1), 0.1],
    [
      'times of day',
      [
        { atMs: 0, amount: -100 },
        { atMs: 182.5 * DAY_MS, amount: 110 },
      ],
      0.21,
    ],
    ['amounts near the largest number', yearly(-1e308, -1e308, 1e308, 1.5e308), 0.112084936],
  ])('solves %s', (_, given, expected) => {
    expect(xirr(given).value).toBeCloseTo(expected, 6);
  });

  it.each([
    ['nothing', [], 'there is no cash flow but zero'],
    ['zeros', yearly(0, 0), 'there is no cash flow but zero'],
    ['one flow', yearly(-100), 'something was paid in and nothing got back'],
    ['one date', flows(['2024-01-01', -100], ['2024-01-01', 110]), 'all lies at one moment'],
    ['a total loss', yearly(-100, -5, 0), 'something was paid in and nothing got back'],
    ['gains alone', yearly(100, 5), 'something was got back and nothing paid in'],
    [
      'a day of ten per cent',
      flows(['2024-01-01', -100], ['2024-01-02', 110]),
      'the rate lies above 1000000 a year',
    ],
    [
      'a day that takes half',
      flows(['2024-01-01', -100], ['2024-01-02', 50]),
      'the rate lies below -0.999999999 a year',
    ],
    ['a curve that never is zero', yearly(-100, 150, -100), 'no rate makes the cash flows worth nothing'],
    ['what is no number', yearly(-100, Number.NaN), 'a cash flow is not a finite number at a time'],
    ['what is no time', [{ atMs: Number.NaN, amount: 1 }], 'a cash flow is not a finite number at a time'],
  ])('says why %s has no rate', (_, given, reason) => {
    expect(xirr(given)).toEqual({ value: null, reason });
  });

  it('finds every rate of several, and tells the one nearest to what it is given', () => {
    // (1 + x) is 1.1, 1.2 and 1.3.
    const cubic = yearly(-1_000, 3_600, -4_310, 1_716);
    const of = (near?: number) => {
      const found = xirr(cubic, near);
      return found.value === null
        ? null
        : [found.value, ...found.roots].map((rate) => Number(rate.toFixed(9)));
    };
    expect(of()).toEqual([0.1, 0.1, 0.2, 0.3]);
    expect(of(0.19)).toEqual([0.2, 0.1, 0.2, 0.3]);
    expect(of(7)).toEqual([0.3, 0.1, 0.2, 0.3]);
  });

  it('finds a rate that the curve only touches', () => {
    const found = xirr(yearly(-100, 220, -121));
    expect(found.value).toBeCloseTo(0.1, 5);
  });

  const wild = fc.array(
    fc.record({
      atMs: fc.integer({ min: -40_000, max: 40_000 }).map((day) => day * DAY_MS),
      amount: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    }),
    { maxLength: 25 },
  );

  it('never throws, and what it tells is a rate at which the flows are worth nothing', () => {
    fc.assert(
      fc.property(wild, (given) => {
        const found = xirr(given);
        if (found.value === null) return;
        const firstMs = Math.min(...given.map(({ atMs }) => atMs));
        for (const rate of found.roots) {
          const gross = given.map(
            ({ atMs, amount }) => Math.abs(amount) * (1 + rate) ** (-(atMs - firstMs) / (365 * DAY_MS)),
          );
          const sum = gross.reduce((all, each) => all + each, 0);
          if (Number.isFinite(sum)) expect(Math.abs(presentValue(given, rate)) / sum).toBeLessThan(1e-6);
        }
      }),
    );
  });

  it('finds the rate that flows of one change of sign were made with', () => {
    const made = fc.record({
      rate: fc.double({ min: -0.9, max: 20, noNaN: true }),
      paid: fc.array(
        fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.double({ min: 1, max: 1e6, noNaN: true })),
        {
          minLength: 1,
          maxLength: 20,
        },
      ),
      endDay: fc.integer({ min: 1_001, max: 3_000 }),
    });
    fc.assert(
      fc.property(made, ({ rate, paid, endDay }) => {
        const value = paid.reduce(
          (sum, [day, amount]) => sum + amount * (1 + rate) ** ((endDay - day) / 365),
          0,
        );
        const given = [
          { atMs: endDay * DAY_MS, amount: value },
          ...paid.map(([day, amount]) => ({ atMs: day * DAY_MS, amount: -amount })),
        ];
        const found = xirr(given).value as number;
        expect(Math.abs(found - rate)).toBeLessThan(1e-8 * (1 + Math.abs(rate)));
      }),
    );
  });
});
