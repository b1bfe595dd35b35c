import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { attributeReturns } from '../../../src/domain/attribution/attribute-returns.ts';
import type { AttributionPeriod, CellValue } from '../../../src/domain/attribution/attribution-period.ts';
import {
  type AttributionRecords,
  attributionPeriods,
  type Valuation,
} from '../../../src/domain/attribution/attribution-periods.ts';
import { findPeriodsProblem } from '../../../src/domain/attribution/find-periods-problem.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import { randomHistory } from '../../support/attribution-histories.ts';
import { cell, DAY_MS, period, trade, worth } from './attribution-fixtures.ts';

const NOTHING: AttributionRecords = { valuations: [], flows: [], trades: [], payments: [], transfers: [] };
const valuation = (
  day: number,
  values: readonly CellValue[],
  unpriced: readonly string[] = [],
): Valuation => ({
  atMs: day * DAY_MS,
  values,
  unpriced,
});
const built = (records: Partial<AttributionRecords>): readonly AttributionPeriod[] => {
  const outcome = attributionPeriods({ ...NOTHING, ...records });
  if (outcome.state === 'refused') throw new Error(outcome.problem.found);
  return outcome.periods;
};

describe('periods out of valuations', () => {
  const usd = (value: string) => [worth('coinbase USD', value)];

  it('puts a flow at the time of a valuation at the opening of what follows, whatever its sign', () => {
    const flows = [
      { ...worth('coinbase USD', '5'), atMs: DAY_MS },
      { ...worth('coinbase USD', '-7'), atMs: DAY_MS },
    ];
    const periods = built({ valuations: [0, 1, 2].map((day) => valuation(day, usd('1'))), flows });
    expect(periods.map((each) => each.flows.map(({ valueUsd, at }) => [valueUsd, at]))).toEqual([
      [],
      [
        ['5', 'opening'],
        ['-7', 'opening'],
      ],
    ]);
  });

  it('puts a flow between valuations at the opening where it came in, and at the closing where it went out', () => {
    const flows = [
      { ...worth('coinbase USD', '-7'), atMs: 1 },
      { ...worth('coinbase USD', '5'), atMs: DAY_MS - 1 },
    ];
    const periods = built({ valuations: [valuation(1, usd('1')), valuation(0, usd('1'))], flows });
    expect(periods[0]?.flows.map(({ valueUsd, at }) => [valueUsd, at])).toEqual([
      ['-7', 'closing'],
      ['5', 'opening'],
    ]);
  });

  it('puts a trade at the time of a valuation into what ends there, and none from outside into any', () => {
    const trades = [-1, 0, 1, 2, 3].map((day) => ({
      ...trade('coinbase BTC', ['buy', String(day + 2), '1']),
      atMs: day * DAY_MS,
    }));
    const periods = built({ valuations: [0, 1, 2].map((day) => valuation(day, usd('1'))), trades });
    expect(periods.map((each) => each.trades.map(({ quantity }) => quantity))).toEqual([['3'], ['4']]);
  });

  it('refuses two valuations of one time', () => {
    const valuations = [valuation(1, usd('1')), valuation(0, usd('1')), valuation(1, usd('2'))];
    expect(attributionPeriods({ ...NOTHING, valuations })).toMatchObject({
      state: 'refused',
      problem: { path: 'valuations', found: '1970-01-02T00:00:00.000Z' },
    });
  });

  it('takes what an asset without a price was traded for as a flow, and its fee as a fee', () => {
    const [only] = built({
      valuations: [
        valuation(0, usd('100'), ['MEME']),
        valuation(1, [...usd('89'), worth('coinbase MEME', '40')]),
      ],
      trades: [
        {
          ...trade('coinbase MEME', ['buy', '1000', '0.01'], {
            fee: { asset: 'USD', valueUsd: amount('1') },
          }),
          atMs: 5,
        },
      ],
    });
    expect(only).toMatchObject({
      closing: usd('89'),
      flows: [{ asset: 'USD', valueUsd: '-10', at: 'closing' }],
      trades: [],
      payments: [{ asset: 'MEME', kind: 'fee', valueUsd: '-1', paidIn: 'USD' }],
      unpriced: ['MEME'],
    });
    const [chain] = attributeReturns(only ? [only] : [], { grouping: 'asset', cash: ['USD'] }).chains;
    expect(chain?.periods[0]).toMatchObject({ return: -0.01, parts: { fees: -0.01, cash: 0, price: 0 } });
  });

  it('takes what is transferred into an asset without a price as a flow out, and out of one as a flow in', () => {
    const transfers = [
      { from: cell('solana SOL'), to: cell('solana WSOL'), valueUsd: amount('3'), atMs: 5 },
      { from: cell('solana WSOL'), to: cell('solana SOL'), valueUsd: amount('2'), atMs: 6 },
    ];
    const [only] = built({
      valuations: [
        valuation(0, [worth('solana SOL', '10')]),
        valuation(1, [worth('solana SOL', '9')], ['WSOL']),
      ],
      transfers,
    });
    expect(only?.transfers).toEqual([]);
    expect(only?.flows.map(({ valueUsd, at }) => [valueUsd, at])).toEqual([
      ['-3', 'closing'],
      ['2', 'opening'],
    ]);
  });
});

describe('of random histories', () => {
  const histories = fc.integer({ min: 0, max: 999_999 }).map((number) => randomHistory(4, number));

  it('a period begins with the values of one valuation and ends with those of the next', () => {
    fc.assert(
      fc.property(histories, (records) => {
        for (const [index, each] of built(records).entries()) {
          const priced = ({ asset }: { readonly asset: string }) => !each.unpriced.includes(asset);
          expect(each.opening).toEqual(records.valuations[index]?.values.filter(priced));
          expect(each.closing).toEqual(records.valuations[index + 1]?.values.filter(priced));
        }
      }),
    );
  });

  it('everything between the first valuation and the last is in one period; nothing is in two', () => {
    fc.assert(
      fc.property(histories, ({ valuations, ...records }) => {
        const priced = valuations.map((each) => ({ ...each, unpriced: [] }));
        const periods = built({ valuations: priced, ...records });
        const [first, last] = [valuations[0]?.atMs ?? 0, valuations.at(-1)?.atMs ?? 0];
        const countIn = (name: 'flows' | 'trades' | 'payments' | 'transfers') =>
          periods.reduce((count, each) => count + each[name].length, 0);
        expect(countIn('flows')).toBe(
          records.flows.filter(({ atMs }) => atMs >= first && atMs < last).length,
        );
        for (const name of ['trades', 'payments', 'transfers'] as const)
          expect(countIn(name)).toBe(records[name].filter(({ atMs }) => atMs > first && atMs <= last).length);
      }),
    );
  });

  it('an asset without a price at either end is in no value of the period; what it was traded for is a flow', () => {
    fc.assert(
      fc.property(histories, (records) => {
        for (const each of built(records)) {
          const touched = [
            ...each.opening,
            ...each.closing,
            ...each.flows,
            ...each.trades,
            ...each.trades.map(({ quote }) => ({ asset: quote })),
            ...each.payments.map(({ paidIn }) => ({ asset: paidIn })),
            ...each.transfers.flatMap(({ from, to }) => [from, to]),
          ];
          expect(touched.filter(({ asset }) => each.unpriced.includes(asset))).toEqual([]);
        }
      }),
    );
  });

  it('are periods with which nothing is wrong', () => {
    fc.assert(fc.property(histories, (records) => expect(findPeriodsProblem(built(records))).toBeNull()));
  });
});

describe('what is wrong with periods', () => {
  const btc = (value: string) => [worth('trend coinbase BTC', value)];
  const day = (number: number, from: string, to: string, fields: Partial<AttributionPeriod> = {}) =>
    period(number, { opening: btc(from), closing: btc(to), ...fields });

  it.each<[string, readonly AttributionPeriod[], string, string]>([
    ['an end before its beginning', [day(0, '1', '1', { toMs: 0 })], 'periods[0].to', 'a time after 1970'],
    ['a gap', [day(0, '1', '2'), day(2, '2', '3')], 'periods[1].from', '1970-01-02T00:00:00.000Z, where'],
    [
      'another opening',
      [day(0, '1', '2'), day(1, '3', '3')],
      'periods[1].opening',
      '2 of BTC at coinbase of trend, as the period before closes with',
    ],
    [
      'a cell that is gone',
      [day(0, '1', '2'), day(1, '2', '3', { opening: [] })],
      'periods[1].opening',
      '2 of BTC at coinbase of trend',
    ],
    [
      'a cell that stands twice',
      [day(0, '1', '2', { closing: [...btc('1'), ...btc('1')] })],
      'periods[0].closing[1]',
      'each strategy, venue and asset once',
    ],
    [
      'a trade against itself',
      [day(0, '1', '2', { trades: [trade('coinbase USD', ['buy', '1', '1'])] })],
      'periods[0].trades[0].quote',
      'another asset',
    ],
    [
      'a trade of nothing',
      [day(0, '1', '2', { trades: [trade('coinbase BTC', ['buy', '0', '1'])] })],
      'periods[0].trades[0].quantity',
      'an amount above 0',
    ],
    [
      'a transfer below zero',
      [day(0, '1', '2', { transfers: [{ from: cell('a BTC'), to: cell('b BTC'), valueUsd: amount('-1') }] })],
      'periods[0].transfers[0].value',
      'not negative',
    ],
  ])('names %s by its place', (_what, periods, path, expected) => {
    expect(findPeriodsProblem(periods)).toMatchObject({ path, expected: expect.stringContaining(expected) });
  });

  it('nothing: a cell that is worth nothing may be left out, and one without a price may come and go', () => {
    expect(findPeriodsProblem([day(0, '1', '0'), day(1, '0', '0', { opening: [] })])).toBeNull();
    const unpriced = { unpriced: ['BTC'] };
    expect(findPeriodsProblem([day(0, '1', '1', { ...unpriced, closing: [] }), day(1, '2', '2')])).toBeNull();
  });
});
