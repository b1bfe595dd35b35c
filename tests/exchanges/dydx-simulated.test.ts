import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import type { Snapshot } from '../../src/domain/venue/observation.ts';
import type { OrderInstruction, PreparedOrder } from '../../src/domain/venue/order.ts';
import { simulatedDydx } from '../support/dydx-venue.ts';

const signal = new AbortController().signal;

describe('the dYdX adapter against a simulated dYdX', () => {
  let dydx: Awaited<ReturnType<typeof simulatedDydx>>;
  beforeEach(async () => {
    dydx = await simulatedDydx();
  });
  afterEach(() => dydx.close());

  const instruction = (changes: Partial<Record<keyof OrderInstruction, unknown>> = {}): OrderInstruction =>
    ({
      intentId: 'intent-1',
      venue: 'dydx',
      market: 'BTC-USD',
      side: 'buy',
      quantity: amount('0.05'),
      limitPrice: amount('61000'),
      timeInForce: 'immediateOrCancel',
      reduceOnly: false,
      clientOrderId: '4294967295',
      ...changes,
    }) as OrderInstruction;

  async function prepare(
    changes: Partial<Record<keyof OrderInstruction, unknown>> = {},
  ): Promise<PreparedOrder> {
    const prepared = await dydx.exchange.prepareOrder(instruction(changes), signal);
    if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
    return prepared.order;
  }

  async function snapshot(): Promise<Snapshot> {
    const observed = await dydx.exchange.observe({ fillsSinceMs: null }, signal);
    if (observed.state === 'unknown') throw new Error(`${observed.reason}: ${observed.detail}`);
    return observed.value;
  }

  it('places, finds and observes an order', async () => {
    const order = await prepare();
    const submitted = await dydx.exchange.submitOrder(order, signal);
    expect(submitted).toEqual({ state: 'accepted', venueOrderId: order.reference });
    const found = await dydx.exchange.findOrder(order, signal);
    expect(found).toMatchObject({
      state: 'found',
      venueOrderId: order.reference,
      status: 'filled',
      filledQuantity: '0.05',
      fills: [
        {
          clientOrderId: '4294967295',
          price: '60030',
          quoteAmount: '3001.5',
          fee: { asset: 'USDC', amount: '1.50075' },
        },
      ],
    });
    const { balances, positions, fills, openOrders } = await snapshot();
    expect(balances).toEqual([
      { asset: 'USDC', symbol: 'USDC', total: '6996.99925', available: '6996.99925', hold: '0' },
    ]);
    expect(positions).toEqual([{ market: 'BTC-USD', side: 'long', size: '0.05', entryPrice: '60030' }]);
    expect(fills.map((fill) => [fill.orderId, fill.clientOrderId])).toEqual([
      [order.reference, '4294967295'],
    ]);
    expect(openOrders).toEqual([]);
  });

  it('owes collateral for a long and holds a short with its sign', async () => {
    await dydx.exchange.submitOrder(await prepare({ quantity: amount('0.5') }), signal);
    await dydx.exchange.submitOrder(
      await prepare({
        market: 'ETH-USD',
        side: 'sell',
        quantity: amount('2.5'),
        limitPrice: amount('2900'),
        clientOrderId: '2',
      }),
      signal,
    );
    dydx.setPrice('BTC', '61234.567');
    const { balances, positions } = await snapshot();
    expect(balances[0]?.total).toBe('-12537.505625');
    expect(positions).toEqual([
      { market: 'BTC-USD', side: 'long', size: '0.5', entryPrice: '60030' },
      { market: 'ETH-USD', side: 'short', size: '-2.5', entryPrice: '2998.5' },
    ]);
  });

  it('leaves an order unknown when its answer is lost, and finds it afterwards', async () => {
    const order = await prepare();
    dydx.server.inject({ fault: { kind: 'answerLost' }, endpoint: 'RPC broadcast_tx_sync', count: 1 });
    expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(await dydx.exchange.findOrder(order, signal)).toMatchObject({ state: 'found', status: 'filled' });
    expect(dydx.venue.orders()).toHaveLength(1);
  });

  it('sends the same bytes again, and takes a transaction that the chain already has for accepted', async () => {
    const order = await prepare();
    dydx.server.inject({ fault: { kind: 'answerLost' }, endpoint: 'RPC broadcast_tx_sync', count: 1 });
    expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({ state: 'accepted' });
    expect(dydx.venue.orders()).toHaveLength(1);
    expect(dydx.venue.fills()).toHaveLength(1);
  });

  it('proves absence only once the expiry has passed', async () => {
    const order = await prepare();
    dydx.server.inject({ fault: { kind: 'requestLost' }, endpoint: 'RPC broadcast_tx_sync', count: 1 });
    expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(await dydx.exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
    dydx.passTime(20_000);
    expect(dydx.venue.height()).toBe(order.expiresAtHeight);
    expect(await dydx.exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
    dydx.passTime(1_000);
    expect(await dydx.exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: true });
    // The chain agrees: what expired is not taken any more, and that does not say that it never was.
    expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(dydx.venue.orders()).toEqual([]);
  });

  it('waits for a hanging validator no longer than the caller, and sends nothing after that', async () => {
    const order = await prepare();
    dydx.server.inject({ fault: { kind: 'hang' }, endpoint: 'RPC broadcast_tx_sync', count: 1 });
    const abort = new AbortController();
    const submitting = dydx.exchange.submitOrder(order, abort.signal);
    while (dydx.server.parked() === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await submitting).toMatchObject({ state: 'outcomeUnknown' });
    expect(await dydx.exchange.submitOrder(order, AbortSignal.abort())).toMatchObject({
      state: 'outcomeUnknown',
    });
    expect(dydx.venue.orders()).toEqual([]);
  });

  it.each(['RPC status', 'RPC abci_query'])(
    'leaves an order unknown when %s fails, and recovers',
    async (endpoint) => {
      const order = await prepare();
      dydx.server.inject({ fault: { kind: 'serverError', status: 502 }, endpoint, count: 1 });
      expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({
        state: 'outcomeUnknown',
        detail: expect.stringContaining('nothing was sent'),
      });
      expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({ state: 'accepted' });
    },
  );

  it('reports what the chain refuses', async () => {
    const order = await prepare({ quantity: amount('50') });
    expect(await dydx.exchange.submitOrder(order, signal)).toEqual({
      state: 'rejected',
      reason: 'clob 12: insufficient margin',
    });
    expect(await dydx.exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
  });

  it.each([
    ['immediateOrCancel', '61000'],
    ['goodTilCancelled', '50000'],
  ])('denies a client id that names an order of the market already: %s', async (timeInForce, limitPrice) => {
    const terms = { timeInForce, limitPrice: amount(limitPrice) };
    await dydx.exchange.submitOrder(await prepare(terms), signal);
    dydx.passTime(60_000);
    expect(await dydx.exchange.prepareOrder(instruction(terms), signal)).toMatchObject({
      state: 'deniedLocally',
      reason: expect.stringContaining('client order id 4294967295 names an order in BTC-USD already'),
    });
    await prepare({ ...terms, clientOrderId: '4294967294' });
  });

  it('tells two orders of one client id apart that were prepared before either was sent', async () => {
    const first = await prepare();
    dydx.passTime(5_000);
    const second = await prepare();
    await dydx.exchange.submitOrder(first, signal);
    // The chain refuses a fully filled id: that does not say that this order never took effect.
    expect(await dydx.exchange.submitOrder(second, signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(await dydx.exchange.findOrder(second, signal)).toMatchObject({ state: 'absent', isProven: false });
    expect(await dydx.exchange.findOrder(first, signal)).toMatchObject({ state: 'found', status: 'filled' });
  });

  it('fills an immediate order partly and cancels the rest', async () => {
    dydx.venue.limitNextFill(amount('0.4'));
    const order = await prepare();
    await dydx.exchange.submitOrder(order, signal);
    expect(await dydx.exchange.findOrder(order, signal)).toMatchObject({
      state: 'found',
      status: 'cancelled',
      filledQuantity: '0.02',
    });
  });

  it('rests, shows and cancels a long-term order', async () => {
    const order = await prepare({
      timeInForce: 'goodTilCancelled',
      limitPrice: amount('50000'),
      clientOrderId: '0',
    });
    expect(order.expiresAtHeight).toBeNull();
    expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({ state: 'accepted' });
    expect((await snapshot()).openOrders).toEqual([
      {
        id: order.reference,
        clientOrderId: '0',
        market: 'BTC-USD',
        side: 'buy',
        remaining: '0.05',
        limitPrice: '50000',
      },
    ]);
    expect(await dydx.exchange.findOrder(order, signal)).toMatchObject({ state: 'found', status: 'open' });
    expect(await dydx.exchange.cancelOrder(order, order.reference ?? '', signal)).toEqual({
      state: 'requested',
    });
    expect(await dydx.exchange.findOrder(order, signal)).toMatchObject({
      state: 'found',
      status: 'cancelled',
    });
    expect(await dydx.exchange.cancelOrder(order, order.reference ?? '', signal)).toMatchObject({
      state: 'rejected',
    });
    dydx.passTime(1_000);
    expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({ state: 'outcomeUnknown' });
  });

  it.each([
    ['a client id of 33 bits', { clientOrderId: '4294967296' }],
    ['a client id that is no number', { clientOrderId: 'rb-1' }],
    ['a client id with a leading zero', { clientOrderId: '01' }],
    ['a negative client id', { clientOrderId: '-1' }],
    ['a size below a step, which the client would raise to one', { quantity: amount('0.00000001') }],
    ['a size between two steps', { quantity: amount('0.01236') }],
    ['a size of zero', { quantity: amount('0') }],
    ['a price between two ticks, which the client would floor', { limitPrice: amount('60000.7') }],
    ['a price of zero', { limitPrice: amount('0') }],
  ])('denies %s', async (_name, changes) => {
    const outcome = await dydx.exchange.prepareOrder(instruction(changes), signal);
    expect(outcome).toMatchObject({ state: 'deniedLocally' });
  });

  it('does not know a market that the venue does not list', async () => {
    const outcome = await dydx.exchange.prepareOrder(instruction({ market: 'DOGE-USD' }), signal);
    expect(outcome).toMatchObject({ state: 'unknown', reason: 'refused' });
  });

  it('prepares the same text for the same order, without a key in it', async () => {
    const first = await prepare();
    expect((await prepare()).payload).toBe(first.payload);
    expect(Object.keys(JSON.parse(first.payload))).toEqual(
      [...Object.keys(JSON.parse(first.payload))].sort(),
    );
    expect(first.payload).not.toMatch(/mirror|mnemonic/);
    expect(JSON.parse(first.payload)).toMatchObject({
      quantums: '500000000',
      subticks: '6100000000',
      goodTilBlock: 1_000_020,
    });
  });

  it('denies orders of a key that is not of the account', async () => {
    const mnemonic =
      'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
    const other = await simulatedDydx({ credentials: { mnemonic } });
    try {
      const order = await prepare();
      const outcome = await other.exchange.submitOrder(order, signal);
      expect(outcome).toMatchObject({
        state: 'deniedLocally',
        reason: expect.stringMatching(/signs for dydx1/),
      });
    } finally {
      await other.close();
    }
  });

  it('says that a key cannot be read without quoting it', async () => {
    const other = await simulatedDydx({ credentials: { mnemonic: 'sesame open sesame' } });
    try {
      const outcome = await other.exchange.submitOrder(await prepare(), signal);
      expect(outcome).toEqual({ state: 'deniedLocally', reason: 'the configured key cannot be read' });
    } finally {
      await other.close();
    }
  });

  it('reads deposits, withdrawals and funding as they changed the collateral', async () => {
    await dydx.exchange.submitOrder(await prepare(), signal);
    dydx.passTime(3_600_000);
    dydx.venue.deposit('USDC', amount('250.5'));
    dydx.venue.withdraw('USDC', amount('100'));
    dydx.venue.settleFunding(amount('0.0001'));
    const request = { sinceMs: dydx.venue.now() - 1_000, assets: ['USDC'] };
    const activity = await dydx.exchange.readActivity(request, signal);
    if (activity.state === 'unknown') throw new Error(activity.detail);
    expect(activity.value.map(({ kind, deltas }) => [kind, deltas]).sort()).toEqual([
      ['deposit', [{ asset: 'USDC', amount: '250.5' }]],
      ['funding', [{ asset: 'USDC', amount: '-0.3' }]],
      ['withdrawal', [{ asset: 'USDC', amount: '-100' }]],
    ]);
    const later = { ...request, sinceMs: dydx.venue.now() + 1 };
    expect(await dydx.exchange.readActivity(later, signal)).toMatchObject({ state: 'known', value: [] });
  });

  it('reads markets and their prices', async () => {
    const markets = await dydx.exchange.readMarkets(['ETH-USD', 'BTC-USD'], signal);
    const funding = { intervalMs: 3_600_000, rateMax: '0.015' };
    const margins = { initialMarginRate: '0.05', maintenanceMarginRate: '0.03' };
    const perpetualTerms = { state: 'known', ...margins, funding };
    expect(markets).toMatchObject([
      { market: 'ETH-USD', bid: '2998.5', ask: '3001.5', step: '0.001', tick: '0.1', minQuantity: '0.001' },
      { market: 'BTC-USD', bid: '59970', ask: '60030', takerFeeRate: '0.0005', perpetualTerms },
    ]);
    if ('state' in markets) throw new Error(markets.detail);
    expect(markets.map(({ dayQuoteVolume }) => dayQuoteVolume)).toEqual([undefined, '250000000']);
  });

  it.each([
    ['rateLimited', { kind: 'rateLimited', retryAfterSeconds: 2 }],
    ['unreachable', { kind: 'serverError', status: 503 }],
    ['malformed', { kind: 'emptyAnswer' }],
    ['malformed', { kind: 'malformedRow' }],
    ['unreachable', { kind: 'answerLost' }],
    ['unreachable', { kind: 'requestLost' }],
  ] as const)('is %s where an endpoint meets %j', async (reason, fault) => {
    for (const endpoint of ['/v4/height', '/v4/addresses', '/v4/orders', '/v4/fills']) {
      dydx.server.inject({ fault, endpoint, count: 1 });
      const observed = await dydx.exchange.observe({ fillsSinceMs: null }, signal);
      expect({ endpoint, ...observed }).toMatchObject({ endpoint, state: 'unknown', reason });
    }
    expect(await dydx.exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({ state: 'known' });
  });

  it('does not take a list whose next page is refused for complete', async () => {
    await dydx.exchange.submitOrder(await prepare(), signal);
    dydx.server.inject({ fault: { kind: 'droppedPage' }, endpoint: '/v4/fills', count: 1 });
    expect(await dydx.exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
      state: 'unknown',
      reason: 'incomplete',
    });
  });

  it('reads again where a replica that is behind answers the first look', async () => {
    await snapshot();
    await dydx.exchange.submitOrder(await prepare(), signal);
    dydx.passTime(1_000);
    dydx.server.inject({ fault: { kind: 'staleRead' }, endpoint: '/v4/addresses', count: 1 });
    expect((await snapshot()).balances[0]?.total).toBe('6996.99925');
    dydx.server.inject({ fault: { kind: 'staleRead' }, endpoint: '/v4/addresses', count: 1 });
    expect((await snapshot()).balances[0]?.total).toBe('6996.99925');
  });
});
