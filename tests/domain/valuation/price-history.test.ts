import { expect, it } from '@jest/globals';
import { amount } from '../../../src/domain/money/amount.ts';
import { priceHistory } from '../../../src/domain/valuation/price-history.ts';

const said = (asset: string, price: string, atMs: number, source = 'file') => ({
  asset,
  price: amount(price),
  atMs,
  source,
});
const on = {
  groupOf: (asset: string) => (asset === 'cbBTC' ? 'BTC' : asset),
  ageMaxMs: 100,
};

it.each([
  [99, null],
  [100, '1'],
  [149, '1'],
  [150, '2'],
  [300, '3'],
  [400, '3'],
  [401, null],
])('at %i the price is %s: the newest by then that is not too old', (atMs, price) => {
  const points = [
    said('BTC', '3', 300),
    said('cbBTC', '1', 100),
    said('BTC', '2', 150),
    said('ETH', '9', 350),
  ];
  expect(priceHistory(points, on)(atMs)('BTC')?.price ?? null).toBe(price);
});

it('of two prices of one time the first of the list counts, and one asset says nothing of another', () => {
  const points = [said('BTC', '1', 100), said('BTC', '2', 100, 'other')];
  expect(priceHistory(points, on)(100)('cbBTC')).toEqual({ price: '1', source: 'file', atMs: 100 });
  expect(priceHistory(points, on)(100)('ETH')).toBeNull();
});
