import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type PerformanceDocument, performanceDocument } from '../../src/app/performance-document.ts';
import { DEFAULT_ANNUAL_TERMS } from '../../src/domain/performance/annual-terms.ts';
import {
  performanceOfCashFlows,
  performanceOfReturns,
  performanceOfValuations,
} from '../../src/domain/performance/performance-figures.ts';

const NAMES = [
  ...['timeWeightedReturn', 'xirr', 'cagr', 'volatility', 'sharpe', 'sharpeInterval', 'sortino', 'calmar'],
  ...['maxDrawdown', 'drawdownDays', 'winRate', 'profitFactor', 'var95', 'cvar95', 'modifiedDietz'],
  ...['downsideDeviation', 'expectancy', 'normalVar95', 'normalCvar95'],
] as const;

/** A figure is a number, or null with a reason: never both, never neither. */
function expectTold(document: PerformanceDocument): void {
  const values = document as unknown as Readonly<Record<string, unknown>>;
  const reasons = document.reasons as Readonly<Record<string, string | undefined>>;
  for (const name of NAMES) {
    const value = values[name];
    const isTold = [value].flat().every((each) => Number.isFinite(each));
    expect([name, value, isTold]).toEqual([name, isTold ? value : null, reasons[name] === undefined]);
  }
  // What JSON cannot say would be null without a reason.
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
}

const amount = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -300, max: 1_000 }),
  fc.double({ min: -1e30, max: 1e30, noNaN: true }).map((value) => value || 0),
);
const dated = fc.record({
  // A few days, so that many fall on one.
  atMs: fc.integer({ min: -40, max: 400 }).map((quarter) => quarter * 21_600_000),
  amount,
});
const returns = fc.array(
  fc.oneof(
    fc.constantFrom(0, -1, 0.01),
    fc.double({ min: -1, max: 1e6, noNaN: true }).map((r) => r || 0),
  ),
  { maxLength: 130 },
);
const terms = fc.record({
  periodsPerYear: fc.constantFrom(1, 12, 252, 365, 8_760),
  riskFree: fc.constantFrom(0, 0.04, -0.01),
  minimumAcceptableReturn: fc.constantFrom(0, 0.1),
});

describe('a document of performance', () => {
  it('tells every figure of returns as a number, or as null with a reason', () => {
    fc.assert(
      fc.property(returns, terms, (given, of) => {
        expectTold(
          performanceDocument(performanceOfReturns(given, of), { returns: given.length, ...of }, null),
        );
      }),
    );
  });

  it('tells every figure of valuations and flows so', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(dated, { selector: ({ atMs }) => atMs }),
        fc.array(dated),
        terms,
        (values, flows, of) => {
          const valuations = values.map(({ atMs, amount: value }) => ({ atMs, value }));
          const valued = performanceOfValuations(valuations, flows, of);
          expectTold(performanceDocument(valued, { returns: 0, ...of }, valued));
        },
      ),
    );
  });

  it('tells every figure of cash flows so', () => {
    fc.assert(
      fc.property(fc.array(dated), (flows) => {
        expectTold(performanceDocument(performanceOfCashFlows(flows), null, null));
      }),
    );
  });

  it('tells of a fall in days where there are times, and in periods where there are none', () => {
    const falling = [1, 0.9].map((value, day) => ({ atMs: day * 86_400_000, value }));
    const valued = performanceOfValuations(falling, [], DEFAULT_ANNUAL_TERMS);
    expect(performanceDocument(valued, null, valued).drawdown).toMatchObject({
      unit: 'days',
      peakAt: '1970-01-01T00:00:00.000Z',
      isOpen: true,
    });
    const periods = performanceOfReturns([-0.1], DEFAULT_ANNUAL_TERMS);
    expect(performanceDocument(periods, null, null).drawdown).toMatchObject({ unit: 'periods', peakAt: 0 });
  });
});
