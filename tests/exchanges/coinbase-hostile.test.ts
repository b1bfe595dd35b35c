// What a broken or hostile venue may write: nothing of it is a crash, a hang or a fact.

import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Observation } from '../../src/domain/venue/observation.ts';
import type { Market } from '../../src/domain/venue/venue.ts';
import { readAccount } from '../../src/exchanges/coinbase/account-rows.ts';
import { isDeeperThan } from '../../src/exchanges/coinbase/document-depth.ts';
import { readFill } from '../../src/exchanges/coinbase/fill-rows.ts';
import { readProduct } from '../../src/exchanges/coinbase/market-rows.ts';
import { readOrder } from '../../src/exchanges/coinbase/order-rows.ts';
import type { Row } from '../../src/exchanges/coinbase/row-reader.ts';
import { readTransaction } from '../../src/exchanges/coinbase/transaction-rows.ts';
import {
  ACCOUNTS_PATH,
  FILLS_PATH,
  ORDERS_PATH,
  openTestAccount,
  serveAccount,
} from '../support/coinbase-account.ts';
import { fixture } from '../support/fixture.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

const signal = new AbortController().signal;
const DOCUMENTS: Readonly<Record<string, string>> = {
  [ACCOUNTS_PATH]: JSON.stringify(fixture('coinbase/accounts.json')),
  [ORDERS_PATH]: JSON.stringify(fixture('coinbase/open-orders.json')),
  [FILLS_PATH]: JSON.stringify(fixture('coinbase/fills.json')),
};
const LEDGER = JSON.stringify(fixture('coinbase/transactions.json'));

let server: ScriptedServer | null = null;
let bodies: Readonly<Record<string, string>> = DOCUMENTS;
let ledger = LEDGER;
afterEach(async () => {
  await server?.close();
  server = null;
  bodies = DOCUMENTS;
  ledger = LEDGER;
});

/** One account whose answers the test changes between reads. */
async function open() {
  server = await serveAccount({ accounts: {} }, ({ path }) => {
    if (path.startsWith('/v2/')) return { body: ledger };
    const body = bodies[path];
    return body === undefined ? null : { body };
  });
  return openTestAccount(server.url);
}

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const order = (fixture('coinbase/open-orders.json') as { orders: Row[] }).orders[0] as Row;
const fill = (fixture('coinbase/fills.json') as { fills: Row[] }).fills[0] as Row;
const transaction = (fixture('coinbase/transactions.json') as { data: Row[] }).data[0] as Row;

describe('what Coinbase writes', () => {
  it.each(Object.keys(DOCUMENTS))('is malformed where it nests without end: %s', async (path) => {
    const exchange = await open();
    const body = (DOCUMENTS[path] ?? '').replace('{', `{"more":${nested(100_000)},`);
    bodies = { ...DOCUMENTS, [path]: body };
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
      state: 'unknown',
      reason: 'malformed',
      detail: expect.stringContaining('nests at most 64 deep'),
    });
  });

  it('may nest to the limit, and brackets in a text are no nesting', () => {
    expect(isDeeperThan(nested(64), 64)).toBe(false);
    expect(isDeeperThan(nested(65), 64)).toBe(true);
    expect(isDeeperThan(JSON.stringify({ text: `"\\${'['.repeat(99)}` }), 64)).toBe(false);
    expect(isDeeperThan(`[${'[],'.repeat(99)}{}]`, 64)).toBe(false);
  });

  it.each(['constructor', '__proto__', 'toString'])('is no known word where it is %s', (word) => {
    expect(() => readOrder({ ...order, status: word }, 'order')).toThrow(/malformed/);
    expect(readTransaction({ ...transaction, type: word }, 'row')).toMatchObject([{ kind: 'transfer' }]);
  });

  it.each([
    ['a text', () => readFill({ ...fill, trade_id: 'x'.repeat(10_000_000) }, 'fill')],
    ['a word', () => readOrder({ ...order, status: 'x'.repeat(10_000_000) }, 'order')],
    ['an amount', () => readFill({ ...fill, size: '9'.repeat(61) }, 'fill')],
    ['a time', () => readFill({ ...fill, trade_time: 'x'.repeat(10_000_000) }, 'fill')],
  ])('is malformed, and quoted in short, where %s is longer than any', (_case, read) => {
    const refusal = (() => {
      try {
        return `${JSON.stringify(read())} was read`;
      } catch (error) {
        return String(error);
      }
    })();
    expect(refusal).toContain('malformed');
    expect(refusal.length).toBeLessThan(600);
  });

  const product = {
    product_id: 'BTC-USD',
    base_currency_id: 'BTC',
    quote_currency_id: 'USD',
    base_increment: '0.1',
    price_increment: '0.01',
    base_min_size: '0.1',
    quote_min_size: '1',
  };
  const account = {
    uuid: 'account-1',
    currency: 'USD',
    available_balance: { value: '5', currency: 'USD' },
    hold: { value: '1', currency: 'USD' },
  };
  const limit = (change: object) => ({
    ...order,
    order_configuration: { limit_limit_gtc: { base_size: '0.02', limit_price: '40000', ...change } },
  });
  it.each([
    ['what is held back', () => readAccount({ ...account, hold: { value: '-1' } }, 'row')],
    ['a limit', () => readOrder(limit({ limit_price: '-1' }), 'row')],
    ['the size of an order', () => readOrder(limit({ base_size: '-1' }), 'row')],
    ['what is filled of an order', () => readOrder({ ...limit({}), filled_size: '-1' }, 'row')],
    ['an increment of size', () => readProduct({ ...product, base_increment: '-1' }, 'row')],
    ['an increment of price', () => readProduct({ ...product, price_increment: '-1' }, 'row')],
    ['the least size', () => readProduct({ ...product, base_min_size: '-1' }, 'row')],
    ['the least value', () => readProduct({ ...product, quote_min_size: '-1' }, 'row')],
  ])('is malformed where %s is below zero', (_case, read) => {
    expect(read).toThrow(/malformed: row\.\S*: expected (?:no less|more) than zero, found -1/);
  });

  it('is malformed where a book quotes below zero, or an increment is zero', async () => {
    server = await serveAccount({ accounts: {} }, ({ path }) => {
      if (path.endsWith('/transaction_summary')) return { body: { fee_tier: { taker_fee_rate: '0.006' } } };
      if (path.endsWith('/products/BTC-USD')) return { body: product };
      const pricebooks = [{ product_id: 'BTC-USD', bids: [{ price: '1' }], asks: [{ price: '-2' }] }];
      return path.endsWith('/best_bid_ask') ? { body: { pricebooks } } : null;
    });
    expect(await openTestAccount(server.url).readMarkets(['BTC-USD'], signal)).toMatchObject({
      state: 'unknown',
      reason: 'malformed',
    });
    expect(readProduct(product, 'row')).toMatchObject({ step: '0.1', tick: '0.01' });
    expect(() => readProduct({ ...product, base_increment: '0' }, 'row')).toThrow(/more than zero/);
  });

  it.each<[string, object, object]>([
    ['in quote', { approximate_quote_24h_volume: '1000.5', volume_24h: '7' }, { dayQuoteVolume: '1000.5' }],
    ['in base', { volume_24h: '7' }, { dayQuoteVolume: '17.5' }],
    ['as none', { approximate_quote_24h_volume: '0', volume_24h: '7' }, { dayQuoteVolume: '0' }],
    ['nowhere', { approximate_quote_24h_volume: '', volume_24h: null }, {}],
  ])('takes the volume of a day where it is told %s', async (_where, told, expected) => {
    const [market] = await marketsOf({ ...product, ...told });
    expect({ ...('dayQuoteVolume' in market && { dayQuoteVolume: market.dayQuoteVolume }) }).toEqual(
      expected,
    );
  });

  it.each(['approximate_quote_24h_volume', 'volume_24h'])(
    'is malformed where %s is below zero',
    async (key) => {
      const server = await marketServer({ ...product, [key]: '-1' });
      expect(await openTestAccount(server.url).readMarkets(['BTC-USD'], signal)).toMatchObject({
        state: 'unknown',
        reason: 'malformed',
      });
    },
  );

  async function marketServer(row: object): Promise<ScriptedServer> {
    server = await serveAccount({ accounts: {} }, ({ path }) => {
      if (path.endsWith('/transaction_summary')) return { body: { fee_tier: { taker_fee_rate: '0.006' } } };
      return path.endsWith('/products/BTC-USD')
        ? { body: { ...row, best_bid_price: '2.5', best_ask_price: '2.6' } }
        : null;
    });
    return server;
  }

  async function marketsOf(row: object): Promise<readonly [Market]> {
    const markets = await openTestAccount((await marketServer(row)).url).readMarkets(['BTC-USD'], signal);
    if ('state' in markets) throw new Error(markets.detail);
    return markets as readonly [Market];
  }

  const fault = fc.oneof(
    fc.record({ act: fc.constant('drop' as const), at: fc.nat() }),
    fc.record({ act: fc.constant('digit' as const), at: fc.nat() }),
    fc.record({ act: fc.constant('cut' as const), at: fc.nat() }),
    fc.record({
      act: fc.constant('replace' as const),
      at: fc.nat(),
      by: fc.oneof(
        fc.jsonValue({ maxDepth: 2 }),
        fc.constantFrom<unknown>('__proto__', '-0', '1e9', 'ＮａＮ', '٣', '\u202e', -1, 1e308, nested(9)),
      ),
    }),
  );
  type Fault = typeof fault extends fc.Arbitrary<infer T> ? T : never;

  it('is known with a certificate or unknown with a reason, whatever was changed in it', async () => {
    const exchange = await open();
    const counts = { known: 0, unknown: 0 };
    const judge = (read: Observation<unknown>) => {
      counts[read.state] += 1;
      if (read.state === 'known') expect(read.certificate).toMatchObject({ complete: true, coherent: true });
      else expect(read).toMatchObject({ reason: expect.any(String), detail: expect.any(String) });
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(DOCUMENTS), 'ledger'), fault, async (path, change) => {
        bodies =
          path === 'ledger' ? DOCUMENTS : { ...DOCUMENTS, [path]: changed(DOCUMENTS[path] ?? '', change) };
        ledger = path === 'ledger' ? changed(LEDGER, change) : LEDGER;
        const { signal: own } = new AbortController();
        if (path === 'ledger') judge(await exchange.readActivity({ sinceMs: 0, assets: ['USD'] }, own));
        else judge(await exchange.observe({ fillsSinceMs: null }, own));
      }),
      { numRuns: 300, seed: 4 },
    );
    expect(counts.known).toBeGreaterThan(20);
    expect(counts.unknown).toBeGreaterThan(20);
  }, 60_000);

  /** The document with one of its values dropped or replaced, one digit changed, or its end cut off. */
  function changed(text: string, change: Fault): string {
    if (change.act === 'cut') return text.slice(0, change.at % text.length);
    if (change.act === 'digit') {
      const digits = [...text.matchAll(/\d/g)].map(({ index }) => index);
      const at = digits[change.at % digits.length] ?? 0;
      return `${text.slice(0, at)}${(Number(text[at]) + 1) % 10}${text.slice(at + 1)}`;
    }
    const document = JSON.parse(text) as unknown;
    const places = placesIn(document);
    const place = places[change.at % places.length];
    if (place === undefined) return text;
    if (change.act === 'drop') delete place.holder[place.key];
    else place.holder[place.key] = change.by;
    return JSON.stringify(document);
  }

  function placesIn(value: unknown): { holder: Record<string, unknown>; key: string }[] {
    if (typeof value !== 'object' || value === null) return [];
    const holder = value as Record<string, unknown>;
    return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
  }
});
