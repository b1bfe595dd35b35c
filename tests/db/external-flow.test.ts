import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Kysely } from 'kysely';
import { readEventHistory, recordBookEvent } from '../../db/book-event-repository.ts';
import { inTransaction } from '../../db/database.ts';
import { readExternalFlows } from '../../db/external-flow-repository.ts';
import { postTransaction } from '../../db/ledger-repository.ts';
import type { Database } from '../../db/tables.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { correctionTransaction, reversalTransaction } from '../../src/domain/book/correction-transaction.ts';
import { decideBookEvent } from '../../src/domain/book/post-event.ts';
import {
  a,
  accepted,
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

const hear = (db: Kysely<Database>, event: BookEvent, recordedAtMs = NOW_MS) =>
  inTransaction(db, async (trx) => {
    const decision = decideBookEvent(event, { ...RULES, ...(await readEventHistory(trx, event)) });
    await recordBookEvent(trx, event, decision, recordedAtMs);
  });

const usd = (eventId: string, amount: string) =>
  deposited({ eventId, asset: 'USD', amount: a(amount), activityId: eventId });
const withdrawn = (eventId: string, amount: string): BookEvent => ({
  type: 'portfolio.withdrawalReported',
  eventId,
  venue: 'coinbase',
  atMs: NOW_MS,
  asset: 'USD',
  amount: a(amount),
  fee: null,
  activityId: eventId,
});

describe('what came from outside', () => {
  it('is what was booked after a time, and no trade', async () => {
    const { db } = await folder.memory();
    for (const event of [submitted(), accepted(), filled()]) await hear(db, event);
    expect(await readExternalFlows(db, 0)).toEqual([]);
    await hear(db, usd('d-1', '100'), NOW_MS);
    await hear(db, usd('d-2', '50.25'), NOW_MS + 10);
    await hear(db, withdrawn('w-1', '20'), NOW_MS + 20);
    expect(await readExternalFlows(db, 0)).toEqual([{ asset: 'USD', amount: '130.25' }]);
    expect(await readExternalFlows(db, NOW_MS)).toEqual([{ asset: 'USD', amount: '30.25' }]);
    expect(await readExternalFlows(db, NOW_MS + 20)).toEqual([]);
  });

  it('is what a correction has found, less what was reversed', async () => {
    const { db } = await folder.memory();
    const movement = { venue: 'coinbase', asset: 'USD', bucket: 'available', amount: a('25') } as const;
    const correction = correctionTransaction({
      correctionId: 'c1',
      part: 0,
      venue: 'coinbase',
      atMs: NOW_MS,
      venueId: 'late',
      movements: [{ ...movement, from: 'transfer' }],
    });
    await postTransaction(db, correction, NOW_MS);
    expect(await readExternalFlows(db, 0)).toEqual([{ asset: 'USD', amount: '25' }]);
    await postTransaction(db, reversalTransaction(correction, NOW_MS + 1), NOW_MS + 1);
    expect(await readExternalFlows(db, 0)).toEqual([{ asset: 'USD', amount: '0' }]);
  });

  it('is nothing of what moves between two venues of the book', async () => {
    const { db } = await folder.memory();
    await hear(db, usd('d-1', '1000'));
    await hear(db, sent({ asset: 'USD' }), NOW_MS + 1);
    expect(await readExternalFlows(db, NOW_MS)).toEqual([]);
    // Under another name there: each name has its own row, and their values cancel.
    await hear(db, received(), NOW_MS + 2);
    expect(await readExternalFlows(db, NOW_MS)).toEqual([
      { asset: 'EPjFWdd5', amount: '99' },
      { asset: 'USD', amount: '-99' },
    ]);
  });
});
