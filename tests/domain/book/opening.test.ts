import { describe, expect, it, test } from '@jest/globals';
import { holdingOf, viewOf } from '../../../src/domain/book/book-state.ts';
import {
  correctionTransaction,
  reversalTransaction,
} from '../../../src/domain/book/correction-transaction.ts';
import { makeTransaction, own } from '../../../src/domain/book/make-transaction.ts';
import { adoptOpenOrders, agreeForOpening, openingTransaction } from '../../../src/domain/book/opening.ts';
import { bookOrderOf } from '../../../src/domain/book/order-state.ts';
import type { Snapshot } from '../../../src/domain/venue/observation.ts';
import { a, accepted, BookHarness, filled, NOW_MS, submitted } from '../../support/book-harness.ts';

const balance = (asset: string, available: string, hold: string) => ({
  asset,
  symbol: null,
  total: a('0'),
  available: a(available),
  hold: a(hold),
});

const SNAPSHOT: Snapshot = {
  balances: [balance('BTC', '1', '0.5'), balance('USD', '900', '100')],
  positions: [{ market: 'ETH-USD', side: 'short', size: a('-2'), entryPrice: a('2000') }],
  openOrders: [
    {
      id: 'v1',
      clientOrderId: 'c1',
      market: 'BTC-USD',
      side: 'sell',
      remaining: a('0.2'),
      limitPrice: a('110'),
    },
    {
      id: 'v2',
      clientOrderId: null,
      market: 'BTC-USD',
      side: 'sell',
      remaining: a('0.3'),
      limitPrice: a('120'),
    },
    { id: 'v3', clientOrderId: 'c3', market: 'BTC-USD', side: 'buy', remaining: a('1'), limitPrice: a('99') },
  ],
  fills: [],
  accrued: [{ asset: 'USDC', amount: '0.75' }],
};

const opening = (harness: BookHarness) =>
  openingTransaction({
    venue: 'coinbase',
    snapshot: SNAPSHOT,
    booked: viewOf(harness.book, 'coinbase', 0).holdings,
    atMs: NOW_MS,
  });

const OPENED = {
  'coinbase BTC available': '1',
  'coinbase BTC hold': '0.5',
  'coinbase USD available': '900',
  'coinbase USD hold': '100',
  'coinbase USDC accrued': '0.75',
  'coinbase perpetual:ETH-USD available': '-2',
};

describe('opening a venue', () => {
  it('makes the book show what the snapshot shows', () => {
    const harness = new BookHarness();
    const transaction = opening(harness);
    if (transaction) harness.post(transaction);
    expect(transaction).toMatchObject({ eventId: 'opening:coinbase', cause: 'openingBalance' });
    expect(harness.balances()).toEqual(OPENED);
  });

  it('makes up only the rest of what messages have booked before', () => {
    const harness = new BookHarness();
    for (const event of [submitted(), accepted(), filled()]) harness.hear(event);
    const transaction = opening(harness);
    if (transaction) harness.post(transaction);
    expect(harness.balances()).toEqual(OPENED);
  });

  it('posts nothing for an empty account', () => {
    const snapshot = { balances: [], positions: [], accrued: [] };
    expect(openingTransaction({ venue: 'solana', snapshot, booked: [], atMs: NOW_MS })).toBeNull();
  });

  it('refuses a snapshot that names an asset twice', () => {
    const snapshot = {
      balances: [balance('BTC', '1', '0'), balance('BTC', '1', '0')],
      positions: [],
      accrued: [],
    };
    expect(() => openingTransaction({ venue: 'solana', snapshot, booked: [], atMs: NOW_MS })).toThrow(
      /BTC once/,
    );
  });

  it('takes two snapshots for one only when holdings and open orders agree', () => {
    expect(agreeForOpening(SNAPSHOT, { ...SNAPSHOT, fills: [] })).toBe(true);
    expect(agreeForOpening(SNAPSHOT, { ...SNAPSHOT, openOrders: [] })).toBe(false);
    expect(agreeForOpening(SNAPSHOT, { ...SNAPSHOT, balances: [] })).toBe(false);
  });

  it('adopts open orders and shares out what is held among them, to the last digit', () => {
    const request = {
      venue: 'coinbase',
      openOrders: SNAPSHOT.openOrders,
      balances: SNAPSHOT.balances,
      assetsOfMarket: () => ({ base: 'BTC', quote: 'USD' }),
      atMs: NOW_MS,
    };
    const adopted = adoptOpenOrders({ ...request, knownOrders: [] }).map(bookOrderOf);
    expect(
      adopted.map((order) => [order?.clientOrderId, order?.quantity, order?.hold, order?.status]),
    ).toEqual([
      ['c1', '0.2', { asset: 'BTC', amount: '0.2' }, 'accepted'],
      ['v2', '0.3', { asset: 'BTC', amount: '0.3' }, 'accepted'],
      ['c3', '1', { asset: 'USD', amount: '100' }, 'accepted'],
    ]);
    const known = adoptOpenOrders({ ...request, knownOrders: [] }).slice(0, 1);
    const rest = adoptOpenOrders({ ...request, knownOrders: known }).map(bookOrderOf);
    expect(rest.map((order) => [order?.clientOrderId, order?.hold?.amount])).toEqual([
      ['v2', '0.3'],
      ['c3', '100'],
    ]);
  });
});

describe('correcting the book', () => {
  const correction = correctionTransaction({
    correctionId: 'c1',
    part: 0,
    venue: 'coinbase',
    atMs: NOW_MS,
    venueId: 'deposit-9',
    movements: [
      { venue: 'coinbase', asset: 'USD', bucket: 'available', amount: a('25'), from: 'transfer' },
      { venue: 'coinbase', asset: 'BTC', bucket: 'hold', amount: a('-1'), from: null },
      { venue: 'coinbase', asset: 'BTC', bucket: 'available', amount: a('1'), from: null },
    ],
  });

  it('moves what it says, and its reversal undoes it to the last digit', () => {
    const harness = new BookHarness();
    harness.post(correction);
    expect(harness.balances()).toEqual({
      'coinbase BTC available': '1',
      'coinbase BTC hold': '-1',
      'coinbase USD available': '25',
    });
    harness.post(reversalTransaction(correction, NOW_MS));
    expect(harness.balances()).toEqual({});
    expect(viewOf(harness.book, 'coinbase', 0).recentVenueIds.size).toBe(0);
    expect(holdingOf(harness.book, 'coinbase', 'USD').version).toBe(2);
  });

  it('has one event id for the same part, and another for its reversal', () => {
    expect(correction.eventId).toBe('correction:c1:0');
    expect(reversalTransaction(correction, NOW_MS).eventId).toBe(`reversal:${correction.id}`);
  });

  it('undoes nothing but corrections', () => {
    expect(() => reversalTransaction({ ...correction, cause: 'fill' }, NOW_MS)).toThrow(/only a correction/);
  });

  it('refuses movements that do not sum to zero', () => {
    const movement = {
      venue: 'coinbase',
      asset: 'USD',
      bucket: 'available',
      amount: a('25'),
      from: null,
    } as const;
    const part = {
      correctionId: 'c',
      part: 0,
      venue: 'coinbase',
      atMs: 0,
      venueId: null,
      movements: [movement],
    };
    expect(() => correctionTransaction(part)).toThrow(/sum to zero for USD: 25/);
  });
});

test('a transaction that moves nothing is none', () => {
  const postings = [
    own('coinbase', 'available', 'BTC', a('1')),
    own('coinbase', 'available', 'BTC', a('-1')),
  ];
  expect(
    makeTransaction({ eventId: 'e', cause: 'order', venue: 'coinbase', atMs: 0, venueIds: [], postings }),
  ).toBeNull();
});
