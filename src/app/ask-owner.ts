import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { findCommandAnswer, requestCommand } from '../../db/command-repository.ts';
import { type OpenDatabase, openDatabase, openDatabaseReadOnly } from '../../db/database.ts';
import { type LockState, readLock } from '../../db/lock-repository.ts';
import type { Clock } from '../platform/clock.ts';
import type { CommandKind, OwnerAnswer } from './command-desk.ts';
import { isAlive } from './read-status.ts';

const POLL_MS = 100;

/** The process that owns a book and lives; null where none does, or there is no book. */
export async function findOwner(path: string, nowMs: number): Promise<LockState | null> {
  if (path === ':memory:' || !existsSync(path)) return null;
  const database = await openDatabaseReadOnly(path);
  try {
    return await livingOwner(database, nowMs);
  } finally {
    await database.close();
  }
}

/**
 * Leaves a command for the process that owns a book, and waits for its answer.
 *
 * Null where nobody owns it. Throws when the owner ends, or does not answer in time: what it was asked may still happen.
 */
export async function askOwner(
  path: string,
  command: { readonly kind: CommandKind; readonly body: object },
  on: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<OwnerAnswer | null> {
  const { clock, timeoutMs } = on;
  if ((await findOwner(path, clock.now())) === null) return null;
  const database = await openDatabase(path, { nowMs: clock.now() });
  try {
    const requestedAtMs = clock.now();
    const id = `${command.kind}-${hostname()}-${process.pid}-${requestedAtMs}`;
    await requestCommand(database.db, { id, ...command, requestedAtMs });
    for (;;) {
      const found = await findCommandAnswer(database.db, id);
      if (found?.state === 'answered') return found.answer as OwnerAnswer;
      const owner = await livingOwner(database, clock.now());
      if (!owner) throw new Error('the owner of the book has ended without an answer');
      if (clock.now() - requestedAtMs > timeoutMs)
        throw new Error(
          `process ${owner.processId}, which owns the book, has not answered in ${timeoutMs} ms`,
        );
      await new Promise<void>((resolve) => {
        clock.setTimeout(() => resolve(), POLL_MS);
      });
    }
  } finally {
    await database.close();
  }
}

async function livingOwner({ db }: OpenDatabase, nowMs: number): Promise<LockState | null> {
  const lock = await readLock(db);
  return lock && isAlive(lock, { nowMs, host: hostname() }) ? lock : null;
}
