import { beforeAll, describe, expect, it } from '@jest/globals';
import { registerReplay } from '../../src/cli/replay-command.ts';
import { linesOf, recordedText, withJournalFile } from '../support/journal-file.ts';
import { MINUTE_MS, openSession, START_MS } from '../support/trading-session.ts';
import { runInProcess } from './command-line.ts';

const run = (words: readonly string[]) => runInProcess(['replay', ...words], { commands: [registerReplay] });

let text = '';
beforeAll(async () => {
  text = await recordedText(async (journal) => {
    const { harness } = await openSession({ journal });
    await harness.advanceTo(START_MS + 10 * MINUTE_MS);
    await harness.close();
  });
});

/** The first amount in the file by its usual name, changed as a person would change it. */
const editedText = () => text.replace(/"available":"3000"/, '"available":"3001"');

describe('trueup replay', () => {
  it('prints that a journal is identical and ends with 0', async () => {
    const { exitCode, out } = await withJournalFile(text, (path) => run([path, '--json']));
    expect(exitCode).toBe(0);
    const document: unknown = JSON.parse(out);
    const stateHash: unknown = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(document).toEqual({ messages: linesOf(text).length, identical: true, stateHash });
  });

  it('names the line that someone edited and ends with 1', async () => {
    const { exitCode, out } = await withJournalFile(editedText(), (path) => run([path, '--json']));
    expect(exitCode).toBe(1);
    const sequence = linesOf(text).findIndex((line, index) => line !== linesOf(editedText())[index]) + 1;
    expect(JSON.parse(out)).toMatchObject({
      identical: false,
      firstDifference: { sequence, kind: 'answer', expected: expect.anything(), found: expect.anything() },
    });
  });

  it('tells people in words', async () => {
    const same = await withJournalFile(text, (path) => run([path]));
    expect(same.out).toMatch(/^identical: \d+ lines, state [0-9a-f]{64}\n$/);
    const edited = await withJournalFile(editedText(), (path) => run([path]));
    expect(edited.out).toMatch(
      /^different at line \d+ \(answer\)\n {2}expected \{.*\}\n {2}found {4}\{.*\}\n$/,
    );
  });

  it('ends with 2 without a file to read', async () => {
    const { exitCode, out } = await run(['/nowhere/journal.jsonl', '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { kind: 'usage' } });
    expect((await run([])).exitCode).toBe(2);
  });

  it('finds that a text which is no journal differs at its first line', async () => {
    for (const other of ['', '{}', 'not JSON', '[1e999]']) {
      const { exitCode, out } = await withJournalFile(other, (path) => run([path, '--json']));
      expect([exitCode, JSON.parse(out)]).toMatchObject([1, { firstDifference: { sequence: 1 } }]);
    }
  });
});
