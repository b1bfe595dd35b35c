import { afterEach, describe, expect, it, test } from '@jest/globals';
import { snapshotDocument } from '../../src/app/snapshot-document.ts';
import {
  type Amount,
  absolute,
  add,
  amount,
  isLess,
  multiply,
  subtract,
  sum,
} from '../../src/domain/money/amount.ts';
import type { Observation, Snapshot } from '../../src/domain/venue/observation.ts';
import { balancesOf, positionsOf } from '../../src/exchanges/dydx/consolidate-subaccounts.ts';
import {
  fillRow,
  orderRow,
  parseBody,
  subaccountRow,
  transfersBody,
} from '../../src/exchanges/dydx/dydx-rows.ts';
import { equityMismatch, signedSize } from '../../src/exchanges/dydx/equity-identity.ts';
import { indexerOrderId, indexerSubaccountId } from '../../src/exchanges/dydx/order-id.ts';
import { activityOfTransfer } from '../../src/exchanges/dydx/read-activity.ts';
import { fillOf } from '../../src/exchanges/dydx/read-fills.ts';
import { openOrderOf } from '../../src/exchanges/dydx/read-orders.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { type DydxDocuments, openTestDydx, serveDydxAccount, TEST_ADDRESS } from '../support/dydx-account.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const wire = (path: string): Recording => referenceData(`wire/${path}`);
const signal = new AbortController().signal;
const parsed = <T>(schema: Parameters<typeof parseBody<T>>[1], body: unknown): T => {
  const result = parseBody('a recording', schema, body);
  if (result.state === 'unknown') throw new Error(result.detail);
  return result.value;
};
const at = (document: Recording, pointer: string): Recording =>
  pointer
    .split('/')
    .slice(1)
    .reduce((value, key) => value[key], document);

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('recordings of dYdX', () => {
    let server: ScriptedServer | null = null;
    let exchange: Exchange | null = null;
    afterEach(async () => {
      await exchange?.close();
      await server?.close();
      exchange = null;
      server = null;
    });

    async function observe(
      scope: { address: string; subaccountNumbers: readonly number[] },
      documents: DydxDocuments,
    ): Promise<Observation<Snapshot>> {
      server = await serveDydxAccount(scope.address, documents);
      exchange = await openTestDydx(server.url, { scope });
      return exchange.observe({ fillsSinceMs: null }, signal);
    }

    async function open(others: Record<string, object>): Promise<Exchange> {
      server = await serveDydxAccount(TEST_ADDRESS, { subaccounts: {}, others });
      exchange = await openTestDydx(server.url);
      return exchange;
    }

    function valueIn<T>(observed: Observation<T>): T {
      if (observed.state === 'unknown') throw new Error(`${observed.reason}: ${observed.detail}`);
      return observed.value;
    }

    it('reads the current generation as whole endpoints', async () => {
      const { result: subaccount } = wire('nautilus/dydx/http_get_subaccount.json');
      const { result: orders } = wire('nautilus/dydx/http_get_orders.json');
      const { result: fills } = wire('nautilus/dydx/http_get_fills.json');
      const { result: height } = wire('nautilus/dydx/http_get_block_height.json');
      const { address } = subaccount.subaccount;
      const observed = await observe(
        { address, subaccountNumbers: [0] },
        { subaccounts: { 0: subaccount }, orders, fills, height },
      );
      const snapshot = valueIn(observed);
      expect(snapshot.balances).toEqual([
        { asset: 'USDC', symbol: 'USDC', total: '45.201296', available: '45.201296', hold: '0' },
      ]);
      expect(snapshot.positions).toEqual([]);
      expect(snapshot.openOrders).toEqual([]);
      expect(
        snapshot.fills.map((fill) => [fill.id, fill.clientOrderId, fill.side, fill.price, fill.quoteAmount]),
      ).toEqual([
        ['6450e369-1dc3-5229-8dc2-fb3b5d1cf2ab', '1700756032', 'buy', '105117', '10.5117'],
        ['c9dc5ed7-d2b7-5aae-9027-988d93676068', '2501724362', 'sell', '104746', '10.4746'],
        ['ef7ad6fb-ed77-50c7-b592-73ab5b32d42a', '426627592', 'sell', '104746', '10.4746'],
      ]);
      if (observed.state !== 'known') throw new Error(observed.reason);
      expect(observed.certificate).toMatchObject({
        complete: true,
        coherent: true,
        scope: `${address}/0`,
        watermarkAfter: { height: 66624141 },
      });
      expect(observed.certificate.pages.every((page) => /^[0-9a-f]{64}$/.test(page.sha256))).toBe(true);
    });

    it('reads the legacy generation as whole endpoints', async () => {
      const {
        subaccounts: [subaccount],
      } = wire('nautilus/dydx-legacy/http.addresses.json');
      const observed = await observe(
        { address: subaccount.address, subaccountNumbers: [0] },
        {
          subaccounts: { 0: { subaccount } },
          orders: wire('nautilus/dydx-legacy/http.orders.json'),
          fills: wire('nautilus/dydx-legacy/http.fills.json'),
        },
      );
      const snapshot = valueIn(observed);
      expect(snapshot.balances[0]?.total).toBe('90.461932');
      expect(snapshot.positions).toEqual([
        { market: 'ETH-USD', side: 'long', size: '0.003', entryPrice: '3177.76666666666666666667' },
      ]);
      const expected = wire('nautilus/expected.json').find(
        (one: Recording) => one.id === 'naut.dydx.fill.0',
      ).expected;
      const fill = snapshot.fills.find((one) => one.id === expected.trade_id);
      expect(fill).toEqual({
        id: expected.trade_id,
        orderId: expected.venue_order_id,
        clientOrderId: '2043599281',
        market: 'ETH-USD',
        base: 'perpetual:ETH-USD',
        quote: 'USDC',
        side: 'buy',
        quantity: expected.size,
        price: expected.price,
        quoteAmount: '6.357',
        fee: { asset: expected.fee.currency, amount: expected.fee.amount },
        atMs: Number(BigInt(expected.ts_ns) / 1_000_000n),
      });
    });

    it.each(wire('dydx/equity-identity.cases.json').cases as Recording[])(
      'takes $file$json_pointer for $expected',
      async ({ file, json_pointer, expected, signed_usdc, reported_equity, positions }) => {
        const raw = at(wire(file.replace('wire/', '')), json_pointer);
        const subaccount = parsed(subaccountRow, raw);
        expect(sum(balancesOf([subaccount]).map(({ total }) => total))).toBe(amount(signed_usdc));
        expect(Object.keys(subaccount.openPerpetualPositions)).toHaveLength(positions);
        const mismatch = equityMismatch(subaccount);
        if (expected === 'consistent') expect(mismatch).toBeNull();
        else expect(mismatch).toContain(amount(reported_equity));

        const { address, subaccountNumber } = raw;
        const observed = await observe(
          { address, subaccountNumbers: [subaccountNumber] },
          { subaccounts: { [subaccountNumber]: { subaccount: raw } } },
        );
        if (expected === 'consistent') expect(observed.state).toBe('known');
        else expect(observed).toMatchObject({ state: 'unknown', reason: 'suspectSource' });
      },
    );

    it.each(wire('dydx/abacus.valuation.cases.json').cases as Recording[])(
      'values $id from its parsed holdings',
      ({ payload, markets, expected }) => {
        const subaccounts: Recording[] =
          payload.subaccounts ??
          payload.contents?.subaccount?.childSubaccounts ??
          [payload.contents?.subaccount ?? payload.subaccount].filter((one: Recording) => one !== undefined);
        // Rows without asset positions were cut by whoever recorded them: that is not an empty subaccount.
        const cut = subaccounts.filter((one) => one.assetPositions === undefined);
        for (const one of cut)
          expect(parseBody('cut', subaccountRow, one)).toMatchObject({ reason: 'malformed' });
        const rows = subaccounts.filter((one) => !cut.includes(one)).map((one) => parsed(subaccountRow, one));
        const collateral = sum(balancesOf(rows).map(({ total }) => total));
        const ofParent = sum(balancesOf(rows.slice(0, 1)).map(({ total }) => total));
        const notional = rows
          .flatMap((row) => Object.values(row.openPerpetualPositions))
          .map((position) => {
            const { oraclePrice } = markets[position.market] ?? {};
            return oraclePrice === undefined ? null : multiply(signedSize(position), amount(oraclePrice));
          });
        if (expected?.quoteBalance !== undefined) expectNear(ofParent, expected.quoteBalance);
        if (expected?.equity !== undefined && !notional.includes(null)) {
          expectNear(add(collateral, sum(notional as Amount[])), expected.equity);
        }
        expect(rows.length).toBeGreaterThan(0);
      },
    );

    it('reads orders and fills with the expectations of another reader', () => {
      const expectations: Recording[] = wire('nautilus/expected.json');
      const order = expectations.find((one) => one.id === 'naut.dydx.order');
      const row = parsed(orderRow, wire('nautilus/dydx-legacy/http.order.json'));
      expect(row).toMatchObject({
        id: order.expected.venue_order_id,
        clientId: order.expected.client_order_id,
        side: order.expected.side,
        price: order.expected.price,
        size: order.expected.quantity,
        totalFilled: order.expected.filled,
        status: order.expected.status,
      });
      const opened = expectations.find((one) => one.id === 'naut.dydx.ws.order_best_effort_opened');
      const [update] = wire('nautilus/dydx-legacy/ws.v4_accounts_channel_data_order_opened.json').contents
        .orders;
      expect(openOrderOf(parsed(orderRow, update))).toEqual({
        id: opened.expected.venue_order_id,
        clientOrderId: opened.expected.client_order_id,
        market: 'ETH-USD',
        side: 'buy',
        remaining: opened.expected.quantity,
        limitPrice: opened.expected.price,
      });
      const balance = expectations.find((one) => one.id === 'naut.dydx.balance.subscribed');
      const { subaccount } = wire('nautilus/dydx-legacy/ws.v4_accounts_subscribed.json').contents;
      const [usdc] = balancesOf([parsed(subaccountRow, subaccount)]);
      expect(usdc).toMatchObject({
        total: amount(balance.expected.USDC.total),
        hold: balance.expected.USDC.locked,
      });
    });

    it('derives the ids that the indexer gave recorded orders', () => {
      const orders: Recording[] = wire('nautilus/dydx/http_get_orders.json').result;
      const { address } = wire('nautilus/dydx/http_get_subaccount.json').result.subaccount;
      for (const order of orders) {
        expect(indexerSubaccountId(address, 0)).toBe(order.subaccountId);
        expect(
          indexerOrderId({
            address,
            subaccountNumber: 0,
            clientId: Number(order.clientId),
            clobPairId: Number(order.clobPairId),
            orderFlags: Number(order.orderFlags) as 0,
          }),
        ).toBe(order.id);
      }
    });

    it.each([
      'nautilus/dydx-legacy/http.list_perpetual_markets.json',
      'nautilus/dydx-legacy/http.list_perpetual_markets_v8.json',
    ])('reads every market of %s', async (path) => {
      const body = wire(path);
      const tickers = Object.keys(body.markets);
      const count = wire('nautilus/expected.json').find(
        (one: Recording) => one.id === 'naut.dydx.markets.count',
      ).expected;
      if (!path.includes('v8')) expect(tickers).toHaveLength(count.markets);
      const book = { bids: [{ price: '0.5', size: '1' }], asks: [{ price: '0.6', size: '1' }] };
      const books = Object.fromEntries(
        tickers.map((ticker) => [`/v4/orderbooks/perpetualMarket/${encodeURIComponent(ticker)}`, book]),
      );
      const venue = await open({ '/v4/perpetualMarkets': body, ...books });
      const markets = await venue.readMarkets(tickers, signal);
      if (!Array.isArray(markets)) throw new Error(JSON.stringify(markets));
      expect(markets).toHaveLength(tickers.length);
      for (const market of markets) {
        const row = body.markets[market.market];
        expect(market).toMatchObject({
          step: amount(row.stepSize),
          tick: amount(row.tickSize),
          bid: '0.5',
          ask: '0.6',
        });
        expect(market.isTradable).toBe(row.status === 'ACTIVE');
      }
    });

    it('reads the current market list', async () => {
      const { result } = wire('nautilus/dydx/http_get_perpetual_markets.json');
      const book = wire('ccxt/cases.response.dydx.json').find(
        (one: Recording) => one.method === 'fetchOrderBook',
      );
      const venue = await open({
        '/v4/perpetualMarkets': result,
        '/v4/orderbooks/perpetualMarket/BTC-USD': book.httpResponse,
      });
      expect(await venue.readMarkets(['BTC-USD'], signal)).toEqual([
        {
          market: 'BTC-USD',
          kind: 'perpetual',
          base: 'perpetual:BTC-USD',
          quote: 'USDC',
          bid: '118267',
          ask: '118485',
          step: '0.0001',
          tick: '1',
          minQuantity: '0.0001',
          minNotional: '0',
          takerFeeRate: '0.0005',
          dayQuoteVolume: '247500844.6834',
          perpetualTerms: {
            state: 'known',
            initialMarginRate: '0.02',
            maintenanceMarginRate: '0.012',
            funding: { intervalMs: 3_600_000, rateMax: '0.006' },
          },
          isTradable: true,
        },
      ]);
    });

    it.each(
      (wire('ccxt/cases.response.dydx.json') as Recording[]).filter((one) =>
        ['fetchOrder', 'fetchOrders'].includes(one.method),
      ),
    )('reads $id as another reader does, exactly', ({ httpResponse, expected }) => {
      const rows: Recording[] = [httpResponse].flat();
      const others: Recording[] = [expected].flat();
      rows.forEach((raw, index) => {
        const row = parsed(orderRow, raw);
        const other = others[index];
        expect(row).toMatchObject({ id: other.id, clientId: other.clientOrderId, ticker: raw.ticker });
        expect([Number(row.price), Number(row.size), Number(row.totalFilled)]).toEqual([
          other.price,
          other.amount,
          other.filled,
        ]);
        expect(row.side.toLowerCase()).toBe(other.side);
        const derived = indexerOrderId({
          address: TEST_ADDRESS,
          subaccountNumber: 0,
          clientId: Number(row.clientId),
          clobPairId: Number(row.clobPairId),
          orderFlags: Number(row.orderFlags) as 64,
        });
        expect(row.id).toBe(derived);
      });
    });

    it('reads a recorded short position with the sign of its side', () => {
      const one = wire('ccxt/cases.response.dydx.json').find(
        (each: Recording) => each.method === 'fetchPosition',
      );
      const [position] = one.httpResponse.positions;
      const subaccount = parsed(subaccountRow, {
        address: TEST_ADDRESS,
        subaccountNumber: 0,
        openPerpetualPositions: { 'BTC-USD': position },
        assetPositions: {},
      });
      const expected = [
        { market: 'BTC-USD', side: 'short', size: '-0.407', entryPrice: '118692.04840909090909090909' },
      ];
      expect(positionsOf([subaccount])).toEqual(expected);
      const positive = parsed(subaccountRow, {
        address: TEST_ADDRESS,
        subaccountNumber: 0,
        openPerpetualPositions: { 'BTC-USD': { ...position, size: '0.407' } },
        assetPositions: {},
      });
      expect(positionsOf([positive])).toEqual(expected);
    });

    it('reads transfers by their parties, and flags a deposit that leaves the subaccount', () => {
      const scope = { address: TEST_ADDRESS, subaccountNumbers: [0] };
      const cases: Recording[] = wire('ccxt/cases.response.dydx.json');
      const [transfer] = parsed(
        transfersBody,
        cases.find((one) => one.method === 'fetchTransfers').httpResponse,
      ).transfers;
      const [deposit] = parsed(
        transfersBody,
        cases.find((one) => one.method === 'fetchDeposits').httpResponse,
      ).transfers;
      if (transfer === undefined || deposit === undefined) throw new Error('two transfers are recorded');
      expect(activityOfTransfer(transfer, scope, 0)).toEqual({
        id: '6a6075bc-7183-5fd9-bc9d-894e238aa527',
        kind: 'transfer',
        deltas: [{ asset: 'USDC', amount: '-0.000001' }],
        atMs: 1753782182105,
      });
      // The recording was edited: its sender is the subaccount, its recipient the wallet, and yet it is a deposit.
      expect(() => activityOfTransfer(deposit, scope, 0)).toThrow(/DEPOSIT/);
    });

    it('reads the transfers of another client', () => {
      const { payload, expected_first } = wire('dydx/abacus.transfers.json');
      const { transfers } = parsed(transfersBody, payload);
      const address = transfers[0]?.sender.address ?? '';
      const deltas = transfers.map((row) => activityOfTransfer(row, { address, subaccountNumbers: [0] }, 0));
      expect(deltas[0]).toMatchObject({
        id: expected_first.id,
        kind: 'withdrawal',
        deltas: [{ asset: expected_first.asset, amount: `-${expected_first.amount}` }],
      });
      expect(deltas.map((one) => one?.deltas[0]?.amount)).toEqual([
        '-419.98472',
        '-2',
        '1000',
        '1000',
        '1000',
      ]);
    });

    it('shows equity and free collateral as a valuation, and never as a balance', async () => {
      const cases: Recording[] = wire('dydx/v4-chain.helpers.cases.json');
      const { input, expected } = cases.find((one) => one.id === 'v4chain.equity.long');
      const [held] = input.positions;
      const subaccount = {
        address: TEST_ADDRESS,
        subaccountNumber: 0,
        ...expected,
        assetPositions: { USDC: { symbol: 'USDC', side: 'LONG', size: input.usdc } },
        openPerpetualPositions: {
          [held.market]: {
            market: held.market,
            status: 'OPEN',
            side: 'LONG',
            size: held.size,
            entryPrice: held.oraclePrice,
            unrealizedPnl: '0',
          },
        },
      };
      const observed = await observe(
        { address: TEST_ADDRESS, subaccountNumbers: [0] },
        { subaccounts: { 0: { subaccount } } },
      );
      const document = snapshotDocument('dydx', 'dydx', observed);
      expect(document).toMatchObject({
        balances: [{ asset: 'USDC', total: input.usdc, available: input.usdc, hold: '0' }],
        positions: [{ market: held.market, size: held.size }],
        valuations: [{ account: '0', asset: 'USDC', ...expected }],
      });
    });

    it('takes an unknown subaccount for another scope, not for an empty one', async () => {
      const cases: Recording[] = wire('dydx/v4-chain.helpers.cases.json');
      const { expected } = cases.find((one) => one.id === 'v4chain.not_found');
      server = await serveDydxAccount(TEST_ADDRESS, { subaccounts: {} }, ({ path }) =>
        path.includes('/addresses/') ? { status: expected.status, body: expected.body } : null,
      );
      exchange = await openTestDydx(server.url);
      const observed = await exchange.observe({ fillsSinceMs: null }, signal);
      expect(observed).toMatchObject({ state: 'unknown', reason: 'wrongScope' });
    });

    it.each(wire('dydx/v4-chain.trade-history.cases.json') as Recording[])(
      'adds the fills of $id up to the position that its history ends with',
      ({ fills, markets, subaccounts, expected }) => {
        const sizes = new Map<string, Amount>();
        for (const raw of fills) {
          const market = markets[raw.clobPairId]?.market;
          if (market === undefined) continue;
          const fill = fillOf(parsed(fillRow, { ...raw, market }), null);
          const key = `${subaccounts[raw.subaccountId]}:${market}`;
          const signed = fill.side === 'buy' ? fill.quantity : subtract(amount('0'), fill.quantity);
          sizes.set(key, add(sizes.get(key) ?? amount('0'), signed));
        }
        const last = new Map<string, Recording>();
        for (const row of [...expected].reverse()) last.set(`${row.subaccountNumber}:${row.marketId}`, row);
        for (const [key, row] of last) {
          const found = sizes.get(key);
          if (row.action === 'CLOSE') expect(found).toBe('0');
          if (row.action === 'OPEN' || row.action === 'EXTEND') {
            expect(absolute(found ?? amount('0'))).toBe(
              absolute(add(amount(row.prevSize), amount(row.additionalSize))),
            );
          }
        }
      },
    );
  });
}

function expectNear(found: Amount, expected: string): void {
  const distance = absolute(subtract(found, amount(expected)));
  if (!isLess(distance, amount('0.000001'))) throw new Error(`expected ${expected}, found ${found}`);
}
