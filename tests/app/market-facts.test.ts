import { describe, expect, it, test } from '@jest/globals';
import type { Reading } from '../../src/app/portfolio/read-standing.ts';
import type { VenueSettings } from '../../src/app/portfolio/service-settings.ts';
import { marketFactsOf } from '../../src/app/rebalancing/market-facts.ts';
import { presentVenuesOf } from '../../src/app/rebalancing/plan-input-of.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { withReadings } from '../../src/domain/venue/price-readings.ts';
import type { Market } from '../../src/domain/venue/venue.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { idleReading } from '../support/idle-reading.ts';
import { serviceSettings } from '../support/service-settings.ts';

const market = (name: string, price: string, dayQuoteVolume?: string): Market => {
  const [base = '', quote = ''] = name.split('-');
  return {
    market: name,
    kind: 'spot',
    base,
    quote,
    bid: amount(price),
    ask: amount(price),
    step: amount('0.01'),
    tick: amount('0.01'),
    minQuantity: amount('0'),
    minNotional: amount('0'),
    takerFeeRate: amount('0'),
    ...(dayQuoteVolume === undefined ? {} : { dayQuoteVolume: amount(dayQuoteVolume) }),
    isTradable: true,
  };
};

/** What each venue has shown, the oldest reading first, each so long ago; none where it was not read. */
function factsOf(
  venues: readonly (Partial<VenueSettings> & {
    readonly venue: string;
    readonly shown: readonly (readonly [agoMs: number, ...markets: Market[]])[];
  })[],
) {
  const settings = serviceSettings(venues.map(({ shown: _, ...venue }) => venue));
  const reading: Reading = idleReading(settings, NOW_MS);
  const memories = reading.state.venues as Map<string, object>;
  for (const { venue, shown } of venues) {
    let readings = reading.state.venues.get(venue)?.readings ?? new Map();
    for (const [agoMs, ...markets] of shown) {
      readings = withReadings(readings, markets, NOW_MS - agoMs);
      memories.set(venue, { ...memories.get(venue), markets, marketsAtMs: NOW_MS - agoMs, readings });
    }
  }
  return marketFactsOf(reading, presentVenuesOf(reading).venues);
}

const usd = { venue: 'coinbase', cashAsset: 'USD', markets: ['BTC-USD'] } as const;
const usdc = { venue: 'dydx', kind: 'dydx', cashAsset: 'USDC', markets: ['BTC-USDC'] } as const;

describe('what markets say', () => {
  it('has each venue as one source of an asset, by the market that is planned in', () => {
    const { quotes } = factsOf([
      { ...usd, shown: [[0, market('BTC-USDC', '101'), market('BTC-USD', '100'), market('BTC-EUR', '90')]] },
      { ...usdc, shown: [[7, market('BTC-USDC', '102')]] },
    ]);
    expect(quotes).toEqual([
      {
        venue: 'coinbase',
        asset: 'BTC',
        price: '100',
        observedAtMs: NOW_MS,
        isIlliquid: false,
        earlier: null,
      },
      {
        venue: 'dydx',
        asset: 'BTC',
        price: '102',
        observedAtMs: NOW_MS - 7,
        isIlliquid: false,
        earlier: null,
      },
    ]);
  });

  it('has a venue that trades nothing as a source', () => {
    const { quotes } = factsOf([
      { ...usd, shown: [[0, market('BTC-USD', '100')]] },
      { ...usdc, cashAsset: null, shown: [[0, market('BTC-USDC', '102')]] },
    ]);
    expect(quotes.map(({ venue, price, isIlliquid }) => [venue, price, isIlliquid])).toEqual([
      ['coinbase', '100', false],
      ['dydx', '102', false],
    ]);
  });

  it('has the newest price, and what was shown a minute before it', () => {
    const shown = [
      [90_000, market('BTC-USD', '100')],
      [20_000, market('BTC-USD', '110')],
    ] as const;
    expect(factsOf([{ ...usd, shown }]).quotes).toMatchObject([
      { price: '110', observedAtMs: NOW_MS - 20_000, earlier: { price: '100', agoMs: 70_000 } },
    ]);
  });

  it('keeps the last price of what shows none now', () => {
    const shown = [
      [90_000, market('BTC-USD', '100')],
      [0, market('BTC-USD', '0')],
    ] as const;
    expect(factsOf([{ ...usd, shown }]).lastPrices).toEqual({
      BTC: { price: '100', observedAtMs: NOW_MS - 90_000, isIlliquid: false },
    });
  });

  it('has the newest price of a group, wherever it was shown', () => {
    const { lastPrices } = factsOf([
      { ...usd, shown: [[5, market('BTC-USD', '100')]] },
      { ...usdc, shown: [[4, market('BTC-USDC', '102')]] },
    ]);
    expect(lastPrices.BTC).toEqual({ price: '102', observedAtMs: NOW_MS - 4, isIlliquid: false });
  });

  it('has volumes where they are told, zero as well, and none where they are not', () => {
    const markets = ['BTC-USD', 'ETH-USD', 'SOL-USD'];
    const told = [market('BTC-USD', '1', '5000'), market('ETH-USD', '1', '0'), market('SOL-USD', '1')];
    expect(factsOf([{ ...usd, markets, shown: [[0, ...told]] }]).volumes).toEqual([
      { venue: 'coinbase', market: 'BTC-USD', dayUsd: '5000' },
      { venue: 'coinbase', market: 'ETH-USD', dayUsd: '0' },
    ]);
  });
});

test.each<[string, Parameters<typeof factsOf>[0], boolean]>([
  [
    'not where its market is quoted in the cash of its venue',
    [{ ...usd, markets: ['SOL-USD'], shown: [[0, market('SOL-USD', '1')]] }],
    false,
  ],
  [
    'where it is quoted in other cash than that of its venue',
    [{ ...usd, markets: ['SOL-USDC'], shown: [[0, market('SOL-USDC', '1')]] }],
    true,
  ],
  [
    'where only a venue that trades nothing quotes it',
    [{ ...usd, cashAsset: null, markets: ['SOL-USD'], shown: [[0, market('SOL-USD', '1')]] }],
    true,
  ],
  [
    'not where another venue trades it',
    [
      { ...usd, markets: ['SOL-USDC'], shown: [[0, market('SOL-USDC', '1')]] },
      { ...usdc, markets: ['SOL-USDC'], shown: [[0, market('SOL-USDC', '1')]] },
    ],
    false,
  ],
  [
    'not while another venue has not been read, which may trade it',
    [
      { ...usd, markets: ['SOL-USDC'], shown: [[0, market('SOL-USDC', '1')]] },
      { ...usdc, shown: [] },
    ],
    false,
  ],
  [
    'not where its market stands still',
    [{ ...usd, markets: ['SOL-USD'], shown: [[0, { ...market('SOL-USD', '1'), isTradable: false }]] }],
    false,
  ],
])('an asset is illiquid %s', (_where, venues, isIlliquid) => {
  expect(factsOf(venues).lastPrices.SOL?.isIlliquid).toBe(isIlliquid);
});
