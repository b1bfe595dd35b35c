import { describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { fillRow } from '../../src/exchanges/dydx/dydx-rows.ts';
import { dydxTerms, type MarketMargins } from '../../src/exchanges/dydx/market-terms.ts';
import { fillOf } from '../../src/exchanges/dydx/read-fills.ts';

const a = amount;
const BTC: MarketMargins = {
  initialMarginFraction: a('0.05'),
  maintenanceMarginFraction: a('0.03'),
  openInterest: a('100'),
  oraclePrice: a('60000'),
  openInterestLowerCap: a('0'),
  openInterestUpperCap: a('0'),
};
const CAPPED = { ...BTC, openInterestLowerCap: a('5000000'), openInterestUpperCap: a('10000000') };

describe('what a perpetual at dYdX asks', () => {
  it.each<[string, MarketMargins, string, string]>([
    ['its margins, and six eighths of their difference an hour', BTC, '0.05', '0.015'],
    ['no more where it has no caps', { ...BTC, openInterestUpperCap: null }, '0.05', '0.015'],
    ['no more below the lower cap', { ...CAPPED, openInterest: a('50') }, '0.05', '0.015'],
    ['a fifth of the way to the whole notional at 6 of 5 to 10 million', CAPPED, '0.24', '0.015'],
    ['the whole notional from the upper cap on', { ...CAPPED, openInterest: a('200') }, '1', '0.015'],
  ])('is %s', (_name, row, initialMarginRate, rateMax) => {
    expect(dydxTerms(row)).toEqual({
      state: 'known',
      initialMarginRate,
      maintenanceMarginRate: '0.03',
      funding: { intervalMs: 3_600_000, rateMax },
    });
  });

  it.each<[string, MarketMargins, string]>([
    [
      'there is no maintenance margin',
      { ...BTC, maintenanceMarginFraction: null },
      'gives no maintenance margin',
    ],
    [
      'it is above the initial one',
      { ...BTC, maintenanceMarginFraction: a('0.06') },
      'above the initial one',
    ],
    ['the initial one is no fraction', { ...BTC, initialMarginFraction: a('0') }, 'no fraction above zero'],
    ['open interest scales it and is not told', { ...CAPPED, openInterest: null }, 'gives no open interest'],
    ['there is no oracle price to scale it by', { ...CAPPED, oraclePrice: null }, 'gives no open interest'],
  ])('is unknown, never zero, where %s', (_name, row, detail) => {
    expect(dydxTerms(row)).toEqual({ state: 'unknown', detail: expect.stringContaining(detail) });
  });
});

describe('a fill at dYdX', () => {
  const row = {
    id: 'f',
    side: 'SELL',
    market: 'BTC-USD',
    price: '54000',
    size: '0.1',
    fee: '81',
    createdAt: '2025-01-02T00:00:00.000Z',
    createdAtHeight: '7',
  };
  const read = (more: object) => fillOf(fillRow.parse({ ...row, ...more }), null).forcedBy;

  it.each<[string, object, string | undefined]>([
    ['of an order', { type: 'LIMIT', orderId: 'o' }, undefined],
    ['of an order that another one was liquidated against', { type: 'LIQUIDATION', orderId: 'o' }, undefined],
    ['of its own liquidation', { type: 'LIQUIDATED' }, 'liquidation'],
    ['of a deleveraging', { type: 'DELEVERAGED' }, 'deleveraging'],
    ['of the other side of one', { type: 'OFFSETTING' }, 'deleveraging'],
    ['of a kind that came later', { type: 'TWAP_SUBORDER', orderId: 'o' }, undefined],
    ['of an older server, with its order', { orderId: 'o' }, undefined],
    ['of an older server, without one', {}, 'liquidation'],
  ])('%s says what forced it', (_name, more, expected) => {
    expect(read(more)).toBe(expected);
  });
});
