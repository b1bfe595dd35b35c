import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { amount, sum } from '../../src/domain/money/amount.ts';
import type { OrderInstruction, PreparedOrder } from '../../src/domain/venue/order.ts';
import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { serveCoinbase } from '../../src/exchanges/simulated/coinbase-server.ts';
import { createSimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import type { Fault, VenueServer } from '../../src/exchanges/simulated/simulated-venue.ts';
import { EXAMPLE_MARKETS, exampleVenue } from './simulated/example-venue.ts';

const PORTFOLIO = 'portfolio-1';
const signal = new AbortController().signal;
const key = createSimulatedKey();

let world: ReturnType<typeof exampleVenue>;
let server: VenueServer;
let exchange: Exchange;
let orderCount = 0;

interface Changes {
  readonly rowsPerPageMax?: number;
  /** How far our clocks are ahead of the venue's, which then takes no token that is dated ahead of its own. */
  readonly aheadMs?: number;
}

async function open({ rowsPerPageMax, aheadMs }: Changes = {}) {
  world = exampleVenue({
    venue: 'coinbase',
    markets: EXAMPLE_MARKETS.slice(0, 2),
    balances: { USD: amount('10000'), BTC: amount('1.5'), ETH: amount('0') },
  });
  const { venue } = world;
  const clock = { now: () => venue.now(), setTimeout: () => null, clearTimeout: () => {} };
  server = await serveCoinbase({
    venue,
    clock,
    portfolio: PORTFOLIO,
    keyName: key.credentials.keyName,
    publicKey: key.publicKey,
    ...(rowsPerPageMax === undefined ? {} : { rowsPerPageMax }),
    ...(aheadMs === undefined ? {} : { machineNow: () => venue.now(), clockToleranceSeconds: 0 }),
  });
  exchange = openCoinbaseExchange({
    venue: 'coinbase',
    baseUrl: server.urls.baseUrl ?? '',
    credentials: key.credentials,
    scope: { portfolio: PORTFOLIO },
    now: () => venue.now() + (aheadMs ?? 0),
    ...(aheadMs === undefined
      ? {}
      : { machineNow: () => venue.now() + aheadMs, tradeCredentials: key.credentials }),
  });
}

beforeEach(() => open());
afterEach(async () => {
  await exchange.close();
  await server.close();
});

async function order(changes: Partial<OrderInstruction> = {}): Promise<PreparedOrder> {
  orderCount += 1;
  const instruction: OrderInstruction = {
    intentId: `intent-${orderCount}`,
    venue: 'coinbase',
    market: 'BTC-USD',
    side: 'buy',
    quantity: amount('0.1'),
    limitPrice: amount('10100'),
    timeInForce: 'immediateOrCancel',
    reduceOnly: false,
    clientOrderId: `client-${orderCount}`,
    ...changes,
  };
  const prepared = await exchange.prepareOrder(instruction, signal);
  if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
  return prepared.order;
}

async function snapshot() {
  const observed = await exchange.observe({ fillsSinceMs: null }, signal);
  if (observed.state === 'unknown') throw new Error(`${observed.reason}: ${observed.detail}`);
  return observed.value;
}

const meet = (fault: Fault, endpoint: string, count = 1) => server.inject({ fault, endpoint, count });

describe('the Coinbase adapter at a simulated Coinbase', () => {
  it('sees exactly what the venue holds', async () => {
    const { balances } = await snapshot();
    expect(balances.map(({ asset, available, hold }) => ({ asset, available, hold }))).toEqual(
      world.venue.balances().map(({ asset, available, hold }) => ({ asset, available, hold })),
    );
  });

  it('places an order, finds it with its fills, and the balances agree with them', async () => {
    const before = await snapshot();
    const placed = await order();
    expect(await exchange.submitOrder(placed, signal)).toMatchObject({ state: 'accepted' });
    const found = await exchange.findOrder(placed, signal);
    expect(found).toMatchObject({ state: 'found', status: 'filled', filledQuantity: '0.1' });
    const after = await snapshot();
    expect(after.fills).toHaveLength(1);
    const [fill] = after.fills;
    const total = (of: typeof after, asset: string) =>
      of.balances.find((one) => one.asset === asset)?.total ?? amount('0');
    expect(total(after, 'BTC')).toBe(sum([total(before, 'BTC'), fill?.quantity ?? amount('0')]));
    expect(
      sum([total(after, 'USD'), fill?.quoteAmount ?? amount('0'), fill?.fee.amount ?? amount('0')]),
    ).toBe(total(before, 'USD'));
    expect(found.state === 'found' && found.fills.map(({ id, fee }) => [id, fee])).toEqual([
      [fill?.id, fill?.fee],
    ]);
  });

  it('shows a resting order with its hold, cancels it, and the hold is gone', async () => {
    const resting = await order({ limitPrice: amount('9000'), timeInForce: 'goodTilCancelled' });
    const outcome = await exchange.submitOrder(resting, signal);
    const venueOrderId = outcome.state === 'accepted' ? (outcome.venueOrderId ?? '') : '';
    const open = await snapshot();
    expect(open.openOrders).toEqual([
      {
        id: venueOrderId,
        clientOrderId: resting.instruction.clientOrderId,
        market: 'BTC-USD',
        side: 'buy',
        remaining: '0.1',
        limitPrice: '9000',
      },
    ]);
    expect(open.balances.find(({ asset }) => asset === 'USD')?.hold).toBe('905.4');
    expect(await exchange.cancelOrder(resting, venueOrderId, signal)).toEqual({ state: 'requested' });
    const closed = await snapshot();
    expect([closed.openOrders, closed.balances.find(({ asset }) => asset === 'USD')?.hold]).toEqual([
      [],
      '0',
    ]);
    expect(await exchange.findOrder(resting, signal)).toMatchObject({ state: 'found', status: 'cancelled' });
    expect(await exchange.cancelOrder(resting, venueOrderId, signal)).toMatchObject({ state: 'rejected' });
  });

  it.each([1_500, -1_500])('reads and orders by a machine’s clock that is off by %d ms', async (aheadMs) => {
    await server.close();
    await open({ aheadMs });
    const observed = await exchange.observe({ fillsSinceMs: null }, signal);
    expect(observed).toMatchObject({ state: 'known', certificate: { clockSkewMs: -aheadMs } });
    const resting = await order({ limitPrice: amount('9000'), timeInForce: 'goodTilCancelled' });
    const outcome = await exchange.submitOrder(resting, signal);
    if (outcome.state !== 'accepted') throw new Error(JSON.stringify(outcome));
    expect(await exchange.findOrder(resting, signal)).toMatchObject({ state: 'found', status: 'open' });
    expect(await exchange.cancelOrder(resting, outcome.venueOrderId ?? '', signal)).toEqual({
      state: 'requested',
    });
  });

  it('finds an order whose answer was lost, and sending it again changes nothing', async () => {
    const lost = await order();
    meet({ kind: 'answerLost' }, 'POST /api/v3/brokerage/orders');
    expect(await exchange.submitOrder(lost, signal)).toMatchObject({ state: 'outcomeUnknown' });
    const found = await exchange.findOrder(lost, signal);
    expect(found).toMatchObject({ state: 'found', status: 'filled' });
    const again = await exchange.submitOrder(lost, signal);
    expect(again).toEqual({
      state: 'accepted',
      venueOrderId: found.state === 'found' ? found.venueOrderId : '',
    });
    expect(world.venue.fills()).toHaveLength(1);
  });

  it('proves the absence of an order that was lost on its way, in time', async () => {
    const lost = await order();
    meet({ kind: 'requestLost' }, 'POST /api/v3/brokerage/orders');
    expect(await exchange.submitOrder(lost, signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(await exchange.findOrder(lost, signal)).toMatchObject({ state: 'absent', isProven: false });
    world.passTime(60_000);
    expect(await exchange.findOrder(lost, signal)).toMatchObject({ state: 'absent', isProven: true });
  });

  it('hears a refusal with its reason and finds the order rejected', async () => {
    const tooLarge = await order({ quantity: amount('5') });
    expect(await exchange.submitOrder(tooLarge, signal)).toEqual({
      state: 'rejected',
      reason: 'INSUFFICIENT_FUND',
    });
    expect(await exchange.findOrder(tooLarge, signal)).toMatchObject({
      state: 'found',
      status: 'rejected',
      filledQuantity: '0',
    });
  });

  it('finds what a partly filled order has filled', async () => {
    world.venue.limitNextFill(amount('0.4'));
    const partly = await order();
    await exchange.submitOrder(partly, signal);
    expect(await exchange.findOrder(partly, signal)).toMatchObject({
      status: 'cancelled',
      filledQuantity: '0.04',
      fills: [{ quantity: '0.04' }],
    });
  });

  it('follows every list over many pages', async () => {
    await server.close();
    await open({ rowsPerPageMax: 2 });
    for (let n = 0; n < 5; n += 1) {
      world.passTime(1_000);
      await exchange.submitOrder(
        await order({
          limitPrice: amount('9000'),
          timeInForce: 'goodTilCancelled',
          quantity: amount('0.01'),
        }),
        signal,
      );
      await exchange.submitOrder(await order({ quantity: amount('0.01') }), signal);
      world.venue.deposit('BTC', amount('0.001'));
    }
    const seen = await snapshot();
    expect([seen.balances.length, seen.openOrders.length, seen.fills.length]).toEqual([3, 5, 5]);
    const activity = await exchange.readActivity({ sinceMs: 0, assets: ['BTC'] }, signal);
    expect(activity.state === 'known' && activity.value).toHaveLength(5);
  });

  it('reads deposits and withdrawals of the assets asked for', async () => {
    const deposit = world.venue.deposit('BTC', amount('0.25'));
    world.passTime(1_000);
    const withdrawal = world.venue.withdraw('USD', amount('100'));
    const both = await exchange.readActivity({ sinceMs: 0, assets: ['BTC', 'USD'] }, signal);
    expect(both).toMatchObject({ state: 'known', value: [deposit, withdrawal] });
    const later = await exchange.readActivity({ sinceMs: world.venue.now(), assets: ['BTC', 'USD'] }, signal);
    expect(later).toMatchObject({ state: 'known', value: [withdrawal] });
    const one = await exchange.readActivity({ sinceMs: 0, assets: ['BTC'] }, signal);
    expect(one).toMatchObject({ state: 'known', value: [deposit] });
  });

  it('reads markets as they are', async () => {
    expect(await exchange.readMarkets(['BTC-USD', 'ETH-BTC'], signal)).toEqual(world.venue.markets());
    expect(await exchange.readMarkets(['NONE-USD'], signal)).toMatchObject({
      state: 'unknown',
      reason: 'refused',
    });
  });

  it.each<[string, Fault, object]>([
    [
      'a burst of 429',
      { kind: 'rateLimited', retryAfterSeconds: 3 },
      { reason: 'rateLimited', retryAfterMs: 3_000 },
    ],
    ['a server error', { kind: 'serverError', status: 502 }, { reason: 'unreachable' }],
    ['a dropped page', { kind: 'droppedPage' }, { reason: 'incomplete' }],
    ['an empty answer', { kind: 'emptyAnswer' }, { reason: 'malformed' }],
    ['a malformed row', { kind: 'malformedRow' }, { reason: 'malformed' }],
    ['a lost request', { kind: 'requestLost' }, { reason: 'unreachable' }],
  ])('does not know after %s, on any list', async (_case, fault, expected) => {
    await exchange.submitOrder(await order(), signal);
    await exchange.submitOrder(
      await order({ limitPrice: amount('9000'), timeInForce: 'goodTilCancelled' }),
      signal,
    );
    for (const endpoint of ['/accounts', '/historical/batch', '/historical/fills']) {
      meet(fault, endpoint);
      expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
        state: 'unknown',
        ...expected,
      });
    }
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({ state: 'known' });
    expect(server.faultsMet().map(({ met }) => met)).toEqual([1, 1, 1]);
  });

  it('notices a stale read of the accounts by the second one', async () => {
    await snapshot();
    world.venue.deposit('BTC', amount('1'));
    meet({ kind: 'staleRead' }, 'GET /api/v3/brokerage/accounts');
    const { balances } = await snapshot();
    expect(balances.find(({ asset }) => asset === 'BTC')?.total).toBe('2.5');
  });

  it('is refused with another key, with an expired token, and for another portfolio', async () => {
    const options = {
      venue: 'coinbase',
      baseUrl: server.urls.baseUrl ?? '',
      scope: {},
      now: () => world.venue.now(),
    };
    const stranger = openCoinbaseExchange({ ...options, credentials: createSimulatedKey().credentials });
    expect(await stranger.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'refused' });
    const late = openCoinbaseExchange({
      ...options,
      credentials: key.credentials,
      machineNow: () => Date.now() - 600_000,
    });
    expect(await late.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'refused' });
    const other = openCoinbaseExchange({
      ...options,
      credentials: key.credentials,
      scope: { portfolio: 'other' },
    });
    expect(await other.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'wrongScope' });
  });
});
