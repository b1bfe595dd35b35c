import { afterEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import type { PreparedOrder } from '../../src/domain/venue/order.ts';
import type { Market } from '../../src/domain/venue/venue.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import {
  CHAIN_PATH,
  openTestDydx,
  serveDydxAccount,
  statusBody,
  TEST_ADDRESS,
} from '../support/dydx-account.ts';
import { fixture } from '../support/fixture.ts';
import type { ScriptedAnswer, ScriptedRequest, ScriptedServer } from '../support/scripted-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: fixtures are taken apart and changed in many ways.
type Loose = any;
const signal = new AbortController().signal;
const load = (name: string): Loose => fixture(`dydx/${name}.json`);
const BOOK_PATH = '/v4/orderbooks/perpetualMarket/ETH-USD';
const market = {
  clobPairId: '1',
  ticker: 'ETH-USD',
  status: 'ACTIVE',
  oraclePrice: '2500.5',
  initialMarginFraction: '0.02',
  atomicResolution: -9,
  quantumConversionExponent: -9,
  tickSize: '0.1',
  stepSize: '0.001',
  stepBaseQuantums: 1000000,
  subticksPerTick: 100000,
};

describe('reading around a dYdX account', () => {
  let server: ScriptedServer | null = null;
  let exchange: Exchange | null = null;
  afterEach(async () => {
    await exchange?.close();
    await server?.close();
    exchange = null;
    server = null;
  });

  async function open(
    others: Record<string, object>,
    subaccountNumbers: readonly number[] = [0],
    script: (request: ScriptedRequest) => ScriptedAnswer | null = () => null,
  ): Promise<Exchange> {
    server = await serveDydxAccount(
      TEST_ADDRESS,
      {
        subaccounts: { 0: load('subaccount-0'), 128: load('subaccount-128') },
        height: { height: '41000300', time: '2026-03-01T10:00:00.000Z' },
        others,
      },
      script,
    );
    exchange = await openTestDydx(server.url, { scope: { address: TEST_ADDRESS, subaccountNumbers } });
    return exchange;
  }

  describe('markets', () => {
    const level = (price: string, size = '1') => ({ price, size });

    it('takes the best prices of the levels that hold something', async () => {
      const bids = [level('2499.9'), level('2500.1', '0'), level('2500')];
      const asks = [level('2500.2'), level('2501'), level('2500.1', '0')];
      const venue = await open({
        '/v4/perpetualMarkets': { markets: { 'ETH-USD': market } },
        [BOOK_PATH]: { bids, asks },
      });
      expect(await venue.readMarkets(['ETH-USD'], signal)).toMatchObject([{ bid: '2500', ask: '2500.2' }]);
    });

    it.each<[string, object, object]>([
      ['as the venue tells it', { volume24H: '563041.3490' }, { dayQuoteVolume: '563041.349' }],
      ['of nothing', { volume24H: '0' }, { dayQuoteVolume: '0' }],
      ['not at all where none is told', {}, {}],
      ['not at all where it is null', { volume24H: null }, {}],
    ])('takes the volume of a day %s', async (_how, told, expected) => {
      const venue = await open({
        '/v4/perpetualMarkets': { markets: { 'ETH-USD': { ...market, ...told } } },
        [BOOK_PATH]: { bids: [level('1')], asks: [level('2')] },
      });
      const read = (await venue.readMarkets(['ETH-USD'], signal)) as readonly Market[];
      const volumes = read.map((one) =>
        'dayQuoteVolume' in one ? { dayQuoteVolume: one.dayQuoteVolume } : {},
      );
      expect(volumes).toEqual([expected]);
    });

    it('is malformed where the volume of a day is below zero', async () => {
      const venue = await open({
        '/v4/perpetualMarkets': { markets: { 'ETH-USD': { ...market, volume24H: '-1' } } },
        [BOOK_PATH]: { bids: [level('1')], asks: [level('2')] },
      });
      expect(await venue.readMarkets(['ETH-USD'], signal)).toMatchObject({ reason: 'malformed' });
    });

    it.each([
      ['incomplete', 'has no bids', { bids: [], asks: [level('1')] }],
      ['incomplete', 'has only empty levels', { bids: [level('1', '0')], asks: [level('2')] }],
      ['incoherent', 'is crossed', { bids: [level('2')], asks: [level('2')] }],
      ['malformed', 'has a price of zero', { bids: [level('0')], asks: [level('2')] }],
      ['malformed', 'has a price in a number', { bids: [{ price: 1, size: '1' }], asks: [level('2')] }],
    ])('is %s where the book %s', async (reason, _what, book) => {
      const venue = await open({
        '/v4/perpetualMarkets': { markets: { 'ETH-USD': market } },
        [BOOK_PATH]: book,
      });
      expect(await venue.readMarkets(['ETH-USD'], signal)).toMatchObject({ state: 'unknown', reason });
    });

    it('has no price where the venue has no book', async () => {
      const venue = await open({ '/v4/perpetualMarkets': { markets: { 'ETH-USD': market } } });
      expect(await venue.readMarkets(['ETH-USD'], signal)).toMatchObject({
        state: 'unknown',
        reason: 'refused',
      });
    });
  });

  describe('activity', () => {
    const transfer = (changes: object) => ({
      id: 'transfer-1',
      sender: { address: 'dydx1elsewhere' },
      recipient: { address: TEST_ADDRESS, subaccountNumber: 0 },
      size: '12.000001',
      createdAt: '2026-03-01T08:30:00.000Z',
      createdAtHeight: '41000120',
      symbol: 'USDC',
      type: 'DEPOSIT',
      transactionHash: 'AA',
      ...changes,
    });
    const payment = (changes: object) => ({
      createdAt: '2026-03-01T09:00:00.000Z',
      createdAtHeight: '41000180',
      perpetualId: '1',
      ticker: 'ETH-USD',
      oraclePrice: '2500',
      size: '-0.25',
      side: 'SHORT',
      rate: '0.00001',
      payment: '0.00625',
      subaccountNumber: '0',
      fundingIndex: '1',
      ...changes,
    });
    const request = { sinceMs: Date.parse('2026-03-01T08:00:00Z'), assets: ['USDC'] };
    const own = (subaccountNumber: number) => ({ address: TEST_ADDRESS, subaccountNumber });

    const bySubaccount =
      (lists: Record<string, { transfers?: object[]; fundingPayments?: object[] }>) =>
      ({ path, query }: ScriptedRequest): ScriptedAnswer | null => {
        const list = lists[query.get('subaccountNumber') ?? ''] ?? {};
        if (path === '/v4/transfers') return { body: { transfers: list.transfers ?? [] } };
        return path === '/v4/fundingPayments'
          ? { body: { fundingPayments: list.fundingPayments ?? [] } }
          : null;
      };

    it('signs transfers and funding as they changed the collateral, oldest first', async () => {
      const out = transfer({
        id: 'transfer-2',
        sender: own(0),
        recipient: { address: 'dydx1elsewhere' },
        type: 'WITHDRAWAL',
      });
      const tooOld = transfer({
        id: 'transfer-3',
        createdAt: '2026-03-01T07:00:00.000Z',
        createdAtHeight: '1',
      });
      const lists = {
        0: {
          transfers: [transfer({}), out, tooOld],
          fundingPayments: [payment({}), payment({ ticker: 'BTC-USD', payment: '-1.5' })],
        },
      };
      const venue = await open({}, [0], bySubaccount(lists));
      const observed = await venue.readActivity(request, signal);
      if (observed.state === 'unknown') throw new Error(observed.detail);
      expect(observed.value.map(({ kind, deltas, id }) => [kind, deltas[0]?.amount, id])).toEqual([
        ['deposit', '12.000001', 'transfer-1'],
        ['withdrawal', '-12.000001', 'transfer-2'],
        ['funding', '-1.5', 'funding:0:BTC-USD:41000180'],
        ['funding', '0.00625', 'funding:0:ETH-USD:41000180'],
      ]);
    });

    it('leaves out a transfer between two subaccounts of the scope, and counts it where one is outside', async () => {
      const between = { sender: own(0), recipient: own(128) };
      const script = bySubaccount({
        0: { transfers: [transfer({ ...between, type: 'TRANSFER_OUT' })] },
        128: { transfers: [transfer({ ...between, type: 'TRANSFER_IN' })] },
      });
      const both = await open({}, [0], script);
      expect(await both.readActivity(request, signal)).toMatchObject({ state: 'known', value: [] });
      await both.close();
      await server?.close();
      const child = await open({}, [128], script);
      expect(await child.readActivity(request, signal)).toMatchObject({
        state: 'known',
        value: [{ kind: 'transfer', deltas: [{ asset: 'USDC', amount: '12.000001' }] }],
      });
    });

    it.each([
      [
        'wrongScope',
        'a transfer of strangers',
        { transfers: [transfer({ recipient: { address: 'dydx1other', subaccountNumber: 0 } })] },
      ],
      [
        'malformed',
        'a deposit that leaves',
        { transfers: [transfer({ sender: own(0), recipient: { address: TEST_ADDRESS } })] },
      ],
      ['malformed', 'a size in a number', { transfers: [transfer({ size: 12 })] }],
      ['malformed', 'a negative size', { transfers: [transfer({ size: '-12' })] }],
      ['malformed', 'a payment in a number', { fundingPayments: [payment({ payment: 1 })] }],
      [
        'wrongScope',
        'a payment of another subaccount',
        { fundingPayments: [payment({ subaccountNumber: '1' })] },
      ],
      ['incomplete', 'the same payment twice', { fundingPayments: [payment({}), payment({})] }],
    ])('is %s for %s', async (reason, _what, list) => {
      const venue = await open({}, [0], bySubaccount({ 0: list }));
      expect(await venue.readActivity(request, signal)).toMatchObject({ state: 'unknown', reason });
    });
  });

  describe('orders', () => {
    const orderPath = '/v4/orders';

    async function prepare(venue: Exchange): Promise<PreparedOrder> {
      const prepared = await venue.prepareOrder(
        {
          intentId: 'intent-1',
          venue: 'dydx',
          market: 'ETH-USD',
          side: 'sell',
          quantity: amount('0.25'),
          limitPrice: amount('2400'),
          timeInForce: 'immediateOrCancel',
          reduceOnly: true,
          clientOrderId: '7',
        },
        signal,
      );
      if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
      return prepared.order;
    }

    async function find(
      row: object | null,
      fills: readonly object[],
      height = '41000300',
      chainHeight: number | null = Number(height) + 1,
    ): Promise<Awaited<ReturnType<Exchange['findOrder']>>> {
      const markets = { '/v4/perpetualMarkets': { markets: { 'ETH-USD': market } } };
      let isPrepared = false;
      const venue = await open(markets, [0], ({ path }) => {
        if (path === CHAIN_PATH && chainHeight !== null) return { body: statusBody(chainHeight) };
        if (path === orderPath)
          return { body: row === null ? [] : [{ ...load('orders')[1], goodTilBlock: '41000320', ...row }] };
        if (path === '/v4/fills') return { body: { fills } };
        if (path !== '/v4/height' || !isPrepared) return null;
        return { body: { height, time: '2026-03-01T10:00:10.000Z' } };
      });
      const order = await prepare(venue);
      isPrepared = true;
      return venue.findOrder(order, signal);
    }
    const fill = (changes: object = {}) => ({
      ...load('fills').fills[0],
      createdAtHeight: '41000301',
      ...changes,
    });

    it('finds an order with its fills', async () => {
      expect(await find({}, [fill()])).toMatchObject({
        state: 'found',
        status: 'filled',
        filledQuantity: '0.25',
        fills: [{ clientOrderId: '7', quoteAmount: '627.925' }],
      });
    });

    it('is incoherent while the order knows more than its fills', async () => {
      expect(await find({}, [])).toMatchObject({ state: 'unknown', reason: 'incoherent' });
    });

    it.each([
      ['BEST_EFFORT_CANCELED', '41000320', 'open'],
      ['BEST_EFFORT_CANCELED', '41000321', 'cancelled'],
      ['CANCELED', '41000310', 'cancelled'],
      ['OPEN', '41000320', 'open'],
      ['OPEN', '41000321', 'expired'],
      ['BEST_EFFORT_OPENED', '41000310', 'open'],
      ['ERROR', '41000310', 'rejected'],
    ])('takes %s at height %s for %s', async (status, height, expected) => {
      expect(await find({ status, totalFilled: '0' }, [], height)).toMatchObject({
        state: 'found',
        status: expected,
      });
    });

    it.each([
      ['at its last block', '41000320', 41000320, false],
      ['past it, with the chain at its last block', '41000321', 41000320, false],
      ['past it, with the chain past it', '41000321', 41000321, true],
      ['at its last block, with the chain past it', '41000320', 41000330, false],
      ['past it, with a chain that does not answer', '41000321', null, false],
    ])('proves absence by two heights: the indexer %s', async (_where, height, chainHeight, isProven) => {
      expect(await find(null, [], height, chainHeight)).toMatchObject({ state: 'absent', isProven });
    });

    it('does not take a cancel for the end of an order while the chain may still take it', async () => {
      const row = { status: 'BEST_EFFORT_CANCELED', totalFilled: '0' };
      expect(await find(row, [], '41000321', 41000320)).toMatchObject({ state: 'found', status: 'open' });
    });

    it.each([
      ['knows it by its id', '41000310', true],
      ['does not know it by its id, before its expiry', '41000310', false],
      ['does not know it by its id, past its expiry', '41000400', false],
    ])('looks past a full list of orders: the venue %s', async (_what, height, isKnown) => {
      const others = Array.from({ length: 1_000 }, (_, index) => ({
        ...load('orders')[1],
        id: `other-${index}`,
        clientId: String(1_000 + index),
      }));
      const markets = { '/v4/perpetualMarkets': { markets: { 'ETH-USD': market } } };
      let now = '41000300';
      let isPrepared = false;
      const venue = await open(markets, [0], ({ path }) => {
        if (path === CHAIN_PATH) return { body: statusBody(Number(now)) };
        if (path === '/v4/height') return { body: { height: now, time: '2026-03-01T10:00:10.000Z' } };
        if (path === orderPath) return { body: others };
        if (path === '/v4/fills') return { body: { fills: [] } };
        if (!path.startsWith(`${orderPath}/`) || !isKnown || !isPrepared) return null;
        const id = path.slice(orderPath.length + 1);
        const row = { id, goodTilBlock: '41000320', status: 'OPEN', totalFilled: '0' };
        return { body: { ...load('orders')[1], ...row } };
      });
      const order = await prepare(venue);
      isPrepared = true;
      now = height;
      const isPast = height === '41000400';
      expect(await venue.findOrder(order, signal)).toMatchObject(
        isKnown ? { state: 'found', status: 'open' } : { state: 'absent', isProven: isPast },
      );
    });

    it('proves nothing where the height falls while the lists are read', async () => {
      const markets = { '/v4/perpetualMarkets': { markets: { 'ETH-USD': market } } };
      let heights = ['41000300', '41000321', '41000319'];
      const venue = await open(markets, [0], ({ path }) => {
        if (path === CHAIN_PATH) return { body: statusBody(41000330) };
        if (path === orderPath) return { body: [] };
        if (path === '/v4/fills') return { body: { fills: [] } };
        if (path !== '/v4/height') return null;
        const [height, ...later] = heights;
        heights = later;
        return { body: { height, time: '2026-03-01T10:00:10.000Z' } };
      });
      const order = await prepare(venue);
      expect(await venue.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
    });

    it('does not take an order of the same client id and another expiry for this one', async () => {
      expect(await find({ goodTilBlock: '41009999' }, [fill()], '41000400')).toMatchObject({
        state: 'absent',
        isProven: false,
      });
      await exchange?.close();
      await server?.close();
      expect(await find({ ticker: 'BTC-USD' }, [], '41000400')).toMatchObject({
        state: 'absent',
        isProven: true,
      });
    });

    it('finds an order by its fills before the order itself is listed', async () => {
      const venue = await open({ '/v4/perpetualMarkets': { markets: { 'ETH-USD': market } } });
      const { reference } = await prepare(venue);
      await venue.close();
      await server?.close();
      expect(await find(null, [fill({ orderId: reference })])).toMatchObject({
        state: 'found',
        venueOrderId: reference,
        status: 'filled',
      });
    });

    it.each(['CANCEL_ONLY', 'FINAL_SETTLEMENT'])('denies orders in a market that is %s', async (status) => {
      const venue = await open({ '/v4/perpetualMarkets': { markets: { 'ETH-USD': { ...market, status } } } });
      await expect(prepare(venue)).rejects.toThrow(/deniedLocally/);
    });

    it('denies to send without a key', async () => {
      const venue = await open({ '/v4/perpetualMarkets': { markets: { 'ETH-USD': market } } });
      expect(await venue.submitOrder(await prepare(venue), signal)).toMatchObject({ state: 'deniedLocally' });
    });
  });
});
