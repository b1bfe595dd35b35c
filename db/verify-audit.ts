import type SqliteDatabase from 'better-sqlite3';
import type { Kysely } from 'kysely';
import type { AuditHead } from './audit-head-file.ts';
import { type AuditRow, auditRows } from './audit-rows.ts';
import { GENESIS_HASH, sealOf } from './audit-seal.ts';
import {
  type AuditPublicKey,
  checkpointText,
  headText,
  type PreviousCheckpoint,
  signatureProblem,
} from './audit-signature.ts';
import { handleOf, inTransaction } from './database.ts';
import type { Database } from './tables.ts';

/** What the log is compared with besides itself. */
export interface AuditEvidence {
  /** From the head file. */
  readonly heads?: readonly AuditHead[];
  /** With these given, every signature is checked, and the log must have been signed. */
  readonly publicKeys?: readonly AuditPublicKey[];
}

export type AuditVerdict = SoundAudit | BrokenAudit;

export interface SoundAudit {
  readonly verified: true;
  readonly entries: number;
  readonly checkpoints: number;
  /** The last entry under a signature that was checked; 0 without any. */
  readonly signedThrough: number;
  /** The last entry that the head file tells of; 0 without any. */
  readonly anchoredThrough: number;
  /** Entries after it: were they cut off, only the database itself would know. */
  readonly unanchored: number;
}

export interface BrokenAudit {
  readonly verified: false;
  /** How many before the bad row were found sound. */
  readonly entries: number;
  /** The first row that is not as it was written, or may not be. */
  readonly sequence: number;
  /** The last row that the first bad one may be; `sequence` itself unless a whole stretch was written anew. */
  readonly through: number;
  readonly problem: string;
}

/** Reads the whole chain and says whether it is as it was written, or which row is not. */
export function verifyAudit(db: Kysely<Database>, evidence: AuditEvidence = {}): Promise<AuditVerdict> {
  const sqlite = handleOf(db);
  // Entries, checkpoints and end as of one moment, whatever another process appends meanwhile.
  return inTransaction(db, async () => verifyChain(sqlite, evidence));
}

/** The same on an open handle, in one go: nothing else happens in this process meanwhile. */
export function verifyChain(sqlite: SqliteDatabase.Database, evidence: AuditEvidence = {}): AuditVerdict {
  const walk = new ChainWalk(sqlite, evidence);
  try {
    return walk.verdict();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== 'string' || !DAMAGED.test(code)) throw error;
    return walk.broken(walk.sequence + 1, `the database is damaged here: ${String(error)}`);
  }
}

/** SQLite's codes for a file whose bytes make no sense, or that lacks a table of the log. */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB|ERROR$)/;

type CheckpointColumns = [
  sequence: number,
  atMs: number,
  hash: string,
  keyId: string | null,
  signature: string | null,
];

class ChainWalk {
  sequence = 0;
  #hash = GENESIS_HASH;
  readonly #sqlite: SqliteDatabase.Database;
  readonly #publicKeys: readonly AuditPublicKey[] | undefined;
  readonly #heads: readonly AuditHead[];
  #nextHead = 0;
  /** The next entry that a checkpoint or a head tells of. */
  #nextWitness = 0;
  #checkpoints: Iterator<CheckpointColumns> | null = null;
  #checkpoint: CheckpointColumns | undefined;
  #previous: PreviousCheckpoint | null = null;
  #checkpointCount = 0;
  #signedThrough = 0;
  /** The last entry that a head, or a signature that was checked, bears witness to. */
  #witnessed = 0;

  constructor(sqlite: SqliteDatabase.Database, { heads = [], publicKeys }: AuditEvidence) {
    this.#sqlite = sqlite;
    this.#publicKeys = publicKeys;
    this.#heads = [...heads].sort((a, b) => a.sequence - b.sequence);
  }

  verdict(): AuditVerdict {
    try {
      this.#checkpoints = this.#rows<CheckpointColumns>(
        'select sequence, at_ms, hash, key_id, signature from audit_checkpoint order by sequence',
      );
      this.#takeCheckpoint();
      const broken = this.#walk();
      if (broken) return broken;
      return this.#endProblem() ?? this.#sound();
    } finally {
      // Rows that are not read to their end would keep the database busy.
      this.#checkpoints?.return?.();
    }
  }

  broken(sequence: number, problem: string, through = sequence): BrokenAudit {
    return {
      verified: false,
      entries: Math.max(0, Math.min(this.sequence, sequence - 1)),
      sequence,
      through,
      problem,
    };
  }

  #walk(): BrokenAudit | null {
    const [before] = this.#rows<[number]>(
      'select sequence from audit_entry where sequence < 1 order by sequence limit 1',
    );
    if (before) return this.broken(before[0], `the first entry is 1, found ${before[0]}`);
    const { skim, read } = auditRows(this.#sqlite);
    let broken: BrokenAudit | null = null;
    const follow = (sequence: number, hash: string): boolean => {
      this.sequence = sequence;
      this.#hash = hash;
      if (sequence >= this.#nextWitness) broken = this.#witnessProblem();
      return broken === null;
    };
    for (;;) {
      const { isClean, count } = skim({ sequence: this.sequence, hash: this.#hash }, follow);
      if (broken) return broken;
      if (count === 0) return null;
      if (isClean) continue;
      for (const row of read(this.sequence)) {
        broken = this.#rowProblem(row);
        if (broken ?? !follow(row[0], row[6])) return broken;
      }
    }
  }

  #rows<Row extends unknown[]>(query: string): IterableIterator<Row> {
    return this.#sqlite.prepare(query).raw().iterate() as IterableIterator<Row>;
  }

  #takeCheckpoint(): void {
    const next = this.#checkpoints?.next();
    this.#checkpoint = next?.done === false ? next.value : undefined;
  }

  #rowProblem([sequence, atMs, actor, kind, body, previousHash, hash]: AuditRow): BrokenAudit | null {
    const expected = this.sequence + 1;
    if (sequence !== expected)
      return this.broken(expected, `entry ${expected} is missing: the next one is ${sequence}`);
    if (previousHash !== this.#hash)
      return this.broken(sequence, `expected previous hash ${this.#hash}, found ${previousHash}`);
    const seal = sealOf({ sequence, atMs, actor, kind, body, previousHash });
    return seal === hash
      ? null
      : this.broken(sequence, `expected content with the hash ${hash}, found ${seal}`);
  }

  /** What checkpoints and heads say of the entry that was just read. */
  #witnessProblem(): BrokenAudit | null {
    while (this.#checkpoint && this.#checkpoint[0] <= this.sequence) {
      const broken = this.#checkpointProblem(this.#checkpoint);
      if (broken) return broken;
      this.#takeCheckpoint();
    }
    for (let head = this.#heads[this.#nextHead]; head && head.sequence <= this.sequence; ) {
      const broken = this.#headProblem(head);
      if (broken) return broken;
      this.#nextHead += 1;
      head = this.#heads[this.#nextHead];
    }
    const next = this.#heads[this.#nextHead]?.sequence ?? Number.POSITIVE_INFINITY;
    this.#nextWitness = Math.min(next, this.#checkpoint?.[0] ?? Number.POSITIVE_INFINITY);
    return null;
  }

  #checkpointProblem([sequence, atMs, hash, keyId, signature]: CheckpointColumns): BrokenAudit | null {
    if (sequence !== this.sequence)
      return this.broken(sequence, `checkpoint ${sequence} is of an entry that there cannot be`);
    const name = `the checkpoint at entry ${sequence}`;
    const wasSigned = this.#previous !== null && this.#previous.signature !== null;
    const signed = keyId === null || signature === null ? null : { keyId, signature };
    if (signed === null && wasSigned)
      return this.broken(sequence, `${name} is not signed, and those before it are`);
    if (signed !== null && this.#publicKeys) {
      const text = checkpointText({ sequence, hash, atMs }, signed.keyId, this.#previous);
      const problem = signatureProblem(text, signed, this.#publicKeys);
      if (problem !== null)
        return this.broken(sequence, `${name} or the one before it was changed: ${problem}`);
    }
    const isProven = signed !== null && this.#publicKeys !== undefined;
    if (hash !== this.#hash) {
      const problem = `${name} says ${hash}, found ${this.#hash}`;
      return isProven ? this.#rewritten(problem) : this.broken(sequence, problem);
    }
    const [entry] = this.#rows<[number]>(`select at_ms from audit_entry where sequence = ${sequence}`);
    if (atMs !== entry?.[0]) return this.broken(sequence, `${name} says ${atMs} ms, found ${entry?.[0]} ms`);
    this.#previous = { sequence, signature };
    this.#checkpointCount += 1;
    if (isProven) {
      this.#signedThrough = sequence;
      this.#witnessed = sequence;
    }
    return null;
  }

  #headProblem(head: AuditHead): BrokenAudit | null {
    const { sequence, hash, signature } = head;
    const agrees = hash === this.#hash;
    // A line that agrees with the chain needs no signature but the last, which says how far that is known.
    const isChecked = !agrees || head === this.#heads.at(-1);
    if (isChecked && signature !== null && this.#publicKeys) {
      const problem = signatureProblem(headText(head, signature.keyId), signature, this.#publicKeys);
      if (problem !== null)
        return this.broken(sequence, `the head file's line for it was changed: ${problem}`);
    }
    if (!agrees) return this.#rewritten(`the head file says ${hash}, found ${this.#hash}`);
    this.#witnessed = sequence;
    return null;
  }

  /** The chain holds in itself, but it is not the one that was: from some entry on it was written anew. */
  #rewritten(problem: string): BrokenAudit {
    const from = this.#witnessed + 1;
    return this.broken(from, `entries from ${from} on were written anew: ${problem}`, this.sequence);
  }

  #endProblem(): BrokenAudit | null {
    const end = this.sequence;
    const cutOff = (whoSays: string, reached: number): BrokenAudit =>
      this.broken(end + 1, `entry ${end + 1} is missing: ${whoSays} ${reached}`);
    const lastHead = this.#heads.at(-1);
    if (lastHead && lastHead.sequence > end) return cutOff('the head file tells of', lastHead.sequence);
    if (this.#checkpoint) {
      return this.#checkpoint[0] > end
        ? cutOff('there is a checkpoint at', this.#checkpoint[0])
        : this.broken(this.#checkpoint[0], `there is a checkpoint at ${this.#checkpoint[0]} and no entry`);
    }
    if (this.#publicKeys && end > 0 && this.#signedThrough === 0)
      return this.broken(1, 'expected a checkpoint that is signed, found none', end);
    const [head] = this.#rows<[number, string]>('select sequence, hash from audit_head');
    if (!head) return this.broken(end, 'the record of where the chain ends is missing');
    const [sequence, hash] = head;
    if (sequence > end) return cutOff('the chain ended at', sequence);
    if (sequence < end)
      return this.broken(sequence + 1, `entry ${sequence + 1} was added past the chain's end`);
    return hash === this.#hash ? null : this.broken(end, `the chain ended with ${hash}, found ${this.#hash}`);
  }

  #sound(): SoundAudit {
    const anchoredThrough = this.#heads.at(-1)?.sequence ?? 0;
    return {
      verified: true,
      entries: this.sequence,
      checkpoints: this.#checkpointCount,
      signedThrough: this.#signedThrough,
      anchoredThrough,
      unanchored: this.sequence - anchoredThrough,
    };
  }
}
