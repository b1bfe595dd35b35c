// Reads over and over while one or several of their answers are changed, and counts what comes of it.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Exchange } from '../../../src/exchanges/exchange.ts';
import { elapsedMs, systemClock } from '../../../src/platform/clock.ts';
import { type Random, seededRandom } from '../../../src/platform/random.ts';
import { mutateAnswer } from './answer-mutations.ts';
import { isDrawn, oneOf } from './draw.ts';
import { type FuzzChange, knownText, whyNotSaid } from './fuzz-compare.ts';
import { whyWrong } from './fuzz-judge.ts';
import type { FuzzCase, FuzzVenue } from './fuzz-venue.ts';

/** Real time, generous. */
const DEADLINE_MS = 2_000;
/** A read that has not settled this long after its deadline hangs. */
const GRACE_MS = 1_000;
const SECOND_ANSWER_SHARE = 0.15;
const ONCE_SHARE = 0.2;
/** The heap at this share of the runs is what the heap at the end is held against. */
const WARM_SHARE = 0.1;
/** What the first one frees may hold what only the next one can free. */
const COLLECTIONS = 3;
/** Failures that are told. */
const FAILURES_MAX = 8;
const MEGABYTE = 1_048_576;

export interface FuzzTally {
  readonly runs: number;
  readonly known: number;
  readonly unknown: Readonly<Record<string, number>>;
  readonly crashed: number;
  readonly hung: number;
  readonly wrong: number;
  /** Known values that were held against what the changed documents say. */
  readonly compared: number;
  readonly requests: number;
  readonly heapStartMb: number;
  readonly heapEndMb: number;
  /** The first ones, no two alike. */
  readonly failures: readonly FuzzFailure[];
}

export interface FuzzFailure {
  /** What `--only` takes. */
  readonly run: number;
  readonly read: string;
  readonly mutation: readonly string[];
  readonly found: string;
}

export interface FuzzRun {
  readonly read: string;
  readonly mutation: readonly string[];
  readonly state: 'known' | 'unknown' | 'crashed' | 'hung' | 'wrong';
  readonly reason: string | null;
  readonly found: string;
  readonly isCompared: boolean;
}

interface Good {
  readonly keys: readonly string[];
  readonly known: string;
}

export interface Fuzzer {
  run(number: number): Promise<FuzzRun>;
  runAll(range: {
    readonly from: number;
    readonly runs: number;
    /** Hears how many are done. */
    readonly onRun?: (done: number) => void;
  }): Promise<FuzzTally>;
}

/** Asks every read once while all is well, so that all answers are known; fails where one of them is not. */
export async function openFuzzer(venue: FuzzVenue, seed: number): Promise<Fuzzer> {
  const goods = new Map<FuzzCase, Good>();
  for (const one of venue.cases) {
    venue.begin([]);
    const outcome = await attempt(one, new AbortController().signal);
    const { state } = outcome as { readonly state?: unknown };
    const problem =
      state === 'unknown' ? 'unknown' : whyWrong(outcome, judgedBy(venue, one, await one.open()));
    if (problem !== null)
      throw new Error(`${one.name}: expected it known, found ${problem}: ${shown(outcome)}`);
    goods.set(one, { keys: [...new Set(venue.asked())], known: knownText(outcome) });
  }
  venue.endRecording();

  async function run(number: number): Promise<FuzzRun> {
    const random = seededRandom(seed * 2 ** 32 + number);
    const one = oneOf(random, venue.cases);
    const good = goods.get(one) ?? { keys: [], known: '' };
    const changes = changesFor(random, venue, good.keys);
    venue.begin(changes.map(({ key, nth, mutated }) => ({ key, nth, answer: mutated.answer })));
    const mutation = changes.map(
      ({ key, nth, mutated }) => `${key}${nth === null ? '' : ` (${nth})`}: ${mutated.what.join('; ')}`,
    );
    const result = await settled(one);
    const base = { read: one.name, mutation, isCompared: false };
    if (result.state !== 'answered') return { ...base, reason: null, ...result };
    const { outcome, exchange } = result;
    const found = shown(outcome);
    const problem = whyWrong(outcome, judgedBy(venue, one, exchange));
    if (problem !== null) return { ...base, state: 'wrong', reason: null, found: `${problem} in ${found}` };
    const { state, reason } = outcome as { readonly state?: unknown; readonly reason?: string };
    if (state === 'unknown') return { ...base, state: 'unknown', reason: reason ?? '', found };
    const difference = whyNotSaid(venue, { one, good: good.known, changes, outcome });
    if (difference === undefined) return { ...base, state: 'known', reason: null, found };
    return difference === null
      ? { ...base, state: 'known', reason: null, found, isCompared: true }
      : { ...base, state: 'wrong', reason: null, found: difference };
  }

  return {
    run,
    async runAll({ from, runs, onRun }) {
      const unknown: Record<string, number> = {};
      const counts = { known: 0, unknown: 0, crashed: 0, hung: 0, wrong: 0, compared: 0 };
      const failures: FuzzFailure[] = [];
      let heapStartMb = 0;
      const fail = (failure: FuzzFailure) => {
        const isAlike = failures.some(
          ({ read, found }) => likeness(read, found) === likeness(failure.read, failure.found),
        );
        if (!isAlike && failures.length < FAILURES_MAX) failures.push(failure);
      };
      let number = from;
      const stray = (error: unknown) => {
        counts.crashed += 1;
        fail({ run: number, read: 'beside any read', mutation: [], found: stackOf(error) });
      };
      process.on('unhandledRejection', stray);
      process.on('uncaughtException', stray);
      try {
        for (; number < from + runs; number += 1) {
          if (number - from === Math.floor(runs * WARM_SHARE)) heapStartMb = await heapMb(venue);
          const { state, reason, read, mutation, found, isCompared } = await run(number);
          counts[state] += 1;
          if (isCompared) counts.compared += 1;
          if (reason !== null) unknown[reason] = (unknown[reason] ?? 0) + 1;
          if (state !== 'known' && state !== 'unknown') fail({ run: number, read, mutation, found });
          onRun?.(number - from + 1);
        }
        // What was left behind without anyone waiting for it has this turn to say so.
        await new Promise((resolve) => systemClock.setTimeout(resolve, 0));
      } finally {
        process.off('unhandledRejection', stray);
        process.off('uncaughtException', stray);
      }
      const { known, crashed, hung, wrong } = counts;
      const tally = { runs, known, unknown, crashed, hung, wrong, compared: counts.compared };
      return { ...tally, requests: venue.requests(), heapStartMb, heapEndMb: await heapMb(venue), failures };
    },
  };
}

function changesFor(random: Random, { answers }: FuzzVenue, keys: readonly string[]): readonly FuzzChange[] {
  const chosen = new Set([oneOf(random, keys)]);
  if (isDrawn(random, SECOND_ANSWER_SHARE)) chosen.add(oneOf(random, keys));
  return [...chosen].flatMap((key) => {
    const good = answers.get(key);
    if (good === undefined) return [];
    const nth = isDrawn(random, ONCE_SHARE) ? oneOf(random, [0, 1]) : null;
    return [{ key, nth, mutated: mutateAnswer(random, good) }];
  });
}

type Settled =
  | { readonly state: 'answered'; readonly outcome: unknown; readonly exchange: Exchange }
  | { readonly state: 'crashed' | 'hung'; readonly found: string };

/** Waits for a read no longer than it may take. */
async function settled(one: FuzzCase): Promise<Settled> {
  const deadline = new AbortController();
  const startedAtMs = elapsedMs();
  const timers: unknown[] = [systemClock.setTimeout(() => deadline.abort(), DEADLINE_MS)];
  const late = new Promise<'late'>((resolve) => {
    timers.push(systemClock.setTimeout(() => resolve('late'), DEADLINE_MS + GRACE_MS));
  });
  let exchange: Exchange | null = null;
  try {
    exchange = await one.open();
    const outcome = await Promise.race([one.call(exchange, deadline.signal), late]);
    const tookMs = Math.round(elapsedMs() - startedAtMs);
    if (outcome === 'late' || tookMs > DEADLINE_MS + GRACE_MS)
      return { state: 'hung', found: `not settled after ${tookMs} ms` };
    return { state: 'answered', outcome, exchange };
  } catch (error) {
    return { state: 'crashed', found: stackOf(error) };
  } finally {
    for (const timer of timers) systemClock.clearTimeout(timer);
    await exchange?.close();
  }
}

async function attempt(one: FuzzCase, signal: AbortSignal): Promise<unknown> {
  const exchange = await one.open();
  try {
    return await one.call(exchange, signal);
  } finally {
    await exchange.close();
  }
}

const judgedBy = (venue: FuzzVenue, one: FuzzCase, exchange: Exchange) => ({
  method: one.method,
  exchange,
  markets: one.markets ?? [],
  secrets: [...venue.secrets, ...venue.tokens()],
  nowMs: venue.nowMs,
});

const shown = (outcome: unknown): string => (JSON.stringify(outcome) ?? String(outcome)).slice(0, 1_500);
const stackOf = (error: unknown): string =>
  (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(0, 1_500);

const likeness = (read: string, found: string): string => `${read} ${found.slice(0, 24)}`;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Of what lasts: a connection that ends still holds its last answer for a moment. */
async function heapMb(venue: FuzzVenue): Promise<number> {
  venue.begin([]);
  for (let time = 0; time < COLLECTIONS; time += 1) {
    await new Promise((resolve) => systemClock.setTimeout(resolve, 100));
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return Math.round(((heapUsed + external) / MEGABYTE) * 10) / 10;
}
