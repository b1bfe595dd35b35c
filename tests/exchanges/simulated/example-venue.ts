import { type Amount, amount } from '../../../src/domain/money/amount.ts';
import { perpetualAsset } from '../../../src/domain/venue/venue.ts';
import type { MarketRules } from '../../../src/exchanges/simulated/market-rules.ts';
import type { PriceFeed, SimulatedOrderRequest } from '../../../src/exchanges/simulated/simulated-venue.ts';
import {
  createSimulatedVenue,
  type SimulatedVenueOptions,
} from '../../../src/exchanges/simulated/venue-engine.ts';

export const START_MS = 1_722_211_200_000;

/** BTC and ETH in USD against USD, and a BTC perpetual against USDC, 10 bps from the middle. */
export const EXAMPLE_MARKETS: readonly MarketRules[] = [
  spot('BTC-USD', { base: 'BTC', quote: 'USD' }),
  spot('ETH-BTC', { base: 'ETH', quote: 'BTC', tick: amount('0.00001') }),
  {
    ...spot('BTC-PERP', { base: perpetualAsset('BTC-PERP'), quote: 'USDC' }),
    kind: 'perpetual',
    initialMarginRate: amount('0.05'),
    pricedAs: { base: 'BTC', quote: 'USDC' },
  },
];

function spot(market: string, of: { base: string; quote: string; tick?: Amount }): MarketRules {
  return {
    market,
    kind: 'spot',
    base: of.base,
    quote: of.quote,
    step: amount('0.001'),
    tick: of.tick ?? amount('0.01'),
    minQuantity: amount('0.002'),
    minNotional: amount('0'),
    takerFeeRate: amount('0.006'),
    isTradable: true,
    spreadBps: amount('10'),
    pricedAs: { base: of.base, quote: of.quote },
  };
}

/** A venue whose time and BTC price the test moves. */
export function exampleVenue(options: Partial<SimulatedVenueOptions> = {}) {
  let nowMs = START_MS;
  const prices = new Map(Object.entries({ BTC: '10000', ETH: '500', USD: '1', USDC: '1', FEE: '2' }));
  const feed: PriceFeed = {
    priceAt: (asset) => amount(prices.get(asset) ?? `no price of ${asset}`),
  };
  const venue = createSimulatedVenue({
    venue: 'example',
    now: () => nowMs,
    prices: feed,
    markets: EXAMPLE_MARKETS,
    balances: { USD: amount('10000'), BTC: amount('1'), USDC: amount('1000') },
    ...options,
  });
  return {
    venue,
    passTime: (ms: number) => {
      nowMs += ms;
    },
    setPrice: (asset: string, price: string) => prices.set(asset, price),
  };
}

let orderCount = 0;

/** An immediate buy of 0.1 BTC at 10 100 USD, unless told otherwise. */
export function exampleOrder(
  changes: Partial<Record<'quantity' | 'limitPrice', string>> &
    Partial<Omit<SimulatedOrderRequest, 'quantity' | 'limitPrice'>> = {},
): SimulatedOrderRequest {
  const { quantity = '0.1', limitPrice = '10100', ...rest } = changes;
  orderCount += 1;
  return {
    clientOrderId: `order-${orderCount}`,
    market: 'BTC-USD',
    side: 'buy',
    timeInForce: 'immediateOrCancel',
    reduceOnly: false,
    quantity: amount(quantity),
    limitPrice: amount(limitPrice),
    ...rest,
  };
}

export const balanceOf = (venue: ReturnType<typeof exampleVenue>['venue'], asset: string) => {
  const found = venue.balances().find((balance) => balance.asset === asset);
  return found === undefined ? null : { available: found.available as string, hold: found.hold as string };
};
