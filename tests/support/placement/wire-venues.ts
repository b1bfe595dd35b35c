import type { VenueSettings } from '../../../src/app/portfolio/service-settings.ts';
import { add, amount, negate } from '../../../src/domain/money/amount.ts';
import { DEFAULT_CORRECTION_POLICY } from '../../../src/domain/reconciliation/correction-policy.ts';
import { type AssetId, perpetualAsset, type VenueId } from '../../../src/domain/venue/venue.ts';
import { openCoinbaseExchange } from '../../../src/exchanges/coinbase/coinbase-exchange.ts';
import { openDydxExchange } from '../../../src/exchanges/dydx/dydx-exchange.ts';
import type { Exchange } from '../../../src/exchanges/exchange.ts';
import { serveCoinbase } from '../../../src/exchanges/simulated/coinbase-server.ts';
import type { MarketRules } from '../../../src/exchanges/simulated/market-rules.ts';
import type { SimulatedOrder, VenueServer } from '../../../src/exchanges/simulated/simulated-venue.ts';
import {
  createSimulatedVenue,
  type SimulatedVenueEngine,
} from '../../../src/exchanges/simulated/venue-engine.ts';
import type { TurnClock } from '../../../src/platform/turn-clock.ts';
import { TEST_CREDENTIALS, TEST_PUBLIC_KEY } from '../coinbase-account.ts';
import { TEST_ADDRESS, TEST_PRIVATE_KEY } from '../dydx-account.ts';
import { dydxBeside } from '../other-venues.ts';
import { PORTFOLIO, TEST_PRICES } from '../reconciliation-world.ts';

export interface WireVenue {
  readonly id: VenueId;
  readonly settings: Partial<VenueSettings>;
  readonly server: VenueServer;
  /** What its server calls the request that places an order. */
  readonly orderEndpoint: string;
  /** A real adapter, as a process opens it at its start. */
  open(): Promise<Exchange>;
  /** From the next order on it answers nothing but 503 for so long. */
  silenceAfterNextOrder(ms: number): void;
  orders(): readonly SimulatedOrder[];
  ordersOf(clientOrderId: string): readonly SimulatedOrder[];
  held(): readonly { readonly asset: AssetId; readonly quantity: string }[];
}

interface WireTime {
  readonly clock: TurnClock;
  readonly now: () => number;
}

export async function wireVenues(
  options: WireTime & { readonly withDydx: boolean },
): Promise<readonly WireVenue[]> {
  const coinbase = await coinbaseOf(options);
  return options.withDydx ? [coinbase, await dydxOf(options)] : [coinbase];
}

async function coinbaseOf({ clock, now }: WireTime): Promise<WireVenue> {
  const engine = createSimulatedVenue({
    venue: 'coinbase',
    now: clock.now,
    prices: TEST_PRICES,
    markets: [spot('BTC'), spot('ETH')],
    balances: { USD: amount('3000'), BTC: amount('0.8'), ETH: amount('1') },
  });
  let silence: { readonly ms: number; untilMs: number | null } | null = null;
  const server = await serveCoinbase({
    venue: engine,
    clock,
    portfolio: PORTFOLIO,
    keyName: TEST_CREDENTIALS.keyName,
    publicKey: TEST_PUBLIC_KEY,
    intercept: (answer, { method }) => {
      if (silence !== null && silence.untilMs === null && method === 'POST')
        silence.untilMs = clock.now() + silence.ms;
      const isSilent = silence !== null && silence.untilMs !== null && clock.now() < silence.untilMs;
      return isSilent ? { status: 503, body: 'silent' } : answer;
    },
  });
  return {
    ...readingOf(engine),
    id: engine.venue,
    settings: {
      venue: 'coinbase',
      markets: ['BTC-USD', 'ETH-USD'],
      cashAsset: 'USD',
      policy: { ...DEFAULT_CORRECTION_POLICY, mode: 'propose' },
    },
    server,
    orderEndpoint: 'POST /api/v3/brokerage/orders',
    open: async () =>
      openCoinbaseExchange({
        venue: 'coinbase',
        baseUrl: server.urls.baseUrl ?? '',
        credentials: TEST_CREDENTIALS,
        scope: { portfolio: PORTFOLIO },
        now,
      }),
    silenceAfterNextOrder: (ms) => {
      silence = { ms, untilMs: null };
    },
  };
}

/** Look-ups that go unanswered in a silence of the simulated dYdX, whose server breaks by requests and not by time. */
const UNANSWERED_LOOK_UPS = 12;

async function dydxOf({ clock, now }: WireTime): Promise<WireVenue> {
  const { venue: engine, server, exchange, settings } = await dydxBeside(clock, now);
  await exchange.close();
  const { indexerUrl = '', validatorUrl = '' } = server.urls;
  const orderEndpoint = 'RPC broadcast_tx_sync';
  return {
    ...readingOf(engine),
    id: engine.venue,
    settings: { ...settings, policy: { ...DEFAULT_CORRECTION_POLICY, mode: 'propose' } },
    server,
    orderEndpoint,
    open: () =>
      openDydxExchange({
        venue: 'dydx',
        indexerUrl,
        validatorUrl,
        credentials: { privateKey: TEST_PRIVATE_KEY },
        scope: { address: TEST_ADDRESS, subaccountNumbers: [0] },
        now,
      }),
    silenceAfterNextOrder: () => {
      server.inject({ fault: { kind: 'answerLost' }, endpoint: orderEndpoint, count: 1 });
      server.inject({
        fault: { kind: 'serverError', status: 503 },
        endpoint: 'GET /v4/orders',
        count: UNANSWERED_LOOK_UPS,
      });
    },
  };
}

function readingOf(engine: SimulatedVenueEngine): Pick<WireVenue, 'orders' | 'ordersOf' | 'held'> {
  return {
    orders: () => engine.orders(),
    ordersOf: (id) => engine.orders().filter(({ clientOrderId }) => clientOrderId === id),
    held: () => [
      ...engine.balances().map(({ asset, available, hold }) => ({ asset, quantity: add(available, hold) })),
      ...engine.positions().map(({ market, side, size }) => ({
        asset: perpetualAsset(market),
        quantity: side === 'long' ? size : negate(size),
      })),
    ],
  };
}

const spot = (base: string): MarketRules => ({
  market: `${base}-USD`,
  kind: 'spot',
  base,
  quote: 'USD',
  step: amount('0.00000001'),
  tick: amount('0.01'),
  minQuantity: amount('0.00000001'),
  minNotional: amount('1'),
  takerFeeRate: amount('0.006'),
  isTradable: true,
  spreadBps: amount('2'),
  pricedAs: { base, quote: 'USD' },
});
