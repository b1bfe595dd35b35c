import { afterEach, describe, expect, it, test } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import type { Snapshot } from '../../src/domain/venue/observation.ts';
import { readFill } from '../../src/exchanges/coinbase/fill-rows.ts';
import { readProduct } from '../../src/exchanges/coinbase/market-rows.ts';
import { submitSpotOrder } from '../../src/exchanges/coinbase/order-commands.ts';
import { readOrder } from '../../src/exchanges/coinbase/order-rows.ts';
import type { Row } from '../../src/exchanges/coinbase/row-reader.ts';
import { readTransaction } from '../../src/exchanges/coinbase/transaction-rows.ts';
import { ACCOUNTS_PATH, openTestAccount, serveAccount } from '../support/coinbase-account.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const wire = (path: string): Recording => referenceData(`wire/${path}`);
const signal = new AbortController().signal;

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('recordings of Coinbase', () => {
    let server: ScriptedServer | null = null;
    afterEach(async () => {
      await server?.close();
      server = null;
    });

    async function snapshotOf(documents: {
      accounts: object;
      orders?: object;
      fills?: object;
    }): Promise<Snapshot> {
      server = await serveAccount(documents);
      const observed = await openTestAccount(server.url).observe({ fillsSinceMs: null }, signal);
      if (observed.state === 'unknown') throw new Error(`${observed.reason}: ${observed.detail}`);
      return observed.value;
    }

    it('reads a live account of 260 wallets on two pages exactly', async () => {
      const recording = wire('coinbase/accounts.live.real.json');
      const [first, second] = recording.response_pages;
      server = await serveAccount({ accounts: first }, (request) =>
        request.path === ACCOUNTS_PATH && request.query.get('cursor') === first.cursor
          ? { body: second }
          : null,
      );
      const observed = await openTestAccount(server.url).observe({ fillsSinceMs: null }, signal);
      if (observed.state !== 'known') throw new Error(observed.detail);
      expect(observed.value.balances).toHaveLength(recording.expected.accounts);
      const nonZero = observed.value.balances.filter(({ total }) => total !== '0');
      const found = Object.fromEntries(
        nonZero.map(({ asset, available, hold, total }) => [asset, { available, hold, total }]),
      );
      expect(found).toEqual(recording.expected.non_zero);
      expect(observed.certificate.scope).toBe(first.accounts[0].retail_portfolio_id);
      const accountPages = observed.certificate.pages.filter(
        ({ endpoint }) => endpoint === `GET ${ACCOUNTS_PATH}`,
      );
      expect(accountPages.map(({ rows }) => rows)).toEqual([250, 10]);
    });

    it('reads an account that holds nothing as two currencies of zero', async () => {
      const { balances } = await snapshotOf({ accounts: wire('coinbase/accounts.empty-live.real.json') });
      expect(balances.map(({ asset, total }) => [asset, total])).toEqual([
        ['SGD', '0'],
        ['USD', '0'],
      ]);
    });

    it('reads the sandbox accounts as an independent parser does', async () => {
      const { balances } = await snapshotOf({
        accounts: wire('coinbase/sandbox/list_accounts.json').response,
      });
      const expected = wire('coinbase/sandbox/expected.ccxt.json').expected['sandbox/list_accounts'];
      expect(Object.fromEntries(balances.map((one) => [one.asset, Number(one.total)]))).toEqual(
        Object.fromEntries(Object.entries<Recording>(expected).map(([asset, one]) => [asset, one.total])),
      );
    });

    it('reads the sandbox orders: open ones with their rest, ended ones not at all', async () => {
      const { openOrders } = await snapshotOf({
        accounts: wire('coinbase/sandbox/list_accounts.json').response,
        orders: wire('coinbase/sandbox/list_orders.json').response,
      });
      const expected = wire('coinbase/sandbox/expected.ccxt.json')
        .expected['sandbox/list_orders'].filter((one: Recording) => one.status === 'open')
        .map((one: Recording) => [one.id, one.clientOrderId, one.side, one.remaining, one.price]);
      expect(expected).toHaveLength(2);
      const found = openOrders.map((one) => [
        one.id,
        one.clientOrderId,
        one.side,
        Number(one.remaining),
        Number(one.limitPrice),
      ]);
      expect(new Set(found.map(String))).toEqual(new Set(expected.map(String)));
    });

    it('reads the accounts, orders and fills of the Nautilus recordings', async () => {
      const expected: Recording[] = wire('nautilus/expected.json');
      const of = (id: string) => expected.find((one) => one.id === `naut.coinbase.${id}`)?.expected;
      const { balances, openOrders, fills } = await snapshotOf({
        accounts: wire('nautilus/coinbase/http_accounts.json'),
        orders: { orders: [wire('nautilus/coinbase/http_order.json').order] },
        fills: wire('nautilus/coinbase/http_fills.json'),
      });
      const money = Object.fromEntries(
        balances.map((one) => [one.asset, { free: one.available, locked: one.hold, total: one.total }]),
      );
      const canonical = (one: Recording) =>
        Object.fromEntries(Object.entries(one).map(([key, text]) => [key, amount(String(text))]));
      const stated = Object.entries<Recording>(of('account_state.spot').balances).map(([asset, one]) => [
        asset,
        canonical(one),
      ]);
      expect(money).toEqual(Object.fromEntries(stated));
      const order = of('order.open_filled_equals_size');
      expect(openOrders).toEqual([
        {
          id: order.venue_order_id,
          clientOrderId: order.client_order_id,
          market: 'BTC-USD',
          side: 'buy',
          remaining: '0',
          limitPrice: '10000',
        },
      ]);
      const maker = of('fill.maker');
      expect(fills[0]).toMatchObject({
        id: maker.trade_id,
        orderId: maker.order_id,
        side: 'buy',
        quantity: maker.size,
        price: maker.price,
        fee: { asset: maker.fee.currency, amount: maker.fee.amount },
        atMs: Date.parse('2024-01-15T10:30:00Z'),
      });
      expect(fills).toHaveLength(2);
    });

    it('takes an empty list of accounts for a known empty account', async () => {
      expect((await snapshotOf({ accounts: { accounts: [] } })).balances).toEqual([]);
    });

    it('maps every order status that Nautilus maps', () => {
      const expected: Recording[] = wire('nautilus/expected.json');
      const mapping = expected.find((one) => one.id === 'naut.coinbase.order_status_map').mapping;
      const row = wire('nautilus/coinbase/http_order.json').order;
      const ours: Recording = {
        ACCEPTED: 'open',
        FILLED: 'filled',
        CANCELED: 'cancelled',
        PENDING_CANCEL: 'open',
        PENDING_UPDATE: 'open',
        EXPIRED: 'expired',
        REJECTED: 'rejected',
      };
      for (const [status, theirs] of Object.entries<string>(mapping)) {
        expect(readOrder({ ...row, status }, 'order').status).toBe(ours[theirs]);
      }
    });

    it('takes what a market order sized in quote has filled as its quantity', () => {
      const sold = readOrder(wire('nautilus/coinbase/http_orders_list.json').orders[1], 'order');
      expect([sold.status, sold.filledQuantity, sold.remaining, sold.limitPrice]).toEqual([
        'filled',
        '0.0325',
        '0',
        null,
      ]);
      const bought = wire('coinbase/order.market-quote.atom.real.json');
      const order = readOrder(bought.order, 'order');
      expect([order.status, order.filledQuantity, order.remaining]).toEqual([
        'filled',
        '0.5770494951509377',
        '0',
      ]);
      expect(Number(order.filledQuantity)).toBe(bought.expected_ccxt.filled);
    });

    it('reads the fill and the closed order of ccxt', () => {
      const cases: Recording[] = wire('ccxt/cases.response.coinbase.json');
      const trades = cases.find((one) => one.method === 'fetchMyTrades');
      const [expected] = trades.expected;
      const fill = readFill(trades.httpResponse.fills[0], 'fill');
      expect([fill.id, fill.orderId, fill.atMs, fill.side]).toEqual([
        expected.id,
        expected.order,
        expected.timestamp,
        expected.side,
      ]);
      expect([fill.price, fill.quantity, fill.quoteAmount, fill.fee.amount].map(Number)).toEqual([
        expected.price,
        expected.amount,
        expected.cost,
        expected.fee.cost,
      ]);
      expect(fill.fee.asset).toBe(expected.fee.currency);
      const closed = cases.find((one) => one.method === 'fetchClosedOrders');
      const order = readOrder(closed.httpResponse.orders[0], 'order');
      expect([order.id, order.clientOrderId, order.status, order.filledQuantity, order.remaining]).toEqual([
        closed.expected[0].id,
        closed.expected[0].clientOrderId,
        'filled',
        '10',
        '0',
      ]);
    });

    it('follows the cursor that the recorded page of fills ends with', async () => {
      const trades = wire('ccxt/cases.response.coinbase.json').find(
        (one: Recording) => one.method === 'fetchMyTrades',
      );
      server = await serveAccount({ accounts: { accounts: [] } }, (request) => {
        if (!request.path.endsWith('/fills')) return null;
        return {
          body: request.query.get('cursor') === '114994851' ? { fills: [], cursor: '' } : trades.httpResponse,
        };
      });
      const observed = await openTestAccount(server.url).observe({ fillsSinceMs: null }, signal);
      expect(observed.state === 'known' && observed.value.fills.map(({ id }) => id)).toEqual([
        trades.expected[0].id,
      ]);
    });

    it('derives the base quantity of the live bot’s quote-sized fills exactly', () => {
      const { transitions } = referenceData('reconciliation/live-bot-coinbase.json') as Recording;
      const logged = transitions
        .flatMap((one: Recording) => one.journal_fills)
        .filter((one: Recording) => one.logged_quantity_unit === 'quote');
      expect(logged.length).toBeGreaterThan(5);
      for (const one of logged) {
        const fill = readFill(
          {
            trade_id: 't',
            order_id: 'o',
            product_id: one.symbol,
            side: one.side,
            size: one.logged_quantity,
            size_in_quote: true,
            price: one.price,
            commission: one.fee,
            trade_time: '2025-11-12T18:52:16Z',
          },
          'fill',
        );
        expect([fill.quantity, fill.quoteAmount]).toEqual([
          amount(one.base_quantity),
          amount(one.logged_quantity),
        ]);
      }
    });

    it('reads every recorded fill of the live bot', () => {
      const recording = wire('coinbase/live-bot-orders.real.json');
      for (const { book_entry, venue_fills } of recording.orders) {
        for (const row of venue_fills) {
          const fill = readFill(row, 'fill');
          expect([Number(fill.quantity), Number(fill.fee.amount), fill.orderId]).toEqual([
            book_entry.filled_size,
            book_entry.fees,
            book_entry.order_id,
          ]);
        }
      }
    });

    it('accepts an order by every recorded answer to a new order', async () => {
      const answers = [
        wire('coinbase/sandbox/create_order.json').response,
        ...wire('coinbase/live-bot-orders.real.json').orders.map(
          (one: Recording) => one.venue_create_order_response,
        ),
      ];
      for (const answer of answers) {
        const instruction = {
          intentId: 'i',
          venue: 'coinbase',
          market: 'BTC-USD',
          side: 'buy',
          quantity: amount('1'),
          limitPrice: amount('1'),
          timeInForce: 'goodTilCancelled',
          reduceOnly: false,
          clientOrderId: 'c',
        } as const;
        const outcome = await submitSpotOrder(
          {
            origin: '',
            read: () => Promise.reject(new Error('not a read')),
            send: async () => ({
              status: 200,
              headers: {},
              body: JSON.stringify(answer),
              sha256: '',
              clockSkewMs: null,
            }),
          },
          { instruction, reference: null, payload: '{}', expiresAtHeight: null },
          signal,
        );
        expect(outcome).toEqual({ state: 'accepted', venueOrderId: answer.success_response.order_id });
      }
    });

    it('cancels by the recorded answer', async () => {
      const { request, response } = wire('coinbase/sandbox/cancel_orders.json');
      server = await serveAccount({ accounts: {} }, () => ({ body: response }));
      const [orderId] = request.body.order_ids;
      const outcome = await openTestAccount(server.url).cancelOrder({} as never, orderId, signal);
      expect(outcome).toEqual({ state: 'requested' });
      expect(server.requests[0]?.path).toBe(`/api/v3/brokerage${request.path}`);
      expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual(request.body);
    });

    it('reads the recorded products and fee tier', async () => {
      for (const path of ['coinbase/product.btc-usd.real.json', 'nautilus/coinbase/http_product.json']) {
        expect(readProduct(wire(path), 'product')).toEqual({
          market: 'BTC-USD',
          kind: 'spot',
          base: 'BTC',
          quote: 'USD',
          step: '0.00000001',
          tick: '0.01',
          minQuantity: '0.00000001',
          minNotional: '1',
          isTradable: true,
        });
      }
      server = await serveAccount({ accounts: {} }, ({ path }) => {
        if (path.endsWith('/transaction_summary'))
          return { body: wire('coinbase/transaction-summary.real.json') };
        if (path.endsWith('/best_bid_ask'))
          return {
            body: {
              pricebooks: [
                {
                  product_id: 'BTC-USD',
                  bids: [{ price: '83306.03', size: '1' }],
                  asks: [{ price: '83306.04', size: '1' }],
                },
              ],
            },
          };
        return path.endsWith('/products/BTC-USD')
          ? { body: wire('coinbase/product.btc-usd.real.json') }
          : null;
      });
      const markets = await openTestAccount(server.url).readMarkets(['BTC-USD'], signal);
      expect(markets).toMatchObject([
        { takerFeeRate: '0.012', bid: '83306.03', ask: '83306.04', dayQuoteVolume: '385375332.57' },
      ]);
    });

    it('sends what ccxt sends: paths, queries and bodies', async () => {
      const cases: Recording[] = wire('ccxt/cases.request.coinbase.json').cases;
      const of = (id: string) => cases.find((one) => one.id === `ccxt.coinbase.request.${id}`);
      server = await serveAccount({ accounts: { accounts: [] } }, (request) =>
        request.method === 'POST'
          ? {
              body: {
                success: true,
                success_response: { order_id: 'o' },
                results: [{ success: true, order_id: '9fd0cadc-2ccc-45e8-b254-ea511c34e5b2' }],
              },
            }
          : null,
      );
      const exchange = openTestAccount(server.url);
      const buy = of('createOrder.0');
      const prepared = await exchange.prepareOrder(
        {
          intentId: 'i',
          venue: 'coinbase',
          market: 'ADA-USDT',
          side: 'buy',
          quantity: amount('4'),
          limitPrice: amount('0.2'),
          timeInForce: 'goodTilCancelled',
          reduceOnly: false,
          clientOrderId: buy.output_parsed.client_order_id,
        },
        signal,
      );
      if (prepared.state !== 'prepared') throw new Error('not prepared');
      await exchange.submitOrder(prepared.order, signal);
      await exchange.cancelOrder(prepared.order, '9fd0cadc-2ccc-45e8-b254-ea511c34e5b2', signal);
      await exchange.observe({ fillsSinceMs: null }, signal);
      const sent = server.requests;
      expect(sent[0]?.body).toBe(buy.output);
      expect(sent[0]?.path).toBe(new URL(buy.url).pathname);
      expect(sent[1]?.body).toBe(of('cancelOrder.0').output);
      expect(sent[1]?.path).toBe(new URL(of('cancelOrder.0').url).pathname);
      const urls = sent.map(({ path, query }) => `${path}?${query}`);
      expect(urls).toContain(of('fetchAccounts.0').url.replace('https://api.coinbase.com', ''));
      const open = new URL(of('fetchOpenOrders.0').url);
      const ours = sent.find(({ path }) => path === open.pathname);
      expect(ours?.query.get('order_status')).toBe(open.searchParams.get('order_status'));
    });

    it.each(['createOrder.1', 'createOrder.6', 'createMarketBuyOrderWithCost.0'])(
      'sends what ccxt sends for an amount of quote: %s',
      async (id) => {
        const cases: Recording[] = wire('ccxt/cases.request.coinbase.json').cases;
        const theirs = cases.find((one) => one.id === `ccxt.coinbase.request.${id}`);
        const { client_order_id, product_id, order_configuration } = theirs.output_parsed;
        const prepared = await openTestAccount('http://127.0.0.1:1').prepareOrder(
          {
            intentId: 'i',
            venue: 'coinbase',
            market: product_id,
            side: 'buy',
            quantity: amount('1'),
            limitPrice: amount('5'),
            quoteSize: amount(order_configuration.market_market_ioc.quote_size),
            timeInForce: 'immediateOrCancel',
            reduceOnly: false,
            clientOrderId: client_order_id,
          },
          signal,
        );
        expect(prepared.state === 'prepared' && prepared.order.payload).toBe(theirs.output);
      },
    );

    it('asks where ccxt asks: time, fees, and positions by portfolio', async () => {
      const cases: Recording[] = wire('ccxt/cases.request.coinbase.json').cases;
      const of = (id: string) => new URL(cases.find((one) => one.id === `ccxt.coinbase.request.${id}`).url);
      const [, portfolio] = of('fetchPositions.0').pathname.split('/positions/');
      const margin = { currency: 'USDC', platform: 'ACCOUNT_PLATFORM_INTX', uuid: 'a' };
      const none = { value: '0', currency: 'USDC' };
      const row = { ...margin, available_balance: none, hold: none, retail_portfolio_id: portfolio };
      server = await serveAccount({ accounts: { accounts: [row] } });
      const exchange = openTestAccount(server.url);
      await exchange.observe({ fillsSinceMs: null }, signal);
      await exchange.readMarkets(['BTC-USD'], signal);
      const asked = server.requests.map(({ path, query }) => `${path}${query.size > 0 ? `?${query}` : ''}`);
      for (const id of ['fetchTime.1', 'fetchTradingFees.0', 'fetchPositions.0'])
        expect(asked).toContain(`${of(id).pathname}${of(id).search}`);
    });

    it('moves holdings exactly as the recorded ledger rows do', () => {
      const cases: Recording[] = wire('coinbase/rotki.v2-transactions.cases.json');
      const history = cases.find((one) => one.id.endsWith('history_events'));
      const activities = history.input.TRANSACTIONS_RESPONSE.data.flatMap((row: Row) =>
        readTransaction(row, 'row'),
      );
      const movements = activities.filter((one: Recording) =>
        ['deposit', 'withdrawal', 'fee', 'reward'].includes(one.kind),
      );
      const kinds: Recording = { RECEIVE: 'deposit', SPEND: 'withdrawal', FEE: 'fee' };
      const expected = history.expected.flatMap((one: Recording) => {
        if (one.kind === 'movement')
          return [
            [
              kinds[one.leg],
              one.asset,
              amount(one.leg === 'RECEIVE' ? one.amount : `-${one.amount}`),
              one.ts_ms,
            ],
          ];
        return one.kind === 'history' ? [['reward', one.asset, amount(one.amount), one.ts_ms]] : [];
      });
      expect(expected).toHaveLength(8);
      const found = movements.map((one: Recording) => [
        one.kind,
        one.deltas[0].asset,
        one.deltas[0].amount,
        one.atMs,
      ]);
      expect(new Set(found.map(String))).toEqual(new Set(expected.map(String)));
      const conversions = activities.filter((one: Recording) => one.kind === 'conversion');
      expect(conversions.map((one: Recording) => one.deltas[0])).toEqual([
        { asset: 'USDC', amount: '-10.48218' },
        { asset: 'ETH', amount: '0.05772716' },
        { asset: 'ETH', amount: '0.05772715' },
      ]);
    });

    it('tells a conversion by the exact amounts of its legs and leaves executions to the fills', () => {
      const cases: Recording[] = wire('coinbase/rotki.v2-transactions.cases.json');
      const of = (id: string) => cases.find((one) => one.id === `rotki.coinbase.${id}`);
      const withFee = of('conversion_with_fee');
      const legs = withFee.input.flatMap((row: Row) => readTransaction(row, 'row'));
      const expected = withFee.expected
        .filter((one: Recording) => one.leg !== 'FEE')
        .map((one: Recording) => ({
          asset: one.asset,
          amount: one.leg === 'SPEND' ? `-${one.amount}` : one.amount,
        }));
      expect(new Set(legs.map((one: Recording) => JSON.stringify(one.deltas[0])))).toEqual(
        new Set(expected.map((one: Recording) => JSON.stringify(one))),
      );
      const both = of('asset_conversion').input.flatMap((row: Row) => readTransaction(row, 'row'));
      expect(new Set(both.map((one: Recording) => one.id)).size).toBe(2);
      expect(readTransaction(of('ignore_asset_and_amount_advancedtrade').input, 'row')).toEqual([]);
    });

    it('refuses the placeholders of the documents’ examples instead of reading them as orders', async () => {
      const examples: Recording[] = wire('coinbase/jkorf.docs-endpoints.json');
      const orders = examples.find((one) => one.id === 'jkorf.GetOrders').response;
      server = await serveAccount({ accounts: { accounts: [] }, orders: { ...orders, has_next: false } });
      expect(await openTestAccount(server.url).observe({ fillsSinceMs: null }, signal)).toMatchObject({
        state: 'unknown',
        reason: 'malformed',
      });
    });

    it('reads the documents’ examples that have the live shape', async () => {
      const examples: Recording[] = wire('coinbase/jkorf.docs-endpoints.json');
      const of = (id: string) => examples.find((one) => one.id === `jkorf.${id}`).response;
      const { balances, fills } = await snapshotOf({
        accounts: of('GetAccounts'),
        fills: { ...of('GetUserTrades'), cursor: '' },
      });
      expect(balances).toEqual([
        { asset: 'BTC', symbol: 'BTC', total: '2.46', available: '1.23', hold: '1.23' },
      ]);
      expect(fills).toMatchObject([
        { quantity: '0.001', price: '10000', fee: { asset: 'USD', amount: '1.25' } },
      ]);
      expect(readTransaction(of('GetTransaction').data, 'row')).toMatchObject([
        { kind: 'withdrawal', deltas: [{ asset: 'BTC', amount: '-0.001' }] },
      ]);
    });
  });
}
