import { createPrivateKey, createPublicKey } from 'node:crypto';
import SqliteDatabase from 'better-sqlite3';
import type { AuditHead } from '../../db/audit-head-file.ts';
import { readAuditHeads } from '../../db/audit-head-file.ts';
import { appendAudit, type NewAuditEntry } from '../../db/audit-repository.ts';
import { sealOf } from '../../db/audit-seal.ts';
import { type AuditPublicKey, auditPublicKeysOf, auditSigningKeyOf } from '../../db/audit-signature.ts';
import { openDatabase } from '../../db/database.ts';
import { type AuditVerdict, verifyChain } from '../../db/verify-audit.ts';
import type { Random } from '../../src/platform/random.ts';

const START_MS = Date.UTC(2026, 0, 1);
/** Half an hour of checkpoints and a head a minute in a log of 500 rows. */
const BETWEEN_ENTRIES_MS = 6_000;
const APPENDED_MAX = 10;
/** The DER of an Ed25519 private key without its 32 bytes: RFC 8410. */
const PKCS8_PREFIX = '302e020100300506032b657004220420';

/** Private keys in PEM for tests, the same for the same number. */
export function auditKeyPem(number: number): { readonly signing: string; readonly verifying: string } {
  const der = Buffer.concat([Buffer.from(PKCS8_PREFIX, 'hex'), Buffer.alloc(32, number)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    signing: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    verifying: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** A log as it was written, and the heads that were kept elsewhere. */
export interface WrittenLog {
  readonly file: Buffer;
  readonly heads: readonly AuditHead[];
  readonly publicKeys: readonly AuditPublicKey[];
}

/** Writes a signed log with its head file. `name` makes it another one. */
export async function writeLog(
  folder: string,
  { rows, random, name }: { readonly rows: number; readonly random: Random; readonly name: string },
): Promise<WrittenLog> {
  const path = `${folder}/${name}.sqlite`;
  const pem = auditKeyPem(7);
  const keeping = {
    signingKey: auditSigningKeyOf(pem.signing),
    publicKeys: [],
    headFile: `${path}.head`,
    onProblem: (problem: string) => {
      throw new Error(problem);
    },
  };
  const { db, close } = await openDatabase(path, { nowMs: START_MS, audit: keeping });
  for (let written = 0; written < rows; ) {
    const count = Math.min(rows - written, 1 + Math.floor(random.next() * APPENDED_MAX));
    await appendAudit(
      db,
      Array.from({ length: count }, (_, index) => entryOf(written + index, name, random)),
    );
    written += count;
  }
  await close();
  const sqlite = new SqliteDatabase(path);
  for (const table of ['audit_entry', 'audit_checkpoint'])
    for (const change of ['update', 'delete', 'replace'])
      sqlite.exec(`drop trigger ${table}_refuses_${change}`);
  // A copy in memory has no place for a write-ahead log.
  sqlite.pragma('journal_mode = DELETE');
  const file = sqlite.serialize();
  sqlite.close();
  return {
    file,
    heads: readAuditHeads(keeping.headFile)?.heads ?? [],
    publicKeys: auditPublicKeysOf(pem.verifying),
  };
}

export type TamperingKind =
  | 'bitFlip'
  | 'delete'
  | 'truncate'
  | 'reorder'
  | 'splice'
  | 'checkpoint'
  | 'rewrite';
export const TAMPERING_KINDS: readonly TamperingKind[] = [
  'bitFlip',
  'delete',
  'truncate',
  'reorder',
  'splice',
  'checkpoint',
  'rewrite',
];

export interface Tampering {
  readonly kind: TamperingKind;
  readonly what: string;
  /** The first row that is not as it was written. */
  readonly firstBad: number;
  readonly verdict: AuditVerdict;
}

/** Tampers with copies of one log, again and again, and has each verified. Every copy is the log as it was written. */
export class TamperingBench {
  readonly #log: WrittenLog;
  readonly #sqlite: SqliteDatabase.Database;
  readonly #random: Random;
  readonly #rows: number;

  constructor(log: WrittenLog, other: WrittenLog, random: Random) {
    this.#log = log;
    this.#random = random;
    this.#sqlite = new SqliteDatabase(log.file);
    const source = new SqliteDatabase(other.file);
    this.#sqlite.exec('create table other_entry as select * from audit_entry where 0');
    const insert = this.#sqlite.prepare('insert into other_entry values (?, ?, ?, ?, ?, ?, ?)');
    for (const row of source.prepare('select * from audit_entry').raw().iterate())
      insert.run(...(row as unknown[]));
    source.close();
    this.#rows = this.#one<number>('select count(*) from audit_entry');
  }

  /** The verdict on the log as it is. */
  untouched(): AuditVerdict {
    return verifyChain(this.#sqlite, this.#log);
  }

  tamper(kind: TamperingKind): Tampering {
    this.#sqlite.exec('begin');
    try {
      const { what, firstBad } = this.#change(kind);
      return { kind, what, firstBad, verdict: verifyChain(this.#sqlite, this.#log) };
    } finally {
      this.#sqlite.exec('rollback');
    }
  }

  close(): void {
    this.#sqlite.close();
  }

  #change(kind: TamperingKind): { readonly what: string; readonly firstBad: number } {
    switch (kind) {
      case 'bitFlip':
        return this.#flipBit('audit_entry', this.#row());
      case 'delete':
        return this.#delete();
      case 'truncate':
        return this.#truncate();
      case 'reorder':
        return this.#reorder();
      case 'splice':
        return this.#splice();
      case 'checkpoint':
        return this.#changeCheckpoint();
      case 'rewrite':
        return this.#rewrite();
    }
  }

  #flipBit(
    table: 'audit_entry' | 'audit_checkpoint',
    row: number,
  ): { what: string; firstBad: number; movedTo: number } {
    const columns = this.#all<string>(`select name from pragma_table_info('${table}')`);
    const column = columns[this.#below(columns.length)] ?? '';
    const [value] = this.#all<string | number>(`select ${column} from ${table} where sequence = ${row}`);
    const { flipped, bit } = this.#flipped(value ?? '');
    const what = `bit ${bit} of ${table}.${column} of ${row}`;
    if (column === 'sequence') {
      // A row that is moved onto another takes its place.
      this.#sqlite.exec(`delete from ${table} where sequence = ${flipped}`);
      this.#sqlite.exec(`update ${table} set sequence = ${flipped} where sequence = ${row}`);
      return { what, firstBad: Math.min(row, Number(flipped)), movedTo: Number(flipped) };
    }
    const cast = typeof value === 'number' ? '?' : 'cast(? as text)';
    this.#sqlite.prepare(`update ${table} set ${column} = ${cast} where sequence = ?`).run(flipped, row);
    return { what, firstBad: row, movedTo: row };
  }

  #flipped(value: string | number): { flipped: bigint | Buffer; bit: number } {
    if (typeof value === 'number') {
      const bit = this.#below(64);
      return { flipped: BigInt.asIntN(64, BigInt(value) ^ (1n << BigInt(bit))), bit };
    }
    const bytes = Buffer.from(value);
    const bit = this.#below(bytes.length * 8);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return { flipped: bytes, bit };
  }

  #delete(): { what: string; firstBad: number } {
    const [row, count] = [this.#row(), 1 + this.#below(3)];
    this.#sqlite.exec(`delete from audit_entry where sequence between ${row} and ${row + count - 1}`);
    const closed = this.#isHeads();
    // Those after it move up, so that no number is missing.
    if (closed) this.#move(`sequence > ${row}`, -count);
    if (closed) this.#coverEnd();
    return { what: `${count} from ${row}${closed ? ', moved up' : ''}`, firstBad: row };
  }

  #truncate(): { what: string; firstBad: number } {
    const from = this.#row();
    this.#sqlite.exec(`delete from audit_entry where sequence >= ${from}`);
    const covered = this.#isHeads();
    if (covered) {
      this.#sqlite.exec(`delete from audit_checkpoint where sequence >= ${from}`);
      this.#coverEnd();
    }
    return { what: `from ${from}${covered ? ', end and checkpoints with it' : ''}`, firstBad: from };
  }

  #reorder(): { what: string; firstBad: number } {
    const first = 1 + this.#below(this.#rows - 1);
    const second = first + 1 + this.#below(this.#rows - first);
    const columns = this.#isHeads() ? 'all' : 'content';
    if (columns === 'all') {
      this.#sqlite.exec(`update audit_entry set sequence = -1 where sequence = ${first};
        update audit_entry set sequence = ${first} where sequence = ${second};
        update audit_entry set sequence = ${second} where sequence = -1`);
    } else {
      this.#sqlite.exec(`update audit_entry as here set (at_ms, actor, kind, body) =
        (select at_ms, actor, kind, body from
          (select * from audit_entry where sequence in (${first}, ${second})) there
          where there.sequence = ${first} + ${second} - here.sequence)
        where sequence = ${first}`);
    }
    return { what: `${columns} of ${first} and ${second}`, firstBad: first };
  }

  #splice(): { what: string; firstBad: number } {
    const from = this.#row();
    const through = this.#isHeads() ? this.#rows : from + this.#below(this.#rows - from + 1);
    this.#sqlite.exec(`delete from audit_entry where sequence between ${from} and ${through};
      insert into audit_entry select * from other_entry where sequence between ${from} and ${through}`);
    this.#coverEnd();
    return { what: `${from} to ${through} of another log`, firstBad: from };
  }

  #changeCheckpoint(): { what: string; firstBad: number } {
    const all = this.#all<number>('select sequence from audit_checkpoint order by sequence');
    const index = this.#below(all.length - 1);
    const [row = 0, next = 0] = [all[index], all[index + 1]];
    switch (this.#below(4)) {
      case 0:
        this.#sqlite.exec(`delete from audit_checkpoint where sequence = ${row}`);
        return { what: `checkpoint ${row} removed`, firstBad: next };
      case 1: {
        this.#sqlite.exec(
          `update audit_checkpoint set key_id = null, signature = null where sequence = ${row}`,
        );
        // Before the first signature a checkpoint may be unsigned; the next signature tells that this one was not.
        return { what: `signature of ${row} removed`, firstBad: index === 0 ? next : row };
      }
      default: {
        const { what, firstBad, movedTo } = this.#flipBit('audit_checkpoint', row);
        // One that was moved away is missed where it comes to light: at the next, or where it went.
        return { what, firstBad: movedTo > row ? Math.min(next, movedTo) : firstBad };
      }
    }
  }

  /** Everything from a row on is written anew with right hashes, by someone without the key. */
  #rewrite(): { what: string; firstBad: number } {
    const from = this.#row();
    const rows = this.#sqlite
      .prepare('select * from audit_entry where sequence >= ? order by sequence')
      .all(from) as { sequence: number; at_ms: number; actor: string; kind: string; body: string }[];
    let previousHash =
      this.#all<string>(`select previous_hash from audit_entry where sequence = ${from}`)[0] ?? '';
    const write = this.#sqlite.prepare(
      'update audit_entry set body = ?, previous_hash = ?, hash = ? where sequence = ?',
    );
    for (const { sequence, at_ms: atMs, actor, kind, body: before } of rows) {
      const body = sequence === from ? '{"amount":"1000000"}' : before;
      const hash = sealOf({ sequence, atMs, actor, kind, body, previousHash });
      write.run(body, previousHash, hash, sequence);
      previousHash = hash;
    }
    this.#coverEnd();
    return { what: `from ${from} on, with right hashes`, firstBad: from };
  }

  #move(condition: string, by: number): void {
    // By way of negative numbers: no two rows may have one number in between.
    this.#sqlite.exec(`update audit_entry set sequence = -sequence where ${condition};
      update audit_entry set sequence = -sequence + ${by} where sequence < 0`);
  }

  /** What keeps the chain's end in the database tells of the end that there is now. */
  #coverEnd(): void {
    this.#sqlite.exec(`update audit_head set
      sequence = coalesce((select max(sequence) from audit_entry), 0),
      hash = coalesce((select hash from audit_entry order by sequence desc limit 1), '${'0'.repeat(64)}')`);
  }

  #row(): number {
    return 1 + this.#below(this.#rows);
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  #isHeads(): boolean {
    return this.#random.next() < 0.5;
  }

  #all<T>(query: string): T[] {
    return this.#sqlite.prepare(query).pluck().all() as T[];
  }

  #one<T>(query: string): T {
    return this.#sqlite.prepare(query).pluck().get() as T;
  }
}

/** Whether a verdict names the row: exactly, or within the stretch that was written anew. */
export function namesFirstBad({ kind, firstBad, verdict }: Tampering): boolean {
  if (verdict.verified) return false;
  if (kind === 'rewrite') return verdict.sequence <= firstBad && firstBad <= verdict.through;
  return verdict.sequence === firstBad;
}

function entryOf(index: number, name: string, random: Random): NewAuditEntry {
  return {
    atMs: START_MS + index * BETWEEN_ENTRIES_MS,
    actor: index % 3 === 0 ? 'bot' : 'reconciliation:coinbase',
    kind: index % 2 === 0 ? 'portfolio.fillReported' : 'venueReported',
    body: { name, index, quantity: String(random.next()), note: 'größer "quoted"\n→ ok' },
  };
}
