import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Amount, amount, isZero, multiply, sum } from '../../../src/domain/money/amount.ts';
import {
  makeValuation,
  type PriceOf,
  uncertifiedOf,
  unpricedOf,
} from '../../../src/domain/valuation/valuation.ts';

const PRICES: Readonly<Record<string, string>> = { BTC: '60000.5', ETH: '3000', USD: '1' };
const priceOf: PriceOf = (asset) =>
  PRICES[asset] === undefined ? null : { price: amount(PRICES[asset]), source: 'a market', atMs: 5 };
const certified = { isCertified: true, certifiedAtMs: 9 };

describe('a valuation', () => {
  it('has what is held by venue and asset, what strategies hold of it, and nothing that is held of nothing', () => {
    const valuation = makeValuation(
      {
        atMs: 10,
        venues: [
          { venue: 'dydx', isCertified: false, certifiedAtMs: 3 },
          { venue: 'coinbase', ...certified },
        ],
        holdings: [
          { venue: 'dydx', asset: 'USD', quantity: amount('-10') },
          { venue: 'coinbase', asset: 'ETH', quantity: amount('0') },
          { venue: 'coinbase', asset: 'BTC', quantity: amount('2') },
        ],
        strategies: [{ strategy: 'trend', asset: 'BTC', quantity: amount('0.5') }],
      },
      priceOf,
    );
    expect(valuation).toMatchObject({
      atMs: 10,
      valueUsd: '119991',
      isComplete: false,
      holdings: [
        { venue: 'coinbase', asset: 'BTC', quantity: '2', valueUsd: '120001', price: { source: 'a market' } },
        { venue: 'dydx', asset: 'USD', quantity: '-10', valueUsd: '-10' },
      ],
      strategies: [{ strategy: 'trend', asset: 'BTC', valueUsd: '30000.25' }],
    });
    expect(uncertifiedOf(valuation)).toEqual([{ venue: 'dydx', isCertified: false, certifiedAtMs: 3 }]);
  });

  const held = fc.array(
    fc.record({
      venue: fc.constantFrom('a', 'b'),
      asset: fc.constantFrom('BTC', 'ETH', 'USD', 'DOGE', 'PEPE'),
      quantity: fc.integer({ min: -1000, max: 1000 }).map((n) => amount(String(n))),
    }),
  );

  it('A holding without a price is named with its quantity and has no value: it is never worth nothing', () => {
    fc.assert(
      fc.property(held, (holdings) => {
        const valuation = makeValuation(
          { atMs: 1, venues: [{ venue: 'a', ...certified }], holdings, strategies: [] },
          priceOf,
        );
        const without = holdings.filter(
          ({ asset, quantity }) => PRICES[asset] === undefined && !isZero(quantity),
        );
        expect(unpricedOf(valuation)).toHaveLength(without.length);
        expect(unpricedOf(valuation)).toEqual(expect.arrayContaining(without));
        expect(valuation.isComplete).toBe(without.length === 0);
        for (const { price, valueUsd } of valuation.holdings) expect(price === null).toBe(valueUsd === null);
      }),
    );
  });

  it('The value is the sum of what has a price, and of nothing else', () => {
    fc.assert(
      fc.property(held, (holdings) => {
        const { valueUsd } = makeValuation({ atMs: 1, venues: [], holdings, strategies: [] }, priceOf);
        const expected = holdings.flatMap(({ asset, quantity }): Amount[] =>
          PRICES[asset] === undefined ? [] : [multiply(quantity, amount(PRICES[asset]))],
        );
        expect(valueUsd).toBe(sum(expected));
      }),
    );
  });
});
