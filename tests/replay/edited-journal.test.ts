import { beforeAll, describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../src/platform/random.ts';
import type { JournalLine } from '../../src/replay/journal.ts';
import { replayLines } from '../../src/replay/replay-service.ts';
import {
  amountPlaces,
  linesOf,
  type Place,
  parsed,
  recordedText,
  resealed,
  withEditedAmount,
} from '../support/journal-file.ts';
import { playShortSession } from '../support/trading-session.ts';

let lines: readonly string[] = [];
let entries: readonly JournalLine[] = [];
beforeAll(async () => {
  lines = linesOf(await recordedText((journal) => playShortSession({ journal })));
  entries = lines.map(parsed);
});

const replaced = (index: number, line: string): readonly string[] => lines.with(index, line);

/** Every line with an amount, with one place of an amount in it. */
const editable = (kind: JournalLine['kind']): readonly { index: number; places: readonly Place[] }[] =>
  entries.flatMap((entry, index) => {
    const { previousHash: _p, hash: _h, sequence: _s, ...rest } = entry;
    const places = entry.kind === kind ? amountPlaces(rest) : [];
    return places.length === 0 ? [] : [{ index, places }];
  });

const edited = (index: number, place: Place): JournalLine =>
  withEditedAmount(entries[index] as JournalLine, place);

async function sequenceOfDifference(changed: readonly string[]): Promise<number | null> {
  const result = await replayLines(changed);
  return result.identical ? null : result.firstDifference.sequence;
}

describe('an edited journal', () => {
  it.each(['start', 'message', 'answer', 'call', 'event'] as const)(
    'differs at the very line of kind %s in which an amount was changed',
    async (kind) => {
      const { index = -1, places = [] } = editable(kind).at(-1) ?? {};
      const result = await replayLines(replaced(index, JSON.stringify(edited(index, places.at(-1) ?? []))));
      expect(result).toMatchObject({
        identical: false,
        messages: index + 1,
        firstDifference: { sequence: index + 1, kind },
      });
    },
  );

  it.each(['random', 'tick', 'close'] as const)(
    'differs at the line of kind %s that was changed',
    async (kind) => {
      const index = entries.findIndex((entry) => entry.kind === kind);
      const entry = entries[index];
      const change = entry?.kind === 'random' ? { value: entry.value / 2 } : { atMs: (entry?.atMs ?? 0) + 1 };
      expect(await sequenceOfDifference(replaced(index, JSON.stringify({ ...entry, ...change })))).toBe(
        index + 1,
      );
    },
  );

  it('differs at a line that is no JSON any more, and never fails to be read', async () => {
    const half = Math.floor(lines.length / 2);
    const line = lines[half] ?? '';
    const broken = ['', '{', line.slice(0, -1), `${line}}`, 'null', '"text"', '7', '[]', '\u0000', '1e999'];
    broken.push(line.replace(/"sequence":\d+/, '"sequence":1e999'), '['.repeat(100_000), '{"kind":7}');
    for (const text of broken) expect(await sequenceOfDifference(replaced(half, text))).toBe(half + 1);
  });

  it('differs where a line is missing, twice, or in another place', async () => {
    const at = Math.floor(lines.length / 3);
    const line = lines[at] ?? '';
    expect(await sequenceOfDifference(lines.toSpliced(at, 1))).toBe(at + 1);
    expect(await sequenceOfDifference(lines.toSpliced(at, 0, line))).toBe(at + 2);
    expect(await sequenceOfDifference(lines.toSpliced(at, 2, lines[at + 1] ?? '', line))).toBe(at + 1);
  });

  it('differs where its tail is missing or anything follows its end', async () => {
    const cut = await replayLines(lines.slice(0, -1));
    expect(cut).toMatchObject({ firstDifference: { sequence: lines.length, kind: 'end', found: null } });
    for (const more of ['', lines[0] ?? '', lines.at(-1) ?? ''])
      expect(await sequenceOfDifference([...lines, more])).toBe(lines.length + 1);
  });
});

describe('a journal that was edited and sealed again', () => {
  it('differs by what the service does with a changed balance', async () => {
    const index = entries.findIndex((entry) => JSON.stringify(entry).includes('"available":"3000"'));
    const changed = parsed((lines[index] ?? '').replace('"available":"3000"', '"available":"2999"'));
    const result = await replayLines(resealed(entries.with(index, changed)));
    expect(result).toMatchObject({
      identical: false,
      firstDifference: { kind: expect.stringMatching(/event|close/) },
    });
    expect(result.messages).toBeGreaterThan(index + 1);
  });

  it('differs at an outgoing message that was changed', async () => {
    for (const kind of ['call', 'event'] as const) {
      const { index = -1, places = [] } = editable(kind).at(-1) ?? {};
      const changed = resealed(entries.with(index, edited(index, places[0] ?? [])));
      expect(await sequenceOfDifference(changed)).toBe(index + 1);
    }
  });

  it('differs where an outgoing message, an input or a draw was taken out', async () => {
    for (const kind of ['call', 'event', 'answer', 'message', 'random'] as const) {
      const index = entries.findIndex((entry) => entry.kind === kind);
      expect(await sequenceOfDifference(resealed(entries.toSpliced(index, 1)))).not.toBeNull();
    }
  });

  it('differs, and does not fail, where a line makes no sense', async () => {
    const at = entries.findIndex(({ kind }) => kind === 'answer');
    const nonsense: readonly object[] = [
      { call: 4_711 },
      { call: 'x' },
      { answer: null },
      { answer: {} },
      { answer: { value: null } },
      { atMs: null },
      { atMs: -1 },
      { atMs: 1.5 },
      { kind: 'message', message: { to: 'nobody', message: {} } },
      { kind: 'message', message: null },
      { kind: 'message', message: { to: 'portfolio', message: { type: 'portfolio.fillReported' } } },
      { kind: 'unheardOf' },
    ];
    for (const change of nonsense) {
      const changed = resealed(entries.with(at, { ...entries[at], ...change } as JournalLine));
      expect(await sequenceOfDifference(changed)).toBeGreaterThan(at);
    }
    for (const service of [null, {}, { venues: [{}] }]) {
      const changed = resealed(entries.with(0, { ...entries[0], service } as JournalLine));
      expect(await sequenceOfDifference(changed)).not.toBeNull();
    }
  });

  it('differs whichever amount of whichever answer was changed', async () => {
    const answers = editable('answer');
    const random = seededRandom(20_240_805);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
    const unnoticed: unknown[] = [];
    for (let run = 0; run < 15; run++) {
      const { index, places } = pick(answers);
      const place = pick(places);
      const changed = resealed(entries.with(index, edited(index, place)));
      if ((await sequenceOfDifference(changed)) === null) unnoticed.push([index + 1, place]);
    }
    expect(unnoticed).toEqual([]);
  }, 60_000);
});
