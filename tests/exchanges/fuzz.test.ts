import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../src/platform/random.ts';
import { mutateAnswer } from '../support/fuzz/answer-mutations.ts';
import { openFuzzer } from '../support/fuzz/fuzz-run.ts';
import { mergeTallies, whyFailed } from '../support/fuzz/fuzz-tally.ts';
import type { FuzzVenue } from '../support/fuzz/fuzz-venue.ts';
import { FUZZ_VENUES } from '../support/fuzz/fuzz-venues.ts';

const SEED = 7;
const RUNS = 300;

async function within<T>(name: string, look: (venue: FuzzVenue) => Promise<T>): Promise<T> {
  const open = FUZZ_VENUES[name];
  if (open === undefined) throw new Error(`no venue ${name}`);
  const venue = await open();
  try {
    return await look(venue);
  } finally {
    await venue.close();
  }
}

describe('an adapter whose venue says something else in one place or several', () => {
  it.each(Object.keys(FUZZ_VENUES))(
    'is known with a true certificate or unknown with a reason: %s',
    async (name) => {
      const tally = await within(name, async (venue) =>
        (await openFuzzer(venue, SEED)).runAll({ from: 0, runs: RUNS }),
      );
      expect(tally).toMatchObject({ runs: RUNS, crashed: 0, hung: 0, wrong: 0, failures: [] });
      const unknown = Object.values(tally.unknown).reduce((sum, count) => sum + count, 0);
      expect(tally.known + unknown).toBe(RUNS);
      expect(tally.known).toBeGreaterThan(RUNS / 10);
      expect(unknown).toBeGreaterThan(RUNS / 10);
      expect(tally.compared).toBeGreaterThan(5);
      expect(tally.requests).toBeGreaterThan(RUNS);
    },
    60_000,
  );
});

describe('the fuzzer', () => {
  it('does the same in a run whenever it is asked for it', async () => {
    const [first, again] = await within('statement', async (venue) => {
      const fuzzer = await openFuzzer(venue, SEED);
      const numbers = Array.from({ length: 20 }, (_, number) => number);
      const all = async (order: readonly number[]) => {
        const runs = new Map<number, string>();
        for (const number of order) runs.set(number, JSON.stringify(await fuzzer.run(number)));
        return numbers.map((number) => runs.get(number));
      };
      return [await all(numbers), await all(numbers.toReversed())];
    });
    expect(again).toEqual(first);
  });

  const lying = async (lie: (outcome: Record<string, unknown>) => unknown, runs = 60) =>
    within('statement', async (venue) => {
      let isTrue = true;
      const cases = venue.cases.slice(0, 1).map((one) => ({
        ...one,
        call: async (...by: Parameters<typeof one.call>) => {
          const outcome = (await one.call(...by)) as Record<string, unknown>;
          return isTrue ? outcome : lie(outcome);
        },
      }));
      const fuzzer = await openFuzzer({ ...venue, cases }, SEED);
      isTrue = false;
      return fuzzer.runAll({ from: 0, runs });
    });

  it('finds a value that is not what the certificate vouches for', async () => {
    const tally = await lying((outcome) =>
      outcome.state === 'known'
        ? { ...outcome, value: { ...(outcome.value as object), fills: [] } }
        : outcome,
    );
    expect(tally.wrong).toBeGreaterThan(0);
    expect(tally.failures[0]?.found).toContain('a certificate that does not verify');
    expect(whyFailed(tally)).toContain('--only');
  });

  it('finds an old value where a digit was changed', async () => {
    let good: unknown = null;
    const tally = await lying((outcome) => {
      if (outcome.state !== 'known') return outcome;
      good ??= outcome;
      return good;
    });
    expect(tally.failures.map(({ found }) => found).join()).toContain('as the documents say');
  });

  it('finds a throw, a reason that is none, a detail without end and a delay that is none', async () => {
    const thrown = await lying(() => {
      throw new TypeError('no such row');
    }, 5);
    expect(thrown).toMatchObject({ crashed: 5, wrong: 0, known: 0 });
    const wrong = [
      { state: 'unknown', reason: 'unlucky', detail: 'x' },
      { state: 'unknown', reason: 'malformed', detail: 'x'.repeat(2_001) },
      { state: 'unknown', reason: 'malformed', detail: '' },
      { state: 'unknown', reason: 'rateLimited', detail: 'x', retryAfterMs: Number.NaN },
    ];
    for (const outcome of wrong)
      expect(await lying(() => outcome, 5)).toMatchObject({ wrong: 5, crashed: 0 });
  });

  it('fails where the heap grew, also in one process of several', () => {
    const none = {
      known: 1,
      unknown: { stale: 1 },
      crashed: 0,
      hung: 0,
      wrong: 0,
      compared: 0,
      requests: 3,
      failures: [],
    };
    const still = { ...none, runs: 2, heapStartMb: 40, heapEndMb: 41 };
    const grown = { ...none, runs: 2, heapStartMb: 40, heapEndMb: 80 };
    const merged = mergeTallies(mergeTallies(still, grown), still);
    expect(merged).toMatchObject({ runs: 6, known: 3, unknown: { stale: 3 }, heapEndMb: 80 });
    expect(whyFailed(merged)).toContain('expected a heap of at most 66 MB');
    expect(whyFailed(still)).toBeNull();
  });

  it('changes answers in every way, and sends 10 MB in less than half a per cent of them', () => {
    const good = { status: 200, headers: {}, body: '{"rows":[{"id":"a","amount":"1.5"}],"next":null}' };
    const seen = { status: 0, cut: 0, huge: 0, notJson: 0, digit: 0, same: 0 };
    const count = 4_000;
    for (let run = 0; run < count; run += 1) {
      const { answer, changed, what } = mutateAnswer(seededRandom(run), good);
      const text = String(answer.body);
      seen.status += answer.status === 200 ? 0 : 1;
      seen.cut += answer.isCut ? 1 : 0;
      seen.huge += text.length > 10_000_000 ? 1 : 0;
      seen.notJson += isJson(text) ? 0 : 1;
      seen.digit += changed === null ? 0 : 1;
      if (what.length === 0) seen.same += 1;
    }
    expect(seen.same).toBe(0);
    expect(seen.huge).toBeGreaterThan(0);
    expect(seen.huge / count).toBeLessThan(0.005);
    for (const one of [seen.status, seen.cut, seen.notJson, seen.digit]) expect(one).toBeGreaterThan(50);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
