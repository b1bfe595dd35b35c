import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendAudit } from '../../db/audit-repository.ts';
import { sealOf } from '../../db/audit-seal.ts';
import { csvLine } from '../../db/csv-line.ts';
import { type AuditFormat, exportAudit } from '../../db/export-audit.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

async function exported(format: AuditFormat, actor = 'bot', count = 2) {
  const { db } = await folder.memory();
  const body = { note: 'a "quoted", text\nof two lines' };
  await appendAudit(
    db,
    Array.from({ length: count }, () => ({ atMs: NOW_MS, actor, kind: 'posted', body })),
  );
  const lines: string[] = [];
  expect(await exportAudit(db, format, (line) => lines.push(line))).toBe(count);
  return lines;
}

describe('the exported audit log', () => {
  it('holds an object a line, from which every hash can be computed again', async () => {
    for (const line of await exported('jsonl')) {
      const { body, hash, ...rest } = JSON.parse(line);
      expect(sealOf({ ...rest, body: canonicalJson(body) })).toBe(hash);
    }
  });

  it('is a table with every value quoted, and its quotes doubled', async () => {
    const [header, first] = await exported('csv');
    expect(header).toBe('sequence,atMs,actor,kind,body,previousHash,hash');
    expect(first).toContain(
      `"1","${NOW_MS}","bot","posted","{""note"":""a \\""quoted\\"", text\\nof two lines""}","000`,
    );
  });

  it('is nothing that a spreadsheet would run', async () => {
    const [, first] = await exported('csv', '=HYPERLINK("http://example.com")');
    expect(first).toContain(`"'=HYPERLINK(""http://example.com"")"`);
  });

  it('leaves an amount below zero a number, and nothing else that begins so', () => {
    expect(csvLine(['-0.5', '-1', '+1', '-1+1', '-', '-1e5', '--1'])).toBe(
      `"-0.5","-1","'+1","'-1+1","'-","'-1e5","'--1"`,
    );
  });

  it('is whole beyond the batches that it is read in', async () => {
    const lines = await exported('jsonl', 'bot', 2_001);
    expect(lines.map((line) => JSON.parse(line).sequence)).toEqual(lines.map((_, index) => index + 1));
  });
});
