import { describe, expect, it } from '@jest/globals';
import {
  correctionTransaction,
  reversalTransaction,
} from '../../../src/domain/book/correction-transaction.ts';
import { entryPricesAfter } from '../../../src/domain/book/entry-prices.ts';
import { makeTransaction, receive } from '../../../src/domain/book/make-transaction.ts';
import type { Cause, Transaction } from '../../../src/domain/book/transaction.ts';
import { type Amount, amount, multiply, negate } from '../../../src/domain/money/amount.ts';

const ASSET = 'perpetual:ETH-USD';
const a = amount;

function traded(quantity: string, price: string, cause: Cause = 'fill'): Transaction {
  const paid = negate(multiply(a(quantity), a(price)));
  const transaction = makeTransaction({
    eventId: `${cause}-${quantity}`,
    cause,
    venue: 'dydx',
    atMs: 1,
    venueIds: ['f1'],
    postings: [
      ...receive('dydx', 'available', ASSET, a(quantity), 'trade'),
      ...receive('dydx', 'available', 'USDC', paid, 'trade'),
      ...receive('dydx', 'available', 'USDC', a('-0.5'), 'fee'),
    ],
  });
  if (transaction === null) throw new Error('a trade moves something');
  return transaction;
}

const holding = (size: string, entryPrice: string | null) => () => ({
  size: a(size),
  entryPrice: entryPrice === null ? null : a(entryPrice),
});
const entriesAfter = (transaction: Transaction, before: () => { size: Amount; entryPrice: Amount | null }) =>
  entryPricesAfter(transaction, before).map(({ entryPrice }) => entryPrice);

describe('entry prices', () => {
  it.each<[string, string, string | null, string, string, string | null]>([
    ['a first fill', '0', null, '2', '2500', '2500'],
    ['one more at another price', '1', '2000', '1', '3000', '2500'],
    ['a fill that reduces', '2', '2000', '-1', '3000', '2000'],
    ['a fill that closes', '1', '2000', '-1', '3000', null],
    ['a fill that turns it round', '1', '2000', '-3', '3000', '3000'],
    ['a fill on a position of unknown entry', '1', null, '1', '3000', null],
  ])('follow %s, without its fee', (_, size, entry, quantity, price, expected) => {
    expect(entriesAfter(traded(quantity, price), holding(size, entry))).toEqual([expected]);
  });

  it('are unknown after what has no price, and after what repairs', () => {
    const opening = makeTransaction({
      ...traded('1', '2000'),
      cause: 'openingBalance',
      postings: receive('dydx', 'available', ASSET, a('1'), 'opening'),
    });
    expect(entriesAfter(opening as Transaction, holding('0', null))).toEqual([null]);
    const repair = correctionTransaction({
      correctionId: 'c',
      part: 0,
      venue: 'dydx',
      atMs: 1,
      venueId: null,
      movements: [
        { venue: 'dydx', asset: ASSET, bucket: 'available', amount: a('-9.996'), from: 'trade' },
        { venue: 'dydx', asset: 'USDC', bucket: 'available', amount: a('0'), from: 'trade' },
      ],
    });
    expect(entriesAfter(repair, holding('10', '1'))).toEqual([null]);
    expect(
      entriesAfter(reversalTransaction({ ...traded('1', '2000', 'correction') }, 2), holding('2', '2500')),
    ).toEqual([null]);
  });

  it('take a missed fill that a correction stands in for', () => {
    expect(entriesAfter(traded('1', '3000', 'correction'), holding('1', '2000'))).toEqual(['2500']);
  });

  it('are of perpetual contracts only', () => {
    const spot = makeTransaction({
      ...traded('1', '2000'),
      postings: receive('dydx', 'available', 'ETH', a('1'), 'trade'),
    });
    expect(entryPricesAfter(spot as Transaction, holding('0', null))).toEqual([]);
  });
});
