import { describe, expect, it } from '@jest/globals';
import { correctionTransaction } from '../../../src/domain/book/correction-transaction.ts';
import { makeTransaction, receive } from '../../../src/domain/book/make-transaction.ts';
import type { Cause, Transaction } from '../../../src/domain/book/transaction.ts';
import { type Amount, amount } from '../../../src/domain/money/amount.ts';
import { findBookedWithoutId } from '../../../src/domain/reconciliation/booked-without-id.ts';
import type { Activity } from '../../../src/domain/venue/venue.ts';
import { VENUE } from '../../support/reconciliation-fixtures.ts';

const DAY_MS = 86_400_000;
const T0 = 10 * DAY_MS;

const record = (id: string, usd: string, more: Partial<Activity> = {}): Activity => ({
  id,
  kind: 'withdrawal',
  deltas: [{ asset: 'USD', amount: amount(usd) }],
  atMs: T0,
  ...more,
});

function booking(
  usd: string,
  more: { cause?: Cause; atMs?: number; venueIds?: readonly string[]; fee?: string; eventId?: string } = {},
): Transaction {
  const { cause = 'withdrawal', atMs = T0, venueIds = [], fee = '0', eventId = `${usd}-${atMs}` } = more;
  const transaction = makeTransaction({
    eventId,
    cause,
    venue: VENUE,
    atMs,
    venueIds,
    postings: [
      ...receive(VENUE, 'available', 'USD', amount(usd), cause === 'funding' ? 'funding' : 'transfer'),
      ...receive(VENUE, 'available', 'USD', amount(fee), 'fee'),
    ],
  });
  if (transaction === null) throw new Error('a booking moves something');
  return transaction;
}

function correction(usd: Amount, from: 'unexplained' | 'transfer', venueId: string | null): Transaction {
  const movements = [{ venue: VENUE, asset: 'USD', bucket: 'available', amount: usd, from } as const];
  return correctionTransaction({ correctionId: 'c', part: 0, venue: VENUE, atMs: T0, venueId, movements });
}

const found = (
  records: readonly Activity[],
  bookings: readonly Transaction[],
  known: readonly string[] = [],
) => [
  ...findBookedWithoutId(records, bookings, { venue: VENUE, isRecordId: (id) => known.includes(id) })
    .recordIds,
];

describe('Which records the book has under no id of theirs', () => {
  it.each<[string, readonly Activity[], readonly Transaction[], readonly string[]]>([
    ['one that was reported without an id', [record('w', '-7')], [booking('-7')], ['w']],
    ['one under a reference of the bot', [record('w', '-7')], [booking('-7', { venueIds: ['mine'] })], ['w']],
    ['a transfer that was sent', [record('w', '-7')], [booking('-7', { cause: 'transfer' })], ['w']],
    ['what a person accepted', [record('w', '-7')], [correction(amount('-7'), 'unexplained', null)], ['w']],
    ['what a correction has by its id', [record('w', '-7')], [correction(amount('-7'), 'transfer', 'x')], []],
    ['another amount', [record('w', '-7')], [booking('-7.01')], []],
    ['two days apart', [record('w', '-7')], [booking('-7', { atMs: T0 + 2 * DAY_MS })], []],
    ['a fill', [record('w', '-7')], [booking('-7', { cause: 'fill' })], []],
    [
      'funding is no deposit',
      [record('f', '7', { kind: 'funding' })],
      [booking('7', { cause: 'deposit' })],
      [],
    ],
    ['funding', [record('f', '7', { kind: 'funding' })], [booking('7', { cause: 'funding' })], ['f']],
    ['a fee that is part of the record', [record('w', '-8')], [booking('-7', { fee: '-1' })], ['w']],
    [
      'a fee that the venue lists apart',
      [record('w', '-7'), record('x', '-1', { kind: 'fee' })],
      [booking('-7', { fee: '-1' })],
      ['w', 'x'],
    ],
    [
      'two records and one booking: nobody knows which',
      [record('w', '-7'), record('x', '-7')],
      [booking('-7')],
      [],
    ],
    [
      'two records and two bookings',
      [record('w', '-7'), record('x', '-7')],
      [booking('-7'), booking('-7', { atMs: T0 + 1 })],
      ['w', 'x'],
    ],
  ])('%s', (_, records, bookings, expected) => {
    expect(found(records, bookings)).toEqual(expected);
  });

  it('never takes a booking that another record has by its id', () => {
    expect(found([record('w', '-7')], [booking('-7', { venueIds: ['z'] })], ['z'])).toEqual([]);
  });

  it('names the bookings, so that they are not called absent at the venue', () => {
    const booked = booking('-7', { venueIds: ['mine'] });
    const { transactionIds } = findBookedWithoutId([record('w', '-7')], [booked], {
      venue: VENUE,
      isRecordId: () => false,
    });
    expect([...transactionIds]).toEqual([booked.id]);
  });
});
