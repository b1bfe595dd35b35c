import { afterEach, describe, expect, it } from '@jest/globals';
import {
  ACCOUNTS_PATH,
  FILLS_PATH,
  ORDERS_PATH,
  openTestAccount,
  serveAccount,
} from '../support/coinbase-account.ts';
import { fixture } from '../support/fixture.ts';
import type { ScriptedAnswer, ScriptedRequest, ScriptedServer } from '../support/scripted-server.ts';

type Document = Record<string, unknown> & { readonly [list: string]: unknown };
const accounts = fixture('coinbase/accounts.json') as { accounts: Document[] };
const orders = fixture('coinbase/open-orders.json') as { orders: Document[] };
const fills = fixture('coinbase/fills.json') as { fills: Document[] };
const DOCUMENTS = { accounts, orders, fills };
const PORTFOLIO = '5d9b2f0e-0c1d-4a52-9a6e-7f1f0a3b2c4d';

let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function observe(
  script: (request: ScriptedRequest) => ScriptedAnswer | null,
  options: Parameters<typeof openTestAccount>[1] & { readonly signal?: AbortSignal } = {},
) {
  server = await serveAccount(DOCUMENTS, script);
  const signal = options.signal ?? new AbortController().signal;
  return openTestAccount(server.url, options).observe({ fillsSinceMs: null }, signal);
}

const on = (path: string, answer: ScriptedAnswer) => (request: ScriptedRequest) =>
  request.path === path ? answer : null;
const withRow = (list: keyof typeof DOCUMENTS, change: Record<string, unknown>) => {
  const rows = (DOCUMENTS[list] as unknown as Record<string, Document[]>)[list] ?? [];
  return { body: { ...DOCUMENTS[list], [list]: [{ ...rows[0], ...change }, ...rows.slice(1)] } };
};

describe('a snapshot of a Coinbase account', () => {
  it('is known, exact, sorted and certified with every page', async () => {
    const observed = await observe(() => null);
    expect(observed).toMatchObject({
      state: 'known',
      value: {
        balances: [
          { asset: 'BTC', total: '1.750000000000000001', available: '1.25', hold: '0.500000000000000001' },
          { asset: 'ETH', total: '0', available: '0', hold: '0' },
          { asset: 'USD', total: '1000.5', available: '400.25', hold: '600.25' },
        ],
        openOrders: [
          {
            id: 'order-1',
            clientOrderId: 'bot-1',
            market: 'BTC-USD',
            side: 'buy',
            remaining: '0.015',
            limitPrice: '40000',
          },
          {
            id: 'order-2',
            clientOrderId: null,
            market: 'BTC-USD',
            side: 'sell',
            remaining: '0.5',
            limitPrice: '90000.5',
          },
        ],
        fills: [
          {
            id: 'trade-1',
            quantity: '0.005',
            price: '40000',
            quoteAmount: '200',
            fee: { asset: 'USD', amount: '1.2' },
            atMs: Date.UTC(2025, 0, 2, 3, 4, 5, 678),
          },
          { id: 'trade-2', quantity: '0.02', price: '2500.5', quoteAmount: '50.01', side: 'sell' },
        ],
      },
      certificate: {
        scope: PORTFOLIO,
        complete: true,
        coherent: true,
        clockSkewMs: 0,
        sources: [server?.url],
      },
    });
    const pages = observed.state === 'known' ? observed.certificate.pages : [];
    expect(pages.map(({ endpoint, rows }) => [endpoint, rows])).toEqual([
      [`GET ${ACCOUNTS_PATH}`, 8],
      [`GET ${ORDERS_PATH}`, 3],
      [`GET ${FILLS_PATH}`, 2],
    ]);
    expect(pages.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
    const asked = server?.requests.map(({ path }) => path.replace('/api/v3/brokerage', '')) ?? [];
    const futures = ['/cfm/positions', `/intx/positions/${PORTFOLIO}`];
    expect(asked).toEqual([
      '/time',
      '/accounts',
      '/orders/historical/batch',
      '/orders/historical/fills',
      ...futures,
      '/orders/historical/fills',
      '/orders/historical/batch',
      ...futures,
      '/accounts',
    ]);
  });

  it('asks for fills since a time when one is given', async () => {
    server = await serveAccount(DOCUMENTS);
    await openTestAccount(server.url).observe(
      { fillsSinceMs: Date.UTC(2025, 0, 1) },
      new AbortController().signal,
    );
    const asked = server.requests.find(({ path }) => path === FILLS_PATH);
    expect(asked?.query.get('start_sequence_timestamp')).toBe('2025-01-01T00:00:00.000Z');
  });

  it.each([
    [
      '429 with what to wait',
      on(FILLS_PATH, { status: 429, headers: { 'retry-after': '7' }, body: 'slow down' }),
      { reason: 'rateLimited', retryAfterMs: 7_000 },
    ],
    [
      '429 without what to wait',
      on(FILLS_PATH, { status: 429, body: '' }),
      { reason: 'rateLimited', retryAfterMs: 1_000 },
    ],
    ['a server error', on(ACCOUNTS_PATH, { status: 503, body: '<html>' }), { reason: 'unreachable' }],
    [
      'a refusal',
      on(ACCOUNTS_PATH, { status: 401, body: { error: 'UNAUTHENTICATED' } }),
      { reason: 'refused' },
    ],
    [
      'a redirect',
      on(ACCOUNTS_PATH, { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' }),
      { reason: 'refused', detail: expect.stringContaining('HTTP 302') },
    ],
    ['a cut connection', on(ORDERS_PATH, 'cut'), { reason: 'unreachable' }],
    ['an empty success', on(ORDERS_PATH, { body: '' }), { reason: 'malformed' }],
    ['a page of HTML', on(FILLS_PATH, { body: '<html>maintenance</html>' }), { reason: 'malformed' }],
    [
      'a truncated document',
      on(ACCOUNTS_PATH, { body: JSON.stringify(accounts).slice(0, -20) }),
      { reason: 'malformed' },
    ],
    ['a document without its list', on(ACCOUNTS_PATH, { body: {} }), { reason: 'malformed' }],
    ['a list that is null', on(FILLS_PATH, { body: { fills: null, cursor: '' } }), { reason: 'malformed' }],
    [
      'a number for a balance',
      on(ACCOUNTS_PATH, withRow('accounts', { available_balance: { value: 1.25, currency: 'BTC' } })),
      { reason: 'malformed' },
    ],
    [
      'an exponent for a balance',
      on(ACCOUNTS_PATH, withRow('accounts', { hold: { value: '1e-3', currency: 'BTC' } })),
      { reason: 'malformed' },
    ],
    [
      'an empty text for a balance',
      on(ACCOUNTS_PATH, withRow('accounts', { available_balance: { value: '', currency: 'BTC' } })),
      { reason: 'malformed' },
    ],
    [
      'a balance in another currency',
      on(ACCOUNTS_PATH, withRow('accounts', { hold: { value: '0', currency: 'ETH' } })),
      { reason: 'malformed' },
    ],
    [
      'no hold, which is not a hold of zero',
      on(ACCOUNTS_PATH, withRow('accounts', { hold: null })),
      { reason: 'malformed' },
    ],
    [
      'no available balance',
      on(ACCOUNTS_PATH, withRow('accounts', { available_balance: null })),
      { reason: 'malformed' },
    ],
    [
      'a number for a filled size',
      on(ORDERS_PATH, withRow('orders', { filled_size: 0.005 })),
      { reason: 'malformed' },
    ],
    [
      'a status nobody knows',
      on(ORDERS_PATH, withRow('orders', { status: 'UNKNOWN_ORDER_STATUS' })),
      { reason: 'malformed' },
    ],
    ['an order without a side', on(ORDERS_PATH, withRow('orders', { side: '' })), { reason: 'malformed' }],
    [
      'an order of two variants',
      on(ORDERS_PATH, withRow('orders', { order_configuration: { a: {}, b: {} } })),
      { reason: 'malformed' },
    ],
    [
      'a number for a fill’s size',
      on(FILLS_PATH, withRow('fills', { size: 0.005 })),
      { reason: 'malformed' },
    ],
    [
      'a number for a commission',
      on(FILLS_PATH, withRow('fills', { commission: 1.2 })),
      { reason: 'malformed' },
    ],
    ['a price of zero', on(FILLS_PATH, withRow('fills', { price: '0' })), { reason: 'malformed' }],
    [
      'an adjusted execution',
      on(FILLS_PATH, withRow('fills', { trade_type: 'REVERSAL' })),
      { reason: 'malformed' },
    ],
    [
      'a time that is none',
      on(FILLS_PATH, withRow('fills', { trade_time: 'yesterday' })),
      { reason: 'malformed' },
    ],
    [
      'an account that comes twice',
      on(ACCOUNTS_PATH, withRow('accounts', { uuid: accounts.accounts[1]?.uuid })),
      { reason: 'incomplete' },
    ],
    [
      'as many open orders as the venue ever gives',
      on(ORDERS_PATH, {
        body: {
          ...orders,
          orders: Array.from({ length: 1_000 }, (_, n) => ({ ...orders.orders[0], order_id: `${n}` })),
        },
      }),
      { reason: 'incomplete' },
    ],
    [
      'more pages without a cursor',
      on(ACCOUNTS_PATH, { body: { ...accounts, has_next: true, cursor: '' } }),
      { reason: 'incomplete' },
    ],
    [
      'a size that contradicts its rows',
      on(ACCOUNTS_PATH, { body: { ...accounts, size: 9 } }),
      { reason: 'incomplete' },
    ],
    ['a next page that is refused', pagedAccounts({ status: 404, body: {} }), { reason: 'incomplete' }],
    ['a next page of the same rows', pagedAccounts({ body: accounts }), { reason: 'incomplete' }],
    [
      'a cursor that comes twice',
      pagedAccounts({ body: { accounts: [], has_next: true, cursor: 'p2' } }),
      { reason: 'incomplete', detail: expect.stringContaining('the cursor p2 came twice') },
    ],
    [
      'fills whose cursor never ends',
      (request: ScriptedRequest) =>
        request.path === FILLS_PATH ? { body: { fills: [], cursor: `c${request.earlier}` } } : null,
      { reason: 'incomplete' },
    ],
  ])('is unknown after %s', async (_case, script, expected) => {
    const observed = await observe(script);
    expect(observed).toMatchObject({ state: 'unknown', ...expected });
  });

  function pagedAccounts(second: ScriptedAnswer) {
    return (request: ScriptedRequest): ScriptedAnswer | null => {
      if (request.path !== ACCOUNTS_PATH) return null;
      return request.query.has('cursor') ? second : { body: { ...accounts, has_next: true, cursor: 'p2' } };
    };
  }

  it('is unknown soon after its deadline when the venue hangs', async () => {
    const deadline = new AbortController();
    const observed = observe(
      (request) => {
        if (request.path !== ORDERS_PATH) return null;
        deadline.abort();
        return 'hang';
      },
      { signal: deadline.signal },
    );
    expect(await observed).toMatchObject({ state: 'unknown', reason: 'timedOut' });
  });

  it('is unknown when the deadline comes in the middle of an answer', async () => {
    const deadline = new AbortController();
    const observed = observe(
      (request) => {
        if (request.path !== ACCOUNTS_PATH) return null;
        setImmediate(() => deadline.abort());
        return { headers: { 'content-length': '1000' }, body: '{"accounts":[' };
      },
      { signal: deadline.signal },
    );
    expect(await observed).toMatchObject({ state: 'unknown', reason: 'timedOut' });
  });

  it('is unknown where an answer is longer than anyone sends', async () => {
    const observed = await observe(on(ACCOUNTS_PATH, { body: `{"pad":"${'x'.repeat(17 * 1024 * 1024)}"}` }));
    expect(observed).toMatchObject({ state: 'unknown', reason: 'incomplete' });
  });

  it('is of the portfolio that was asked for, or unknown', async () => {
    expect(await observe(() => null, { portfolio: PORTFOLIO })).toMatchObject({
      certificate: { scope: PORTFOLIO },
    });
    await server?.close();
    const other = await observe(() => null, { portfolio: 'another' });
    expect(other).toMatchObject({ state: 'unknown', reason: 'wrongScope' });
    await server?.close();
    const unnamed = on(ACCOUNTS_PATH, withRow('accounts', { retail_portfolio_id: undefined }));
    expect(await observe(unnamed, { portfolio: PORTFOLIO })).toMatchObject({ reason: 'wrongScope' });
  });

  it('is unknown where a name holds half of a letter, which no URL can', async () => {
    const halved = on(ACCOUNTS_PATH, withRow('accounts', { retail_portfolio_id: 'a\ud800b' }));
    expect(await observe(halved)).toMatchObject({
      state: 'unknown',
      reason: 'malformed',
      detail: expect.stringContaining('retail_portfolio_id: expected a text'),
    });
  });

  it('is read again when a fill comes in between, and known when it held still', async () => {
    const later = { ...fills, fills: [{ ...fills.fills[0], trade_id: 'trade-0' }, ...fills.fills] };
    const observed = await observe((request) =>
      request.path === FILLS_PATH && request.earlier > 0 ? { body: later } : null,
    );
    expect(observed).toMatchObject({ state: 'known', value: { fills: [{ id: 'trade-0' }, {}, {}] } });
    expect(server?.requests.filter(({ path }) => path === ACCOUNTS_PATH)).toHaveLength(4);
  });

  it.each([
    ['fills', FILLS_PATH, (n: number) => ({ ...fills, fills: [{ ...fills.fills[0], trade_id: `t${n}` }] })],
    [
      'open orders',
      ORDERS_PATH,
      (n: number) => ({ ...orders, orders: [{ ...orders.orders[0], order_id: `o${n}` }] }),
    ],
    [
      'accounts',
      ACCOUNTS_PATH,
      (n: number) => ({ accounts: [{ ...accounts.accounts[0], updated_at: `2025-01-01T00:00:0${n}Z` }] }),
    ],
  ])('is unknown when its %s never hold still', async (_list, path, nth) => {
    const observed = await observe((request) =>
      request.path === path ? { body: nth(request.earlier) } : null,
    );
    expect(observed).toMatchObject({ state: 'unknown', reason: 'incoherent' });
    expect(server?.requests.filter((request) => request.path === path)).toHaveLength(8);
  });

  it.each([
    ['ahead by five seconds', 5_000, 'stale'],
    ['behind by five seconds', -5_000, 'stale'],
    ['ahead by less than a second', 700, null],
  ])('takes the venue’s clock into account: %s', async (_case, aheadMs, reason) => {
    const nowMs = Date.UTC(2025, 0, 1, 0, 0, 0, 300);
    const headers = { date: new Date(nowMs + aheadMs).toUTCString() };
    const observed = await observe(
      ({ path }) => {
        if (path === ACCOUNTS_PATH) return { headers, body: accounts };
        if (path === ORDERS_PATH) return { headers, body: orders };
        return path === FILLS_PATH ? { headers, body: fills } : null;
      },
      { now: () => nowMs },
    );
    if (reason === null) expect(observed).toMatchObject({ state: 'known', certificate: { clockSkewMs: 0 } });
    else expect(observed).toMatchObject({ state: 'unknown', reason });
  });

  it('leaves vaults, margin and the orders and fills of futures out', async () => {
    const observed = await observe((request) => {
      if (request.path.includes('/positions')) return { body: { positions: [] } };
      if (request.path === ORDERS_PATH) return withRow('orders', { product_id: 'BTC-PERP-INTX' });
      return request.path === FILLS_PATH ? withRow('fills', { product_id: 'BIT-26APR24-CDE' }) : null;
    });
    expect(observed).toMatchObject({
      value: { openOrders: [{ id: 'order-2' }], fills: [{ id: 'trade-2' }] },
    });
  });

  it('never shows its key or token in what it says', async () => {
    const observed = await observe((request) => ({
      status: 400,
      body: `you sent ${request.headers.authorization}`,
    }));
    expect(JSON.stringify(observed)).toContain('[token]');
    const signed = server?.requests.find(({ path }) => path === ACCOUNTS_PATH);
    expect(JSON.stringify(observed)).not.toContain(String(signed?.headers.authorization).slice(7));
  });
});
