import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Announcement } from '../../actors/messages/announcements.ts';
import { replayLines, replayService } from '../../src/replay/replay-service.ts';
import { linesOf, parsed, recordedText, withJournalFile } from '../support/journal-file.ts';
import { playSession } from '../support/trading-session.ts';

let text = '';
let events: readonly Announcement[] = [];
beforeAll(async () => {
  text = await recordedText(async (journal) => {
    events = await playSession({ journal });
  });
});

describe('a journal', () => {
  it('holds everything that can enter a service', () => {
    const kinds = new Set(linesOf(text).map((line) => parsed(line).kind));
    expect([...kinds].sort()).toEqual([
      'answer',
      'call',
      'close',
      'event',
      'message',
      'random',
      'start',
      'tick',
    ]);
    const states = events.map((event) => [event.type, 'state' in event ? event.state : '']);
    expect(states).toContainEqual(['correctionChanged', 'applied']);
    for (const endpointClass of ['account', 'markets', 'activity'])
      expect(events).toContainEqual(expect.objectContaining({ type: 'readRetried', endpointClass }));
    expect(events).toContainEqual(expect.objectContaining({ what: 'worker.restarted' }));
    expect(events).toContainEqual(expect.objectContaining({ type: 'venueOpened', by: 'a person' }));
    expect(events).toContainEqual(expect.objectContaining({ type: 'rebalancingEnded', outcome: 'done' }));
    expect(events).toContainEqual(
      expect.objectContaining({ outcome: expect.objectContaining({ status: 'posted' }) }),
    );
  });

  it('the same inputs in the same order give the same messages and rows, whoever delivers them: a replay of its inputs does', async () => {
    const result = await withJournalFile(text, (path) => replayService(path));
    const lines = linesOf(text);
    expect(result).toEqual({
      identical: true,
      messages: lines.length,
      stateHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('is the same after other programs have read and written it', async () => {
    const spaced = linesOf(text).map((line) =>
      JSON.stringify(JSON.parse(line), null, 1).replaceAll('\n', ' '),
    );
    expect(await replayLines(spaced)).toMatchObject({ identical: true });
  });

  it('is the same byte for byte when the same happens again', async () => {
    const again = await recordedText((journal) => playSession({ journal }));
    expect(again).toBe(text);
  });

  it('is another one with another seed, for crashed workers wait another while', async () => {
    const other = await recordedText((journal) => playSession({ journal, seed: 2 }));
    expect(other).not.toBe(text);
  });
});
