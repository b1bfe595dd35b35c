import { afterEach, describe, expect, it, test } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction } from '../../src/domain/venue/order.ts';
import { loadDydxWire } from '../../src/exchanges/dydx/dydx-wire.ts';
import { PAGE_ROWS } from '../../src/exchanges/dydx/read-pages.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import {
  openTestDydx,
  parentPath,
  serveDydxAccount,
  statusBody,
  TEST_ADDRESS,
  TEST_PRIVATE_KEY,
} from '../support/dydx-account.ts';
import { recordedDydx } from '../support/dydx-wire-venue.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const wire = (path: string): Recording => referenceData(`wire/${path}`);
const signal = new AbortController().signal;

/** The order in a broadcast transaction, without whose it is and until when. */
function orderIn(transaction: Buffer) {
  const messages = loadDydxWire();
  const [message] = messages.TxBody.decode(messages.TxRaw.decode(transaction).bodyBytes).messages;
  if (message === undefined) throw new Error('a transaction holds a message');
  const { order } = messages.MsgPlaceOrder.decode(message.value);
  if (order === undefined) throw new Error('a message holds an order');
  const { orderId, side, quantums, subticks, timeInForce, reduceOnly, clientMetadata } = order;
  const { clientId, orderFlags, clobPairId, subaccountId } = orderId;
  return {
    id: [subaccountId.number, clientId, orderFlags, clobPairId],
    side,
    quantums: String(quantums),
    subticks: String(subticks),
    timeInForce,
    reduceOnly,
    clientMetadata,
    hasTime: order.goodTilBlockTime !== undefined,
  };
}

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('requests to dYdX beside those that others recorded', () => {
    let server: ScriptedServer | null = null;
    let exchange: Exchange | null = null;
    afterEach(async () => {
      await exchange?.close();
      await server?.close();
      exchange = null;
      server = null;
    });
    const { cases } = wire('ccxt/cases.request.dydx.json');

    it('sends the order that another client sent for the same input, to the last integer', async () => {
      const recorded = cases.find(({ method }: Recording) => method === 'createOrder');
      const [, , side, quantity, limitPrice] = recorded.input;
      const theirs = orderIn(Buffer.from(/tx=0x([0-9a-f]+)/.exec(recorded.url)?.[1] ?? '', 'hex'));
      const { markets } = wire('nautilus/dydx-legacy/http.list_perpetual_markets.json');

      const dydx = await recordedDydx();
      const sent: string[] = [];
      dydx.answerBroadcasts(() => ({ body: {} }));
      server = await serveDydxAccount(TEST_ADDRESS, {
        subaccounts: {},
        others: { '/v4/perpetualMarkets': { markets: { 'LTC-USD': markets['LTC-USD'] } } },
      });
      exchange = await openTestDydx(server.url, {
        validatorUrl: dydx.validatorUrl,
        credentials: { privateKey: TEST_PRIVATE_KEY },
      });
      try {
        const instruction = {
          intentId: 'intent-1',
          venue: 'dydx',
          market: 'LTC-USD',
          side,
          quantity: amount(String(quantity)),
          limitPrice: amount(String(limitPrice)),
          timeInForce: 'goodTilCancelled',
          reduceOnly: false,
          clientOrderId: String(theirs.id[1]),
        } as OrderInstruction;
        const prepared = await exchange.prepareOrder(instruction, signal);
        if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
        await exchange.submitOrder(prepared.order, signal);
        sent.push(...dydx.transactions);
      } finally {
        await dydx.close();
      }
      expect(orderIn(Buffer.from(sent[0] ?? '', 'base64'))).toEqual(theirs);
    });

    const READS = [
      'fetchMarkets',
      'fetchOrders',
      'fetchOpenOrders',
      'fetchOrderBook',
      'fetchTransfers',
      'fetchDeposits',
    ];
    it('asks for what another client asks for, under the same paths and names', async () => {
      const dydx = await recordedDydx();
      try {
        const order = await dydx.prepare({ clientOrderId: '1' });
        await dydx.exchange.findOrder(order, signal);
        await dydx.exchange.observe({ fillsSinceMs: null }, signal);
        await dydx.exchange.readActivity({ sinceMs: 0, assets: ['USDC'] }, signal);
        await dydx.exchange.readMarkets(['BTC-USD'], signal);
        const asked = dydx.indexer.requests;
        for (const recorded of cases.filter(({ method }: Recording) => READS.includes(method))) {
          const { pathname, searchParams } = new URL(recorded.url);
          const wanted = [...searchParams].filter(([name]) => !['limit', 'ticker'].includes(name));
          const same = asked.filter(
            ({ method, path, query, body }) =>
              method === 'GET' &&
              body === '' &&
              path === pathname &&
              wanted.every(([name, value]) => query.get(name) === value),
          );
          expect([recorded.id, same.length > 0]).toEqual([recorded.id, true]);
          const ticker = searchParams.get('ticker');
          const named = asked.filter(({ path, query }) => path === pathname && query.has('ticker'));
          if (ticker !== null) expect(named[0]?.query.get('ticker')).toBe(ticker);
        }
      } finally {
        await dydx.close();
      }
    });

    it('asks for one order, and for all subaccounts of an address, where another client asks', async () => {
      const pathOf = (method: string) =>
        new URL(cases.find((one: Recording) => one.method === method).url).pathname;
      const { httpResponse: row } = wire('ccxt/cases.response.dydx.json').find(
        (one: Recording) => one.method === 'fetchOrder',
      );
      // A list that is full may go on: the order is then asked for by its own id.
      const orders = Array.from({ length: PAGE_ROWS }, (_, index) => ({ ...row, id: `other-${index}` }));
      const dydx = await recordedDydx();
      server = await serveDydxAccount(TEST_ADDRESS, {
        subaccounts: {},
        orders,
        others: { [pathOf('fetchOrder')]: row },
      });
      exchange = await openTestDydx(server.url, { validatorUrl: dydx.validatorUrl });
      try {
        const order = await dydx.prepare({ clientOrderId: '1' });
        await exchange.findOrder({ ...order, reference: row.id }, signal);
        await exchange.observe({ fillsSinceMs: null }, signal);
      } finally {
        await dydx.close();
      }
      const asked = server.requests.map(({ method, path }) => [method, path]);
      expect(asked).toContainEqual(['GET', pathOf('fetchOrder')]);
      expect(asked).toContainEqual(['GET', pathOf('fetchAccounts')]);
    });

    it('reads a recorded parent with its isolated child as one account', async () => {
      const recorded = wire('dydx/abacus.valuation.cases.json').cases.find(
        ({ id }: Recording) => id === 'abacus.parent.isolated_child',
      );
      const { subaccount } = recorded.payload.contents;
      const { address } = subaccount;
      const orders = recorded.payload.contents.orders ?? [];
      server = await serveDydxAccount(address, {
        subaccounts: {},
        others: {
          [parentPath(address, 0)]: { subaccount },
          '/v4/orders/parentSubaccountNumber': orders,
          '/v4/fills/parentSubaccountNumber': { fills: [] },
          '/': statusBody(1),
        },
      });
      exchange = await openTestDydx(server.url, { scope: { address, subaccountNumbers: [0] } });
      const observed = await exchange.observe({ fillsSinceMs: null }, signal);
      if (observed.state === 'unknown') throw new Error(`${observed.reason}: ${observed.detail}`);
      // 1711.959192 in the parent and 267.891057 in the child
      expect(observed.value.balances).toMatchObject([{ asset: 'USDC', total: '1979.850249' }]);
      const [held] = Object.values<Recording>(subaccount.childSubaccounts[1].openPerpetualPositions);
      expect(observed.value.positions).toMatchObject([
        { market: held.market, side: held.side.toLowerCase(), entryPrice: amount(held.entryPrice) },
      ]);
      expect(observed.certificate.scope).toBe(`${address}/0`);
    });

    it('reads a recorded list of an address where the server has no endpoint of parents', async () => {
      const list = wire('nautilus/dydx-legacy/http.addresses.json');
      const { address } = list.subaccounts[0];
      server = await serveDydxAccount(address, {
        subaccounts: {},
        others: { [`/v4/addresses/${address}`]: list },
      });
      exchange = await openTestDydx(server.url, { scope: { address, subaccountNumbers: [0] } });
      const observed = await exchange.observe({ fillsSinceMs: null }, signal);
      const [held] = wire('nautilus/dydx-legacy/http.asset_positions.json').positions;
      expect(observed).toMatchObject({
        state: 'known',
        value: { balances: [{ asset: held.symbol, total: held.size }] },
        certificate: { scope: `${address}/0` },
      });
    });
  });
}
