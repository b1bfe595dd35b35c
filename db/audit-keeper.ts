import type SqliteDatabase from 'better-sqlite3';
import { AuditHeadFile } from './audit-head-file.ts';
import {
  type AuditPoint,
  type AuditPublicKey,
  type AuditSigningKey,
  checkpointText,
  headText,
} from './audit-signature.ts';

/** A checkpoint is made after this many entries … */
export const CHECKPOINT_ENTRIES = 1_000;
/** … or this much of the service's time, whichever comes first, with the next commit that appends. */
export const CHECKPOINT_INTERVAL_MS = 300_000;
/** At most one line a second of the service's time goes to the head file, and one with each checkpoint. */
export const HEAD_INTERVAL_MS = 1_000;

/** How the audit log is kept by its owner and checked at its start. */
export interface AuditKeeping {
  /** Null: checkpoints and heads are not signed. */
  readonly signingKey: AuditSigningKey | null;
  /** What signatures are checked with, besides the signing key's own. */
  readonly publicKeys: readonly AuditPublicKey[];
  /** Null: the log's end is not kept anywhere else. */
  readonly headFile: string | null;
  /** Hears what goes wrong with the head file after it was opened. */
  readonly onProblem: (problem: string) => void;
}

interface Checkpoint extends AuditPoint {
  readonly keyId: string | null;
  readonly signature: string | null;
}

/**
 * Makes checkpoints within the commits that append to the audit log, and tells the head file of them afterwards.
 * Its time is that of the entries, and so the service's.
 */
export class AuditKeeper {
  readonly #keeping: AuditKeeping;
  #headFile: AuditHeadFile | null;
  readonly #readHead: () => AuditPoint | null;
  readonly #readLast: () => Checkpoint | null;
  readonly #insert: (checkpoint: Checkpoint) => void;
  #last: Checkpoint | null;
  /** Whether the log is signed with a key that this owner has not got: its signatures are not to end unseen. */
  readonly #lacksKey: boolean;
  #startedAtMs: number | null;
  #line: AuditPoint | null = null;
  #seen: AuditPoint | null;
  #pending: { readonly head: AuditPoint; readonly checkpoint: Checkpoint | null } | null = null;

  constructor(sqlite: SqliteDatabase.Database, keeping: AuditKeeping) {
    this.#keeping = keeping;
    const head = sqlite.prepare<[], AuditPoint>(
      `select entry.sequence, entry.hash, entry.at_ms as "atMs" from audit_head head
       join audit_entry entry on entry.sequence = head.sequence`,
    );
    this.#readHead = () => head.get() ?? null;
    const insert = sqlite.prepare(
      'insert into audit_checkpoint (sequence, at_ms, hash, key_id, signature) values (?, ?, ?, ?, ?)',
    );
    this.#insert = ({ sequence, atMs, hash, keyId, signature }) => {
      insert.run(sequence, atMs, hash, keyId, signature);
    };
    const last = sqlite.prepare<[], Checkpoint>(
      `select sequence, at_ms as "atMs", hash, key_id as "keyId", signature from audit_checkpoint
       order by sequence desc limit 1`,
    );
    this.#readLast = () => last.get() ?? null;
    this.#last = this.#readLast();
    this.#startedAtMs =
      sqlite
        .prepare<[], { atMs: number }>('select at_ms as "atMs" from audit_entry order by sequence limit 1')
        .get()?.atMs ?? null;
    this.#seen = this.#readHead();
    this.#lacksKey = keeping.signingKey === null && this.#last !== null && this.#last.keyId !== null;
    this.#headFile = keeping.headFile === null ? null : new AuditHeadFile(keeping.headFile);
  }

  /** Within every transaction, as the last thing before its commit. */
  beforeCommit(): void {
    this.#pending = null;
    const head = this.#headNow();
    if (head === null || head.sequence === this.#seen?.sequence) return;
    this.#startedAtMs ??= head.atMs;
    // An owner that was slow to notice that it had been replaced may have made one since this one began.
    if (this.#isCheckpointDue(head)) this.#last = this.#readLast();
    const checkpoint = this.#isCheckpointDue(head) ? this.#checkpointOf(head) : null;
    if (checkpoint) this.#insert(checkpoint);
    this.#pending = { head, checkpoint };
  }

  /** Once the transaction is on the disk. Never throws: what was committed stays committed. */
  afterCommit(): void {
    if (!this.#pending) return;
    const { head, checkpoint } = this.#pending;
    this.#pending = null;
    this.#seen = head;
    if (checkpoint) this.#last = checkpoint;
    const line = this.#line;
    const isDue = line === null || Math.abs(head.atMs - line.atMs) >= HEAD_INTERVAL_MS;
    if (isDue || checkpoint) this.#writeLine(head);
  }

  /** Tells the head file of the log's end. */
  close(): void {
    const seen = this.#seen;
    if (seen && this.#line && seen.sequence !== this.#line.sequence) this.#writeLine(seen);
    this.#headFile?.close();
    this.#headFile = null;
  }

  /** A log whose tables are damaged takes no entries; what else is committed, such as the lock's release, may go on. */
  #headNow(): AuditPoint | null {
    try {
      return this.#readHead();
    } catch (error) {
      this.#keeping.onProblem(`the audit log's end cannot be read: ${String(error)}`);
      return null;
    }
  }

  #isCheckpointDue({ sequence, atMs }: AuditPoint): boolean {
    if (this.#lacksKey) return false;
    const keyId = this.#keeping.signingKey?.publicKey.keyId ?? null;
    // A new key signs at once: from then on the log is known to be signed.
    if (keyId !== (this.#last?.keyId ?? null)) return true;
    const since = this.#last?.atMs ?? this.#startedAtMs ?? atMs;
    // A clock that was set back must not put checkpoints off.
    return (
      sequence - (this.#last?.sequence ?? 0) >= CHECKPOINT_ENTRIES ||
      Math.abs(atMs - since) >= CHECKPOINT_INTERVAL_MS
    );
  }

  #checkpointOf(head: AuditPoint): Checkpoint {
    const { signingKey } = this.#keeping;
    if (!signingKey) return { ...head, keyId: null, signature: null };
    const previous = this.#last && { sequence: this.#last.sequence, signature: this.#last.signature };
    return { ...head, ...signingKey.sign(checkpointText(head, signingKey.publicKey.keyId, previous)) };
  }

  #writeLine(head: AuditPoint): void {
    if (!this.#headFile) return;
    const { signingKey, onProblem } = this.#keeping;
    const signature = signingKey?.sign(headText(head, signingKey.publicKey.keyId)) ?? null;
    try {
      this.#headFile.append({ ...head, signature });
      this.#line = head;
    } catch (error) {
      onProblem(`the audit log's head was not written to its file: ${String(error)}`);
    }
  }
}
