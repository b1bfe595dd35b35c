import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { appendAudit, type NewAuditEntry, readAudit } from '../../db/audit-repository.ts';
import { GENESIS_HASH } from '../../db/audit-seal.ts';
import { inTransaction } from '../../db/database.ts';
import { verifyAudit } from '../../db/verify-audit.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

const entry = (index: number): NewAuditEntry => ({
  atMs: NOW_MS + index,
  actor: 'portfolio',
  kind: index % 2 === 0 ? 'posted' : 'gateChanged',
  body: { index, amount: '1.50', text: 'ünïcödé "quoted"' },
});
const entries = (count: number) => Array.from({ length: count }, (_, index) => entry(index));

describe('the audit log', () => {
  it('verifies when it is empty', async () => {
    const { db } = await folder.memory();
    expect(await verifyAudit(db)).toMatchObject({ entries: 0, verified: true });
  });

  it('survives a restart and goes on where it ended', async () => {
    const first = await folder.file();
    await appendAudit(first.db, entries(3));
    await first.close();
    const { db } = await folder.file();
    expect(await appendAudit(db, [entry(3)])).toMatchObject({ sequence: 4 });
    expect(await verifyAudit(db)).toMatchObject({ entries: 4, verified: true });
    const read = await readAudit(db, { afterSequence: 1, limit: 2 });
    expect(read.map(({ sequence, body }) => [sequence, body])).toEqual([
      [2, entry(1).body],
      [3, entry(2).body],
    ]);
    const ofKind = await readAudit(db, { afterSequence: 0, limit: 9, kind: 'gateChanged' });
    expect(ofKind.map(({ sequence }) => sequence)).toEqual([2, 4]);
  });

  it('is a chain that anyone can check: the previous hash and canonical JSON of the entry', async () => {
    const { db } = await folder.memory();
    await appendAudit(db, entries(3));
    let previous = GENESIS_HASH;
    for (const row of await db.selectFrom('audit_entry').selectAll().orderBy('sequence').execute()) {
      const { sequence, at_ms: atMs, actor, kind } = row;
      const text = canonicalJson({ sequence, atMs, actor, kind, body: JSON.parse(row.body) });
      expect(row.previous_hash).toBe(previous);
      expect(row.hash).toBe(
        createHash('sha256')
          .update(previous + text)
          .digest('hex'),
      );
      previous = row.hash;
    }
  });

  it('verifies across the batches that it is read in', async () => {
    const { db } = await folder.memory();
    for (const count of [1_000, 999, 2]) await appendAudit(db, entries(count));
    expect(await verifyAudit(db)).toMatchObject({ entries: 2_001, verified: true });
  });

  it('keeps nothing of a transaction that is rolled back', async () => {
    const { db } = await folder.memory();
    const failure = new Error('failure');
    const work = inTransaction(db, async (trx) => {
      await appendAudit(trx, entries(2));
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await appendAudit(db, [entry(0)])).toMatchObject({ sequence: 1 });
    expect(await verifyAudit(db)).toMatchObject({ entries: 1, verified: true });
  });

  it('no row is ever updated, deleted or replaced through this program', async () => {
    const { db } = await folder.memory();
    await appendAudit(db, entries(2));
    const attempts = {
      updated: "update audit_entry set body = '{}' where sequence = 1",
      deleted: 'delete from audit_entry where sequence = 2',
      replaced: "insert or replace into audit_entry values (1, 0, 'a', 'k', '{}', 'p', 'h')",
    };
    for (const [change, statement] of Object.entries(attempts)) {
      const message = `audit_entry is append-only: no row is ever ${change}`;
      await expect(sql.raw(statement).execute(db)).rejects.toMatchObject({ message });
    }
    expect(await verifyAudit(db)).toMatchObject({ entries: 2, verified: true });
  });

  it.each([
    [
      'one byte of a body',
      `update audit_entry set body = replace(body, '1.50', '1.51') where sequence = 3`,
      3,
    ],
    ['a space in a body', `update audit_entry set body = body || ' ' where sequence = 3`, 3],
    ['a time', 'update audit_entry set at_ms = at_ms + 1 where sequence = 2', 2],
    ['an actor', `update audit_entry set actor = 'portfoliO' where sequence = 4`, 4],
    ['a kind', `update audit_entry set kind = 'posteD' where sequence = 1`, 1],
    ['a hash', `update audit_entry set hash = replace(hash, substr(hash, 1, 1), 'z') where sequence = 5`, 5],
    ['the last hash', `update audit_entry set hash = '${'a'.repeat(64)}' where sequence = 6`, 6],
    ['a previous hash', `update audit_entry set previous_hash = hash where sequence = 2`, 2],
    ['a sequence', 'update audit_entry set sequence = 99 where sequence = 3', 3],
    ['a sequence before the first', 'update audit_entry set sequence = -4 where sequence = 3', -4],
    ['the first row, removed', 'delete from audit_entry where sequence = 1', 1],
    ['a row in the middle, removed', 'delete from audit_entry where sequence = 4', 4],
    ['everything from the middle, removed', 'delete from audit_entry where sequence > 3', 4],
    ['everything, removed', 'delete from audit_entry', 1],
    [
      'two rows, exchanged',
      `update audit_entry set sequence = 50 where sequence = 2;
       update audit_entry set sequence = 2 where sequence = 3;
       update audit_entry set sequence = 3 where sequence = 50`,
      2,
    ],
    [
      'a row, removed with those after it moved up',
      'delete from audit_entry where sequence = 3; update audit_entry set sequence = sequence - 1 where sequence > 3',
      3,
    ],
    [
      'a row, added',
      `insert into audit_entry select 7, at_ms, actor, kind, body, hash, hash from audit_entry where sequence = 6`,
      7,
    ],
  ])(
    'a row that was changed, removed, moved or added in another way is found and named: %s',
    async (_, statement, sequence) => {
      const { db, close } = await folder.file();
      await appendAudit(db, entries(6));
      await close();
      folder.tamper('audit_entry', statement);
      const verdict = await verifyAudit((await folder.file()).db);
      expect(verdict).toMatchObject({ verified: false, sequence });
      expect(verdict.entries).toBeLessThan(7);
    },
  );

  it('names a row that is sealed rightly but was added past the end', async () => {
    const { db, close } = await folder.file();
    const head = await appendAudit(db, entries(2));
    await close();
    const text = `{"actor":"a","atMs":1,"body":{},"kind":"k","sequence":3}`;
    const hash = createHash('sha256')
      .update(head.hash + text)
      .digest('hex');
    folder.tamper(
      'audit_entry',
      `insert into audit_entry values (3, 1, 'a', 'k', '{}', '${head.hash}', '${hash}')`,
    );
    expect(await verifyAudit((await folder.file()).db)).toMatchObject({ verified: false, sequence: 3 });
  });
});
