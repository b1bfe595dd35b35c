import type { Announcement } from '../../actors/messages/announcements.ts';
import { readReports, type StoredReport } from '../../db/report-repository.ts';
import type { ServiceSettings, VenueSettings } from '../../src/app/portfolio/service-settings.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { add, amount } from '../../src/domain/money/amount.ts';
import { DEFAULT_CORRECTION_POLICY } from '../../src/domain/reconciliation/correction-policy.ts';
import type { Side, VenueId } from '../../src/domain/venue/venue.ts';
import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { type CoinbaseServerOptions, serveCoinbase } from '../../src/exchanges/simulated/coinbase-server.ts';
import type { MarketRules } from '../../src/exchanges/simulated/market-rules.ts';
import type {
  PlannedFault,
  PriceFeed,
  SimulatedOrder,
  VenueServer,
} from '../../src/exchanges/simulated/simulated-venue.ts';
import {
  createSimulatedVenue,
  type SimulatedVenueEngine,
} from '../../src/exchanges/simulated/venue-engine.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { type Harness, openHarness } from '../../src/replay/harness.ts';
import { TEST_CREDENTIALS, TEST_PUBLIC_KEY } from './coinbase-account.ts';
import { serviceSettings } from './service-settings.ts';

export const START_MS = Date.UTC(2024, 7, 5);
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const PORTFOLIO = 'a1b2c3d4-0000-4000-8000-000000000001';
const PRICES: Readonly<Record<string, string>> = {
  BTC: '60000',
  ETH: '3000',
  SOL: '150',
  USD: '1',
  USDC: '1',
};
export const TEST_PRICES = { priceAt: (asset: string) => amount(PRICES[asset] ?? '1') };

export interface WorldOptions {
  readonly balances?: Readonly<Record<string, string>>;
  readonly venue?: Partial<VenueSettings>;
  readonly reconciliation?: Partial<ServiceSettings['reconciliation']>;
  readonly settings?: Partial<ServiceSettings>;
  readonly prices?: PriceFeed;
  /** What trades there, by default BTC and ETH against USD; the venue asks it anew each time that it is read. */
  readonly markets?: readonly MarketRules[];
  readonly server?: Partial<CoinbaseServerOptions>;
  /** What the venue takes for the time. */
  readonly clockOfServer?: (worldClock: TurnClock) => Clock;
  /** Other venues beside the one at Coinbase: their adapters, servers and settings. */
  readonly others?: (clock: TurnClock, now: () => number) => Promise<readonly OtherVenue[]>;
  readonly database?: string;
  readonly seed?: number;
}

export interface OtherVenue {
  readonly exchange: Exchange;
  readonly server: VenueServer;
  readonly settings: Partial<VenueSettings>;
}

/** A Coinbase account on loopback with 0.8 BTC, 1 ETH and 3000 USD, the real adapter, and a service that reconciles them. */
export interface World {
  readonly venue: SimulatedVenueEngine;
  readonly server: VenueServer;
  readonly worldClock: TurnClock;
  readonly harness: Harness;
  inject(fault: PlannedFault['fault'], endpoint?: string, count?: number): void;
  /** Moves time, at the venues too. */
  pass(ms: number): Promise<void>;
  /** Asks for a round and gives it time to end. */
  reconcile(ms?: number): Promise<Report>;
  reports(venue?: VenueId): readonly Report[];
  stored(venue?: VenueId): Promise<StoredReport>;
  events<T extends Announcement['type']>(type: T): readonly Extract<Announcement, { readonly type: T }>[];
  report(...events: readonly BookEvent[]): Promise<void>;
  /** What the book believes to be held in total. */
  booked(asset: string, venue?: VenueId): string;
  held(asset: string): string;
  isGateOpen(asset: string, venue?: VenueId): boolean;
  /** Closes the service and opens it again on the same database and the same venues. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export type Report = Extract<Announcement, { readonly type: 'venueReportMade' }>;

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const worldClock = new TurnClock(START_MS);
  let now = (): number => worldClock.now();
  const { balances = { USD: '3000', BTC: '0.8', ETH: '1' } } = options;
  const venue = createSimulatedVenue({
    venue: 'coinbase',
    now: worldClock.now,
    prices: options.prices ?? TEST_PRICES,
    markets: options.markets ?? [spot('BTC'), spot('ETH')],
    balances: Object.fromEntries(Object.entries(balances).map(([asset, text]) => [asset, amount(text)])),
  });
  const server = await serveCoinbase({
    venue,
    clock: options.clockOfServer?.(worldClock) ?? worldClock,
    portfolio: PORTFOLIO,
    keyName: TEST_CREDENTIALS.keyName,
    publicKey: TEST_PUBLIC_KEY,
    ...options.server,
  });
  const others = (await options.others?.(worldClock, () => now())) ?? [];
  const settings = settingsOf(options, others);
  const openCoinbase = () =>
    openCoinbaseExchange({
      venue: 'coinbase',
      baseUrl: server.urls.baseUrl ?? '',
      credentials: TEST_CREDENTIALS,
      scope: { portfolio: PORTFOLIO },
      now: () => now(),
    });
  const earlier: Announcement[] = [];
  const start = async (): Promise<Harness> => {
    const opened = await openHarness({
      settings,
      exchanges: [openCoinbase(), ...others.map(({ exchange }) => exchange)],
      startMs: worldClock.now(),
      seed: options.seed ?? 1,
      ...(options.database === undefined ? {} : { database: options.database }),
      worldClock,
      parking: [server, ...others.map((other) => other.server)],
      callMs: 40,
    });
    now = opened.clock.now;
    return opened;
  };
  let harness = await start();
  let requests = 0;
  const all = (): readonly Announcement[] => [...earlier, ...harness.events];
  const world: World = {
    venue,
    server,
    worldClock,
    get harness() {
      return harness;
    },
    inject: (fault, endpoint = '/accounts', count = 1) => server.inject({ fault, endpoint, count }),
    pass: async (ms) => {
      await harness.advanceTo(harness.clock.now() + ms);
      await worldClock.moveTo(Math.max(worldClock.now(), harness.clock.now()));
    },
    reconcile: async (ms = 25 * SECOND_MS) => {
      requests += 1;
      const requestId = `ask-${requests}`;
      const message = { type: 'reconciliation.requested', requestId } as const;
      await harness.send({ to: 'reconciliation', venue: 'coinbase', message });
      await world.pass(ms);
      const report = world.reports().findLast(({ answers }) => answers.includes(requestId));
      if (!report) throw new Error(`${requestId} is answered within ${ms} ms`);
      return report;
    },
    reports: (id = 'coinbase') =>
      all().filter((event): event is Report => event.type === 'venueReportMade' && event.venue === id),
    stored: async (id = 'coinbase') => {
      const [report] = await readReports(harness.database.db, { venue: id, limit: 1 });
      if (!report) throw new Error(`${id} has a report`);
      return report;
    },
    events: (type) => all().filter((event) => event.type === type) as never,
    report: async (...events) => {
      for (const message of events) await harness.send({ to: 'portfolio', message });
    },
    booked: (asset, id = 'coinbase') => {
      const held = harness.service.reading().state.book.venues.get(id)?.holdings.get(asset);
      return held === undefined ? '0' : add(held.available, held.hold);
    },
    held: (asset) => {
      const held = venue.balances().find((balance) => balance.asset === asset);
      return held === undefined ? '0' : add(held.available, held.hold);
    },
    isGateOpen: (asset, id = 'coinbase') =>
      harness.service
        .reading()
        .state.venues.get(id)
        ?.gates?.assets.find((gate) => gate.asset === asset)?.isOpen ?? false,
    restart: async () => {
      earlier.push(...harness.events);
      await harness.close();
      harness = await start();
    },
    close: async () => {
      await harness.close();
      await Promise.all([server.close(), ...others.map((other) => other.server.close())]);
    },
  };
  return world;
}

function settingsOf(options: WorldOptions, others: readonly OtherVenue[]): ServiceSettings {
  const { reconciliation } = serviceSettings([]);
  return serviceSettings(
    [
      {
        markets: ['BTC-USD', 'ETH-USD'],
        cashAsset: 'USD',
        policy: { ...DEFAULT_CORRECTION_POLICY, mode: 'propose' },
        ...options.venue,
      },
      ...others.map((other) => other.settings),
    ],
    { reconciliation: { ...reconciliation, ...options.reconciliation }, ...options.settings },
  );
}

export const AUTO = { policy: { ...DEFAULT_CORRECTION_POLICY, mode: 'auto' } } as const;

/** An order at the venue: filled at once, or resting where its limit is far from the market. */
export function placeOrder(
  venue: SimulatedVenueEngine,
  order: {
    readonly id: string;
    readonly side?: Side;
    readonly quantity?: string;
    readonly limit?: string;
    readonly rests?: boolean;
  },
): SimulatedOrder {
  const {
    id,
    side = 'buy',
    quantity = '0.0005',
    limit = side === 'buy' ? '61000' : '59000',
    rests = false,
  } = order;
  return venue.submit({
    clientOrderId: id,
    market: 'BTC-USD',
    side,
    quantity: amount(quantity),
    limitPrice: amount(limit),
    timeInForce: rests ? 'goodTilCancelled' : 'immediateOrCancel',
    reduceOnly: false,
  });
}

const TERMS = { market: 'BTC-USD', base: 'BTC', quote: 'USD' } as const;

/** What a bot says when it has sent the order. */
export function submittedEvent(order: SimulatedOrder): BookEvent {
  const { clientOrderId, side, quantity, limitPrice, createdAtMs } = order;
  return {
    type: 'portfolio.orderSubmitted',
    eventId: `${clientOrderId}:submitted`,
    venue: 'coinbase',
    atMs: createdAtMs,
    clientOrderId,
    ...TERMS,
    side,
    quantity,
    limitPrice,
  };
}

/** What a bot says when it hears of the order's fills. */
export function fillEvents(venue: SimulatedVenueEngine, order: SimulatedOrder): readonly BookEvent[] {
  return venue
    .fills()
    .filter(({ orderId }) => orderId === order.id)
    .map(({ id, side, quantity, price, quoteAmount, fee, atMs }) => ({
      type: 'portfolio.fillReported',
      eventId: `${order.clientOrderId}:fill:${id}`,
      venue: 'coinbase',
      atMs,
      fillId: id,
      clientOrderId: order.clientOrderId,
      ...TERMS,
      side,
      quantity,
      price,
      quoteAmount,
      fee,
    }));
}

export function spot(base: string, quote = 'USD'): MarketRules {
  return {
    market: `${base}-${quote}`,
    kind: 'spot',
    base,
    quote,
    step: amount('0.00000001'),
    tick: amount('0.01'),
    minQuantity: amount('0.00000001'),
    minNotional: amount('1'),
    takerFeeRate: amount('0.006'),
    isTradable: true,
    spreadBps: amount('2'),
    pricedAs: { base, quote },
  };
}
