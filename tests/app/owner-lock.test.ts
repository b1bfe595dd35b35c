import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readLock, readRuntime, takeLock } from '../../db/lock-repository.ts';
import { BookOwnedError, HEARTBEAT_MS, STALE_AFTER_MS, takeOwnership } from '../../src/app/owner-lock.ts';
import type { RuntimeState } from '../../src/app/runtime-state.ts';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
let clock: TurnClock;
const lost: string[] = [];
beforeEach(() => {
  folder = new DatabaseFolder();
  clock = new TurnClock(NOW_MS);
  lost.length = 0;
});
afterEach(() => folder.clean());

const DEAD_PROCESS = 2 ** 22 + 1;
const ports = (processId = process.pid) => ({
  clock,
  processId,
  onLost: (reason: string) => void lost.push(reason),
});

describe('the ownership of a book', () => {
  it('is kept by a heart that beats for as long as it is held', async () => {
    const database = await folder.file();
    const { release } = await takeOwnership(database, ports());
    await clock.moveTo(NOW_MS + 4 * STALE_AFTER_MS);
    expect(await readLock(database.db)).toMatchObject({ heartbeatAtMs: NOW_MS + 4 * STALE_AFTER_MS });
    await expect(takeOwnership(await folder.file(), ports())).rejects.toThrow(BookOwnedError);
    await release();
    expect(await readLock(database.db)).toBeNull();
    expect({ lost, next: clock.nextDueAtMs() }).toEqual({ lost: [], next: null });
  });

  it('says how its process stands, at once and with every heartbeat, for as long as it is held', async () => {
    const database = await folder.file();
    const { keepRuntime, release } = await takeOwnership(database, ports());
    let said = 0;
    keepRuntime(() => {
      said += 1;
      return { atMs: clock.now(), health: `healthy ${said}`, mode: 'paper', venues: [] };
    });
    const read = async () => JSON.parse((await readRuntime(database.db)) ?? 'null') as RuntimeState | null;
    while ((await read()) === null) await settle();
    expect(await read()).toMatchObject({ atMs: NOW_MS, health: 'healthy 1' });
    await clock.moveTo(NOW_MS + 2 * HEARTBEAT_MS);
    expect(await read()).toMatchObject({ atMs: NOW_MS + 2 * HEARTBEAT_MS, health: 'healthy 3' });
    await release();
    expect(await read()).toBeNull();
    expect(clock.nextDueAtMs()).toBeNull();
  });

  it('is told once when another process has taken it, and beats no more', async () => {
    const database = await folder.file();
    await takeOwnership(database, ports());
    const owner = { processId: DEAD_PROCESS, host: 'elsewhere', startedAtMs: NOW_MS + 1 };
    const nowMs = NOW_MS + STALE_AFTER_MS + 1;
    await takeLock(database.db, { owner, nowMs, staleAfterMs: STALE_AFTER_MS, isProcessAlive: () => true });
    await clock.moveTo(NOW_MS + 60_000);
    expect(lost).toEqual(['another process has taken the book']);
    expect(clock.nextDueAtMs()).toBeNull();
    expect(await readLock(database.db)).toMatchObject(owner);
  });

  it('is told when the heart could not beat for as long as others wait', async () => {
    const database = await folder.file();
    await takeOwnership(database, ports());
    const other = await folder.file();
    await other.db.schema.alterTable('owner_lock').renameTo('gone').execute();
    await clock.moveTo(NOW_MS + STALE_AFTER_MS);
    expect(lost).toEqual([]);
    await clock.moveTo(NOW_MS + 2 * STALE_AFTER_MS);
    expect(lost).toEqual([expect.stringContaining('the lock cannot be kept')]);
  });

  it('passes from a process that has died, and the audit log says so', async () => {
    const database = await folder.file();
    const dead = { processId: DEAD_PROCESS, host: hostname(), startedAtMs: NOW_MS };
    const request = { nowMs: NOW_MS, staleAfterMs: STALE_AFTER_MS, isProcessAlive: () => true };
    await takeLock(database.db, { owner: dead, ...request });
    const { release } = await takeOwnership(database, ports());
    const entries = await database.db.selectFrom('audit_entry').select(['kind', 'body']).execute();
    expect(entries).toMatchObject([
      { kind: 'ownerReplaced', body: expect.stringContaining(String(DEAD_PROCESS)) },
    ]);
    await release();
  });
});
