import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction } from '../../src/domain/venue/order.ts';
import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import {
  PERMISSIONS,
  PERMISSIONS_PATH,
  serveAccount,
  TEST_CREDENTIALS,
  TIME_PATH,
} from '../support/coinbase-account.ts';
import { createEd25519Key } from '../support/coinbase-keys.ts';
import type { ScriptedRequest, ScriptedServer } from '../support/scripted-server.ts';

const signal = new AbortController().signal;
const READ = TEST_CREDENTIALS.keyName;
const TRADE = 'organizations/test/apiKeys/trade';
const tradeCredentials = createEd25519Key(TRADE).credentials;

/** Of each key by its name. */
let permissions: Record<string, Partial<typeof PERMISSIONS>>;
let server: ScriptedServer;
beforeEach(async () => {
  permissions = { [READ]: { can_trade: false }, [TRADE]: {} };
  server = await serveAccount({ accounts: { accounts: [], has_next: false, cursor: '' } }, (request) => {
    if (request.path === PERMISSIONS_PATH)
      return { body: { ...PERMISSIONS, ...permissions[keyOf(request) ?? ''] } };
    if (request.path === '/api/v3/brokerage/orders')
      return { body: { success: true, success_response: { order_id: 'order-1', client_order_id: 'c-1' } } };
    if (request.path.endsWith('batch_cancel'))
      return { body: { results: [{ success: true, order_id: 'order-1' }] } };
    return null;
  });
});
afterEach(() => server.close());

function keyOf({ headers }: ScriptedRequest): string | null {
  const [header] = (headers.authorization ?? '').replace('Bearer ', '').split('.');
  return header ? JSON.parse(Buffer.from(header, 'base64url').toString('utf8')).kid : null;
}

const open = (
  keys: { readonly tradeCredentials?: typeof tradeCredentials } = { tradeCredentials },
): Exchange =>
  openCoinbaseExchange({
    venue: 'cb',
    baseUrl: server.url,
    credentials: TEST_CREDENTIALS,
    ...keys,
    scope: {},
    now: Date.now,
  });

const INSTRUCTION: OrderInstruction = {
  intentId: 'i-1',
  venue: 'cb',
  market: 'BTC-USD',
  side: 'buy',
  quantity: amount('0.1'),
  limitPrice: amount('50000'),
  timeInForce: 'immediateOrCancel',
  reduceOnly: false,
  clientOrderId: 'c-1',
};

/** Each method once. */
async function useAll(exchange: Exchange): Promise<void> {
  await exchange.observe({ fillsSinceMs: null }, signal);
  await exchange.readActivity({ sinceMs: 0, assets: ['BTC'] }, signal);
  await exchange.readMarkets(['BTC-USD'], signal);
  const prepared = await exchange.prepareOrder(INSTRUCTION, signal);
  if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
  await exchange.submitOrder(prepared.order, signal);
  await exchange.findOrder(prepared.order, signal);
  await exchange.cancelOrder(prepared.order, 'order-1', signal);
}

it('a key for orders places and cancels, and everything else goes by the key that reads', async () => {
  await useAll(open());
  const keys = server.requests
    .filter(({ path }) => path !== TIME_PATH)
    .map((each) => [each.method, keyOf(each)]);
  expect(keys.filter(([method]) => method === 'POST')).toEqual([
    ['POST', TRADE],
    ['POST', TRADE],
  ]);
  const reads = keys.filter(([method]) => method === 'GET');
  expect(reads.length).toBeGreaterThan(4);
  expect(new Set(reads.map(([, key]) => key))).toEqual(new Set([READ]));
});

it('without one the key that reads does all, and there is no second to tell of', async () => {
  const exchange = open({});
  await useAll(exchange);
  const signed = server.requests.filter(({ path }) => path !== TIME_PATH);
  expect(new Set(signed.map(keyOf))).toEqual(new Set([READ]));
  expect(exchange.readTradeKeyRights).toBeUndefined();
});

it('tells the rights of each key', async () => {
  const exchange = open();
  permissions[TRADE] = { can_transfer: true };
  expect(await exchange.readKeyRights?.(signal)).toEqual({ canTrade: false, canWithdraw: false });
  expect(await exchange.readTradeKeyRights?.(signal)).toEqual({ canTrade: true, canWithdraw: true });
});

it('a key for orders in another portfolio than the one that is read tells no rights', async () => {
  permissions[TRADE] = { portfolio_uuid: 'elsewhere' };
  expect(await open().readTradeKeyRights?.(signal)).toEqual({
    state: 'unknown',
    reason: 'wrongScope',
    detail: 'expected a key for orders of the portfolio that is read, portfolio-1, found one of elsewhere',
  });
});

it('a key for orders that is none is refused by its name in the configuration', () => {
  const broken = { tradeCredentials: { keyName: TRADE, privateKey: 'planted-c0ffee' } };
  expect(() => open(broken)).toThrow('tradeCredentials: credentials.privateKey is expected to be');
});
