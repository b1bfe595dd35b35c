import { describe, expect, it } from '@jest/globals';
import { amount } from '../../../src/domain/money/amount.ts';
import type { OrderInstruction, PreparedOrder } from '../../../src/domain/venue/order.ts';
import type { VenueKind } from '../../../src/domain/venue/venue.ts';
import { openInProcessExchange } from '../../../src/exchanges/simulated/in-process-exchange.ts';
import { settle } from '../../support/manual-clock.ts';
import { balanceOf, exampleVenue, START_MS } from './example-venue.ts';

const patient = new AbortController().signal;

function open(kind: VenueKind = 'coinbase', skewMs = 0) {
  const example = exampleVenue();
  const exchange = openInProcessExchange({
    venue: example.venue,
    kind,
    now: () => example.venue.now() - skewMs,
  });
  const prepare = async (changes: Partial<OrderInstruction> = {}): Promise<PreparedOrder> => {
    const outcome = await exchange.prepareOrder(instruction(changes), patient);
    if (outcome.state !== 'prepared') throw new Error(`expected a prepared order, found ${outcome.state}`);
    return outcome.order;
  };
  return { ...example, exchange, prepare };
}

function instruction(changes: Partial<OrderInstruction> = {}): OrderInstruction {
  return {
    intentId: 'intent',
    venue: 'example',
    market: 'BTC-USD',
    side: 'buy',
    quantity: amount('0.1'),
    limitPrice: amount('10100'),
    timeInForce: 'immediateOrCancel',
    reduceOnly: false,
    clientOrderId: '7',
    ...changes,
  };
}

describe('reading in process', () => {
  it('certifies a snapshot of balances, open orders, positions and fills', async () => {
    const { exchange, prepare } = open('dydx');
    await exchange.submitOrder(await prepare({ clientOrderId: '1' }), patient);
    await exchange.submitOrder(await prepare({ clientOrderId: '2', market: 'BTC-PERP' }), patient);
    const resting = {
      clientOrderId: '3',
      timeInForce: 'goodTilCancelled',
      limitPrice: amount('9000'),
    } as const;
    await exchange.submitOrder(await prepare(resting), patient);
    const observation = await exchange.observe({ fillsSinceMs: null }, patient);
    expect(observation).toMatchObject({
      state: 'known',
      value: {
        balances: [
          { asset: 'BTC', symbol: 'BTC', total: '1.1', available: '1.1', hold: '0' },
          { asset: 'USD', total: '8992.994', available: '8087.594', hold: '905.4' },
          { asset: 'USDC', total: '-7.006' },
        ],
        positions: [{ market: 'BTC-PERP', side: 'long', size: '0.1', entryPrice: '10010' }],
        openOrders: [{ clientOrderId: '3', remaining: '0.1', limitPrice: '9000', side: 'buy' }],
        accrued: [],
      },
      certificate: {
        venue: 'example',
        kind: 'dydx',
        scope: 'example/account',
        complete: true,
        coherent: true,
        observedAtMs: START_MS,
        clockSkewMs: 0,
        watermarkBefore: { height: 1_000_000 },
      },
    });
    if (observation.state !== 'known') return;
    expect(observation.value.fills).toHaveLength(2);
    expect(observation.value.fills[0]).not.toHaveProperty('height');
    expect(observation.certificate.pages.map(({ endpoint, rows }) => [endpoint, rows])).toEqual([
      ['ENGINE balances', 3],
      ['ENGINE positions', 1],
      ['ENGINE orders', 1],
      ['ENGINE fills', 2],
    ]);
  });

  it('moves the watermark exactly when something happens', async () => {
    const { exchange, prepare, venue, passTime } = open();
    const watermark = async () => {
      const observation = await exchange.observe({ fillsSinceMs: null }, patient);
      return observation.state === 'known'
        ? observation.certificate.watermarkAfter.activity
        : observation.reason;
    };
    const first = await watermark();
    passTime(60_000);
    expect(await watermark()).toBe(first);
    await exchange.submitOrder(await prepare(), patient);
    const second = await watermark();
    expect(second).not.toBe(first);
    venue.deposit('USD', amount('1'));
    expect(await watermark()).not.toBe(second);
  });

  it('gives fills from the time asked for, and on a chain swaps as activity instead', async () => {
    const { exchange, prepare, passTime } = open();
    await exchange.submitOrder(await prepare({ clientOrderId: '1' }), patient);
    passTime(1_000);
    await exchange.submitOrder(await prepare({ clientOrderId: '2' }), patient);
    const since = await exchange.observe({ fillsSinceMs: START_MS + 1_000 }, patient);
    expect(since).toMatchObject({ value: { fills: [{ clientOrderId: '2' }] } });

    const chain = open('solana');
    await chain.exchange.submitOrder(await chain.prepare(), patient);
    expect(await chain.exchange.observe({ fillsSinceMs: null }, patient)).toMatchObject({
      value: { fills: [] },
    });
    expect(await chain.exchange.readActivity({ sinceMs: 0, assets: ['BTC'] }, patient)).toMatchObject({
      state: 'known',
      value: [
        {
          kind: 'swap',
          deltas: [
            { asset: 'BTC', amount: '0.1' },
            { asset: 'USD', amount: '-1007.006' },
          ],
        },
      ],
    });
  });

  it('tells transfers and funding of the assets asked for, newest first', async () => {
    const { exchange, prepare, venue, passTime } = open('dydx');
    await exchange.submitOrder(await prepare({ market: 'BTC-PERP' }), patient);
    venue.deposit('USDC', amount('5'));
    venue.deposit('BTC', amount('2'));
    passTime(3_600_000);
    venue.settleFunding(amount('0.001'));
    const request = { sinceMs: START_MS, assets: ['USDC'] };
    expect(await exchange.readActivity(request, patient)).toMatchObject({
      state: 'known',
      value: [
        { kind: 'funding', deltas: [{ asset: 'USDC', amount: '-1' }], atMs: START_MS + 3_600_000 },
        { kind: 'deposit', deltas: [{ asset: 'USDC', amount: '5' }] },
      ],
    });
    const later = await exchange.readActivity({ ...request, sinceMs: START_MS + 1 }, patient);
    expect(later).toMatchObject({ value: [{ kind: 'funding' }] });
  });

  it('does not believe a venue whose clock is off', async () => {
    const { exchange } = open('coinbase', 2_001);
    expect(await exchange.observe({ fillsSinceMs: null }, patient)).toMatchObject({
      state: 'unknown',
      reason: 'stale',
    });
  });

  it('reads the markets that are named and refuses one that does not exist', async () => {
    const { exchange } = open();
    expect(await exchange.readMarkets(['BTC-USD'], patient)).toMatchObject([
      { market: 'BTC-USD', ask: '10010' },
    ]);
    expect(await exchange.readMarkets(['BTC-USD', 'X'], patient)).toMatchObject({
      state: 'unknown',
      reason: 'refused',
    });
  });
});

describe('ordering in process', () => {
  it('prepares without effect, submits, and submits the same again without a second effect', async () => {
    const { exchange, prepare, venue } = open();
    const order = await prepare();
    expect(venue.orders()).toEqual([]);
    const first = await exchange.submitOrder(order, patient);
    expect(first).toEqual({ state: 'accepted', venueOrderId: venue.orders()[0]?.id });
    expect(await exchange.submitOrder(order, patient)).toEqual(first);
    expect(venue.fills()).toHaveLength(1);
    expect(await exchange.findOrder(order, patient)).toMatchObject({
      state: 'found',
      status: 'filled',
      filledQuantity: '0.1',
      fills: [{ quantity: '0.1', price: '10010' }],
    });
  });

  it('passes a rejection on with its reason', async () => {
    const { exchange, prepare } = open();
    expect(await exchange.submitOrder(await prepare({ quantity: amount('5') }), patient)).toEqual({
      state: 'rejected',
      reason: 'insufficient funds: 50803 USD needed',
    });
  });

  it('denies what the kind of venue cannot take', async () => {
    const dydx = await open('dydx').exchange.prepareOrder(
      instruction({ clientOrderId: '4294967296' }),
      patient,
    );
    expect(dydx).toMatchObject({ state: 'deniedLocally' });
    expect(open('dydx').exchange.clientOrderIds).toBe('uint32');
    const wallet = await open('coinbase-wallet').exchange.prepareOrder(instruction(), patient);
    expect(wallet).toMatchObject({ state: 'deniedLocally' });
  });

  it('proves an order absent once its expiry has passed, and then no longer takes it', async () => {
    const { exchange, prepare, passTime } = open('dydx');
    const order = await prepare();
    expect(order.expiresAtHeight).toBe(1_000_020);
    passTime(20_000);
    expect(await exchange.findOrder(order, patient)).toMatchObject({ state: 'absent', isProven: false });
    passTime(1_000);
    expect(await exchange.findOrder(order, patient)).toMatchObject({ state: 'absent', isProven: true });
    expect(await exchange.submitOrder(order, patient)).toMatchObject({ state: 'rejected' });
    expect((await open('coinbase').prepare()).expiresAtHeight).toBeNull();
  });

  it('cancels what rests and refuses to cancel what does not', async () => {
    const { exchange, prepare, venue } = open();
    const order = await prepare({ timeInForce: 'goodTilCancelled', limitPrice: amount('9000') });
    await exchange.submitOrder(order, patient);
    const id = venue.orders()[0]?.id ?? '';
    expect(await exchange.cancelOrder(order, id, patient)).toEqual({ state: 'requested' });
    expect(await exchange.cancelOrder(order, id, patient)).toEqual({
      state: 'rejected',
      reason: 'the order is cancelled',
    });
    expect(await exchange.cancelOrder(order, 'x', patient)).toEqual({
      state: 'rejected',
      reason: 'no such order',
    });
    expect(balanceOf(venue, 'USD')).toEqual({ available: '10000', hold: '0' });
  });
});

describe('trouble on request', () => {
  it('makes the next reads unknown, one call a fault', async () => {
    const { exchange } = open();
    exchange.inject({ kind: 'unknown', method: 'observe', reason: 'rateLimited', retryAfterMs: 7_000 });
    exchange.inject({ kind: 'unknown', method: 'observe', reason: 'malformed' });
    const observe = () => exchange.observe({ fillsSinceMs: null }, patient);
    expect(await observe()).toMatchObject({ state: 'unknown', reason: 'rateLimited', retryAfterMs: 7_000 });
    expect(await observe()).toMatchObject({ state: 'unknown', reason: 'malformed' });
    expect(await observe()).toMatchObject({ state: 'known' });
  });

  it('loses the answer of an order that takes effect', async () => {
    const { exchange, prepare, venue } = open();
    exchange.inject({ kind: 'answerLost', method: 'submitOrder' });
    const order = await prepare();
    expect(await exchange.submitOrder(order, patient)).toMatchObject({ state: 'outcomeUnknown' });
    expect(venue.fills()).toHaveLength(1);
    expect(await exchange.findOrder(order, patient)).toMatchObject({ state: 'found', status: 'filled' });
  });

  it('loses the request of an order and of a cancellation', async () => {
    const { exchange, prepare, venue } = open();
    exchange.inject({ kind: 'requestLost', method: 'submitOrder' }, 2);
    const order = await prepare({ timeInForce: 'goodTilCancelled', limitPrice: amount('9000') });
    const submit = () => exchange.submitOrder(order, patient);
    expect([await submit(), await submit()]).toMatchObject([
      { state: 'outcomeUnknown' },
      { state: 'outcomeUnknown' },
    ]);
    expect(venue.orders()).toEqual([]);
    expect(await submit()).toMatchObject({ state: 'accepted' });
    exchange.inject({ kind: 'requestLost', method: 'cancelOrder' });
    const cancel = () => exchange.cancelOrder(order, venue.orders()[0]?.id ?? '', patient);
    expect(await cancel()).toMatchObject({ state: 'outcomeUnknown' });
    expect(venue.orders()[0]?.status).toBe('open');
    expect(await cancel()).toEqual({ state: 'requested' });
  });

  it('hangs until the caller aborts, without effect', async () => {
    const { exchange, prepare, venue } = open();
    exchange.inject({ kind: 'hang', method: 'observe' });
    exchange.inject({ kind: 'hang', method: 'submitOrder' });
    const order = await prepare();
    const abort = new AbortController();
    const answers = Promise.all([
      exchange.observe({ fillsSinceMs: null }, abort.signal),
      exchange.submitOrder(order, abort.signal),
    ]);
    await settle();
    expect(exchange.parked()).toBe(2);
    abort.abort();
    expect(await answers).toMatchObject([
      { state: 'unknown', reason: 'timedOut' },
      { state: 'outcomeUnknown' },
    ]);
    expect(exchange.parked()).toBe(0);
    expect(venue.orders()).toEqual([]);
  });

  it('ends what hangs when it closes and answers nothing afterwards', async () => {
    const { exchange, prepare } = open();
    const order = await prepare();
    exchange.inject({ kind: 'hang', method: 'findOrder' });
    const answer = exchange.findOrder(order, patient);
    await settle();
    await exchange.close();
    expect(await answer).toMatchObject({ state: 'unknown', reason: 'timedOut' });
    expect(await exchange.readMarkets([], patient)).toMatchObject({
      state: 'unknown',
      reason: 'unreachable',
    });
    expect(await exchange.submitOrder(order, patient)).toMatchObject({ state: 'deniedLocally' });
  });

  it('reads and sends nothing for a caller that has aborted already', async () => {
    const { exchange, prepare, venue } = open();
    const order = await prepare();
    expect(await exchange.submitOrder(order, AbortSignal.abort())).toMatchObject({ state: 'deniedLocally' });
    expect(await exchange.observe({ fillsSinceMs: null }, AbortSignal.abort())).toMatchObject({
      reason: 'timedOut',
    });
    expect(venue.orders()).toEqual([]);
  });
});
