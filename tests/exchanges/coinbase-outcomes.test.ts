import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { CLOCK_SKEW_MAX_MS } from '../../src/domain/venue/observation.ts';
import type { OrderInstruction, PreparedOrder } from '../../src/domain/venue/order.ts';
import { ABSENCE_PROVEN_AFTER_MS } from '../../src/exchanges/coinbase/find-order.ts';
import { ORDER_TOKEN_LIFE_MS, submitSpotOrder } from '../../src/exchanges/coinbase/order-commands.ts';
import { sentTimes } from '../../src/exchanges/coinbase/sent-times.ts';
import {
  EMPTY_FILLS,
  EMPTY_ORDERS,
  FILLS_PATH,
  ORDERS_PATH,
  openTestAccount,
  serveAccount,
  TIME_PATH,
} from '../support/coinbase-account.ts';
import type { ScriptedAnswer, ScriptedRequest, ScriptedServer } from '../support/scripted-server.ts';

const signal = new AbortController().signal;
const NOW_MS = Date.UTC(2025, 0, 1);
const INSTRUCTION: OrderInstruction = {
  intentId: 'intent-1',
  venue: 'coinbase',
  market: 'BTC-USD',
  side: 'buy',
  quantity: amount('0.5'),
  limitPrice: amount('40000'),
  timeInForce: 'immediateOrCancel',
  reduceOnly: false,
  clientOrderId: 'bot-7',
};

let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function prepared(change: Partial<OrderInstruction> = {}): Promise<PreparedOrder> {
  const exchange = openTestAccount('http://127.0.0.1:1', { now: () => NOW_MS });
  const outcome = await exchange.prepareOrder({ ...INSTRUCTION, ...change }, signal);
  if (outcome.state !== 'prepared') throw new Error(JSON.stringify(outcome));
  return outcome.order;
}

const row = (change: object = {}) => ({
  order_id: 'o-1',
  product_id: 'BTC-USD',
  side: 'BUY',
  client_order_id: 'bot-7',
  status: 'FILLED',
  filled_size: '0.5',
  filled_value: '20000',
  number_of_fills: '1',
  order_configuration: { sor_limit_ioc: { base_size: '0.5', limit_price: '40000' } },
  ...change,
});
const fill = (change: object = {}) => ({
  trade_id: 't-1',
  order_id: 'o-1',
  product_id: 'BTC-USD',
  side: 'BUY',
  size: '0.5',
  price: '40000',
  commission: '1',
  trade_time: '2025-01-01T00:00:01Z',
  ...change,
});
const listOf = (...orders: readonly object[]) => ({ ...EMPTY_ORDERS, orders });

describe('an attempt to place an order', () => {
  const REFUSED: ScriptedAnswer = { status: 401, body: 'the token has expired' };
  const FAILED: ScriptedAnswer = { body: { success: false, error_response: { error: 'INSUFFICIENT_FUND' } } };
  const TAKEN: ScriptedAnswer = { body: { success: true, success_response: { order_id: 'o-1' } } };

  it.each<[string, readonly ScriptedAnswer[], readonly string[]]>([
    ['is refused for the token', ['cut', REFUSED], ['outcomeUnknown', 'outcomeUnknown']],
    [
      'is refused for the funds, which the first one may hold',
      ['cut', FAILED],
      ['outcomeUnknown', 'outcomeUnknown'],
    ],
    ['is taken', ['cut', TAKEN], ['outcomeUnknown', 'accepted']],
    [
      'is refused after it was taken',
      ['cut', TAKEN, FAILED],
      ['outcomeUnknown', 'accepted', 'outcomeUnknown'],
    ],
    ['is refused like the first one', [FAILED, FAILED], ['rejected', 'rejected']],
  ])('says nothing of an earlier one that may have been taken when it %s', async (_case, answers, states) => {
    server = await serveAccount({ accounts: {} }, ({ earlier }) => answers[earlier] ?? null);
    const exchange = openTestAccount(server.url);
    const order = await prepared();
    const found: string[] = [];
    for (const _answer of answers) found.push((await exchange.submitOrder(order, signal)).state);
    expect(found).toEqual(states);
    expect(new Set(server.requests.map(({ body }) => body))).toEqual(new Set([order.payload]));
  });

  it('is in doubt still when the next one cannot be sent', async () => {
    server = await serveAccount({ accounts: {} }, () => 'cut');
    const exchange = openTestAccount(server.url);
    const order = await prepared();
    await exchange.submitOrder(order, signal);
    expect(await exchange.submitOrder(order, AbortSignal.abort())).toMatchObject({ state: 'outcomeUnknown' });
  });

  const failing = (cause: unknown) => ({
    origin: '',
    read: () => Promise.reject(new Error('not a read')),
    send: () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause })),
  });
  const connect = Object.assign(new Error(), { code: 'ECONNREFUSED', syscall: 'connect' });
  it.each([
    ['a refused connection', connect, 'deniedLocally'],
    ['refused connections to every address', new AggregateError([connect, connect]), 'deniedLocally'],
    [
      'no such host',
      Object.assign(new Error(), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }),
      'deniedLocally',
    ],
    [
      'a connection that did not come up in time',
      Object.assign(new Error(), { code: 'UND_ERR_CONNECT_TIMEOUT' }),
      'deniedLocally',
    ],
    [
      'a host that became unreachable while the connection stood',
      Object.assign(new Error(), { code: 'EHOSTUNREACH', syscall: 'read' }),
      'outcomeUnknown',
    ],
    ['a reset', Object.assign(new Error(), { code: 'ECONNRESET', syscall: 'read' }), 'outcomeUnknown'],
    ['an error that does not say where', new Error('other'), 'outcomeUnknown'],
    ['an error without a cause', undefined, 'outcomeUnknown'],
  ])('is denied only where nothing can have been sent: %s', async (_case, cause, state) => {
    expect(await submitSpotOrder(failing(cause), await prepared(), signal)).toMatchObject({ state });
  });

  it.each<[string, ScriptedAnswer]>([
    ['an answer longer than anyone sends', { body: `{"pad":"${'x'.repeat(17 * 1024 * 1024)}"}` }],
    ['an answer that nests without end', { body: `${'['.repeat(100_000)}${']'.repeat(100_000)}` }],
    ['499 of a gateway', { status: 499, body: '' }],
  ])('is of unknown outcome after %s', async (_case, answer) => {
    server = await serveAccount({ accounts: {} }, () => answer);
    expect(await openTestAccount(server.url).submitOrder(await prepared(), signal)).toMatchObject({
      state: 'outcomeUnknown',
    });
  });

  it('is of unknown outcome where the answer breaks off in the middle', async () => {
    const broken = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"success":true,');
      setImmediate(() => response.destroy());
    });
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', () => resolve()));
    const { port } = broken.address() as AddressInfo;
    const exchange = openTestAccount(`http://127.0.0.1:${port}`);
    const outcome = await exchange.submitOrder(await prepared(), signal);
    await new Promise((resolve) => broken.close(resolve));
    expect(outcome).toMatchObject({ state: 'outcomeUnknown' });
  });

  it('is refused with a reason that people can read, however long the venue’s is', async () => {
    const error = 'x'.repeat(100_000);
    server = await serveAccount({ accounts: {} }, () => ({
      body: { success: false, error_response: { error } },
    }));
    const outcome = await openTestAccount(server.url).submitOrder(await prepared(), signal);
    expect(outcome).toEqual({ state: 'rejected', reason: 'x'.repeat(200) });
  });

  it('carries a token that dies before absence is proven', async () => {
    server = await serveAccount({ accounts: {} }, () => TAKEN);
    await openTestAccount(server.url).submitOrder(await prepared(), signal);
    const token = String(server.requests[0]?.headers.authorization).split('.')[1] ?? '';
    const { nbf, exp } = JSON.parse(Buffer.from(token, 'base64url').toString());
    expect((exp - nbf) * 1_000).toBe(ORDER_TOKEN_LIFE_MS);
    expect(ORDER_TOKEN_LIFE_MS).toBeLessThan(ABSENCE_PROVEN_AFTER_MS);
  });

  it('is not proven absent before its token has died, whatever the clocks did meanwhile', async () => {
    server = await serveAccount({ accounts: { accounts: [] } }, ({ path }) =>
      path === TIME_PATH ? { body: { epochMillis: String(NOW_MS + CLOCK_SKEW_MAX_MS) } } : null,
    );
    const now = () => NOW_MS;
    const exchange = openTestAccount(server.url, { now, machineNow: now });
    await exchange.observe({ fillsSinceMs: null }, signal);
    await exchange.submitOrder(await prepared(), signal);
    const order = server.requests.find(({ method }) => method === 'POST');
    const token = String(order?.headers.authorization).split('.')[1] ?? '';
    const { nbf, exp } = JSON.parse(Buffer.from(token, 'base64url').toString());
    expect(nbf * 1_000).toBe(NOW_MS + CLOCK_SKEW_MAX_MS);
    expect(NOW_MS + ABSENCE_PROVEN_AFTER_MS - CLOCK_SKEW_MAX_MS).toBeGreaterThanOrEqual(exp * 1_000);
  });

  it('counts as sent later, never earlier, once it is forgotten', () => {
    const sent = sentTimes(5);
    sent.record('first', { atMs: 10, mayBeThere: true });
    for (let n = 0; n < 1_000; n += 1) sent.record(`other-${n}`, { atMs: 20, mayBeThere: false });
    expect([sent.latest('first'), sent.latest('never sent')]).toEqual([10, 10]);
  });
});

describe('a cancel', () => {
  it.each([
    ['DUPLICATE_CANCEL_REQUEST', { state: 'requested' }],
    ['ORDER_IS_FULLY_FILLED', { state: 'rejected', reason: 'ORDER_IS_FULLY_FILLED' }],
    ['', { state: 'rejected', reason: 'no reason given' }],
  ])('that fails with HTTP 200 for the reason %j is %j', async (reason, expected) => {
    const result = { success: false, failure_reason: reason, order_id: 'o-1' };
    server = await serveAccount({ accounts: {} }, () => ({ body: { results: [result] } }));
    expect(await openTestAccount(server.url).cancelOrder(await prepared(), 'o-1', signal)).toEqual(expected);
  });

  it.each<[string, ScriptedAnswer]>([
    ['a redirect', { status: 307, headers: { location: '/elsewhere' }, body: '' }],
    ['an empty success', { body: '' }],
    ['a cut connection', 'cut'],
  ])('is of unknown outcome after %s', async (_case, answer) => {
    server = await serveAccount({ accounts: {} }, () => answer);
    expect(await openTestAccount(server.url).cancelOrder(await prepared(), 'o-1', signal)).toMatchObject({
      state: 'outcomeUnknown',
    });
  });
});

describe('a look-up by client order id', () => {
  const LATE_MS = NOW_MS + ABSENCE_PROVEN_AFTER_MS + 1;

  /** Looks an order up that was prepared at NOW_MS and never sent by this process, which opened then. */
  async function lookUp(
    answer: (request: ScriptedRequest) => ScriptedAnswer | null,
    change: Partial<OrderInstruction> = {},
  ) {
    let nowMs = NOW_MS;
    server = await serveAccount({ accounts: {} }, answer);
    const exchange = openTestAccount(server.url, { now: () => nowMs });
    nowMs = LATE_MS;
    return exchange.findOrder(await prepared(change), signal);
  }
  const onTime: ScriptedAnswer = { body: { epochMillis: String(LATE_MS) } };

  it('asks for all orders, for open ones and for all again before it says absent', async () => {
    const found = await lookUp(({ path }) => (path === TIME_PATH ? onTime : null));
    expect(found).toMatchObject({ state: 'absent', isProven: true });
    expect(server?.requests.map(({ path, query }) => [path, query.get('order_status')])).toEqual([
      [ORDERS_PATH, null],
      [ORDERS_PATH, 'OPEN'],
      [ORDERS_PATH, null],
      [TIME_PATH, null],
    ]);
    expect(server?.requests.some(({ query }) => query.has('product_ids'))).toBe(false);
  });

  it.each<[string, (request: ScriptedRequest) => boolean]>([
    ['only among the open ones', ({ query }) => query.get('order_status') === 'OPEN'],
    ['only once it has ended meanwhile', ({ earlier }) => earlier === 2],
  ])('finds an order that is listed %s', async (_case, isListed) => {
    const found = await lookUp((request) => {
      if (request.path === FILLS_PATH) return { body: { ...EMPTY_FILLS, fills: [fill()] } };
      return request.path === ORDERS_PATH && isListed(request) ? { body: listOf(row()) } : null;
    });
    expect(found).toMatchObject({ state: 'found', venueOrderId: 'o-1', filledQuantity: '0.5' });
  });

  it.each<[string, ScriptedAnswer, string]>([
    ['the venue’s clock is behind', { body: { epochMillis: String(LATE_MS - 2_001) } }, '-2001 ms off'],
    [
      'the venue’s clock is ahead',
      { body: { iso: new Date(LATE_MS + 60_000).toISOString() } },
      '60000 ms off',
    ],
    ['the venue does not tell its time', { status: 404, body: '' }, 'does not tell its time'],
  ])('proves no absence where %s', async (_case, answer, detail) => {
    expect(await lookUp(({ path }) => (path === TIME_PATH ? answer : null))).toMatchObject({
      state: 'absent',
      isProven: false,
      detail: expect.stringContaining(detail),
    });
  });

  it.each<[string, ScriptedAnswer, object]>([
    ['cut short', { body: { orders: [], has_next: true, cursor: '' } }, { reason: 'incomplete' }],
    ['refused', { status: 401, body: '' }, { reason: 'refused' }],
    ['empty in every way', { body: '' }, { reason: 'malformed' }],
  ])('is unknown, never absent, where the open orders are %s', async (_case, answer, expected) => {
    const found = await lookUp(({ query }) => (query.get('order_status') === 'OPEN' ? answer : null));
    expect(found).toMatchObject({ state: 'unknown', ...expected });
  });

  it.each([
    [
      'two orders carry the id',
      [row(), row({ order_id: 'o-2' })],
      '2 orders carry the client order id bot-7',
    ],
    ['the order is of the other side', [row({ side: 'SELL' })], 'is a sell, a buy was sent'],
  ])('is unknown where %s', async (_case, orders, detail) => {
    const found = await lookUp(({ path }) => {
      if (path === FILLS_PATH) return { body: { ...EMPTY_FILLS, fills: [fill()] } };
      return path === ORDERS_PATH ? { body: listOf(...orders) } : null;
    });
    expect(found).toMatchObject({
      state: 'unknown',
      reason: 'incoherent',
      detail: expect.stringContaining(detail),
    });
  });

  it('does not stumble over an order of somebody else that it cannot read', async () => {
    const orders = [{ order_id: 'o-9', client_order_id: 'other' }, row()];
    const found = await lookUp(({ path }) => {
      if (path === FILLS_PATH) return { body: { ...EMPTY_FILLS, fills: [fill()] } };
      return path === ORDERS_PATH ? { body: listOf(...orders) } : null;
    });
    expect(found).toMatchObject({ state: 'found', venueOrderId: 'o-1' });
  });
});

describe('a market order for an amount of quote', () => {
  const QUOTE = { quoteSize: amount('100') };
  const inQuote = (change: object = {}) =>
    row({
      filled_size: '0.0024752475247524',
      filled_value: '99.0099009900990099',
      order_configuration: { market_market_ioc: { quote_size: '100' } },
      ...change,
    });
  const quoteFill = (change: object = {}) =>
    fill({ size: '99.0099009900990099', size_in_quote: true, ...change });

  async function find(order: object, fills: readonly object[]) {
    server = await serveAccount({
      accounts: {},
      orders: listOf(order),
      fills: { ...EMPTY_FILLS, fills },
    });
    return openTestAccount(server.url).findOrder(await prepared(QUOTE), signal);
  }

  it('is prepared with that amount and nothing else', async () => {
    const { payload } = await prepared(QUOTE);
    expect(payload).toBe(
      '{"client_order_id":"bot-7","product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"quote_size":"100"}}}',
    );
  });

  it.each([
    ['of nothing', { quoteSize: amount('0') }],
    ['that sells, for what it takes of the base has no bound', { ...QUOTE, side: 'sell' as const }],
    ['that rests', { ...QUOTE, timeInForce: 'goodTilCancelled' as const }],
  ])('is denied locally %s', async (_case, change) => {
    const exchange = openTestAccount('http://127.0.0.1:1');
    expect(await exchange.prepareOrder({ ...INSTRUCTION, ...change }, signal)).toMatchObject({
      state: 'deniedLocally',
    });
  });

  it('is found with its fills in base', async () => {
    expect(await find(inQuote(), [quoteFill()])).toMatchObject({
      state: 'found',
      filledQuantity: '0.0024752475247524',
      fills: [{ quantity: '0.0024752475247524', quoteAmount: '99.0099009900990099' }],
    });
  });

  it.each<[string, object, readonly object[]]>([
    ['one of its fills is not listed yet', inQuote({ number_of_fills: '2' }), [quoteFill()]],
    ['none of its fills is listed yet', inQuote(), []],
    ['its fills moved less than it says', inQuote({ number_of_fills: '' }), [quoteFill({ size: '50' })]],
    ['it does not say what it filled', inQuote({ number_of_fills: '', filled_value: '' }), [quoteFill()]],
  ])('is unknown, not filled in part, while %s', async (_case, order, fills) => {
    expect(await find(order, fills)).toMatchObject({ state: 'unknown', reason: 'incoherent' });
  });

  it('is complete where its fills moved the quote that it says, to the venue’s last digit', async () => {
    const order = inQuote({ number_of_fills: '' });
    expect(await find(order, [quoteFill({ size: '99.00990099' })])).toMatchObject({ state: 'found' });
  });

  it('is no open order with nothing left: the account is read again until it has executed', async () => {
    const accounts = { accounts: [] };
    let listed = 0;
    const observe = async (timesOpen: number) => {
      listed = 0;
      server = await serveAccount({ accounts }, ({ path }) => {
        if (path !== ORDERS_PATH) return null;
        listed += 1;
        return listed > timesOpen ? null : { body: listOf(inQuote({ status: 'OPEN' })) };
      });
      return openTestAccount(server.url).observe({ fillsSinceMs: null }, signal);
    };
    expect(await observe(2)).toMatchObject({ state: 'known', value: { openOrders: [] } });
    await server?.close();
    expect(await observe(99)).toMatchObject({ state: 'unknown', reason: 'incoherent' });
  });
});

describe('the clock of the venue', () => {
  const accounts = { accounts: [] };
  async function observe(time: ScriptedAnswer, headers: Readonly<Record<string, string>> = {}) {
    server = await serveAccount({ accounts }, ({ path }) => {
      if (path === TIME_PATH) return time;
      return {
        headers,
        body: path === ORDERS_PATH ? EMPTY_ORDERS : path === FILLS_PATH ? EMPTY_FILLS : accounts,
      };
    });
    return openTestAccount(server.url, { now: () => NOW_MS }).observe({ fillsSinceMs: null }, signal);
  }
  const saying = (aheadMs: number): ScriptedAnswer => ({ body: { epochMillis: String(NOW_MS + aheadMs) } });
  const date = (aheadMs: number) => ({ date: new Date(NOW_MS + aheadMs).toUTCString() });

  it.each([
    [0, 0],
    [750, 750],
    [-1_999, -1_999],
  ])('is told by its time endpoint to the millisecond: %d ms', async (aheadMs, clockSkewMs) => {
    // The Date header would make the read stale.
    expect(await observe(saying(aheadMs), date(60_000))).toMatchObject({
      state: 'known',
      certificate: { clockSkewMs },
    });
  });

  it.each([2_001, -2_001])('makes the read stale beyond two seconds: %d ms', async (aheadMs) => {
    expect(await observe(saying(aheadMs), date(0))).toMatchObject({ state: 'unknown', reason: 'stale' });
  });

  it.each<[string, ScriptedAnswer]>([
    ['is not served', { status: 404, body: '' }],
    ['is broken', { body: { epochMillis: 'soon' } }],
    ['is down', { status: 503, body: '' }],
  ])('is told by the Date header where the endpoint %s', async (_case, time) => {
    expect(await observe(time, date(60_000))).toMatchObject({ state: 'unknown', reason: 'stale' });
    await server?.close();
    expect(await observe(time, date(0))).toMatchObject({ state: 'known' });
  });

  it('is asked for without a token, and tells why the venue refuses ours', async () => {
    server = await serveAccount({ accounts }, ({ path }) =>
      path === TIME_PATH ? saying(-300_000) : { status: 401, body: 'Unauthorized' },
    );
    const exchange = openTestAccount(server.url, { now: () => NOW_MS });
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
      state: 'unknown',
      reason: 'stale',
      detail: expect.stringContaining('-300000 ms'),
    });
    expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      [TIME_PATH, undefined],
    ]);
  });

  it('is asked for as gently as everything else', async () => {
    const busy: ScriptedAnswer = { status: 429, headers: { 'retry-after': '9' }, body: '' };
    expect(await observe(busy)).toMatchObject({ reason: 'rateLimited', retryAfterMs: 9_000 });
    expect(server?.requests).toHaveLength(1);
  });
});
