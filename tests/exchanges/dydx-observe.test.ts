import { afterEach, describe, expect, it } from '@jest/globals';
import { agreeForOpening } from '../../src/domain/book/opening.ts';
import { add, amount } from '../../src/domain/money/amount.ts';
import type { Observation, Snapshot } from '../../src/domain/venue/observation.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import {
  FILLS_PATH,
  HEIGHT_PATH,
  ORDERS_PATH,
  openTestDydx,
  parentBody,
  parentPath,
  serveDydxAccount,
  TEST_ADDRESS,
} from '../support/dydx-account.ts';
import { fixture } from '../support/fixture.ts';
import type { ScriptedAnswer, ScriptedRequest, ScriptedServer } from '../support/scripted-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: fixtures are taken apart and changed in many ways.
type Loose = any;
const FAMILY_PATH = parentPath(TEST_ADDRESS, 0);
const signal = new AbortController().signal;
const load = (name: string): Loose => fixture(`dydx/${name}.json`);

describe('observing a dYdX account', () => {
  let server: ScriptedServer | null = null;
  let exchange: Exchange | null = null;
  afterEach(async () => {
    await exchange?.close();
    await server?.close();
    exchange = null;
    server = null;
  });

  async function open(
    script: (request: ScriptedRequest) => ScriptedAnswer | null = () => null,
    overrides: Parameters<typeof openTestDydx>[1] = {},
  ): Promise<Exchange> {
    server = await serveDydxAccount(
      TEST_ADDRESS,
      {
        subaccounts: { 0: load('subaccount-0') },
        chainHeight: 41000302,
        orders: load('orders'),
        fills: load('fills'),
        height: { height: '41000299', time: '2026-03-01T10:00:00.000Z' },
      },
      script,
    );
    exchange = await openTestDydx(server.url, overrides);
    return exchange;
  }

  async function observe(
    script: (request: ScriptedRequest) => ScriptedAnswer | null = () => null,
    overrides: Parameters<typeof openTestDydx>[1] & { fillsSinceMs?: number } = {},
  ): Promise<Observation<Snapshot>> {
    const venue = await open(script, overrides);
    return venue.observe({ fillsSinceMs: overrides.fillsSinceMs ?? null }, signal);
  }

  function known(observed: Observation<Snapshot>): Snapshot {
    if (observed.state === 'unknown') throw new Error(`${observed.reason}: ${observed.detail}`);
    return observed.value;
  }

  const changed = (change: (subaccount: Loose) => void): ScriptedAnswer => {
    const { subaccount } = load('subaccount-0');
    change(subaccount);
    return { body: parentBody(TEST_ADDRESS, 0, [subaccount]) };
  };
  const always = (path: string, answer: ScriptedAnswer) => (request: ScriptedRequest) =>
    request.path === path ? answer : null;

  it('reads collateral, positions, open orders and fills exactly', async () => {
    const snapshot = known(await observe());
    expect(snapshot).toEqual({
      balances: [{ asset: 'USDC', symbol: 'USDC', total: '1701.8', available: '1701.8', hold: '0' }],
      positions: [
        { market: 'ETH-USD', side: 'short', size: '-0.25', entryPrice: '2511.7200000000000000004' },
      ],
      openOrders: [
        {
          id: 'a3b1d1f0-0000-5000-8000-000000000001',
          clientOrderId: '4294967295',
          market: 'ETH-USD',
          side: 'buy',
          remaining: '0.2',
          limitPrice: '2350.5',
        },
        {
          id: 'a3b1d1f0-0000-5000-8000-000000000003',
          clientOrderId: '8',
          market: 'ETH-USD',
          side: 'buy',
          remaining: '0.25',
          limitPrice: '2700',
        },
      ],
      fills: [
        {
          id: 'f1000000-0000-5000-8000-000000000001',
          orderId: 'a3b1d1f0-0000-5000-8000-000000000001',
          clientOrderId: '4294967295',
          market: 'ETH-USD',
          base: 'perpetual:ETH-USD',
          quote: 'USDC',
          side: 'buy',
          quantity: '0.1',
          price: '2350.5',
          quoteAmount: '235.05',
          fee: { asset: 'USDC', amount: '-0.025856' },
          atMs: Date.parse('2026-03-01T07:59:30.000Z'),
        },
        {
          id: 'f1000000-0000-5000-8000-000000000002',
          orderId: 'a3b1d1f0-0000-5000-8000-000000000002',
          clientOrderId: '7',
          market: 'ETH-USD',
          base: 'perpetual:ETH-USD',
          quote: 'USDC',
          side: 'sell',
          quantity: '0.25',
          price: '2511.7',
          quoteAmount: '627.925',
          fee: { asset: 'USDC', amount: '0.313963' },
          atMs: Date.parse('2026-03-01T08:00:00.000Z'),
        },
      ],
      accrued: [],
      facts: [
        {
          kind: 'valuation',
          asset: 'USDC',
          account: '0',
          equity: '1061.37',
          freeCollateral: '1030.1',
        },
      ],
    });
  });

  it('values an account by the words of the venue alone, beside what it holds', async () => {
    const revalued = (change: (subaccount: Loose) => void) =>
      observe(always(FAMILY_PATH, changed(change))).then(known);
    const before = known(await observe());
    await exchange?.close();
    await server?.close();
    // The oracle's price has moved: what is held has not.
    const after = await revalued((subaccount) => {
      const [position]: Loose[] = Object.values(subaccount.openPerpetualPositions);
      position.unrealizedPnl = String(Number(position.unrealizedPnl) + 8);
      subaccount.equity = add(subaccount.equity, amount('8'));
      subaccount.freeCollateral = null;
    });
    expect(after.facts).toMatchObject([{ kind: 'valuation', freeCollateral: null }]);
    expect(after.facts).not.toEqual(before.facts);
    expect({ ...after, facts: before.facts }).toEqual({ ...before, positions: after.positions });
    expect(agreeForOpening(before, after)).toBe(true);
    await exchange?.close();
    await server?.close();
    const untold = await revalued((subaccount) => {
      delete subaccount.equity;
    });
    expect(untold).not.toHaveProperty('facts');
  });

  it('certifies the account, the height and every page', async () => {
    const observed = await observe();
    if (observed.state === 'unknown') throw new Error(observed.detail);
    const { certificate } = observed;
    expect(certificate).toMatchObject({
      venue: 'dydx',
      kind: 'dydx',
      scope: `${TEST_ADDRESS}/0`,
      clockSkewMs: null,
      watermarkAfter: { height: 41000300 },
      sources: [server?.url, server?.url],
    });
    expect(certificate.pages.map((page) => page.endpoint)).toHaveLength(server?.requests.length ?? -1);
    expect(certificate.watermarkBefore).toEqual(certificate.watermarkAfter);
  });

  it('gives fills since a time and no older ones', async () => {
    const fillsSinceMs = Date.parse('2026-03-01T07:59:31.000Z');
    const { fills } = known(await observe(() => null, { fillsSinceMs }));
    expect(fills.map((fill) => fill.price)).toEqual(['2511.7']);
  });

  it('takes optional fields of newer indexers for optional', async () => {
    const old = changed((one) => {
      for (const field of ['updatedAtHeight', 'latestProcessedBlockHeight', 'equity']) delete one[field];
      delete one.assetPositions.USDC.subaccountNumber;
    });
    const observed = await observe(always(FAMILY_PATH, old));
    expect(observed).toMatchObject({ state: 'known', certificate: { watermarkAfter: { height: 41000299 } } });
  });

  describe('at a server without a height of its own', () => {
    const noHeight = always(HEIGHT_PATH, { status: 404, body: { errors: [{ msg: 'Not Found' }] } });
    const heightless = changed((one) => delete one.latestProcessedBlockHeight);

    it('takes the height that the subaccount names', async () => {
      const observed = await observe(noHeight);
      const { latestProcessedBlockHeight } = load('subaccount-0').subaccount;
      expect(observed).toMatchObject({
        state: 'known',
        certificate: { watermarkAfter: { height: Number(latestProcessedBlockHeight) } },
      });
    });

    it('claims no height where the subaccount names none either', async () => {
      const observed = await observe(
        (request) => noHeight(request) ?? always(FAMILY_PATH, heightless)(request),
      );
      expect(observed).toMatchObject({ state: 'known', certificate: { watermarkAfter: { height: null } } });
    });

    it('is stale where a height was known before', async () => {
      let isHeightServed = true;
      const venue = await open((request) => {
        if (request.path === FAMILY_PATH) return heightless;
        return isHeightServed ? null : noHeight(request);
      });
      expect(await venue.observe({ fillsSinceMs: null }, signal)).toMatchObject({ state: 'known' });
      isHeightServed = false;
      expect(await venue.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'stale' });
    });
  });

  it.each<readonly [string, string, (request: ScriptedRequest) => ScriptedAnswer | null]>([
    [
      'rateLimited',
      '429',
      always(ORDERS_PATH, { status: 429, headers: { 'retry-after': '3' }, body: { errors: [] } }),
    ],
    [
      'refused',
      '403 GEOBLOCKED',
      always(FAMILY_PATH, {
        status: 403,
        body: { errors: [{ msg: 'Because you appear', code: 'GEOBLOCKED' }] },
      }),
    ],
    [
      'refused',
      'a redirect',
      always(HEIGHT_PATH, { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' }),
    ],
    ['unreachable', '502', always(FILLS_PATH, { status: 502, body: 'bad gateway' })],
    ['unreachable', 'a cut connection', always(FILLS_PATH, 'cut')],
    ['malformed', 'an empty 200', always(FAMILY_PATH, { body: '' })],
    ['malformed', 'null', always(FILLS_PATH, { body: 'null' })],
    ['malformed', 'HTML', always(ORDERS_PATH, { body: '<html>maintenance</html>' })],
    ['malformed', 'half a body', always(ORDERS_PATH, { body: '[{"id":"x"' })],
    ['malformed', 'a list where an object is documented', always(FILLS_PATH, { body: [] })],
    ['malformed', 'an object without its list', always(FILLS_PATH, { body: {} })],
    [
      'malformed',
      'a height in a number',
      always(HEIGHT_PATH, { body: { height: 41000299, time: '2026-03-01T10:00:00Z' } }),
    ],
    [
      'malformed',
      'an order row without a price',
      always(ORDERS_PATH, { body: load('orders').map(({ price: _price, ...row }: Loose) => row) }),
    ],
    [
      'malformed',
      'one fill of two with its size as a number',
      always(FILLS_PATH, {
        body: { fills: [load('fills').fills[0], { ...load('fills').fills[1], size: 0.1 }] },
      }),
    ],
    [
      'malformed',
      'an open order that is filled beyond its size',
      always(ORDERS_PATH, { body: [{ ...load('orders')[0], totalFilled: '0.4' }] }),
    ],
    [
      'malformed',
      'an order status that is not documented',
      always(ORDERS_PATH, { body: [{ ...load('orders')[0], status: 'PARTIALLY_FILLED' }] }),
    ],
    [
      'malformed',
      'collateral in a number',
      always(
        FAMILY_PATH,
        changed((one) => (one.assetPositions.USDC.size = 1701.8)),
      ),
    ],
    [
      'malformed',
      'collateral in an exponent',
      always(
        FAMILY_PATH,
        changed((one) => (one.assetPositions.USDC.size = '1e3')),
      ),
    ],
    [
      'malformed',
      'no asset positions at all',
      always(
        FAMILY_PATH,
        changed((one) => delete one.assetPositions),
      ),
    ],
    [
      'malformed',
      'a position under the name of another market',
      always(
        FAMILY_PATH,
        changed((one) => (one.openPerpetualPositions['ETH-USD'].market = 'BTC-USD')),
      ),
    ],
    [
      'wrongScope',
      'another address',
      always(
        FAMILY_PATH,
        changed((one) => (one.address = 'dydx1other')),
      ),
    ],
    [
      'wrongScope',
      'another subaccount',
      always(
        FAMILY_PATH,
        changed((one) => (one.subaccountNumber = 1)),
      ),
    ],
    [
      'wrongScope',
      'a row of another subaccount',
      always(FILLS_PATH, { body: { fills: [{ ...load('fills').fills[0], subaccountNumber: 1 }] } }),
    ],
    [
      'wrongScope',
      'a subaccount that is not there',
      ({ path }) => (path.startsWith('/v4/addresses') ? { status: 404, body: { errors: [] } } : null),
    ],
    [
      'suspectSource',
      'an equity that its holdings do not make',
      always(
        FAMILY_PATH,
        changed((one) => (one.equity = '1061.3701')),
      ),
    ],
    [
      'suspectSource',
      'more free collateral than equity',
      always(
        FAMILY_PATH,
        changed((one) => (one.freeCollateral = '1000000')),
      ),
    ],
    [
      'suspectSource',
      'holdings emptied under an equity',
      always(
        FAMILY_PATH,
        changed((one) => {
          one.assetPositions = {};
          one.openPerpetualPositions = {};
        }),
      ),
    ],
    [
      'incomplete',
      'fewer fills than counted',
      always(FILLS_PATH, { body: { ...load('fills'), totalResults: 3 } }),
    ],
    [
      'incomplete',
      'more fills than counted',
      always(FILLS_PATH, { body: { ...load('fills'), totalResults: 1 } }),
    ],
    [
      'incoherent',
      'a subaccount that changes with every read',
      (request) =>
        request.path === FAMILY_PATH
          ? changed((one) => (one.updatedAtHeight = String(41000200 + request.earlier)))
          : null,
    ],
    [
      'incoherent',
      'fills that come with every read',
      (request) => {
        if (request.path !== FILLS_PATH) return null;
        const [newest, oldest] = load('fills').fills;
        return { body: { fills: [{ ...newest, id: `f${request.earlier}` }, oldest] } };
      },
    ],
    [
      'incoherent',
      'a height that falls while reading',
      (request) =>
        request.path === FAMILY_PATH
          ? changed((one) => (one.latestProcessedBlockHeight = String(41000300 - request.earlier)))
          : null,
    ],
  ])('is %s for %s', async (reason, _what, script) => {
    expect(await observe(script)).toMatchObject({ state: 'unknown', reason });
  });

  it('says how long it was asked to wait', async () => {
    const script = always(ORDERS_PATH, { status: 429, headers: { 'retry-after': '3' }, body: {} });
    expect(await observe(script)).toMatchObject({ reason: 'rateLimited', retryAfterMs: 3_000 });
  });

  it('takes the reset of the budget where no other wait is given', async () => {
    const headers = { 'ratelimit-remaining': '0', 'ratelimit-reset': '1772359210' };
    const script = always(ORDERS_PATH, { status: 429, headers, body: {} });
    const now = () => 1_772_359_205_500;
    expect(await observe(script, { now })).toMatchObject({ reason: 'rateLimited', retryAfterMs: 4_500 });
  });

  it('reads again after one movement, and is known', async () => {
    const observed = await observe((request) =>
      request.path === FAMILY_PATH && request.earlier === 0
        ? changed((one) => (one.updatedAtHeight = '41000199'))
        : null,
    );
    expect(observed.state).toBe('known');
    expect(server?.requests.filter(({ path }) => path === FAMILY_PATH)).toHaveLength(4);
  });

  it('gives up three rounds of movement', async () => {
    await observe((request) =>
      request.path === FAMILY_PATH ? changed((one) => (one.updatedAtHeight = String(request.earlier))) : null,
    );
    expect(server?.requests.filter(({ path }) => path === FAMILY_PATH)).toHaveLength(6);
  });

  it('is stale where a later snapshot comes from an indexer that is behind', async () => {
    let height = 41000300;
    const venue = await open(({ path }) =>
      path === FAMILY_PATH ? changed((one) => (one.latestProcessedBlockHeight = String(height))) : null,
    );
    expect((await venue.observe({ fillsSinceMs: null }, signal)).state).toBe('known');
    height -= 1;
    expect(await venue.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'stale' });
  });

  it('ends soon after the caller gives up on a server that hangs', async () => {
    const abort = new AbortController();
    const venue = await open(({ path }) => {
      if (path !== FILLS_PATH) return null;
      queueMicrotask(() => abort.abort());
      return 'hang';
    });
    expect(await venue.observe({ fillsSinceMs: null }, abort.signal)).toMatchObject({ reason: 'timedOut' });
    expect(await venue.observe({ fillsSinceMs: null }, abort.signal)).toMatchObject({ reason: 'timedOut' });
  });

  it('is unreachable where nobody listens', async () => {
    exchange = await openTestDydx('http://127.0.0.1:1');
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'unreachable' });
  });

  describe('lists of several pages', () => {
    const [template] = load('fills').fills;
    /** Newest first, two in a block. */
    const history = (count: number): Loose[] =>
      Array.from({ length: count }, (_, index) => ({
        ...template,
        id: `fill-${String(index).padStart(5, '0')}`,
        createdAtHeight: String(41000000 - Math.floor(index / 2)),
        createdAt: new Date(Date.parse('2026-03-01T08:00:00Z') - index * 1_000).toISOString(),
      }));
    const byHeight = (rows: readonly Loose[]) => (request: ScriptedRequest) => {
      if (request.path !== FILLS_PATH) return null;
      const before = Number(request.query.get('createdBeforeOrAtHeight') ?? Number.POSITIVE_INFINITY);
      const fills = rows.filter((row) => Number(row.createdAtHeight) <= before);
      return { body: { fills: fills.slice(0, Number(request.query.get('limit'))) } };
    };
    const byPage = (rows: readonly Loose[], pageSize: number) => (request: ScriptedRequest) => {
      if (request.path !== FILLS_PATH) return null;
      const page = Number(request.query.get('page') ?? 1);
      const offset = (page - 1) * pageSize;
      const fills = rows.slice(offset, offset + pageSize);
      return { body: { fills, pageSize, totalResults: rows.length, offset } };
    };

    it.each([0, 1, 2, 999, 1000, 1001, 1002, 1999, 2000, 2500])(
      'reads %i fills back by height',
      async (count) => {
        const { fills } = known(await observe(byHeight(history(count))));
        expect(fills).toHaveLength(count);
        expect(new Set(fills.map(({ id }) => id)).size).toBe(count);
      },
    );

    it.each([0, 1, 2, 3, 4, 5, 6, 7])('reads %i fills by pages of three', async (count) => {
      expect(known(await observe(byPage(history(count), 3))).fills).toHaveLength(count);
    });

    it('stops at the first page that is older than what is asked for', async () => {
      const rows = history(5_000);
      const fillsSinceMs = Date.parse(rows[10].createdAt);
      expect(known(await observe(byHeight(rows), { fillsSinceMs })).fills).toHaveLength(11);
      expect(server?.requests.filter(({ path }) => path === FILLS_PATH)).toHaveLength(2);
    });

    it('counts pages where one block holds more fills than a page', async () => {
      const rows = history(1_500).map((row) => ({ ...row, createdAtHeight: '41000000' }));
      const observed = await observe((request) =>
        request.query.has('page') ? byPage(rows, 1_000)(request) : byHeight(rows)(request),
      );
      expect(known(observed).fills).toHaveLength(1_500);
    });

    it.each<readonly [string, (request: ScriptedRequest) => ScriptedAnswer | null]>([
      ['ignores both height and page', always(FILLS_PATH, { body: { fills: history(1_000) } })],
      [
        'refuses the second page',
        (request) =>
          request.query.get('page') === '2' ? { status: 404, body: {} } : byPage(history(7), 3)(request),
      ],
      [
        'gives an empty second page',
        (request) =>
          request.query.get('page') === '2'
            ? { body: { fills: [], pageSize: 3, totalResults: 7, offset: 3 } }
            : byPage(history(7), 3)(request),
      ],
      [
        'repeats the first page as the second',
        (request) =>
          request.path === FILLS_PATH ? { body: { fills: history(3), pageSize: 3, totalResults: 7 } } : null,
      ],
      [
        'counts less on the second page',
        (request) =>
          request.query.get('page') === '2' ? byPage(history(6), 3)(request) : byPage(history(7), 3)(request),
      ],
    ])('is incomplete where the server %s', async (_what, script) => {
      expect(await observe(script)).toMatchObject({ state: 'unknown', reason: 'incomplete' });
    });

    it('follows open orders back along their expiry, stateful ones and short-term ones', async () => {
      const [stateful] = load('orders');
      const { goodTilBlockTime: _time, ...shortTerm } = stateful;
      const orders = [
        ...Array.from({ length: 1_500 }, (_, index) => ({
          ...stateful,
          id: `stateful-${index}`,
          goodTilBlockTime: new Date(
            Date.parse('2026-05-01T00:00:00Z') - Math.floor(index / 3) * 1_000,
          ).toISOString(),
        })),
        ...Array.from({ length: 1_200 }, (_, index) => ({
          ...shortTerm,
          id: `short-${index}`,
          orderFlags: '0',
          goodTilBlock: String(41005000 - Math.floor(index / 3)),
        })),
      ];
      const script = ({ path, query }: ScriptedRequest): ScriptedAnswer | null => {
        if (path !== ORDERS_PATH) return null;
        if (query.get('status') !== 'OPEN') return { body: [] };
        const time = query.get('goodTilBlockTimeBeforeOrAt');
        const block = query.get('goodTilBlockBeforeOrAt');
        const rows = orders.filter((order: Loose) => {
          if (time !== null) return order.goodTilBlockTime !== undefined && order.goodTilBlockTime <= time;
          return block === null || Number(order.goodTilBlock ?? Number.NaN) <= Number(block);
        });
        return { body: rows.slice(0, 1_000) };
      };
      expect(known(await observe(script)).openOrders).toHaveLength(2_700);
    });

    it('is incomplete where a full list of orders cannot be followed', async () => {
      const orders = Array.from({ length: 1_000 }, (_, index) => ({
        ...load('orders')[0],
        id: `order-${index}`,
      }));
      expect(await observe(always(ORDERS_PATH, { body: orders }))).toMatchObject({ reason: 'incomplete' });
    });
  });

  it('refuses a scope that is not an address with subaccounts', async () => {
    const openWith = (scope: { address: string; subaccountNumbers: number[] }) =>
      openTestDydx('http://127.0.0.1:1', { scope });
    await expect(openWith({ address: TEST_ADDRESS, subaccountNumbers: [] })).rejects.toThrow(/subaccounts/);
    await expect(openWith({ address: '../orders', subaccountNumbers: [0] })).rejects.toThrow(/bech32/);
    await expect(openWith({ address: TEST_ADDRESS, subaccountNumbers: [-1] })).rejects.toThrow(/between/);
  });
});
