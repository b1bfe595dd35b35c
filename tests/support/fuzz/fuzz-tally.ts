import type { FuzzTally } from './fuzz-run.ts';

/** The heap may be larger at the end by a quarter and this much, for what the engine keeps of its own. */
const GROWTH_SHARE = 0.25;
const GROWTH_MB = 16;

/** Tallies of two ranges as one; of heaps the one that grew most. */
export function mergeTallies(one: FuzzTally, other: FuzzTally): FuzzTally {
  const unknown = new Map(Object.entries(one.unknown));
  for (const [reason, count] of Object.entries(other.unknown))
    unknown.set(reason, (unknown.get(reason) ?? 0) + count);
  const grown = (tally: FuzzTally) => tally.heapEndMb - tally.heapStartMb;
  const { heapStartMb, heapEndMb } = grown(other) > grown(one) ? other : one;
  return {
    runs: one.runs + other.runs,
    known: one.known + other.known,
    unknown: Object.fromEntries([...unknown].sort(([a], [b]) => (a < b ? -1 : 1))),
    crashed: one.crashed + other.crashed,
    hung: one.hung + other.hung,
    wrong: one.wrong + other.wrong,
    compared: one.compared + other.compared,
    requests: one.requests + other.requests,
    heapStartMb,
    heapEndMb,
    failures: [...one.failures, ...other.failures],
  };
}

/** What a run must not have come to; null where all is well. */
export function whyFailed({
  crashed,
  hung,
  wrong,
  heapStartMb,
  heapEndMb,
  failures,
}: FuzzTally): string | null {
  if (crashed + hung + wrong > 0)
    return `expected no run to crash, hang or be wrong, found ${crashed}, ${hung} and ${wrong}, the first with --only ${failures[0]?.run}`;
  const heapMaxMb = heapStartMb * (1 + GROWTH_SHARE) + GROWTH_MB;
  return heapEndMb <= heapMaxMb
    ? null
    : `expected a heap of at most ${heapMaxMb} MB at the end, found ${heapEndMb} MB`;
}
