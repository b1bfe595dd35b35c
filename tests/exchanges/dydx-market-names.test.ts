import { afterEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction } from '../../src/domain/venue/order.ts';
import { SHORT_TERM } from '../../src/exchanges/dydx/order-payload.ts';
import { PAGE_ROWS } from '../../src/exchanges/dydx/read-pages.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { openTestDydx, statusBody, TEST_ADDRESS } from '../support/dydx-account.ts';
import { type ScriptedServer, serveScript } from '../support/scripted-server.ts';

const HEIGHT = 1_000;
const CLIENT_ID = 7;
const signal = new AbortController().signal;

/** A market of the venue, and one whose name would be another path once it is decoded. */
const NAMES = [
  ['BUFFI,UNISWAP_V3,0X4C1B1302220D7DE5C22B495E78B72F2DD2457D45-USD', /%2CUNISWAP_V3%2C0X4C1B/],
  ['A%2FB%3Fc-USD', /^A%252FB%253Fc-USD$/],
] as const;
/** No market has such a name; it may stand in a configuration, or in an order of before. */
const FOREIGN_NAME = 'A/B?C&limit=1 #-USD';
const FOREIGN_ENCODED = 'A%2FB%3FC%26limit%3D1%20%23-USD';
/** Likewise of an order's id. */
const FOREIGN_ID = '../fills?a=b&c d';
const FOREIGN_ID_ENCODED = '..%2Ffills%3Fa%3Db%26c%20d';

const marketRow = (ticker: string): object => ({
  ticker,
  clobPairId: '9',
  status: 'ACTIVE',
  stepSize: '10',
  tickSize: '0.001',
  initialMarginFraction: '0.2',
  atomicResolution: -2,
  quantumConversionExponent: -9,
  stepBaseQuantums: 1_000,
  subticksPerTick: 1_000_000,
});

const orderRow = (ticker: string, clientId: number, id: string): object => ({
  id,
  clientId: String(clientId),
  clobPairId: '9',
  side: 'BUY',
  size: '10',
  totalFilled: '0',
  price: '0.5',
  type: 'LIMIT',
  status: 'OPEN',
  orderFlags: String(SHORT_TERM),
  goodTilBlock: String(HEIGHT + 20),
  ticker,
  subaccountNumber: 0,
});

const instructionIn = (market: string): OrderInstruction => ({
  intentId: 'intent-1',
  venue: 'dydx',
  market,
  side: 'buy',
  quantity: amount('10'),
  limitPrice: amount('0.5'),
  timeInForce: 'immediateOrCancel',
  reduceOnly: false,
  clientOrderId: String(CLIENT_ID),
});

/** The orders of the subaccount in a market, as they are asked for. */
const ordersTarget = (encoded: string): string =>
  `/v4/orders?address=${TEST_ADDRESS}&subaccountNumber=0&ticker=${encoded}&tickerType=PERPETUAL` +
  `&limit=${PAGE_ROWS}&goodTilBlockBeforeOrAt=${HEIGHT + 20}&returnLatestOrders=true`;
const marketTarget = (encoded: string): string => `/v4/perpetualMarkets?ticker=${encoded}`;
const bookTarget = (encoded: string): string => `/v4/orderbooks/perpetualMarket/${encoded}`;

describe('a name with characters that mean something in a URL', () => {
  let server: ScriptedServer;
  let exchange: Exchange;
  afterEach(async () => {
    await exchange.close();
    await server.close();
  });

  /** Serves what is under an exact target, and nothing under any other that the name could be taken for. */
  async function open(bodies: Readonly<Record<string, object>>): Promise<void> {
    server = await serveScript(({ target, path }) => {
      if (path === '/v4/height')
        return { body: { height: String(HEIGHT), time: '2026-03-01T10:00:00.000Z' } };
      if (path === '/v4/fills') return { body: { fills: [] } };
      if (path === '/') return { body: statusBody(HEIGHT) };
      const body = bodies[target];
      return body === undefined
        ? { status: 404, body: { errors: [{ msg: `there is no ${target}` }] } }
        : { body };
    });
    exchange = await openTestDydx(server.url);
  }
  const targets = (): readonly string[] =>
    server.requests
      .map(({ target }) => target)
      .filter((target) => !/^\/(?:v4\/(?:height|fills\?.*))?$/.test(target));

  it.each(NAMES)('is encoded once wherever it stands: %s', async (name, expected) => {
    const encoded = encodeURIComponent(name);
    expect(encoded).toMatch(expected);
    await open({
      [marketTarget(encoded)]: { markets: { [name]: marketRow(name) } },
      [bookTarget(encoded)]: { bids: [{ price: '0.5', size: '10' }], asks: [{ price: '0.501', size: '10' }] },
      [ordersTarget(encoded)]: [orderRow(name, CLIENT_ID, 'order-1')],
    });
    expect(await exchange.readMarkets([name], signal)).toMatchObject([{ market: name, bid: '0.5' }]);
    const prepared = await exchange.prepareOrder(instructionIn(name), signal);
    if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
    expect(await exchange.findOrder(prepared.order, signal)).toMatchObject({
      state: 'found',
      venueOrderId: 'order-1',
    });
    expect(targets()).toEqual([
      marketTarget(encoded),
      bookTarget(encoded),
      marketTarget(encoded),
      `/v4/orders/${prepared.order.reference}`,
      ordersTarget(encoded),
    ]);
  });

  it('changes no request where it is no name of a market, or no id of an order', async () => {
    // A list that is as long as it may be, so that the order is asked for by its own id as well.
    const others = Array.from({ length: PAGE_ROWS }, (_, index) =>
      orderRow('BTC-USD', CLIENT_ID, `other-${index}`),
    );
    const known = 'BTC-USD';
    await open({
      [marketTarget(known)]: { markets: { [known]: marketRow(known) } },
      [ordersTarget(FOREIGN_ENCODED)]: others,
    });
    const refused = { state: 'unknown', reason: 'refused' };
    expect(await exchange.readMarkets([FOREIGN_NAME], signal)).toMatchObject(refused);
    expect(await exchange.prepareOrder(instructionIn(FOREIGN_NAME), signal)).toMatchObject(refused);
    const prepared = await exchange.prepareOrder(instructionIn(known), signal);
    if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
    const { order } = prepared;
    const payload = JSON.stringify({ ...JSON.parse(order.payload), market: FOREIGN_NAME });
    const foreign = { ...order, payload, reference: FOREIGN_ID };
    expect(await exchange.findOrder(foreign, signal)).toMatchObject({ state: 'absent' });
    expect(targets()).toEqual([
      marketTarget(FOREIGN_ENCODED),
      marketTarget(FOREIGN_ENCODED),
      marketTarget(known),
      `/v4/orders/${order.reference}`,
      ordersTarget(FOREIGN_ENCODED),
      `/v4/orders/${FOREIGN_ID_ENCODED}`,
    ]);
  });
});
