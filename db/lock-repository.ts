import { existsSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import type { Kysely, Selectable } from 'kysely';
import { inTransaction } from './database.ts';
import type { Database } from './tables.ts';

/** A process that owns the book, as long as its heart beats. */
export interface Owner {
  readonly processId: number;
  readonly host: string;
  readonly startedAtMs: number;
}

export interface LockState extends Owner {
  readonly heartbeatAtMs: number;
}

/** How an owner is told from a dead one. */
export interface LifeSigns {
  readonly nowMs: number;
  /** A heart that has not beaten for longer is taken for dead. */
  readonly staleAfterMs: number;
  /** Whether a process of this machine lives. Asked only of processes of one's own host. */
  readonly isProcessAlive: (processId: number) => boolean;
}

export interface LockRequest extends LifeSigns {
  readonly owner: Owner;
}

export type LockResult =
  /** `replaced` is the owner that was found dead, for the audit; null when nobody held the lock. */
  | { readonly status: 'taken'; readonly replaced: LockState | null }
  | { readonly status: 'held'; readonly by: LockState };

/** Takes the book for one process; refuses while another one owns it and lives. */
export function takeLock(db: Kysely<Database>, request: LockRequest): Promise<LockResult> {
  return inTransaction(db, async (trx) => {
    const holder = await readLock(trx);
    if (holder !== null && !isDead(holder, request.owner.host, request))
      return { status: 'held', by: holder };
    const row = {
      process_id: request.owner.processId,
      host: request.owner.host,
      started_at_ms: request.owner.startedAtMs,
      heartbeat_at_ms: request.nowMs,
      runtime: null,
    };
    await trx
      .insertInto('owner_lock')
      .values({ id: 1, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
    return { status: 'taken', replaced: holder };
  });
}

/**
 * True while the lock is still this owner's. False: another process took it, and nothing more may be written.
 *
 * `runtime` is what the owner says of itself, as JSON: it stands beside the heartbeat for other processes to read.
 */
export async function beatHeart(
  db: Kysely<Database>,
  owner: Owner,
  beat: { readonly nowMs: number; readonly runtime: string | null },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('owner_lock')
    .set({ heartbeat_at_ms: beat.nowMs, runtime: beat.runtime })
    .where('process_id', '=', owner.processId)
    .where('host', '=', owner.host)
    .where('started_at_ms', '=', owner.startedAtMs)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Gives the lock back. Does nothing where it is another's. */
export async function releaseLock(db: Kysely<Database>, owner: Owner): Promise<void> {
  await db
    .deleteFrom('owner_lock')
    .where('process_id', '=', owner.processId)
    .where('host', '=', owner.host)
    .where('started_at_ms', '=', owner.startedAtMs)
    .execute();
}

/**
 * Who owns the book in a file and lives; null where nobody does, or there is no book. A look alone: it waits for no
 * writer, changes nothing, and takes a schema of any version.
 */
export function findLivingOwner(path: string, ownHost: string, signs: LifeSigns): LockState | null {
  if (!existsSync(path)) return null;
  const sqlite = new SqliteDatabase(path, { readonly: true });
  try {
    const table = sqlite.prepare("select 1 from sqlite_master where name = 'owner_lock'").get();
    const row = table && sqlite.prepare('select * from owner_lock').get();
    if (row === undefined) return null;
    const holder = lockOf(row as Selectable<Database['owner_lock']>);
    return isDead(holder, ownHost, signs) ? null : holder;
  } finally {
    sqlite.close();
  }
}

export async function readLock(db: Kysely<Database>): Promise<LockState | null> {
  const row = await db.selectFrom('owner_lock').selectAll().executeTakeFirst();
  return row === undefined ? null : lockOf(row);
}

const lockOf = (row: Selectable<Database['owner_lock']>): LockState => ({
  processId: row.process_id,
  host: row.host,
  startedAtMs: row.started_at_ms,
  heartbeatAtMs: row.heartbeat_at_ms,
});

/** What the owner last said of itself; null where nobody owns the book, or the owner has said nothing yet. */
export async function readRuntime(db: Kysely<Database>): Promise<string | null> {
  const row = await db.selectFrom('owner_lock').select('runtime').executeTakeFirst();
  return row?.runtime ?? null;
}

/**
 * A process that is gone is dead at once. One that lives is dead when its heart stopped: it hangs, or the system has
 * given its number to another process. It finds out with its next heartbeat, before it writes again.
 */
function isDead(
  holder: LockState,
  ownHost: string,
  { nowMs, staleAfterMs, isProcessAlive }: LifeSigns,
): boolean {
  if (holder.host === ownHost && !isProcessAlive(holder.processId)) return true;
  return nowMs - holder.heartbeatAtMs > staleAfterMs;
}
