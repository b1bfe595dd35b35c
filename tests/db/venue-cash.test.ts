import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sql } from 'kysely';
import { inTransaction, type OpenDatabase } from '../../db/database.ts';
import {
  type CashAccount,
  certify,
  commitCashEvent,
  openCashAccount,
  readCashAccount,
  rebuildCashAccount,
} from '../../db/venue-cash-repository.ts';
import { ZERO } from '../../src/domain/money/amount.ts';
import { applyCashEvent, type CashEvent, openVenueCash } from '../../src/domain/rebalancing/cash-protocol.ts';
import { a, NOW_MS } from '../support/book-harness.ts';
import { bookFill, credit, debit, release, reserve } from '../support/cash/cash-events.ts';
import { runSqliteHistories } from '../support/cash/sqlite-tally.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const USD: CashAccount = { venue: 'coinbase', asset: 'USD' };
const BTC: CashAccount = { venue: 'coinbase', asset: 'BTC' };
const atMs = NOW_MS;

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

async function opened({ confirmed = '100', floor = '10' } = {}): Promise<OpenDatabase['db']> {
  const { db } = await folder.memory();
  await openCashAccount(db, USD, { confirmed: a(confirmed), floor: a(floor), atMs });
  return db;
}

/** SQLite's own error is of another realm than the test's, so that only its words can be looked at. */
const saying = (words: string) => ({ message: expect.stringContaining(words) });

describe('the cash of a venue in the database', () => {
  it('is opened once, with what the book has confirmed of it', async () => {
    const db = await opened();
    expect(await readCashAccount(db, USD)).toEqual(openVenueCash(a('100'), a('10')));
    expect(await openCashAccount(db, USD, { confirmed: a('7'), floor: ZERO, atMs })).toBe('alreadyOpen');
    expect(await readCashAccount(db, USD)).toMatchObject({ confirmed: '100', floor: '10' });
    expect(await readCashAccount(db, BTC)).toBeNull();
    expect(await rebuildCashAccount(db, BTC)).toBeNull();
    await expect(reserve(db, BTC, { order: 'x', amount: a('1'), atMs })).rejects.toThrow(
      'BTC at coinbase is opened before anything is reserved of it',
    );
  });

  it('goes from a reservation through fills to what is left of it', async () => {
    const db = await opened();
    expect(await reserve(db, USD, { order: 'x', amount: a('60.5'), atMs })).toMatchObject({
      state: 'applied',
      cash: { reserved: '60.5', version: 1 },
    });
    const fill = { fillId: 'f', order: 'x', quantity: a('1'), debit: a('20.25'), atMs };
    expect(await bookFill(db, USD, fill)).toMatchObject({
      state: 'applied',
      cash: { confirmed: '79.75', reserved: '40.25' },
    });
    expect((await bookFill(db, USD, fill)).state).toBe('repeated');
    await release(db, USD, { order: 'x', filledQuantity: a('2'), atMs });
    expect(await readCashAccount(db, USD)).toMatchObject({ reserved: '40.25' });
    await bookFill(db, USD, { ...fill, fillId: 'g', debit: a('0.01') });
    expect(await readCashAccount(db, USD)).toEqual({
      ...openVenueCash(a('79.74'), a('10')),
      version: 4,
    });
  });

  it('refuses what the reducer refuses, and writes nothing of it', async () => {
    const db = await opened();
    await reserve(db, USD, { order: 'x', amount: a('60'), atMs });
    const before = await readCashAccount(db, USD);
    expect(await reserve(db, USD, { order: 'y', amount: a('30.000001'), atMs })).toMatchObject({
      state: 'refused',
      reason: '30.000001 is more than the 30 that is not reserved',
    });
    const stale = { readingId: 'r', confirmed: a('500'), floor: a('10'), sinceVersion: 0, settled: [], atMs };
    expect(await certify(db, USD, stale)).toMatchObject({ state: 'refused' });
    expect(await readCashAccount(db, USD)).toEqual(before);
    expect(await db.selectFrom('cash_event').select('version').execute()).toHaveLength(2);
  });

  it('counts credits, readings and funding once', async () => {
    const db = await opened();
    for (const _ of [1, 2]) await credit(db, USD, { creditId: 'c', amount: a('5'), atMs });
    await reserve(db, USD, { order: 'funding', amount: a('3'), atMs });
    for (const _ of [1, 2]) await debit(db, USD, { debitId: 'd', order: 'funding', debit: a('1'), atMs });
    expect(await readCashAccount(db, USD)).toMatchObject({ confirmed: '104', reserved: '2', version: 3 });
    const reading = {
      readingId: 'r',
      confirmed: a('90'),
      floor: a('20'),
      sinceVersion: 3,
      settled: [],
      atMs,
    };
    expect((await certify(db, USD, reading)).state).toBe('applied');
    expect((await certify(db, USD, reading)).state).toBe('repeated');
    expect(await readCashAccount(db, USD)).toMatchObject({
      confirmed: '90',
      floor: '20',
      reserved: '2',
      version: 4,
    });
  });

  it('keeps that a premise broke, over a restart', async () => {
    const first = await folder.file();
    await openCashAccount(first.db, USD, { confirmed: a('100'), floor: ZERO, atMs });
    await bookFill(first.db, USD, { fillId: 'f', order: 'nobody', quantity: a('1'), debit: a('120'), atMs });
    await first.close();
    const { db } = await folder.file();
    expect(await readCashAccount(db, USD)).toMatchObject({
      confirmed: '-20',
      halted: 'fill f belongs to no reservation: nobody',
    });
    expect((await reserve(db, USD, { order: 'x', amount: a('1'), atMs })).state).toBe('refused');
  });
});

describe('the tables of the cash of a venue', () => {
  it.each([
    ["update cash_event set body = '{}'", 'cash_event is append-only: no row is ever updated'],
    ['delete from cash_event', 'cash_event is append-only: no row is ever deleted'],
    ['delete from venue_cash', 'venue_cash is kept: no row is ever deleted'],
    [
      'insert or replace into venue_cash select * from venue_cash',
      'venue_cash is kept: no row is ever replaced',
    ],
    [
      "update venue_cash set confirmed = '1000'",
      'venue_cash moves by one event at a time, written before it',
    ],
    [
      "update venue_cash set confirmed = '1000', version = version + 1",
      'venue_cash moves by one event at a time, written before it',
    ],
    ["update cash_reservation set amount = '-1'", 'CHECK constraint failed'],
    ["update cash_reservation set amount = '1e3'", 'CHECK constraint failed'],
    ["insert into venue_cash values ('v', 'a', '1', '-1', '0', 0, null)", 'CHECK constraint failed'],
    ["insert into venue_cash values ('v', 'a', '1', '0', '-1', 0, null)", 'CHECK constraint failed'],
    ["insert into venue_cash values ('v', 'a', 'much', '0', '0', 0, null)", 'CHECK constraint failed'],
    [
      `insert into cash_event (venue, asset, version, key, state, reason, body, at_ms)
       values ('coinbase', 'USD', 9, 'reserve x', 'applied', '', '{}', 0)`,
      'UNIQUE constraint failed: cash_event.venue, cash_event.asset, cash_event.key',
    ],
  ])('refuse %s', async (statement, message) => {
    const db = await opened();
    await reserve(db, USD, { order: 'x', amount: a('60'), atMs });
    await expect(sql.raw(statement).execute(db)).rejects.toMatchObject(saying(message));
  });
});

const anyCents = fc.integer({ min: 1, max: 5_000 }).map((count) => a((count / 100).toFixed(2)));
const anyName = fc.constantFrom('x', 'y', 'z');
const anyEvent: fc.Arbitrary<CashEvent> = fc.oneof(
  fc.record({ type: fc.constant('reserve' as const), order: anyName, amount: anyCents }),
  fc.record({
    type: fc.constant('fill' as const),
    fillId: fc.constantFrom('f', 'g', 'h', 'i'),
    order: anyName,
    quantity: anyCents,
    debit: anyCents,
  }),
  fc.record({ type: fc.constant('release' as const), order: anyName, filledQuantity: anyCents }),
  fc.record({ type: fc.constant('credit' as const), creditId: anyName, amount: anyCents }),
  fc.record({
    type: fc.constant('certified' as const),
    readingId: anyName,
    confirmed: anyCents,
    floor: fc.constantFrom(a('0'), a('10'), a('25')),
    sinceVersion: fc.nat(12),
    settled: fc.subarray(['x', 'y', 'z']),
  }),
);

describe('invariants of the cash of a venue in the database', () => {
  it('1. What is stored is what the reducer makes of the events that were committed, in their order.', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 25 }), async (events) => {
        const { db, close } = await folder.memory();
        await openCashAccount(db, USD, { confirmed: a('100'), floor: a('10'), atMs });
        let expected = openVenueCash(a('100'), a('10'));
        for (const event of events) {
          const outcome = applyCashEvent(expected, event);
          expected = outcome.cash;
          expect((await commitCashEvent(db, USD, event, atMs)).state).toBe(outcome.state);
          const stored = await readCashAccount(db, USD);
          expect(stored).toEqual({ ...expected, bookedIds: [] });
          expect(await rebuildCashAccount(db, USD)).toEqual(stored);
        }
        await close();
      }),
      { numRuns: 40, seed: 11 },
    );
  });

  it('2. An event is committed with the state that it leads to, or neither is.', async () => {
    const tally = await runSqliteHistories({ seed: 5, from: 0, histories: 60 });
    expect(tally).toMatchObject({
      histories: 60,
      onFile: 3,
      negativeCash: 0,
      overReserved: 0,
      stateDiffers: 0,
      otherViolations: 0,
      firstFailure: null,
    });
    for (const crashes of Object.values(tally.crashes)) expect(crashes).toBeGreaterThan(20);
  });

  it('3. Two who read the same version cannot both have reserved from it: planners in processes of their own.', async () => {
    const { db } = await folder.file();
    await openCashAccount(db, USD, { confirmed: a('100'), floor: a('10'), atMs });
    const applied = await Promise.all(['one', 'other'].map((name) => planner(folder.path(), name)));
    expect(applied.reduce((total, each) => total + each, 0)).toBe(45);
    expect(await readCashAccount(db, USD)).toMatchObject({ reserved: '90', version: 45 });
    expect(await rebuildCashAccount(db, USD)).toEqual(await readCashAccount(db, USD));
  }, 60_000);

  it('3. Two who read the same version cannot both have reserved from it: the later one in a transaction sees the first', async () => {
    const db = await opened();
    const outcomes = await Promise.all(
      ['one', 'other'].map((order) =>
        inTransaction(db, (trx) => reserve(trx, USD, { order, amount: a('60'), atMs })),
      ),
    );
    expect(outcomes.map(({ state }) => state).sort()).toEqual(['applied', 'refused']);
  });
});

/** Reserves 2 thirty times, and gives how often that was applied. */
function planner(path: string, name: string): Promise<number> {
  const script = ['--import', 'tsx', 'tests/support/cash/planner-process.ts', path, name, '30', '2'];
  const child = spawn(process.execPath, script, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(Number(text)) : reject(new Error(`exit code ${code}`)),
    );
  });
}
