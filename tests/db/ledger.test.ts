import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import {
  readBookEvents,
  readEventHistory,
  readHalfTransfers,
  recordBookEvent,
} from '../../db/book-event-repository.ts';
import {
  findBookOrder,
  findBookOrderByVenueOrderId,
  readLiveOrders,
} from '../../db/book-order-repository.ts';
import { inTransaction } from '../../db/database.ts';
import {
  findStandingTransaction,
  findTransaction,
  loadBook,
  postTransaction,
  readBookVersion,
  readVenueIds,
} from '../../db/ledger-repository.ts';
import { stateHash } from '../../db/state-hash.ts';
import type { Database } from '../../db/tables.ts';
import { findVenueState, openVenue, pinVenue, setVenueMode } from '../../db/venue-state-repository.ts';
import { verifyLedger } from '../../db/verify-ledger.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { restoreBook, viewOf } from '../../src/domain/book/book-state.ts';
import { correctionTransaction, reversalTransaction } from '../../src/domain/book/correction-transaction.ts';
import { type BookEventDecision, decideBookEvent } from '../../src/domain/book/post-event.ts';
import {
  a,
  accepted,
  BookHarness,
  cancelled,
  deposited,
  filled,
  NOW_MS,
  RULES,
  received,
  sent,
  submitted,
} from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

function hear(db: Kysely<Database>, event: BookEvent): Promise<BookEventDecision> {
  return inTransaction(db, async (trx) => {
    const decision = decideBookEvent(event, { ...RULES, ...(await readEventHistory(trx, event)) });
    await recordBookEvent(trx, event, decision, NOW_MS);
    return decision;
  });
}

const STORY = [
  submitted(),
  deposited(),
  accepted(),
  filled(),
  filled({ eventId: 'f2', fillId: 'fill-2', quantity: a('0.25'), fee: { asset: 'BNB', amount: a('0.01') } }),
  sent({ asset: 'USD' }),
];

const CORRECTION = correctionTransaction({
  correctionId: 'c1',
  part: 0,
  venue: 'coinbase',
  atMs: NOW_MS,
  venueId: 'late',
  movements: [{ venue: 'coinbase', asset: 'USD', bucket: 'available', amount: a('25'), from: 'transfer' }],
});

describe('the ledger', () => {
  it('survives a restart: the book that is rebuilt is the book that was in memory', async () => {
    const first = await folder.file();
    const harness = new BookHarness();
    for (const event of STORY) {
      await hear(first.db, event);
      harness.hear(event);
    }
    await first.close();
    const { db } = await folder.file();
    const restored = restoreBook(await loadBook(db, 0));
    for (const venue of ['coinbase', 'solana']) {
      const inMemory = viewOf(harness.book, venue, 0);
      expect(viewOf(restored, venue, 0)).toEqual({ ...inMemory, isOpened: venue === 'coinbase' });
    }
    expect(await readBookVersion(db)).toBe(harness.book.version);
    expect(await verifyLedger(db)).toEqual({ transactions: harness.book.version, verified: true });
  });

  it('records a message once, however often it is reported', async () => {
    const { db } = await folder.memory();
    for (const event of STORY) await hear(db, event);
    const before = await stateHash(db);
    for (const event of STORY) expect(await hear(db, event)).toMatchObject({ kind: 'duplicate' });
    expect(await hear(db, deposited({ amount: a('7') }))).toMatchObject({ kind: 'conflict' });
    expect(await stateHash(db)).toBe(before);
  });

  it('keeps messages as they were said, in the order in which they were accepted', async () => {
    const { db } = await folder.memory();
    for (const event of STORY) await hear(db, event);
    const first = await readBookEvents(db, { afterSequence: 0, limit: 2 });
    const rest = await readBookEvents(db, { afterSequence: first.at(-1)?.sequence ?? 0, limit: 100 });
    expect([...first, ...rest].map(({ event }) => event)).toEqual(STORY);
  });

  it('posts a transaction once', async () => {
    const { db } = await folder.memory();
    expect(await postTransaction(db, CORRECTION, NOW_MS)).toEqual({ status: 'posted', sequence: 1 });
    expect(await postTransaction(db, CORRECTION, NOW_MS + 1)).toEqual({
      status: 'alreadyPosted',
      sequence: 1,
    });
    expect(await findTransaction(db, { id: CORRECTION.id })).toEqual(CORRECTION);
    expect(await findTransaction(db, { eventId: CORRECTION.eventId })).toEqual(CORRECTION);
  });

  it('refuses other content under the same event id, a wrong id, and what does not sum to zero', async () => {
    const { db } = await folder.memory();
    await postTransaction(db, CORRECTION, NOW_MS);
    const other = correctionTransaction({
      ...{ correctionId: 'c1', part: 0, venue: 'coinbase', atMs: NOW_MS + 1, venueId: null },
      movements: [{ venue: 'coinbase', asset: 'USD', bucket: 'available', amount: a('1'), from: 'transfer' }],
    });
    await expect(postTransaction(db, other, NOW_MS)).rejects.toThrow(/was posted with this content/);
    expect(() => postTransaction(db, { ...CORRECTION, id: 'x' }, NOW_MS)).toThrow(/hash of its content/);
    const [half] = CORRECTION.postings;
    expect(() => postTransaction(db, { ...CORRECTION, postings: half ? [half] : [] }, NOW_MS)).toThrow(
      /sum to zero/,
    );
  });

  it("has one transaction that stands for a venue's id, and none once it is reversed", async () => {
    const { db } = await folder.memory();
    await postTransaction(db, CORRECTION, NOW_MS);
    expect(await findStandingTransaction(db, 'coinbase', 'late')).toEqual(CORRECTION);
    expect(await readVenueIds(db, { venue: 'coinbase', sinceMs: NOW_MS })).toEqual(new Set(['late']));
    expect(await readVenueIds(db, { venue: 'coinbase', sinceMs: NOW_MS + 1 })).toEqual(new Set());
    const again = correctionTransaction({
      ...{ correctionId: 'c2', part: 0, venue: 'coinbase', atMs: NOW_MS, venueId: 'late' },
      movements: [{ venue: 'coinbase', asset: 'USD', bucket: 'available', amount: a('1'), from: 'transfer' }],
    });
    await expect(postTransaction(db, again, NOW_MS)).rejects.toThrow(/no other transaction stands for late/);
    await postTransaction(db, reversalTransaction(CORRECTION, NOW_MS), NOW_MS);
    expect(await findStandingTransaction(db, 'coinbase', 'late')).toBeNull();
    expect((await postTransaction(db, again, NOW_MS)).status).toBe('posted');
    expect(await verifyLedger(db)).toEqual({ transactions: 3, verified: true });
  });

  it('replaces a correction by the late message that it stood in for', async () => {
    const { db } = await folder.memory();
    await postTransaction(db, CORRECTION, NOW_MS);
    const decision = await hear(db, deposited({ activityId: 'late', amount: a('25') }));
    expect(decision).toMatchObject({ kind: 'posted', replaces: CORRECTION.id });
    const { holdings } = viewOf(restoreBook(await loadBook(db, 0)), 'coinbase', 0);
    expect(holdings.map(({ asset, available, version }) => [asset, available, version])).toEqual([
      ['USD', '25', 3],
    ]);
  });

  it('keeps nothing of a transaction that is rolled back', async () => {
    const { db } = await folder.memory();
    await hear(db, deposited());
    const before = await stateHash(db);
    const failure = new Error('failure');
    const work = inTransaction(db, async (trx) => {
      for (const event of STORY) await hear(trx, event);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await stateHash(db)).toBe(before);
  });

  it('keeps orders through a restart, whatever is known of them', async () => {
    const { db } = await folder.memory();
    const harness = new BookHarness();
    const events = [
      accepted({ eventId: 'a1', clientOrderId: 'only-accepted' }),
      cancelled({ eventId: 'c1', clientOrderId: 'only-cancelled' }),
      filled({ clientOrderId: 'only-filled' }),
      submitted({ limitPrice: null }),
    ];
    for (const event of events) {
      await hear(db, event);
      harness.hear(event);
    }
    for (const order of harness.orders.values()) {
      expect(await findBookOrder(db, 'coinbase', order.clientOrderId)).toEqual(order);
    }
    expect((await readLiveOrders(db)).map(({ clientOrderId }) => clientOrderId)).toEqual([
      'only-accepted',
      'only-filled',
      'order-1',
    ]);
    const byVenueId = await findBookOrderByVenueOrderId(db, 'coinbase', 'venue-order-1');
    expect(byVenueId?.clientOrderId).toBe('only-accepted');
  });

  it('knows which transfers have only one end', async () => {
    const { db } = await folder.memory();
    await hear(db, received());
    expect(await readHalfTransfers(db)).toMatchObject([{ transferId: 'transfer-1', sent: null }]);
    await hear(db, sent());
    expect(await readHalfTransfers(db)).toEqual([]);
  });
});

describe('append-only tables', () => {
  it('no transaction is ever changed or removed; a correction is a transaction of its own', async () => {
    const late = filled({ eventId: 'late', fillId: 'late', quantity: a('0.1') });
    const anyStory = fc.shuffledSubarray<BookEvent | 'correct'>([...STORY, late, cancelled(), 'correct'], {
      minLength: STORY.length + 3,
    });
    await fc.assert(
      fc.asyncProperty(anyStory, async (story) => {
        const { db } = await folder.memory();
        const posted = () =>
          Promise.all([
            db.selectFrom('book_transaction').selectAll().orderBy('sequence').execute(),
            db.selectFrom('posting').selectAll().orderBy('transaction_sequence').orderBy('line').execute(),
          ]);
        for (const step of story) {
          const [transactions, postings] = await posted();
          const standing = await findStandingTransaction(db, 'coinbase', 'late');
          if (step !== 'correct') await hear(db, step);
          else if (standing === null) await postTransaction(db, CORRECTION, NOW_MS);
          const [transactionsAfter, postingsAfter] = await posted();
          expect(transactionsAfter.slice(0, transactions.length)).toEqual(transactions);
          expect(postingsAfter.slice(0, postings.length)).toEqual(postings);
          const added = transactionsAfter.slice(transactions.length).map(({ cause }) => cause);
          if (step === 'correct') expect(added).toEqual(standing === null ? ['correction'] : []);
          else if (step === late && standing !== null) expect(added).toEqual(['reversal', 'fill']);
          const message = expect.stringContaining('is append-only');
          const attempts = ['delete from book_transaction', "update posting set asset = 'x'"];
          for (const statement of transactionsAfter.length === 0 ? [] : attempts)
            await expect(sql.raw(statement).execute(db)).rejects.toMatchObject({ message });
        }
        expect(await verifyLedger(db)).toMatchObject({ verified: true });
      }),
      { numRuns: 15 },
    );
  });

  it.each(['book_transaction', 'posting', 'book_event'])('refuse to change %s, in words', async (table) => {
    const { db } = await folder.memory();
    await hear(db, deposited());
    const column = table === 'posting' ? 'asset' : 'venue';
    const attempts = {
      updated: `update ${table} set ${column} = 'x'`,
      deleted: `delete from ${table}`,
      replaced: `insert or replace into ${table} select * from ${table}`,
    };
    for (const [change, statement] of Object.entries(attempts)) {
      const message = `${table} is append-only: no row is ever ${change}`;
      await expect(sql.raw(statement).execute(db)).rejects.toMatchObject({ message });
    }
  });
});

describe('verifying the ledger', () => {
  it.each([
    [
      'an amount',
      'posting',
      "update posting set amount = '999' where transaction_sequence = 2 and line = 0",
      2,
    ],
    [
      'a pair of amounts',
      'posting',
      "update posting set amount = replace(amount, '202', '203') where transaction_sequence = 2",
      2,
    ],
    ['an asset', 'posting', "update posting set asset = 'EUR' where transaction_sequence = 1", 1],
    ['a cause', 'book_transaction', "update book_transaction set cause = 'funding' where sequence = 3", 3],
    ['a time', 'book_transaction', 'update book_transaction set at_ms = at_ms + 1 where sequence = 1', 1],
    ['venue ids', 'book_transaction', "update book_transaction set venue_ids = '[]' where sequence = 1", 1],
    [
      'broken venue ids',
      'book_transaction',
      "update book_transaction set venue_ids = '[' where sequence = 1",
      1,
    ],
    ['a removed posting', 'posting', 'delete from posting where transaction_sequence = 4 and line = 1', 4],
    ['a removed transaction', 'book_transaction', 'delete from book_transaction where sequence = 2', 3],
    [
      'a text that is no amount',
      'posting',
      "update posting set amount = 'x' where transaction_sequence = 2 and line = 0",
      2,
    ],
  ])('names the transaction of %s that was changed', async (_, table, statement, sequence) => {
    const { db, close } = await folder.file();
    for (const event of STORY) await hear(db, event);
    await close();
    folder.tamper(table, statement);
    const verdict = await verifyLedger((await folder.file()).db);
    expect(verdict).toMatchObject({ verified: false, sequence });
  });

  it.each([
    [
      'is changed',
      "update balance set available = '1' where asset = 'BTC'",
      /balance of BTC at coinbase: expected .*"0.75"/,
    ],
    ['is at another version', "update balance set version = 9 where asset = 'BTC'", /"version":9/],
    ['is missing', "delete from balance where asset = 'BTC'", /expected a row, found none/],
    [
      'was added',
      "insert into balance values ('coinbase', 'ETH', '1', '0', '0', '0', 1)",
      /balance of ETH at coinbase: expected null/,
    ],
  ])('finds a balance that %s', async (_, statement, problem) => {
    const { db } = await folder.memory();
    for (const event of STORY) await hear(db, event);
    await sql.raw(statement).execute(db);
    expect(await verifyLedger(db)).toMatchObject({
      verified: false,
      sequence: null,
      problem: expect.stringMatching(problem),
    });
  });
});

describe('venues', () => {
  it('are pinned to one account', async () => {
    const { db } = await folder.memory();
    const pin = { venue: 'coinbase', kind: 'coinbase', scope: 'portfolio-1', atMs: NOW_MS } as const;
    expect(await pinVenue(db, pin)).toEqual({ status: 'pinned' });
    expect(await pinVenue(db, pin)).toEqual({ status: 'known' });
    expect(await pinVenue(db, { ...pin, scope: 'portfolio-2' })).toEqual({
      status: 'wrongScope',
      pinned: 'coinbase portfolio-1',
    });
  });

  it('are opened once, and may be pinned afterwards', async () => {
    const { db } = await folder.memory();
    await hear(db, deposited());
    expect(await findVenueState(db, 'coinbase')).toMatchObject({
      account: null,
      opening: { state: 'fromMessages', atMs: NOW_MS - 5_000 },
    });
    const opening = {
      state: 'fromSnapshot',
      atMs: NOW_MS,
      watermark: { activity: 'w', height: null },
    } as const;
    await expect(openVenue(db, 'coinbase', opening)).rejects.toThrow(/unopened/);
    await pinVenue(db, { venue: 'coinbase', kind: 'coinbase', scope: 's', atMs: NOW_MS });
    await openVenue(db, 'solana', opening);
    expect(await findVenueState(db, 'solana')).toMatchObject({
      opening: { state: 'fromSnapshot' },
      openingWatermark: opening.watermark,
    });
    expect(await findVenueState(db, 'coinbase')).toMatchObject({
      opening: { state: 'fromMessages' },
      account: { scope: 's' },
    });
  });

  it('say whether their mode changed', async () => {
    const { db } = await folder.memory();
    await pinVenue(db, { venue: 'coinbase', kind: 'coinbase', scope: 's', atMs: NOW_MS });
    const mode = { venue: 'coinbase', mode: 'reduceOnly', reason: 'drift', atMs: NOW_MS } as const;
    expect(await setVenueMode(db, mode)).toBe(true);
    expect(await setVenueMode(db, mode)).toBe(false);
  });
});

test('the state hash changes with every row and with nothing else', async () => {
  const one = await folder.file('one.sqlite');
  const two = await folder.file('two.sqlite');
  for (const event of STORY) await hear(one.db, event);
  for (const event of STORY) await hear(two.db, event);
  expect(await stateHash(two.db)).toBe(await stateHash(one.db));
  await hear(two.db, cancelled());
  expect(await stateHash(two.db)).not.toBe(await stateHash(one.db));
});
