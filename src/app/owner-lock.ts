import { hostname } from 'node:os';
import { appendAudit } from '../../db/audit-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import {
  beatHeart,
  findLivingOwner,
  type LockState,
  type Owner,
  releaseLock,
  takeLock,
} from '../../db/lock-repository.ts';
import type { Clock } from '../platform/clock.ts';
import type { RuntimeState } from './runtime-state.ts';

export const HEARTBEAT_MS = 5_000;
/** Six heartbeats: a process that is only slow is not taken for dead. */
export const STALE_AFTER_MS = 30_000;

/** Another process owns the book. */
export class BookOwnedError extends Error {
  override readonly name = 'BookOwnedError';
  readonly owner: LockState;

  constructor(owner: LockState) {
    const since = new Date(owner.startedAtMs).toISOString();
    super(`the book is owned by process ${owner.processId} on ${owner.host} since ${since}`);
    this.owner = owner;
  }
}

export interface Ownership {
  readonly owner: Owner;
  /** Writes what this process says of itself now, and again with every heartbeat. `describe` must not throw. */
  keepRuntime(describe: () => RuntimeState): void;
  /** Stops the heart and gives the lock back. */
  release(): Promise<void>;
}

/**
 * Looks whether a process owns the book, before it is opened to be written: the schema is left to its owner, and within
 * one process the two would wait for each other. Takes nothing: whoever comes at the same moment is refused by the lock.
 *
 * @throws {BookOwnedError} while one owns it and lives.
 */
export function assertUnowned(path: string, nowMs: number): void {
  const owner = findLivingOwner(path, hostname(), { nowMs, staleAfterMs: STALE_AFTER_MS, isProcessAlive });
  if (owner !== null) throw new BookOwnedError(owner);
}

/**
 * Takes the book for this process and keeps its heart beating.
 *
 * `onLost` is told once when another process has taken the book, or the heart could not beat for as long as others
 * wait: nothing more may be written then.
 *
 * @throws {BookOwnedError} while another process owns it and lives.
 */
export async function takeOwnership(
  { db }: OpenDatabase,
  ports: { readonly clock: Clock; readonly processId: number; readonly onLost: (reason: string) => void },
): Promise<Ownership> {
  const { clock, processId, onLost } = ports;
  const owner: Owner = { processId, host: hostname(), startedAtMs: clock.now() };
  const nowMs = clock.now();
  const taken = await takeLock(db, { owner, nowMs, staleAfterMs: STALE_AFTER_MS, isProcessAlive });
  if (taken.status === 'held') throw new BookOwnedError(taken.by);
  if (taken.replaced) {
    const body = { replaced: taken.replaced, by: owner };
    await appendAudit(db, [{ atMs: nowMs, actor: 'owner', kind: 'ownerReplaced', body }]);
  }
  let isReleased = false;
  let timer: unknown = null;
  let describe: (() => RuntimeState) | null = null;
  let lastBeatAtMs = nowMs;
  const lose = (reason: string): void => {
    if (isReleased) return;
    isReleased = true;
    onLost(reason);
  };
  const beat = async (): Promise<void> => {
    const runtime = describe === null ? null : JSON.stringify(describe());
    try {
      if (!(await beatHeart(db, owner, { nowMs: clock.now(), runtime })))
        return lose('another process has taken the book');
      lastBeatAtMs = clock.now();
    } catch (error) {
      // A full disk or a long writer: others wait a while before they take the book.
      if (clock.now() - lastBeatAtMs > STALE_AFTER_MS)
        return lose(`the lock cannot be kept: ${String(error)}`);
    }
    next();
  };
  const next = (): void => {
    clock.clearTimeout(timer);
    if (!isReleased) timer = clock.setTimeout(() => void beat(), HEARTBEAT_MS);
  };
  next();
  return {
    owner,
    keepRuntime: (said) => {
      describe = said;
      void beat();
    },
    release: async () => {
      isReleased = true;
      clock.clearTimeout(timer);
      await releaseLock(db, owner);
    },
  };
}

/** Whether a process of this machine lives; one that we may not signal does. */
export function isProcessAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
