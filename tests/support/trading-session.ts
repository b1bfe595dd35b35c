import type { Announcement } from '../../actors/messages/announcements.ts';
import type { ServiceSettings } from '../../src/app/portfolio/service-settings.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import type { TaxTerms } from '../../src/domain/lots/tax-terms.ts';
import { amount } from '../../src/domain/money/amount.ts';
import {
  type InProcessExchange,
  openInProcessExchange,
} from '../../src/exchanges/simulated/in-process-exchange.ts';
import { recordedPrices } from '../../src/exchanges/simulated/recorded-prices.ts';
import type { SimulatedVenue } from '../../src/exchanges/simulated/simulated-venue.ts';
import { createSimulatedVenue } from '../../src/exchanges/simulated/venue-engine.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { type Harness, type HarnessOptions, openHarness } from '../../src/replay/harness.ts';
import { serviceSettings } from './service-settings.ts';

export const START_MS = Date.UTC(2024, 7, 5);
export const MINUTE_MS = 60_000;

const SPOT = {
  kind: 'spot',
  step: amount('0.00000001'),
  tick: amount('0.01'),
  minQuantity: amount('0.00000001'),
  minNotional: amount('1'),
  takerFeeRate: amount('0.006'),
  isTradable: true,
  spreadBps: amount('2'),
} as const;

export interface SimulatedAccount {
  readonly venue: SimulatedVenue;
  readonly exchange: InProcessExchange;
}

/** A spot account with BTC, ETH and dollars on the engine, without a wire. */
export function simulatedAccount(venueId: string, worldClock: TurnClock): SimulatedAccount {
  const venue = createSimulatedVenue({
    venue: venueId,
    now: worldClock.now,
    prices: recordedPrices({ interpolate: true }),
    markets: ['BTC', 'ETH'].map((base) => ({
      ...SPOT,
      market: `${base}-USD`,
      base,
      quote: 'USD',
      pricedAs: { base, quote: 'USD' },
    })),
    balances: { USD: amount('3000'), BTC: amount('0.8'), ETH: amount('1') },
  });
  return { venue, exchange: openInProcessExchange({ venue, kind: 'coinbase', now: worldClock.now }) };
}

export interface SessionOptions extends Partial<HarnessOptions> {
  readonly tax?: TaxTerms;
  readonly more?: Partial<ServiceSettings>;
}

/** The service with accounts named `coinbase` and `second` on a manual clock. */
export async function openSession({ tax, more, ...options }: SessionOptions = {}): Promise<{
  readonly harness: Harness;
  readonly accounts: readonly [SimulatedAccount, SimulatedAccount];
}> {
  const worldClock = new TurnClock(START_MS);
  const accounts = [
    simulatedAccount('coinbase', worldClock),
    simulatedAccount('second', worldClock),
  ] as const;
  const markets = ['BTC-USD', 'ETH-USD'];
  const venues = [
    { markets, cashAsset: 'USD' },
    { venue: 'second', markets, cashAsset: 'USD', opening: 'confirm' as const },
  ];
  const settings = serviceSettings(venues, {
    targets: { BTC: '0.4', ETH: '0.4', CASH: '0.2' },
    limits: {
      ...serviceSettings([]).limits,
      maxOrderUsd: amount('10000'),
      maxSlippageBps: amount('50'),
      minTradeUsd: amount('10'),
    },
    ...(tax && { tax }),
    ...more,
  });
  const exchanges = accounts.map(({ exchange }) => exchange);
  const harness = await openHarness({
    settings,
    exchanges,
    startMs: START_MS,
    worldClock,
    parking: exchanges,
    ...options,
  });
  return { harness, accounts };
}

/**
 * Three hours with everything that enters a service: reports of the bot, a fill that it missed, a deposit, reads that
 * fail in passing, a lost answer, a crash that draws a restart's delay, a person's decision and a rebalance.
 */
export async function playSession(options: SessionOptions = {}): Promise<readonly Announcement[]> {
  const { harness, accounts } = await openSession(options);
  const [coinbase, second] = accounts;
  const at = (minute: number) => harness.advanceTo(START_MS + minute * MINUTE_MS);
  await at(6);
  await harness.send({
    to: 'portfolio',
    message: {
      type: 'portfolio.decisionMade',
      requestId: 'd-1',
      by: 'a person',
      decision: { kind: 'openVenue', venue: 'second' },
    },
  });
  await at(12);
  for (const event of tradeOfBot(coinbase.venue, harness.clock.now(), 'bot-1'))
    await harness.send({ to: 'portfolio', message: event });
  await at(31);
  for (const method of ['observe', 'readMarkets', 'readActivity'] as const)
    coinbase.exchange.inject({ kind: 'unknown', method, reason: 'unreachable' }, 2);
  tradeOfBot(coinbase.venue, harness.clock.now(), 'bot-2');
  await at(47);
  second.venue.deposit('USD', amount('1234.5'));
  breakNextReading(second.exchange);
  await at(60);
  const proposed = harness.events.find(
    (event) => event.type === 'correctionChanged' && event.state === 'proposed',
  );
  if (proposed?.type !== 'correctionChanged') throw new Error('the deposit is too large for the policy');
  await harness.send({
    to: 'portfolio',
    message: {
      type: 'portfolio.decisionMade',
      requestId: 'd-2',
      by: 'a person',
      decision: { kind: 'approveCorrection', correctionId: proposed.correctionId },
    },
  });
  await at(75);
  coinbase.exchange.inject({ kind: 'answerLost', method: 'submitOrder' });
  await harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.requested', requestId: 'r-1', approval: 'approved', reason: 'drift' },
  });
  await at(180);
  const events = [...harness.events];
  await harness.close();
  return events;
}

/** Twenty minutes with a fill that the bot missed, a crash and a rebalance: a whole session in kind, but short. */
export async function playShortSession(options: Partial<HarnessOptions> = {}): Promise<void> {
  const { harness, accounts } = await openSession(options);
  const at = (minute: number) => harness.advanceTo(START_MS + minute * MINUTE_MS);
  await at(1);
  await harness.send({
    to: 'portfolio',
    message: {
      type: 'portfolio.decisionMade',
      requestId: 'd-1',
      by: 'a person',
      decision: { kind: 'openVenue', venue: 'second' },
    },
  });
  for (const event of tradeOfBot(accounts[0].venue, harness.clock.now(), 'bot-1'))
    await harness.send({ to: 'portfolio', message: event });
  tradeOfBot(accounts[0].venue, harness.clock.now(), 'bot-2');
  accounts[1].venue.deposit('USD', amount('20'));
  await at(4);
  breakNextReading(accounts[1].exchange);
  await at(16);
  await harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.requested', requestId: 'r-1', approval: 'approved', reason: 'drift' },
  });
  await at(22);
  await harness.close();
}

/** What the venue does and what the bot reports of it. */
export function tradeOfBot(venue: SimulatedVenue, atMs: number, clientOrderId: string): readonly BookEvent[] {
  const order = {
    clientOrderId,
    market: 'BTC-USD',
    side: 'buy',
    quantity: amount('0.0005'),
    limitPrice: amount('90000'),
  } as const;
  const { id } = venue.submit({ ...order, timeInForce: 'immediateOrCancel', reduceOnly: false });
  const at = { venue: venue.venue, atMs };
  const market = { market: 'BTC-USD', base: 'BTC', quote: 'USD' };
  const { clientOrderId: _, ...asked } = order;
  return [
    {
      ...at,
      ...asked,
      ...market,
      type: 'portfolio.orderSubmitted',
      eventId: `${clientOrderId}:submitted`,
      clientOrderId,
    },
    ...venue
      .fills()
      .filter(({ orderId }) => orderId === id)
      .map(({ id: fillId, side, quantity, price, quoteAmount, fee }): BookEvent => {
        const facts = { side, quantity, price, quoteAmount, fee };
        const eventId = `${clientOrderId}:fill:${fillId}`;
        return { ...at, ...market, ...facts, type: 'portfolio.fillReported', eventId, fillId, clientOrderId };
      }),
  ];
}

/** An adapter that throws is a bug, which its worker does not survive. */
function breakNextReading(exchange: InProcessExchange): void {
  const observe = exchange.observe;
  exchange.observe = () => {
    exchange.observe = observe;
    return Promise.reject(new Error('a bug of an adapter'));
  };
}
