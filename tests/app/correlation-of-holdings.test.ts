import { describe, expect, it } from '@jest/globals';
import type { StoredValuation } from '../../db/valuation-repository.ts';
import { DEFAULT_GROUPS } from '../../src/app/asset-groups.ts';
import { correlationOfHoldings } from '../../src/app/valuations/correlation-of-holdings.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { makeValuation } from '../../src/domain/valuation/valuation.ts';

const DAY_MS = 86_400_000;
type Prices = Readonly<Record<string, number | null>>;

/** A valuation a day, one of each asset held. */
const days = (count: number, pricesOf: (day: number) => Prices): readonly StoredValuation[] =>
  Array.from({ length: count }, (_, day) => {
    const atMs = day * DAY_MS;
    const prices = pricesOf(day);
    const holdings = Object.keys(prices).map((asset) => ({ venue: 'v', asset, quantity: amount('1') }));
    const venues = [{ venue: 'v', isCertified: true, certifiedAtMs: atMs }];
    const valuation = makeValuation({ atMs, venues, holdings, strategies: [] }, (asset) => {
      const price = prices[asset] ?? null;
      return price === null ? null : { price: amount(price.toFixed(6)), source: 'a file', atMs };
    });
    const origin = { tier: 'daily', origin: 'backfilled', transactionSequence: null } as const;
    return { ...valuation, ...origin, beforeTransaction: null, sequence: day + 1 };
  });
const moving = (day: number): Prices => ({
  BTC: 100 + Math.sin(day),
  ETH: 100 + Math.sin(day * 1.1),
  USD: 1,
});
const found = (valuations: readonly StoredValuation[]) =>
  correlationOfHoldings(valuations, { groups: DEFAULT_GROUPS, previousLevel: null });

describe('the correlation of what is held', () => {
  it('is analysed, without what never had a price', () => {
    expect(found(days(40, (day) => ({ ...moving(day), JUNK: null })))).toMatchObject({
      state: 'analysed',
      analysis: { names: ['BTC', 'ETH'], weights: [expect.any(Number), expect.any(Number)] },
    });
  });

  it.each<[string, readonly StoredValuation[], object]>([
    ['unknown before the first valuation', [], { state: 'unknown', reason: 'nothing was valued yet' }],
    [
      'unknown where a price is missing that was there, though the rest would have a level',
      days(40, (day) => ({ ...moving(day), SOL: day < 39 ? 100 + Math.cos(day) : null })),
      { state: 'unknown', reason: 'SOL has no price' },
    ],
    [
      'unknown where all prices are missing, and no cash alone',
      days(40, (day) => (day < 39 ? moving(day) : { BTC: null, ETH: null, USD: 1 })),
      { state: 'unknown', reason: 'BTC has no price' },
    ],
    [
      'nothing to compare of one asset',
      days(40, (day) => ({ BTC: 100 + Math.sin(day), USD: 1 })),
      { state: 'nothingToCompare', reason: 'fewer than two assets are held besides cash' },
    ],
    [
      'nothing to compare of nothing',
      days(40, () => ({})),
      { state: 'nothingToCompare', reason: 'nothing is held that has a value' },
    ],
  ])('is %s', (_, valuations, expected) => {
    expect(found(valuations)).toEqual(expected);
  });
});
