import { afterEach, describe, expect, it, test } from '@jest/globals';
import { openTestAccount, serveAccount } from '../support/coinbase-account.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const wire = (path: string): Recording => referenceData(`wire/${path}`);
const signal = new AbortController().signal;

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('requests to Coinbase beside those that ccxt sends', () => {
    let server: ScriptedServer | null = null;
    afterEach(async () => {
      await server?.close();
      server = null;
    });
    const { cases } = wire('ccxt/cases.request.coinbase.json');
    const of = (id: string): Recording =>
      cases.find((one: Recording) => one.id === `ccxt.coinbase.request.${id}`);
    const urlOf = (id: string): URL => new URL(of(id).url);

    it('asks for the best quotes of several products in one request, each by its own parameter', async () => {
      const theirs = urlOf('fetchBidsAsks.0');
      const markets = theirs.searchParams.getAll('product_ids');
      expect(markets).toHaveLength(2);
      const [product] = wire('nautilus/coinbase/http_products.json').products;
      server = await serveAccount({ accounts: {} }, ({ path }) => {
        const market = markets.find((one) => path.endsWith(`/products/${one}`));
        if (market !== undefined) return { body: { ...product, product_id: market } };
        return path.endsWith('/transaction_summary')
          ? { body: wire('coinbase/transaction-summary.real.json') }
          : null;
      });
      await openTestAccount(server.url).readMarkets(markets, signal);
      const ours = server.requests.filter(({ path }) => path === theirs.pathname);
      expect(ours.map(({ method, query }) => [method, String(query)])).toEqual([
        ['GET', String(theirs.searchParams)],
      ]);
    });

    it.each(['cancelOrder.0', 'cancelOrder.1'])('cancels as ccxt does: %s', async (id) => {
      const [venueOrderId] = of(id).input;
      server = await serveAccount({ accounts: {} }, () => ({
        body: { results: [{ success: true, order_id: venueOrderId, failure_reason: '' }] },
      }));
      const outcome = await openTestAccount(server.url).cancelOrder({} as never, venueOrderId, signal);
      expect(outcome).toEqual({ state: 'requested' });
      expect(server.requests.map(({ method, path, body }) => [method, path, body])).toEqual([
        ['POST', urlOf(id).pathname, of(id).output],
      ]);
    });

    it('asks for open orders by the same parameters, and for more on a page', async () => {
      server = await serveAccount({ accounts: { accounts: [] } });
      await openTestAccount(server.url).observe({ fillsSinceMs: null }, signal);
      const theirs = urlOf('fetchOpenOrders.0');
      const asked = server.requests.filter(({ path }) => path === theirs.pathname);
      expect(asked.length).toBeGreaterThan(0);
      const parametersOf = (query: URLSearchParams) =>
        Object.fromEntries([...query].map(([name, value]) => [name, name === 'limit' ? '' : value]));
      for (const { query } of asked) {
        expect(parametersOf(query)).toEqual(parametersOf(theirs.searchParams));
        expect(Number(query.get('limit'))).toBeGreaterThan(Number(theirs.searchParams.get('limit')));
      }
    });
  });
}
