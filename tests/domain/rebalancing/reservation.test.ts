import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount, ZERO } from '../../../src/domain/money/amount.ts';
import {
  type CollateralTerms,
  collateralReservationFor,
  fillsMaxOf,
  type OrderTerms,
  reservationFor,
  sellReservationFor,
  worstProceeds,
} from '../../../src/domain/rebalancing/reservation.ts';

const a = amount;
const TERMS: OrderTerms = {
  quantity: a('2'),
  limitPrice: a('100'),
  feeRate: a('0.006'),
  cashUnit: a('0.01'),
  fillsMax: 3,
};

describe('what a buy reserves', () => {
  it.each<[string, Partial<OrderTerms>, string]>([
    ['its cost at the limit, its fee, and two units for every fill', {}, '201.26'],
    ['its cost rounded up to the unit', { quantity: a('1.00001'), fillsMax: 1 }, '100.63'],
    ['no rounding where the venue has no unit', { cashUnit: ZERO }, '201.2'],
  ])('is %s', (_name, change, expected) => {
    expect(reservationFor({ ...TERMS, ...change })).toBe(expected);
  });
});

describe('what a sell brings at worst', () => {
  it('is its value at the limit less fee and rounding, and never below nothing', () => {
    expect(worstProceeds(TERMS)).toBe('198.74');
    expect(worstProceeds({ ...TERMS, quantity: a('0.0001') })).toBe('0');
  });

  it('may be a cost, where its smallest fill is worth less than rounding: that is reserved', () => {
    expect(sellReservationFor(TERMS, a('0.01'))).toBe('0');
    expect(sellReservationFor(TERMS, a('0.0002'))).toBe('0.06');
  });
});

const COLLATERAL: CollateralTerms = {
  ...TERMS,
  side: 'buy',
  position: 'long',
  worstMark: a('90'),
  initialMarginRate: a('0.1'),
};

describe('the free collateral that an order of a perpetual reserves', () => {
  it.each<[string, Partial<CollateralTerms>, string]>([
    // 2 (100.6 - 90 * 0.9) + 0.06
    ['opening a long, margin and what the mark may lose', {}, '39.26'],
    // 2 (110 * 1.1 - 100 * 0.994) + 0.06
    ['opening a short', { side: 'sell', position: 'short', worstMark: a('110') }, '43.26'],
    ['closing a long above its worst value, rounding alone', { side: 'sell' }, '0.06'],
    // 2 (81 - 50 * 0.994) + 0.06
    ['closing a long below its worst value, the difference', { side: 'sell', limitPrice: a('50') }, '62.66'],
    [
      'closing a short below its worst value, rounding alone',
      { position: 'short', worstMark: a('110') },
      '0.06',
    ],
    // 2 (150.9 - 121) + 0.06
    [
      'closing a short above its worst value, the difference',
      { position: 'short', worstMark: a('110'), limitPrice: a('150') },
      '59.86',
    ],
  ])('is, %s', (_name, change, expected) => {
    expect(collateralReservationFor({ ...COLLATERAL, ...change })).toBe(expected);
  });
});

describe('the most fills of an order', () => {
  it.each<[string, Partial<Parameters<typeof fillsMaxOf>[0]>, number]>([
    ['as many smallest quantities as there are, and one for the rest', {}, 4],
    ['fewer where the smallest value allows fewer', { minNotional: a('50') }, 3],
    ['no more than the market says', { partialFillsMax: 2 }, 2],
    ['one at the least', { quantity: a('0.1'), minQuantity: a('1') }, 1],
  ])('is %s', (_name, change, expected) => {
    const rules = { quantity: a('1'), notional: a('100'), minQuantity: a('0.3'), minNotional: ZERO };
    expect(fillsMaxOf({ ...rules, ...change })).toBe(expected);
  });

  it('is never less than a venue makes that fills smallest sizes and then the rest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 500 }), (lots, smallest) => {
        const most = fillsMaxOf({
          quantity: a(String(lots)),
          notional: ZERO,
          minQuantity: a(String(smallest)),
          minNotional: ZERO,
        });
        expect(most).toBeGreaterThanOrEqual(Math.ceil(lots / smallest));
      }),
      { seed: 3 },
    );
  });
});
