import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from '@jest/globals';
import { amount, toAtoms } from '../../../src/domain/money/amount.ts';
import { decodeCloses, recordedPrices } from '../../../src/exchanges/simulated/recorded-prices.ts';

const HOUR_MS = 3_600_000;
const ASSETS = ['BTC', 'ETH', 'SOL'] as const;

describe('recordedPrices', () => {
  const prices = recordedPrices();
  const at = (text: string) => Date.parse(text);

  it('covers three weeks, from the first close to the last', () => {
    expect(new Date(prices.startMs).toISOString()).toBe('2024-07-29T00:00:00.000Z');
    expect(new Date(prices.endMs).toISOString()).toBe('2024-08-19T00:00:00.000Z');
  });

  // Binance spot, the close of the hour that ends at the time given.
  it.each([
    ['BTC', '2024-07-29T00:00:00Z', '68249.88'],
    ['ETH', '2024-07-29T00:00:00Z', '3270.16'],
    ['SOL', '2024-07-29T00:00:00Z', '184.9'],
    ['BTC', '2024-08-05T07:00:00Z', '51588'],
    ['ETH', '2024-08-05T07:00:00Z', '2268.21'],
    ['SOL', '2024-08-05T07:00:00Z', '117.6'],
    ['BTC', '2024-08-19T00:00:00Z', '58427.35'],
    ['ETH', '2024-08-19T00:00:00Z', '2612.15'],
    ['SOL', '2024-08-19T00:00:00Z', '142.42'],
  ])('closes %s at %s with %s', (asset, time, close) => {
    expect(prices.priceAt(asset, at(time))).toBe(close);
  });

  it('stands at the last close until the next', () => {
    expect(prices.priceAt('BTC', at('2024-07-29T00:59:59.999Z'))).toBe('68249.88');
    expect(prices.priceAt('BTC', at('2024-07-29T01:00:00Z'))).toBe('68714.01');
  });

  it('walks in a straight line between two closes where asked to', () => {
    const walking = recordedPrices({ interpolate: true });
    expect(walking.priceAt('BTC', at('2024-07-29T00:00:00Z'))).toBe('68249.88');
    expect(walking.priceAt('BTC', at('2024-07-29T00:05:00Z'))).toBe('68288.56');
    expect(walking.priceAt('BTC', at('2024-07-29T00:30:00Z'))).toBe('68481.95');
    expect(walking.priceAt('BTC', at('2024-07-29T01:00:00Z'))).toBe('68714.01');
    expect(walking.priceAt('BTC', prices.endMs)).toBe(prices.priceAt('BTC', prices.endMs));
  });

  it('takes dollars at one', () => {
    expect([prices.priceAt('USD', prices.startMs), prices.priceAt('USDC', prices.endMs)]).toEqual(['1', '1']);
  });

  it('fails for a time or an asset that it does not have', () => {
    expect(() => prices.priceAt('BTC', prices.startMs - 1)).toThrow('prices are recorded from');
    expect(() => prices.priceAt('USD', prices.endMs + 1)).toThrow('prices are recorded from');
    expect(() => prices.priceAt('DOGE', prices.startMs)).toThrow('prices of DOGE are recorded');
  });

  it('refuses a table with anything but integers', () => {
    expect(decodeCloses('100\n5,-10\n1')).toEqual([100, 105, 95, 96]);
    expect(() => decodeCloses('100\n5,x')).toThrow('a change of price is an integer: x');
  });
});

const folder = join(
  process.env.TRUEUP_REFERENCE_DATA ?? join(process.cwd(), '../shared/data'),
  'prices/hourly',
);

if (!existsSync(folder)) test.skip('reference data not present', () => undefined);
else {
  test.each(ASSETS)('every recorded close of %s is the one in the reference data', (asset) => {
    const prices = recordedPrices();
    const rows = readFileSync(join(folder, `${asset}-USDT.csv`), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const differing: string[] = [];
    let compared = 0;
    for (const row of rows) {
      const [date = '', , , , close = ''] = row.split(',');
      const atMs = Date.parse(date) + HOUR_MS;
      if (atMs < prices.startMs || atMs > prices.endMs) continue;
      compared += 1;
      if (toAtoms(prices.priceAt(asset, atMs), 2) !== toAtoms(amount(close), 2)) differing.push(row);
    }
    expect(differing).toEqual([]);
    expect(compared).toBe(505);
  });
}
