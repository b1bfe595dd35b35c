import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction, openDatabase } from '../../db/database.ts';
import { MIGRATIONS } from '../../db/migrate.ts';
import {
  allocateClientNumber,
  findIntent,
  type NewIntent,
  readIntentsOfPlan,
  readIntentsUnderWay,
  recordIntent,
  recordOutcome,
  recordPrepared,
  recordSubmitting,
} from '../../db/order-intent-repository.ts';
import { findPlan, movePlan, readPlans, savePlan } from '../../db/plan-repository.ts';
import { hasEnded, type IntentStatus, isUnderWay, mayBecome } from '../../src/domain/venue/intent-status.ts';
import type { PreparedOrder } from '../../src/domain/venue/order.ts';
import { a, NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

const PLAN = { hash: 'plan-1', atMs: NOW_MS, mode: 'paper', status: 'proposed', body: { legs: [] } };
const INTENT: NewIntent = {
  instruction: {
    intentId: 'intent-1',
    venue: 'coinbase',
    market: 'BTC-USD',
    side: 'buy',
    quantity: a('1.5'),
    limitPrice: a('100'),
    timeInForce: 'immediateOrCancel',
    reduceOnly: false,
    clientOrderId: 'client-1',
  },
  planHash: 'plan-1',
  sequence: 2,
  fundedBy: [1],
  recordedAtMs: NOW_MS,
};
const PREPARED: PreparedOrder = {
  instruction: INTENT.instruction,
  reference: 'signature',
  payload: '{"side":"BUY"}',
  expiresAtHeight: 77,
};

async function planned() {
  const { db } = await folder.memory();
  await savePlan(db, PLAN);
  return db;
}

async function submitting() {
  const db = await planned();
  await recordIntent(db, INTENT);
  await recordPrepared(db, PREPARED);
  await recordSubmitting(db, 'intent-1', NOW_MS + 1);
  return db;
}

describe('an order intent', () => {
  it('is recorded once', async () => {
    const db = await planned();
    expect(await recordIntent(db, INTENT)).toBe('recorded');
    expect(await recordIntent(db, INTENT)).toBe('alreadyRecorded');
    const other = { ...INTENT, instruction: { ...INTENT.instruction, quantity: a('2') } };
    await expect(recordIntent(db, other)).rejects.toThrow(/recorded with one content/);
  });

  it('comes back from the database as it went in, with the bytes that are sent', async () => {
    const db = await submitting();
    expect(await findIntent(db, 'intent-1')).toEqual({
      ...INTENT,
      status: 'submitting',
      prepared: PREPARED,
      submittedAtMs: NOW_MS + 1,
      confirmedAtMs: null,
      venueOrderId: null,
      filledQuantity: '0',
      filledQuote: '0',
      fees: [],
      detail: '',
    });
    expect(await readIntentsOfPlan(db, 'plan-1')).toHaveLength(1);
  });

  it('is under way while its outcome is unknown, and no longer at its end', async () => {
    const db = await submitting();
    await recordOutcome(db, {
      intentId: 'intent-1',
      status: 'outcomeUnknown',
      atMs: NOW_MS + 2,
      detail: 'no answer',
    });
    expect(await findIntent(db, 'intent-1')).toMatchObject({ detail: 'no answer', confirmedAtMs: null });
    expect(await readIntentsUnderWay(db, 'coinbase')).toHaveLength(1);
    const filled = { quantity: a('1.5'), quote: a('150'), fees: [{ asset: 'USD', amount: a('0.9') }] };
    await recordOutcome(db, {
      intentId: 'intent-1',
      status: 'filled',
      atMs: NOW_MS + 3,
      venueOrderId: 'v',
      filled,
    });
    expect(await findIntent(db, 'intent-1')).toMatchObject({
      status: 'filled',
      confirmedAtMs: NOW_MS + 3,
      venueOrderId: 'v',
      filledQuantity: '1.5',
      filledQuote: '150',
      fees: filled.fees,
    });
    expect(await readIntentsUnderWay(db, null)).toEqual([]);
  });

  it('does not change once it has ended', async () => {
    const db = await submitting();
    await recordOutcome(db, {
      intentId: 'intent-1',
      status: 'rejected',
      atMs: NOW_MS + 2,
      detail: 'too small',
    });
    const late = { intentId: 'intent-1', status: 'open', atMs: NOW_MS + 3 } as const;
    expect(await recordOutcome(db, late)).toBe('alreadyEnded');
    expect(await findIntent(db, 'intent-1')).toMatchObject({ status: 'rejected', detail: 'too small' });
  });

  it('never shrinks what it has filled', async () => {
    const db = await submitting();
    const filled = (quantity: string) => ({ quantity: a(quantity), quote: a('100'), fees: [] });
    for (const quantity of ['1', '0.5']) {
      await recordOutcome(db, {
        intentId: 'intent-1',
        status: 'open',
        atMs: NOW_MS + 2,
        filled: filled(quantity),
      });
    }
    expect(await findIntent(db, 'intent-1')).toMatchObject({ filledQuantity: '1' });
  });

  it('is not submitted before it is prepared, nor prepared twice', async () => {
    const db = await planned();
    await recordIntent(db, INTENT);
    await expect(recordSubmitting(db, 'intent-1', NOW_MS)).rejects.toThrow(/from recorded to submitting/);
    await recordPrepared(db, PREPARED);
    await expect(recordPrepared(db, PREPARED)).rejects.toThrow(/from prepared to prepared/);
  });

  it('shares its client order id with no other at its venue', async () => {
    const db = await planned();
    await recordIntent(db, INTENT);
    const twin = { ...INTENT, sequence: 3, instruction: { ...INTENT.instruction, intentId: 'intent-2' } };
    const message = expect.stringContaining('UNIQUE constraint failed: order_intent.venue');
    await expect(recordIntent(db, twin)).rejects.toMatchObject({ message });
  });
});

describe('where an order stands', () => {
  const all: readonly IntentStatus[] = [
    'recorded',
    'prepared',
    'submitting',
    'outcomeUnknown',
    'open',
    'filled',
    'cancelled',
    'expired',
    'rejected',
    'deniedLocally',
  ];

  it('never goes back to before it was sent, and never leaves its end', () => {
    for (const from of all.filter((status) => hasEnded(status) || isUnderWay(status))) {
      expect(
        all.filter((to) => mayBecome(from, to) && ['recorded', 'prepared', 'submitting'].includes(to)),
      ).toEqual([]);
      if (hasEnded(from)) expect(all.filter((to) => mayBecome(from, to))).toEqual([]);
    }
  });

  it('is denied here only while nothing can have reached the venue', () => {
    expect(mayBecome('outcomeUnknown', 'deniedLocally')).toBe(false);
    expect(mayBecome('open', 'deniedLocally')).toBe(false);
  });
});

describe('client numbers', () => {
  it('are given out once, for each account from 1', async () => {
    const { db } = await folder.memory();
    const numbers = [];
    for (const account of ['dydx1a/0', 'dydx1a/0', 'dydx1a/1', 'dydx1a/0'])
      numbers.push(await allocateClientNumber(db, account));
    expect(numbers).toEqual([1, 2, 1, 3]);
  });

  it('are not lost with a transaction that is rolled back', async () => {
    const { db } = await folder.memory();
    const failure = new Error('failure');
    const work = inTransaction(db, async (trx) => {
      await allocateClientNumber(trx, 'dydx1a/0');
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await allocateClientNumber(db, 'dydx1a/0')).toBe(1);
  });

  it('end with 32 bits and never begin again', async () => {
    const { db } = await folder.memory();
    await db
      .insertInto('account_number')
      .values({ account: 'dydx1a/0', next: 2 ** 32 - 1 })
      .execute();
    expect(await allocateClientNumber(db, 'dydx1a/0')).toBe(4_294_967_295);
    for (let tries = 0; tries < 2; tries++)
      await expect(allocateClientNumber(db, 'dydx1a/0')).rejects.toThrow('have 32 bits: 4294967296');
    expect(await allocateClientNumber(db, 'dydx1a/1')).toBe(1);
  });

  it('go on beyond those that were counted by venue, whatever the venue is called now', async () => {
    const path = folder.path();
    const older = MIGRATIONS.slice(
      0,
      MIGRATIONS.findIndex(({ name }) => name === '0008-account-numbers'),
    );
    const before = await openDatabase(path, { nowMs: NOW_MS, migrations: older });
    await before.db
      .insertInto('client_number')
      .values([
        { venue: 'dydx', next: 41 },
        { venue: 'other', next: 7 },
      ])
      .execute();
    await before.close();
    const { db, close } = await openDatabase(path, { nowMs: NOW_MS });
    const numbers = [];
    for (const account of ['dydx1a/0', 'dydx1a/0', 'dydx1a/1'])
      numbers.push(await allocateClientNumber(db, account));
    expect(numbers).toEqual([41, 42, 41]);
    await close();
  });
});

describe('plans', () => {
  it('are saved once and move only from the status that was seen', async () => {
    const db = await planned();
    expect(await savePlan(db, { ...PLAN, atMs: NOW_MS + 1 })).toBe('alreadySaved');
    expect(await movePlan(db, { hash: 'plan-1', from: 'proposed', to: 'approved' })).toBe(true);
    expect(await movePlan(db, { hash: 'plan-1', from: 'proposed', to: 'rejected' })).toBe(false);
    expect(await findPlan(db, 'plan-1')).toEqual({ ...PLAN, status: 'approved' });
    expect(await readPlans(db, { statuses: ['proposed'], limit: 5 })).toEqual([]);
    expect(await readPlans(db, { limit: 5 })).toHaveLength(1);
  });
});
