import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openDatabase } from '../../db/database.ts';
import { stateHash } from '../../db/state-hash.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import type { Input, Output } from '../../src/replay/intake.ts';
import { FIRST_HASH, hashOf, type JournalLine, JournalWriter } from '../../src/replay/journal.ts';
import { journalLines } from '../../src/replay/journal-lines.ts';
import { entryOf } from '../../src/replay/journal-script.ts';
import { linesOf, parsed, recordedText, withFolder } from '../support/journal-file.ts';
import { playShortSession } from '../support/trading-session.ts';

const anyTime = fc.integer({ min: 0, max: 9_999_999 });
const anyInput: fc.Arbitrary<Input> = fc.oneof(
  fc.record({ kind: fc.constant('tick' as const), atMs: anyTime }),
  fc.record({ kind: fc.constant('message' as const), atMs: anyTime, message: fc.jsonValue() }),
  fc.record({
    kind: fc.constant('answer' as const),
    atMs: anyTime,
    call: fc.nat(),
    answer: fc.record({ value: fc.jsonValue() }),
  }),
);
const anyOutput: fc.Arbitrary<Output> = fc.oneof(
  fc.record({
    kind: fc.constant('call' as const),
    call: fc.nat(),
    venue: fc.string(),
    method: fc.string(),
    request: fc.jsonValue(),
  }),
  fc.record({ kind: fc.constant('event' as const), event: fc.jsonValue() }),
);
const anyEntries = fc.array(fc.oneof(anyInput, anyOutput, fc.double({ min: 0, max: 0.99, noNaN: true })), {
  minLength: 1,
  maxLength: 8,
});

/** A journal of these entries, as it was written. */
function writtenLines(entries: readonly (Input | Output | number)[]): Promise<readonly JournalLine[]> {
  return withFolder(async (folder) => {
    const path = join(folder, 'journal.jsonl');
    const writer = new JournalWriter(path, () => 1_000);
    writer.start({ venues: [] }, 'a'.repeat(64));
    for (const entry of entries) {
      if (typeof entry === 'number') writer.random(entry);
      else if (entry.kind === 'call' || entry.kind === 'event') writer.output(2_000, entry);
      else writer.input(entry);
    }
    writer.close('b'.repeat(64));
    return [...journalLines(path)].map(parsed);
  });
}

/** The line with one of its fields changed, added or left out. */
const variantsOf = (line: JournalLine): readonly JournalLine[] => {
  const { hash: _, ...content } = line;
  const fields = Object.entries(content);
  return [
    ...fields.map(([field, value]) => ({ ...line, [field]: value === null ? 0 : [value] })),
    ...fields.map(([left]) => Object.fromEntries(Object.entries(line).filter(([field]) => field !== left))),
    { ...line, added: 1 },
  ] as unknown as readonly JournalLine[];
};

describe('invariants of a journal', () => {
  it("1. A line's hash covers its whole content and the hash of the line before it.", async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, async (entries) => {
        const lines = await writtenLines(entries);
        let previousHash = FIRST_HASH;
        for (const [index, line] of lines.entries()) {
          const { hash, ...content } = line;
          expect([content.sequence, content.previousHash]).toEqual([index + 1, previousHash]);
          expect(hash).toBe(createHash('sha256').update(canonicalJson(content)).digest('hex'));
          for (const changed of variantsOf(line)) {
            const { sequence, previousHash: before } = changed;
            const isTold = sequence !== undefined && before !== undefined;
            if (isTold) expect(hashOf(entryOf(changed), sequence, before)).not.toBe(hash);
          }
          previousHash = hash;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('3. The last line of a complete journal is `close`, with the hash of every row of the database.', async () => {
    await withFolder(async (folder) => {
      const database = join(folder, 'book.sqlite');
      const text = await recordedText((journal) => playShortSession({ database, journal }));
      const lines = linesOf(text).map(parsed);
      const { db, close } = await openDatabase(database, { nowMs: 0 });
      expect(lines.filter(({ kind }) => kind === 'close')).toEqual([lines.at(-1)]);
      expect(lines.at(-1)).toMatchObject({ kind: 'close', stateHash: await stateHash(db) });
      await close();
    });
  });
});
