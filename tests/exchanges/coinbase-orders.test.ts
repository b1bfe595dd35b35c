import { createPrivateKey, generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction, PreparedOrder } from '../../src/domain/venue/order.ts';
import { openApiKey, signToken } from '../../src/exchanges/coinbase/api-key.ts';
import { ABSENCE_PROVEN_AFTER_MS } from '../../src/exchanges/coinbase/find-order.ts';
import { readOrder } from '../../src/exchanges/coinbase/order-rows.ts';
import {
  EMPTY_FILLS,
  EMPTY_ORDERS,
  FILLS_PATH,
  ORDERS_PATH,
  openTestAccount,
  serveAccount,
  TIME_PATH,
} from '../support/coinbase-account.ts';
import type { ScriptedAnswer, ScriptedServer } from '../support/scripted-server.ts';

const signal = new AbortController().signal;
const NOW_MS = Date.UTC(2025, 0, 1);
const INSTRUCTION: OrderInstruction = {
  intentId: 'intent-1',
  venue: 'coinbase',
  market: 'BTC-USD',
  side: 'sell',
  quantity: amount('0.5'),
  limitPrice: amount('40000.1'),
  timeInForce: 'immediateOrCancel',
  reduceOnly: false,
  clientOrderId: 'bot-7',
};

let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function prepared(
  instruction: OrderInstruction = INSTRUCTION,
  url = 'http://127.0.0.1:1',
): Promise<PreparedOrder> {
  const outcome = await openTestAccount(url, { now: () => NOW_MS }).prepareOrder(instruction, signal);
  if (outcome.state !== 'prepared') throw new Error(JSON.stringify(outcome));
  return outcome.order;
}

describe('an order at Coinbase', () => {
  it('is prepared without asking the venue, the same bytes every time', async () => {
    const order = await prepared();
    expect(order.payload).toBe(
      '{"client_order_id":"bot-7","product_id":"BTC-USD","side":"SELL","order_configuration":{"sor_limit_ioc":{"base_size":"0.5","limit_price":"40000.1"}}}',
    );
    expect(await prepared()).toEqual(order);
    const resting = await prepared({ ...INSTRUCTION, timeInForce: 'goodTilCancelled' });
    expect(JSON.parse(resting.payload).order_configuration).toEqual({
      limit_limit_gtc: { base_size: '0.5', limit_price: '40000.1', post_only: false },
    });
  });

  it.each([
    ['reduce-only', { reduceOnly: true }],
    ['no quantity', { quantity: amount('0') }],
    ['no price', { limitPrice: amount('0') }],
    ['a market that is no spot product', { market: 'BTC-PERP-INTX' }],
    ['no client order id', { clientOrderId: '' }],
  ])('is denied locally with %s', async (_case, change) => {
    const outcome = await openTestAccount('http://127.0.0.1:1').prepareOrder(
      { ...INSTRUCTION, ...change },
      signal,
    );
    expect(outcome.state).toBe('deniedLocally');
  });

  it.each<[string, ScriptedAnswer, object]>([
    [
      'a success',
      { body: { success: true, success_response: { order_id: 'o-1' } } },
      { state: 'accepted', venueOrderId: 'o-1' },
    ],
    [
      'a failure with 200',
      { body: { success: false, error_response: { error: 'INSUFFICIENT_FUND', message: 'no' } } },
      { state: 'rejected', reason: 'INSUFFICIENT_FUND' },
    ],
    [
      'a failure told apart',
      {
        body: {
          success: false,
          error_response: {
            error: 'UNKNOWN_FAILURE_REASON',
            message: '',
            new_order_failure_reason: 'INVALID_LIMIT_PRICE_POST_ONLY',
          },
        },
      },
      { state: 'rejected', reason: 'INVALID_LIMIT_PRICE_POST_ONLY' },
    ],
    [
      'a failure without a reason',
      { body: { success: false } },
      { state: 'rejected', reason: 'UNKNOWN_FAILURE_REASON' },
    ],
    [
      'a duplicate',
      { body: { success: false, error_response: { error: 'DUPLICATE_CLIENT_ORDER_ID' } } },
      { state: 'outcomeUnknown' },
    ],
    ['400', { status: 400, body: 'bad' }, { state: 'rejected', reason: 'HTTP 400: bad' }],
    ['429', { status: 429, body: '' }, { state: 'rejected', reason: 'rateLimited' }],
    ['408', { status: 408, body: '' }, { state: 'outcomeUnknown' }],
    ['409', { status: 409, body: '' }, { state: 'outcomeUnknown' }],
    [
      '503 with words of who knows whom',
      { status: 503, body: { success: false } },
      { state: 'outcomeUnknown' },
    ],
    ['503', { status: 503, body: '' }, { state: 'outcomeUnknown' }],
    [
      'a redirect',
      { status: 307, headers: { location: '/elsewhere' }, body: '' },
      { state: 'outcomeUnknown' },
    ],
    ['an empty success', { body: '' }, { state: 'outcomeUnknown' }],
    ['HTML', { body: '<html>' }, { state: 'outcomeUnknown' }],
    ['a success without an id', { body: { success: true } }, { state: 'outcomeUnknown' }],
    ['neither yes nor no', { body: {} }, { state: 'outcomeUnknown' }],
    ['a cut connection', 'cut', { state: 'outcomeUnknown' }],
  ])('ends after %s as the answer proves', async (_case, answer, expected) => {
    server = await serveAccount({ accounts: {} }, () => answer);
    const order = await prepared();
    expect(await openTestAccount(server.url).submitOrder(order, signal)).toMatchObject(expected);
    expect(server.requests.map(({ body }) => body)).toEqual([order.payload]);
  });

  it('is of unknown outcome when its deadline comes before the answer', async () => {
    const deadline = new AbortController();
    server = await serveAccount({ accounts: {} }, () => {
      deadline.abort();
      return 'hang';
    });
    const outcome = await openTestAccount(server.url).submitOrder(await prepared(), deadline.signal);
    expect(outcome.state).toBe('outcomeUnknown');
  });

  it('is denied, not unknown, when nothing can have been sent', async () => {
    const gone = await serveAccount({ accounts: {} });
    await gone.close();
    const unreachable = openTestAccount(gone.url);
    expect(await unreachable.submitOrder(await prepared(), signal)).toMatchObject({ state: 'deniedLocally' });
    const aborted = await unreachable.submitOrder(await prepared(), AbortSignal.abort());
    expect(aborted).toMatchObject({ state: 'deniedLocally' });
  });

  it.each<[string, ScriptedAnswer, object]>([
    ['a success', { body: { results: [{ success: true, order_id: 'o-1' }] } }, { state: 'requested' }],
    [
      'a refusal',
      { body: { results: [{ success: false, failure_reason: 'UNKNOWN_CANCEL_ORDER', order_id: 'o-1' }] } },
      { state: 'rejected', reason: 'UNKNOWN_CANCEL_ORDER' },
    ],
    [
      'an answer about another order',
      { body: { results: [{ success: true, order_id: 'o-2' }] } },
      { state: 'outcomeUnknown' },
    ],
    ['503', { status: 503, body: '' }, { state: 'outcomeUnknown' }],
    ['404', { status: 404, body: 'none' }, { state: 'rejected', reason: 'HTTP 404: none' }],
  ])('is cancelled as far as %s proves', async (_case, answer, expected) => {
    server = await serveAccount({ accounts: {} }, () => answer);
    expect(await openTestAccount(server.url).cancelOrder(await prepared(), 'o-1', signal)).toMatchObject(
      expected,
    );
    expect(server.requests[0]?.body).toBe('{"order_ids":["o-1"]}');
  });

  it('is proven absent only when a token of it can no longer be alive', async () => {
    let nowMs = NOW_MS;
    server = await serveAccount({ accounts: {} }, ({ method, path }) => {
      if (path === TIME_PATH) return { body: { epochMillis: String(nowMs) } };
      return method === 'POST' ? 'cut' : null;
    });
    const exchange = openTestAccount(server.url, { now: () => nowMs });
    const order = await prepared();
    nowMs += 600_000;
    await exchange.submitOrder(order, signal);
    nowMs += ABSENCE_PROVEN_AFTER_MS;
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
    nowMs += 1;
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: true });
    const restarted = openTestAccount(server.url, { now: () => nowMs });
    expect(await restarted.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
  });

  const row = (change: object) => ({
    order_id: 'o-1',
    product_id: 'BTC-USD',
    side: 'SELL',
    client_order_id: 'bot-7',
    status: 'CANCELLED',
    filled_size: '0.2',
    order_configuration: { sor_limit_ioc: { base_size: '0.5', limit_price: '40000.1' } },
    ...change,
  });
  const fill = {
    trade_id: 't-1',
    order_id: 'o-1',
    product_id: 'BTC-USD',
    side: 'SELL',
    size: '0.2',
    price: '40001',
    commission: '1',
    trade_time: '2025-01-01T00:00:01Z',
  };

  it('is found by its client order id, with its fills, among those since it was prepared', async () => {
    const orders = { ...EMPTY_ORDERS, orders: [row({ order_id: 'o-2', client_order_id: 'bot-8' }), row({})] };
    server = await serveAccount({ accounts: {}, orders, fills: { ...EMPTY_FILLS, fills: [fill] } });
    const found = await openTestAccount(server.url).findOrder(await prepared(), signal);
    expect(found).toMatchObject({
      state: 'found',
      venueOrderId: 'o-1',
      status: 'cancelled',
      filledQuantity: '0.2',
      fills: [{ id: 't-1', clientOrderId: 'bot-7', quantity: '0.2' }],
    });
    const [asked, askedFills] = server.requests;
    expect([asked?.path, asked?.query.get('start_date')]).toEqual([ORDERS_PATH, '2024-12-31T23:00:00.000Z']);
    expect([askedFills?.path, askedFills?.query.get('order_ids')]).toEqual([FILLS_PATH, 'o-1']);
  });

  it('is unknown, not filled in part, while its fills are not all there', async () => {
    server = await serveAccount({ accounts: {}, orders: { ...EMPTY_ORDERS, orders: [row({})] } });
    expect(await openTestAccount(server.url).findOrder(await prepared(), signal)).toMatchObject({
      state: 'unknown',
      reason: 'incoherent',
    });
  });

  it('is unknown, not absent, when the list is cut short', async () => {
    server = await serveAccount({ accounts: {}, orders: { orders: [], has_next: true, cursor: '' } });
    expect(await openTestAccount(server.url).findOrder(await prepared(), signal)).toMatchObject({
      state: 'unknown',
      reason: 'incomplete',
    });
  });

  it.each([
    ['limit_limit_gtd', { base_size: '1', limit_price: '5', end_time: '2025-01-01T00:00:00Z' }, '0.8', '5'],
    ['limit_limit_fok', { base_size: '1', limit_price: '5' }, '0.8', '5'],
    ['market_market_ioc', { base_size: '1' }, '0.8', null],
    ['market_market_ioc', { quote_size: '100' }, '0', null],
    ['sor_limit_ioc', { quote_size: '10', limit_price: '5' }, '1.8', '5'],
    ['stop_limit_stop_limit_gtc', { base_size: '1', limit_price: '5', stop_price: '6' }, '0.8', '5'],
    ['trigger_bracket_gtd', { base_size: '1', limit_price: '', stop_trigger_price: '4' }, '0.8', null],
  ])('of the variant %s %j leaves what is not filled', (variant, configuration, remaining, limitPrice) => {
    const order = readOrder(
      row({ status: 'OPEN', filled_value: '1', order_configuration: { [variant]: configuration } }),
      'order',
    );
    expect([order.remaining, order.limitPrice]).toEqual([remaining, limitPrice]);
  });
});

describe('a token', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ed = generateKeyPairSync('ed25519');
  const sec1 = ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const jwk = ed.privateKey.export({ format: 'jwk' });
  const seedAndPublic = Buffer.concat([
    Buffer.from(String(jwk.d), 'base64url'),
    Buffer.from(String(jwk.x), 'base64url'),
  ]);

  it.each([
    ['SEC1', sec1, ec.publicKey, 'ES256'],
    ['SEC1 with written-out line ends', sec1.replaceAll('\n', '\\n'), ec.publicKey, 'ES256'],
    ['PKCS8', ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), ec.publicKey, 'ES256'],
    [
      'Ed25519 PKCS8',
      ed.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ed.publicKey,
      'EdDSA',
    ],
    ['Ed25519 base64', seedAndPublic.toString('base64'), ed.publicKey, 'EdDSA'],
  ])('is signed with a key in the form of %s', (_form, privateKey, publicKey, algorithm) => {
    const apiKey = openApiKey({ keyName: 'k', privateKey });
    const token = signToken(apiKey, { uri: 'GET host/path', nowMs: 1_700_000_000_999, lifeMs: 120_000 });
    const [header = '', claims = '', signature = ''] = token.split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(read(header)).toMatchObject({
      alg: algorithm,
      kid: 'k',
      typ: 'JWT',
      nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(read(claims)).toEqual({
      iss: 'cdp',
      sub: 'k',
      nbf: 1_700_000_000,
      exp: 1_700_000_120,
      uri: 'GET host/path',
    });
    const key = algorithm === 'EdDSA' ? publicKey : ({ key: publicKey, dsaEncoding: 'ieee-p1363' } as const);
    const digest = algorithm === 'EdDSA' ? null : 'sha256';
    expect(verify(digest, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
  });

  it.each([
    ['no key', ''],
    [
      'another curve',
      generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
        .privateKey.export({ type: 'sec1', format: 'pem' })
        .toString(),
    ],
    ['a broken PEM', '-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----'],
    ['32 bytes', Buffer.alloc(32).toString('base64')],
  ])('is refused at the opening with %s, without a word of the key', (_case, privateKey) => {
    const open = () => openApiKey({ keyName: 'k', privateKey });
    expect(open).toThrow(/expected to be a PEM/);
    if (privateKey !== '') expect(open).not.toThrow(new RegExp(privateKey.slice(0, 12)));
  });

  it('is made for one method and path, without the query', async () => {
    server = await serveAccount({ accounts: { accounts: [] } });
    await openTestAccount(server.url).observe({ fillsSinceMs: null }, signal);
    const signed = server.requests.filter(({ path }) => path !== TIME_PATH);
    expect(signed.length).toBeGreaterThan(2);
    for (const { method, path, headers } of signed) {
      const claims = JSON.parse(
        Buffer.from(String(headers.authorization).split('.')[1] ?? '', 'base64url').toString(),
      );
      expect(claims.uri).toBe(`${method} ${headers.host}${path}`);
    }
    expect(createPrivateKey(sec1).asymmetricKeyType).toBe('ec');
  });
});
