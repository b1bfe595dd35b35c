import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  findTransfer,
  readTransfers,
  readTransfersUnderWay,
  readTransfersUntold,
  saveTransfer,
} from '../../db/transfer-repository.ts';
import { newTransfer, type TransferIntent } from '../../src/domain/transfer/transfer-intent.ts';
import { a, NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

const INSTRUCTION = { transferId: 't-1', venue: 'solana', asset: 'SOL', amount: a('2'), to: 'friend' };
const INTENDED = newTransfer({ ...INSTRUCTION, toVenue: null });
const fee = { asset: 'SOL', amount: a('0.000005') };
const PREPARED: TransferIntent = {
  ...INTENDED,
  status: 'prepared',
  prepared: {
    instruction: INSTRUCTION,
    reference: 'signature',
    payload: 'bytes',
    expiresAtHeight: 77,
    arrives: a('2'),
    fee,
  },
};
const SUBMITTED: TransferIntent = { ...PREPARED, status: 'submitted', sends: 1 };
const CONFIRMED: TransferIntent = { ...SUBMITTED, status: 'confirmed', landed: { atMs: NOW_MS, fee } };
const OTHER = (intent: TransferIntent): TransferIntent => ({
  ...intent,
  request: { ...intent.request, transferId: 't-2' },
});

describe('a stored transfer', () => {
  it('is read as it was written, at every stage', async () => {
    const { db } = await folder.memory();
    for (const stage of [INTENDED, PREPARED, SUBMITTED, CONFIRMED]) {
      await saveTransfer(db, stage, NOW_MS);
      expect(await findTransfer(db, 't-1')).toEqual(stage);
    }
    expect(await findTransfer(db, 't-2')).toBeNull();
  });

  it('is among those under way until it has ended, and among the untold until the book has heard of it', async () => {
    const { db } = await folder.memory();
    await saveTransfer(db, SUBMITTED, NOW_MS);
    expect(await readTransfersUnderWay(db)).toEqual([SUBMITTED]);
    expect(await readTransfersUntold(db)).toEqual([]);
    await saveTransfer(db, CONFIRMED, NOW_MS + 1);
    expect(await readTransfersUnderWay(db)).toEqual([]);
    expect(await readTransfersUntold(db)).toEqual([CONFIRMED]);
    const event = { event_id: 'transfer:t-1:sent', content_hash: 'h', type: 't', venue: 'solana' };
    const rest = { at_ms: 1, recorded_at_ms: 1, body: '{}', outcome: 'posted' };
    await db
      .insertInto('book_event')
      .values({ ...event, ...rest })
      .execute();
    expect(await readTransfersUntold(db)).toEqual([]);
  });

  it('is listed with the newest first, at one venue or at all', async () => {
    const { db } = await folder.memory();
    await saveTransfer(db, INTENDED, NOW_MS);
    await saveTransfer(db, OTHER(INTENDED), NOW_MS + 1);
    const ids = async (venue: string | null, limit: number) =>
      (await readTransfers(db, { venue, limit })).map(({ intent }) => intent.request.transferId);
    expect(await ids(null, 10)).toEqual(['t-2', 't-1']);
    expect(await ids('solana', 1)).toEqual(['t-2']);
    expect(await ids('coinbase', 10)).toEqual([]);
  });
});

/** SQLite's own error is of another realm than the test's, so that only its words can be looked at. */
const saying = (words: string) => ({ message: expect.stringContaining(words) });

describe('the table of transfers refuses', () => {
  it.each<[string, TransferIntent, TransferIntent, string]>([
    [
      'other bytes than were signed',
      PREPARED,
      {
        ...PREPARED,
        prepared: { ...(PREPARED.prepared as NonNullable<TransferIntent['prepared']>), payload: 'others' },
      },
      'its bytes are never replaced',
    ],
    ['to forget what was signed', PREPARED, INTENDED, 'its bytes are never replaced'],
    ['to change what has ended', CONFIRMED, SUBMITTED, 'has ended'],
    [
      'to begin anew what was sent',
      { ...SUBMITTED, status: 'deniedLocally' },
      { ...SUBMITTED, status: 'prepared' },
      'has ended',
    ],
    [
      'to send what was not signed',
      INTENDED,
      { ...INTENDED, status: 'submitted' },
      'CHECK constraint failed',
    ],
    ['one transaction for two transfers', PREPARED, OTHER(PREPARED), 'UNIQUE constraint failed'],
  ])('%s', async (_name, first, second, message) => {
    const { db } = await folder.memory();
    await saveTransfer(db, first, NOW_MS);
    await expect(saveTransfer(db, second, NOW_MS)).rejects.toMatchObject(saying(message));
  });

  it('to lose a row', async () => {
    const { db } = await folder.memory();
    await saveTransfer(db, INTENDED, NOW_MS);
    const deleting = db.deleteFrom('transfer_intent').execute();
    await expect(deleting).rejects.toMatchObject(saying('no row is ever deleted'));
  });

  it('nothing of one that was denied before it was signed, and may begin anew', async () => {
    const { db } = await folder.memory();
    await saveTransfer(db, { ...INTENDED, status: 'deniedLocally' }, NOW_MS);
    await saveTransfer(db, INTENDED, NOW_MS);
    expect(await findTransfer(db, 't-1')).toEqual(INTENDED);
  });
});
