// A circuit breaker as a value: whether a question may be asked now, and what its answer changes.
//
// Written here because cockatiel and opossum read the machine's clock themselves, and what they decide could not be
// replayed from recorded times.
//
// Invariants:
// 1. It opens when 5 answers in a row failed, or half of at least 20 answers within 60 s; only a failure opens it.
// 2. While it is open nothing is asked: for 30 s, and twice as long after each probe that failed, up to 5 minutes.
// 3. When that time is over, exactly one probe is asked at a time.
// 4. A probe that succeeds closes it, and all failures are forgotten.
// 5. An answer that does not count leaves everything as it was; after a probe the next question is a probe again.
// 6. The answer to a question from before the last change changes nothing.

/** As etemaro counts; Pekko waits for 10. */
const FAILURES_IN_ROW_MAX = 5;
const WINDOW_MS = 60_000;
const WINDOW_ANSWERS_MIN = 20;
/** Reads of one venue come a few a second at most: a minute of them, and a bound on memory for whoever asks faster. */
const WINDOW_ANSWERS_MAX = 1_000;
/** As Pekko waits at first. */
const FIRST_OPEN_MS = 30_000;
const OPEN_MAX_MS = 300_000;

export type CircuitBreaker = ClosedBreaker | OpenBreaker | HalfOpenBreaker;

interface ClosedBreaker extends Counted {
  readonly state: 'closed';
  readonly failuresInRow: number;
  /** Answers within the window, the oldest first. */
  readonly recent: readonly { readonly atMs: number; readonly isFailure: boolean }[];
}

interface OpenBreaker extends Counted, Trouble {
  readonly state: 'open';
  readonly untilMs: number;
}

interface HalfOpenBreaker extends Counted, Trouble {
  readonly state: 'halfOpen';
  readonly isProbing: boolean;
}

interface Counted {
  /** Probes so far. A question carries the number as its ticket, which tells it from those before the last probe. */
  readonly probes: number;
}

interface Trouble {
  /** How long it is or was open for, in this turn. */
  readonly openForMs: number;
  /** Those that opened it, and the probes that failed since. */
  readonly failures: number;
  readonly lastDetail: string;
}

/** Lets everything through and remembers nothing. */
export const NEW_BREAKER: CircuitBreaker = { state: 'closed', probes: 0, failuresInRow: 0, recent: [] };

export type Admission =
  | { readonly state: 'admitted'; readonly breaker: CircuitBreaker; readonly ticket: number }
  | { readonly state: 'held'; readonly breaker: OpenBreaker | HalfOpenBreaker };

/** Whether a question may be asked at this time. Whoever was admitted must record what came of it. */
export function admit(breaker: CircuitBreaker, nowMs: number): Admission {
  if (breaker.state === 'closed') return { state: 'admitted', breaker, ticket: breaker.probes };
  if (breaker.state === 'open' && nowMs < breaker.untilMs) return { state: 'held', breaker };
  if (breaker.state === 'halfOpen' && breaker.isProbing) return { state: 'held', breaker };
  const { openForMs, failures, lastDetail } = breaker;
  const ticket = breaker.probes + 1;
  const probing = { state: 'halfOpen', probes: ticket, isProbing: true } as const;
  return { state: 'admitted', breaker: { ...probing, openForMs, failures, lastDetail }, ticket };
}

export type Outcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly detail: string }
  /** It says nothing of whether the other side can be reached. */
  | { readonly kind: 'uncounted' };

/** What the answer to an admitted question, which came at this time, makes of the breaker. */
export function record(
  breaker: CircuitBreaker,
  answer: { readonly ticket: number; readonly outcome: Outcome; readonly atMs: number },
): CircuitBreaker {
  if (breaker.state === 'open' || answer.ticket !== breaker.probes) return breaker;
  const { outcome, atMs } = answer;
  return breaker.state === 'closed'
    ? afterAnswer(breaker, outcome, atMs)
    : afterProbe(breaker, outcome, atMs);
}

function afterAnswer(breaker: ClosedBreaker, outcome: Outcome, atMs: number): CircuitBreaker {
  if (outcome.kind === 'uncounted') return breaker;
  const isFailure = outcome.kind === 'failed';
  const failuresInRow = isFailure ? breaker.failuresInRow + 1 : 0;
  const inWindow = breaker.recent.filter((each) => each.atMs > atMs - WINDOW_MS);
  const recent = [...inWindow, { atMs, isFailure }].slice(-WINDOW_ANSWERS_MAX);
  const failed = recent.filter((each) => each.isFailure).length;
  const isHalf = recent.length >= WINDOW_ANSWERS_MIN && failed * 2 >= recent.length;
  if (!isFailure || (failuresInRow < FAILURES_IN_ROW_MAX && !isHalf))
    return { ...breaker, failuresInRow, recent };
  const failures = Math.max(failuresInRow, failed);
  return opened(breaker, { openForMs: FIRST_OPEN_MS, failures, lastDetail: outcome.detail }, atMs);
}

function afterProbe(breaker: HalfOpenBreaker, outcome: Outcome, atMs: number): CircuitBreaker {
  if (outcome.kind === 'uncounted') return { ...breaker, isProbing: false };
  if (outcome.kind === 'succeeded') return { ...NEW_BREAKER, probes: breaker.probes };
  const openForMs = Math.min(breaker.openForMs * 2, OPEN_MAX_MS);
  return opened(breaker, { openForMs, failures: breaker.failures + 1, lastDetail: outcome.detail }, atMs);
}

const opened = ({ probes }: CircuitBreaker, trouble: Trouble, atMs: number): OpenBreaker => ({
  state: 'open',
  probes,
  untilMs: atMs + trouble.openForMs,
  ...trouble,
});
