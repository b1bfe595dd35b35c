import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import {
  answerCommand,
  findCommandAnswer,
  readRequestedCommands,
  requestCommand,
} from '../../db/command-repository.ts';
import { clearDueTime, readDueTimes, setDueTime } from '../../db/due-time-repository.ts';
import {
  beatHeart,
  findLivingOwner,
  type LockRequest,
  readLock,
  readRuntime,
  releaseLock,
  takeLock,
} from '../../db/lock-repository.ts';
import { stateHash } from '../../db/state-hash.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

const OWNER = { processId: 11, host: 'here', startedAtMs: NOW_MS };
const OTHER = { processId: 22, host: 'here', startedAtMs: NOW_MS + 5 };
const request = (fields: Partial<LockRequest> = {}): LockRequest => ({
  owner: OWNER,
  nowMs: NOW_MS,
  staleAfterMs: 30_000,
  isProcessAlive: () => true,
  ...fields,
});

describe('the lock on the book', () => {
  it('is taken by one process and refused to another, also from another connection', async () => {
    const one = await folder.file();
    const two = await folder.file();
    expect(await takeLock(one.db, request())).toEqual({ status: 'taken', replaced: null });
    const held = { status: 'held', by: { ...OWNER, heartbeatAtMs: NOW_MS } };
    expect(await takeLock(two.db, request({ owner: OTHER }))).toEqual(held);
    expect(await takeLock(two.db, request())).toEqual(held);
  });

  it('is seen from outside while it is held by one that lives', async () => {
    const { db } = await folder.file();
    const look = (fields: Partial<LockRequest> = {}, host = 'here') =>
      findLivingOwner(folder.path(), host, request(fields));
    expect(look()).toBeNull();
    await takeLock(db, request());
    const seen = { ...OWNER, heartbeatAtMs: NOW_MS };
    expect(look()).toEqual(seen);
    expect(look({ nowMs: NOW_MS + 30_000 })).toEqual(seen);
    expect(look({ nowMs: NOW_MS + 30_001 })).toBeNull();
    expect(look({ isProcessAlive: () => false })).toBeNull();
    expect(look({ isProcessAlive: () => false }, 'elsewhere')).toEqual(seen);
    await db.transaction().execute(async (trx) => {
      await trx
        .updateTable('owner_lock')
        .set({ heartbeat_at_ms: NOW_MS + 1 })
        .execute();
      // Whoever would write now waits for longer than this test may take.
      expect(look()).toEqual(seen);
    });
    await releaseLock(db, OWNER);
    expect(look()).toBeNull();
  });

  it("is nobody's where there is no book, or an older one that had no lock", () => {
    const path = folder.path('older.sqlite');
    expect(findLivingOwner(path, 'here', request())).toBeNull();
    new SqliteDatabase(path).exec('create table schema_version (version integer) strict').close();
    expect(findLivingOwner(path, 'here', request())).toBeNull();
  });

  it('is kept by a heart that beats', async () => {
    const { db } = await folder.memory();
    await takeLock(db, request());
    expect(await beatHeart(db, OWNER, { nowMs: NOW_MS + 20_000, runtime: null })).toBe(true);
    const later = request({ owner: OTHER, nowMs: NOW_MS + 50_000 });
    expect(await takeLock(db, later)).toMatchObject({ status: 'held' });
    const tooLate = request({ owner: OTHER, nowMs: NOW_MS + 50_001 });
    expect(await takeLock(db, tooLate)).toMatchObject({ status: 'taken', replaced: OWNER });
  });

  it('holds what its owner says of itself, which goes with it and is no part of the state', async () => {
    const { db } = await folder.memory();
    expect(await readRuntime(db)).toBeNull();
    await takeLock(db, request());
    expect(await readRuntime(db)).toBeNull();
    const hash = await stateHash(db);
    await beatHeart(db, OWNER, { nowMs: NOW_MS + 1, runtime: '{"health":"healthy"}' });
    expect(await readRuntime(db)).toBe('{"health":"healthy"}');
    expect(await stateHash(db)).toBe(hash);
    await beatHeart(db, OTHER, { nowMs: NOW_MS + 2, runtime: '{"health":"halted"}' });
    expect(await readRuntime(db)).toBe('{"health":"healthy"}');
    await takeLock(db, request({ owner: OTHER, isProcessAlive: () => false }));
    expect(await readRuntime(db)).toBeNull();
  });

  it('passes at once from a process that is gone', async () => {
    const { db } = await folder.memory();
    await takeLock(db, request());
    const gone = request({ owner: OTHER, isProcessAlive: (processId) => processId !== 11 });
    expect(await takeLock(db, gone)).toMatchObject({ status: 'taken', replaced: OWNER });
  });

  it('asks nobody about processes of another machine', async () => {
    const { db } = await folder.memory();
    await takeLock(db, request());
    const elsewhere = request({ owner: { ...OTHER, host: 'there' }, isProcessAlive: () => false });
    expect(await takeLock(db, elsewhere)).toMatchObject({ status: 'held' });
  });

  it('tells an owner that lost it with the next heartbeat', async () => {
    const { db } = await folder.memory();
    await takeLock(db, request());
    await takeLock(db, request({ owner: OTHER, isProcessAlive: () => false }));
    expect(await beatHeart(db, OWNER, { nowMs: NOW_MS + 1, runtime: null })).toBe(false);
    await releaseLock(db, OWNER);
    expect(await readLock(db)).toMatchObject(OTHER);
  });

  it('is free once it is released', async () => {
    const { db } = await folder.memory();
    await takeLock(db, request());
    await releaseLock(db, OWNER);
    expect(await readLock(db)).toBeNull();
    expect(await takeLock(db, request({ owner: OTHER }))).toEqual({ status: 'taken', replaced: null });
  });

  it('and commands are no part of the state', async () => {
    const { db } = await folder.memory();
    const before = await stateHash(db);
    await takeLock(db, request());
    await requestCommand(db, { id: 'c', kind: 'approve', body: {}, requestedAtMs: NOW_MS });
    expect(await stateHash(db)).toBe(before);
    await setDueTime(db, 'poll', NOW_MS);
    expect(await stateHash(db)).not.toBe(before);
  });
});

describe('commands of other processes', () => {
  it('wait for the owner in their order, and are answered once', async () => {
    const owner = await folder.file();
    const { db } = await folder.file();
    const command = { id: 'z', kind: 'approve', body: { correction: 'c1' }, requestedAtMs: NOW_MS };
    expect(await requestCommand(db, command)).toBe('requested');
    expect(await requestCommand(db, command)).toBe('alreadyRequested');
    await requestCommand(db, { ...command, id: 'a' });
    const waiting = await readRequestedCommands(owner.db);
    expect(waiting.map(({ id }) => id)).toEqual(['z', 'a']);
    expect(waiting[0]).toEqual(command);
    expect(await findCommandAnswer(db, 'z')).toEqual({ state: 'requested' });
    expect(await answerCommand(owner.db, { id: 'z', answer: { done: true }, atMs: NOW_MS + 1 })).toBe(true);
    expect(await answerCommand(owner.db, { id: 'z', answer: { done: false }, atMs: NOW_MS + 2 })).toBe(false);
    expect(await findCommandAnswer(db, 'z')).toEqual({
      state: 'answered',
      answer: { done: true },
      answeredAtMs: NOW_MS + 1,
    });
    expect((await readRequestedCommands(owner.db)).map(({ id }) => id)).toEqual(['a']);
    expect(await findCommandAnswer(db, 'unheard')).toBeNull();
  });
});

it('due times are set anew, cleared and found again', async () => {
  const { db } = await folder.memory();
  await setDueTime(db, 'poll', 1);
  await setDueTime(db, 'poll', 2);
  await setDueTime(db, 'sweep', 3);
  await clearDueTime(db, 'sweep');
  expect(await readDueTimes(db)).toEqual(new Map([['poll', 2]]));
});
