import { amount } from '../../src/domain/money/amount.ts';
import { perpetualAsset } from '../../src/domain/venue/venue.ts';
import { type DydxCredentials, openDydxExchange } from '../../src/exchanges/dydx/dydx-exchange.ts';
import type { SimulatedAuthenticator } from '../../src/exchanges/simulated/dydx-authenticators.ts';
import { serveDydx } from '../../src/exchanges/simulated/dydx-server.ts';
import type { MarketRules } from '../../src/exchanges/simulated/market-rules.ts';
import {
  createSimulatedVenue,
  type SimulatedVenueEngine,
} from '../../src/exchanges/simulated/venue-engine.ts';
import { TEST_ADDRESS, TEST_PRIVATE_KEY } from './dydx-account.ts';
import { ManualClock } from './manual-clock.ts';

export const DYDX_START_MS = 1_722_211_200_000;

/** Fills at once while bitcoin costs 60 000. */
export const BTC_BUY = {
  clientOrderId: '1',
  market: 'BTC-USD',
  side: 'buy',
  quantity: amount('0.05'),
  limitPrice: amount('61000'),
  timeInForce: 'immediateOrCancel',
  reduceOnly: false,
} as const;

export function perpetual(base: string, step: string, tick: string): MarketRules {
  return {
    market: `${base}-USD`,
    kind: 'perpetual',
    base: perpetualAsset(`${base}-USD`),
    quote: 'USDC',
    step: amount(step),
    tick: amount(tick),
    minQuantity: amount(step),
    minNotional: amount('0'),
    takerFeeRate: amount('0.0005'),
    initialMarginRate: amount('0.05'),
    isTradable: true,
    spreadBps: amount('5'),
    pricedAs: { base, quote: 'USDC' },
  };
}

/** An account with 10 000 USDC, and children with nothing, at a simulated dYdX whose time and prices the test moves, and the adapter opened on it. */
export async function simulatedDydx(
  overrides: {
    readonly credentials?: DydxCredentials;
    readonly children?: readonly number[];
    /** What the account lets other keys sign. */
    readonly authenticators?: readonly SimulatedAuthenticator[];
    readonly unsettledFunding?: 'included' | 'apart';
  } = {},
) {
  const { credentials = { privateKey: TEST_PRIVATE_KEY }, authenticators = [] } = overrides;
  let nowMs = DYDX_START_MS;
  const now = () => nowMs;
  const prices = new Map(Object.entries({ BTC: '60000', ETH: '3000', USDC: '1' }));
  const clock = new ManualClock();
  const options = {
    now,
    prices: { priceAt: (asset: string) => amount(prices.get(asset) ?? `no price of ${asset}`) },
    markets: [
      { ...perpetual('BTC', '0.0001', '1'), dayQuoteVolume: amount('250000000') },
      perpetual('ETH', '0.001', '0.1'),
    ],
    feeDecimals: 6,
    fundingDecimals: 6,
  };
  const venue = createSimulatedVenue({ ...options, venue: 'dydx', balances: { USDC: amount('10000') } });
  const children: Readonly<Record<number, SimulatedVenueEngine>> = Object.fromEntries(
    (overrides.children ?? []).map((number) => [
      number,
      createSimulatedVenue({ ...options, venue: `dydx-${number}`, balances: { USDC: amount('0') } }),
    ]),
  );
  const server = await serveDydx({ venue, clock, address: TEST_ADDRESS, children, authenticators });
  const { indexerUrl = '', validatorUrl = '' } = server.urls;
  const exchange = await openDydxExchange({
    venue: 'dydx',
    indexerUrl,
    validatorUrl,
    credentials,
    ...(overrides.unsettledFunding && { unsettledFunding: overrides.unsettledFunding }),
    scope: { address: TEST_ADDRESS, subaccountNumbers: [0] },
    now,
  });
  return {
    venue,
    children,
    server,
    exchange,
    clock,
    passTime: (ms: number) => {
      nowMs += ms;
    },
    setPrice: (asset: string, price: string) => prices.set(asset, price),
    async close() {
      await exchange.close();
      await server.close();
    },
  };
}
