import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { readAuditHeads } from '../../db/audit-head-file.ts';
import {
  type AuditKeeping,
  CHECKPOINT_ENTRIES,
  CHECKPOINT_INTERVAL_MS,
  HEAD_INTERVAL_MS,
} from '../../db/audit-keeper.ts';
import { appendAudit, type NewAuditEntry } from '../../db/audit-repository.ts';
import { auditPublicKeysOf, auditSigningKeyOf } from '../../db/audit-signature.ts';
import { inTransaction, type OpenDatabase, openDatabase } from '../../db/database.ts';
import { verifyAudit } from '../../db/verify-audit.ts';
import { auditKeyPem } from '../support/audit-tamperings.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
let problems: string[];
beforeEach(() => {
  folder = new DatabaseFolder();
  problems = [];
});
afterEach(() => folder.clean());

const at = (atMs: number): NewAuditEntry => ({ atMs, actor: 'bot', kind: 'posted', body: { atMs } });
const many = (count: number) => Array.from({ length: count }, () => at(NOW_MS));
const key = (number: number) => auditSigningKeyOf(auditKeyPem(number).signing);
const publicKeys = (...numbers: number[]) =>
  auditPublicKeysOf(numbers.map((number) => auditKeyPem(number).verifying).join(''));
const headFile = () => folder.path('book.sqlite.head');

async function open(signedWith: number | null, more: Partial<AuditKeeping> = {}): Promise<OpenDatabase> {
  const audit: AuditKeeping = {
    signingKey: signedWith === null ? null : key(signedWith),
    publicKeys: [],
    headFile: headFile(),
    onProblem: (problem) => problems.push(problem),
    ...more,
  };
  return folder.keep(await openDatabase(folder.path(), { nowMs: NOW_MS, audit }));
}

const checkpointsOf = ({ db }: OpenDatabase) =>
  db.selectFrom('audit_checkpoint').select(['sequence', 'at_ms', 'key_id']).orderBy('sequence').execute();
const headsOf = () => readAuditHeads(headFile())?.heads ?? [];

describe('a checkpoint', () => {
  it('is made after so many entries, or so much time, and never twice', async () => {
    const book = await open(null);
    await appendAudit(book.db, many(CHECKPOINT_ENTRIES - 1));
    expect(await checkpointsOf(book)).toEqual([]);
    await appendAudit(book.db, many(1));
    await sql`update due_time set due_at_ms = 0`.execute(book.db);
    await appendAudit(book.db, [at(NOW_MS + CHECKPOINT_INTERVAL_MS - 1)]);
    await appendAudit(book.db, [at(NOW_MS + CHECKPOINT_INTERVAL_MS)]);
    await inTransaction(book.db, async (trx) => sql`select 1`.execute(trx));
    expect((await checkpointsOf(book)).map(({ sequence }) => sequence)).toEqual([
      CHECKPOINT_ENTRIES,
      CHECKPOINT_ENTRIES + 2,
    ]);
    expect(await verifyAudit(book.db)).toMatchObject({ verified: true, checkpoints: 2, signedThrough: 0 });
  });

  it('goes with a transaction that is rolled back, and into neither the head file', async () => {
    const book = await open(7);
    const work = inTransaction(book.db, async (trx) => {
      await appendAudit(trx, many(2));
      throw new Error('failure');
    });
    await expect(work).rejects.toThrow('failure');
    expect(await checkpointsOf(book)).toEqual([]);
    expect(headsOf()).toEqual([]);
  });

  it('is signed at once under a new key, and the old key still verifies what it signed', async () => {
    const first = await open(7);
    await appendAudit(first.db, many(3));
    await first.close();
    const second = await open(8);
    await appendAudit(second.db, many(2));
    expect(await checkpointsOf(second)).toEqual([
      { sequence: 3, at_ms: NOW_MS, key_id: key(7).publicKey.keyId },
      { sequence: 5, at_ms: NOW_MS, key_id: key(8).publicKey.keyId },
    ]);
    const verdict = await verifyAudit(second.db, { publicKeys: publicKeys(7, 8) });
    expect(verdict).toMatchObject({ verified: true, signedThrough: 5 });
    expect(await verifyAudit(second.db, { publicKeys: publicKeys(8) })).toMatchObject({ sequence: 3 });
  });

  it('is not made without the key that signed those before', async () => {
    const first = await open(7);
    await appendAudit(first.db, many(1));
    await first.close();
    const second = await open(null);
    await appendAudit(second.db, many(CHECKPOINT_ENTRIES));
    expect(await checkpointsOf(second)).toHaveLength(1);
    expect(await verifyAudit(second.db, { publicKeys: publicKeys(7) })).toMatchObject({ verified: true });
  });

  it('is expected of a log that is verified with a key', async () => {
    const book = await open(null);
    await appendAudit(book.db, many(2));
    expect(await verifyAudit(book.db, { publicKeys: publicKeys(7) })).toMatchObject({
      verified: false,
      problem: 'expected a checkpoint that is signed, found none',
    });
  });
});

describe('the head file', () => {
  it('gets a line a second at most, and the last when the database is closed', async () => {
    const book = await open(7);
    for (const afterMs of [0, 1, HEAD_INTERVAL_MS - 1, HEAD_INTERVAL_MS, HEAD_INTERVAL_MS + 1])
      await appendAudit(book.db, [at(NOW_MS + afterMs)]);
    expect(headsOf().map(({ sequence }) => sequence)).toEqual([1, 4]);
    const evidence = { heads: headsOf(), publicKeys: publicKeys(7) };
    expect(await verifyAudit(book.db, evidence)).toMatchObject({ anchoredThrough: 4, unanchored: 1 });
    await book.close();
    expect(headsOf().map(({ sequence }) => sequence)).toEqual([1, 4, 5]);
  });

  it('finds entries that were cut off the end with everything that tells of them', async () => {
    const book = await open(null);
    await appendAudit(book.db, many(6));
    await book.close();
    folder.tamper(
      'audit_entry',
      `delete from audit_entry where sequence > 4;
       update audit_head set sequence = 4, hash = (select hash from audit_entry where sequence = 4)`,
    );
    const { db } = await folder.file();
    expect(await verifyAudit(db)).toMatchObject({ verified: true, entries: 4 });
    expect(await verifyAudit(db, { heads: headsOf() })).toMatchObject({ verified: false, sequence: 5 });
  });

  it('is read past a line that was cut short, and goes on after it', async () => {
    const first = await open(null);
    await appendAudit(first.db, many(1));
    await first.close();
    appendFileSync(headFile(), '{"atMs":17');
    expect(readAuditHeads(headFile())).toMatchObject({ heads: [{ sequence: 1 }], unreadable: 1 });
    const second = await open(null);
    await appendAudit(second.db, many(1));
    expect(readAuditHeads(headFile())).toMatchObject({
      heads: [{ sequence: 1 }, { sequence: 2 }],
      unreadable: 1,
    });
  });

  it('is known to be changed by its signature', async () => {
    const book = await open(7);
    await appendAudit(book.db, many(2));
    const [head] = headsOf();
    const changed = [{ ...head!, atMs: head!.atMs + 1 }];
    const verdict = await verifyAudit(book.db, { heads: changed, publicKeys: publicKeys(7) });
    expect(verdict).toMatchObject({ verified: false, sequence: 2 });
  });

  it('is read at its end only when it is long', async () => {
    const book = await open(null);
    await appendAudit(book.db, many(1));
    const line = readFileSync(headFile(), 'utf8');
    writeFileSync(headFile(), line.repeat(Math.ceil(1_100_000 / line.length)));
    const read = readAuditHeads(headFile());
    expect(read?.unreadable).toBe(0);
    expect(read?.heads.length).toBeGreaterThan(5_000);
    expect(await verifyAudit(book.db, { heads: read?.heads ?? [] })).toMatchObject({ verified: true });
  });

  it('is not there before anything was written', () => {
    expect(readAuditHeads(folder.path('nothing.head'))).toBeNull();
  });
});

describe('a key', () => {
  it.each([
    ['no key', 'hello'],
    ['a public key', auditKeyPem(7).verifying],
  ])('that signs is refused when it is %s, and nothing of it is told', (_, text) => {
    expect(() => auditSigningKeyOf(text)).toThrow(
      'expected an Ed25519 private key in PEM (PKCS8), found something else',
    );
  });

  it('that verifies is refused when it is none', () => {
    expect(() => auditPublicKeysOf('hello')).toThrow('expected Ed25519 public keys in PEM, found none');
  });
});
