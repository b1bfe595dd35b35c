import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openDatabase } from '../../db/database.ts';
import { stateHash } from '../../db/state-hash.ts';
import { journalLines } from '../../src/replay/journal-lines.ts';
import { replayService } from '../../src/replay/replay-service.ts';
import { withFolder, withJournalFile } from '../support/journal-file.ts';
import { MINUTE_MS, openSession, playShortSession, START_MS } from '../support/trading-session.ts';

it('replays a service that began with rows on a copy of them, and leaves the copy as it was', async () => {
  await withFolder(async (folder) => {
    const database = join(folder, 'book.sqlite');
    const before = join(folder, 'before.sqlite');
    const journal = join(folder, 'journal.jsonl');
    await playShortSession({ database });
    copyFileSync(database, before);
    const { harness } = await openSession({ database, journal, startMs: START_MS + 60 * MINUTE_MS });
    await harness.advanceTo(START_MS + 70 * MINUTE_MS);
    await harness.close();

    const copied = readFileSync(before);
    const onCopy = await replayService(journal, { database: before });
    expect(onCopy).toMatchObject({ identical: true });
    expect(readFileSync(before).equals(copied)).toBe(true);
    const replayed = await openDatabase(database, { nowMs: 0 });
    expect(onCopy).toMatchObject({ stateHash: await stateHash(replayed.db) });
    await replayed.close();

    const onNothing = await replayService(journal);
    expect(onNothing).toMatchObject({
      identical: false,
      firstDifference: { sequence: 1, kind: 'start', expected: { stateHash: expect.any(String) } },
    });
  });
});

it.each([
  ['one\ntwo\n', ['one', 'two']],
  ['one\n\ntwo', ['one', '', 'two']],
  ['', []],
  [`${'ä€😀'.repeat(50_000)}\n${'b'.repeat(70_000)}\n`, ['ä€😀'.repeat(50_000), 'b'.repeat(70_000)]],
])('reads a file line by line, whatever its pieces are', async (text, lines) => {
  await withJournalFile(text, async (path) => expect([...journalLines(path)]).toEqual(lines));
});

it('stops reading where nobody wants more', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'lines');
    writeFileSync(path, 'one\ntwo\nthree\n');
    const lines = journalLines(path);
    expect(lines.next().value).toBe('one');
    lines.return();
    expect(lines.next().done).toBe(true);
  });
});
