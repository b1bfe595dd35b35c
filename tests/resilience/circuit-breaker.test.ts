import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  admit,
  type CircuitBreaker,
  NEW_BREAKER,
  type Outcome,
  record,
} from '../../src/resilience/circuit-breaker.ts';

const SUCCEEDED: Outcome = { kind: 'succeeded' };
const FAILED: Outcome = { kind: 'failed', detail: 'no route' };
const UNCOUNTED: Outcome = { kind: 'uncounted' };

/** A question that was let through, at once answered. */
function ask(breaker: CircuitBreaker, outcome: Outcome, atMs: number): CircuitBreaker {
  const admission = admit(breaker, atMs);
  if (admission.state === 'held') throw new Error(`held at ${atMs}: ${breaker.state}`);
  return record(admission.breaker, { ticket: admission.ticket, outcome, atMs });
}

const askAll = (breaker: CircuitBreaker, outcomes: readonly Outcome[], atMs = 0, stepMs = 0) =>
  outcomes.reduce((state, outcome, index) => ask(state, outcome, atMs + index * stepMs), breaker);

const times = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value);
const opened = (atMs = 0) => askAll(NEW_BREAKER, times(5, FAILED), atMs);

interface Step {
  readonly waitMs: number;
  readonly outcome: Outcome;
}
const anyOutcome = fc.oneof(
  { weight: 5, arbitrary: fc.constant(FAILED) },
  { weight: 5, arbitrary: fc.constant(SUCCEEDED) },
  { weight: 1, arbitrary: fc.constant(UNCOUNTED) },
);
const anyWait = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
  { weight: 2, arbitrary: fc.constantFrom(29_999, 30_000, 59_999, 60_000, 300_000) },
);
const stepsWith = (waitMs: fc.Arbitrary<number>) =>
  fc.array(fc.record({ waitMs, outcome: anyOutcome }), { minLength: 20, maxLength: 80 });
/** Half of them so close together that a window holds more than 20. */
const anySteps = fc.oneof(stepsWith(anyWait), stepsWith(fc.integer({ min: 0, max: 3_500 })));

/** Later than any steps end, and than any breaker is open. */
const LONG_AFTER_MS = 100_000_000;

/** What a breaker is after each step; a question that is held back changes nothing. */
function live(first: CircuitBreaker, steps: readonly Step[]): readonly CircuitBreaker[] {
  let breaker = first;
  let nowMs = 0;
  return steps.map(({ waitMs, outcome }) => {
    nowMs += waitMs;
    const admission = admit(breaker, nowMs);
    if (admission.state === 'admitted')
      breaker = record(admission.breaker, { ticket: admission.ticket, outcome, atMs: nowMs });
    return breaker;
  });
}

const statesOf = (first: CircuitBreaker, steps: readonly Step[]): readonly string[] =>
  live(first, steps).map(({ state }) => state);

/** The rules read literally, over everything that was ever answered: when it is open until, after each step. */
function openUntil(steps: readonly Step[]): readonly (number | null)[] {
  let nowMs = 0;
  let answers: { readonly atMs: number; readonly outcome: Outcome }[] = [];
  let untilMs: number | null = null;
  let openForMs = 30_000;
  return steps.map(({ waitMs, outcome }) => {
    nowMs += waitMs;
    if (untilMs !== null && nowMs < untilMs) return untilMs;
    if (outcome.kind === 'uncounted') return untilMs;
    if (untilMs !== null) {
      openForMs = outcome.kind === 'failed' ? Math.min(2 * openForMs, 300_000) : 30_000;
      untilMs = outcome.kind === 'failed' ? nowMs + openForMs : null;
      answers = [];
      return untilMs;
    }
    answers.push({ atMs: nowMs, outcome });
    const failed = (all: typeof answers) => all.filter((each) => each.outcome.kind === 'failed').length;
    const recent = answers.filter(({ atMs }) => nowMs - atMs < 60_000);
    const isInRow = failed(answers.slice(-5)) === 5;
    const isHalf = recent.length >= 20 && failed(recent) / recent.length >= 0.5;
    if (outcome.kind === 'failed' && (isInRow || isHalf)) untilMs = nowMs + openForMs;
    return untilMs;
  });
}

describe('the circuit breaker', () => {
  it('it opens when 5 answers in a row failed, or half of at least 20 answers within 60 s; only a failure opens it', () =>
    fc.assert(
      fc.property(anySteps, (steps) => {
        let untilMs: number | null = null;
        const found = live(NEW_BREAKER, steps).map((breaker) => {
          if (breaker.state === 'closed') untilMs = null;
          if (breaker.state === 'open') untilMs = breaker.untilMs;
          return untilMs;
        });
        expect(found).toEqual(openUntil(steps));
      }),
    ));

  it('stays closed at 4 failures in a row, however often', () => {
    const outcomes = times(30, [FAILED, FAILED, FAILED, FAILED, SUCCEEDED]).flat();
    expect(askAll(NEW_BREAKER, outcomes, 0, 4_000)).toMatchObject({ state: 'closed' });
  });

  it.each([
    [19, 3_000, 'closed'],
    [20, 3_000, 'open'],
    [20, 3_157, 'open'],
    [20, 3_158, 'closed'],
  ])('after %d answers, %d ms apart, of which every second failed, is %s', (count, stepMs, state) => {
    const outcomes = Array.from({ length: count }, (_, index) => (index % 2 === 1 ? FAILED : SUCCEEDED));
    expect(askAll(NEW_BREAKER, outcomes, 0, stepMs).state).toBe(state);
  });

  it('does not open on a success, although half have failed by then', () => {
    const outcomes = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? FAILED : SUCCEEDED));
    const breaker = askAll(NEW_BREAKER, outcomes);
    expect(breaker.state).toBe('closed');
    expect(ask(breaker, FAILED, 0)).toMatchObject({ state: 'open', failures: 11 });
  });

  it('while it is open nothing is asked: for 30 s, and twice as long after each probe that failed, up to 5 minutes', () =>
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400_000 }), { maxLength: 9 }), (latenesses) => {
        let breaker = opened(1_000);
        let nowMs = 1_000;
        latenesses.forEach((lateMs, index) => {
          const openForMs = [30_000, 60_000, 120_000, 240_000][index] ?? 300_000;
          expect(breaker).toMatchObject({ state: 'open', openForMs, failures: 5 + index });
          for (const waitedMs of [0, Math.min(lateMs, openForMs - 1), openForMs - 1])
            expect(admit(breaker, nowMs + waitedMs)).toEqual({ state: 'held', breaker });
          nowMs += openForMs + lateMs;
          breaker = ask(breaker, { kind: 'failed', detail: `probe ${index}` }, nowMs);
          expect(breaker).toMatchObject({ lastDetail: `probe ${index}` });
        });
      }),
    ));

  it('when that time is over, exactly one probe is asked at a time', () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ waitMs: anyWait, outcome: fc.option(anyOutcome) }), { maxLength: 60 }),
        (steps) => {
          let breaker = opened();
          let nowMs = 0;
          let probe: number | null = null;
          for (const { waitMs, outcome } of steps) {
            nowMs += waitMs;
            if (breaker.state === 'closed') return;
            const isDue: boolean = breaker.state === 'halfOpen' || nowMs >= breaker.untilMs;
            const admission = admit(breaker, nowMs);
            expect(admission.state === 'admitted').toBe(isDue && probe === null);
            breaker = admission.breaker;
            if (admission.state === 'admitted') probe = admission.ticket;
            if (probe === null || outcome === null) continue;
            breaker = record(breaker, { ticket: probe, outcome, atMs: nowMs });
            probe = null;
          }
        },
      ),
    ));

  it('a probe that succeeds closes it, and all failures are forgotten', () =>
    fc.assert(
      fc.property(fc.nat({ max: 8 }), anySteps, (failedProbes, steps) => {
        const longOpen = askAll(opened(), times(failedProbes, FAILED), 300_000, 300_000);
        const closed = ask(longOpen, SUCCEEDED, 3_000_000);
        expect(closed).toEqual({ ...NEW_BREAKER, probes: failedProbes + 1 });
        expect(statesOf(closed, steps)).toEqual(statesOf(NEW_BREAKER, steps));
      }),
    ));

  it('an answer that does not count leaves everything as it was; after a probe the next question is a probe again', () =>
    fc.assert(
      fc.property(anySteps, (steps) => {
        const before = live(NEW_BREAKER, steps).at(-1) ?? NEW_BREAKER;
        const admission = admit(before, LONG_AFTER_MS);
        if (admission.state === 'held') throw new Error('no probe is under way');
        const after = ask(before, UNCOUNTED, LONG_AFTER_MS);
        if (before.state === 'closed') expect(after).toBe(before);
        else expect(after).toEqual({ ...admission.breaker, isProbing: false });
        expect(ask(after, FAILED, LONG_AFTER_MS).state).toBe(ask(before, FAILED, LONG_AFTER_MS).state);
        expect(admit(after, LONG_AFTER_MS).breaker.state).toBe(admission.breaker.state);
      }),
    ));

  it('the answer to a question from before the last change changes nothing', () =>
    fc.assert(
      fc.property(anySteps, anyOutcome, (steps, outcome) => {
        const early = admit(NEW_BREAKER, 0);
        if (early.state === 'held') throw new Error('a new breaker holds nothing back');
        const states = live(NEW_BREAKER, steps);
        const firstChange = states.findIndex(({ state }) => state !== 'closed');
        for (const breaker of firstChange === -1 ? [] : states.slice(firstChange)) {
          const probing = admit(breaker, LONG_AFTER_MS).breaker;
          for (const each of [breaker, probing])
            expect(record(each, { ticket: early.ticket, outcome, atMs: LONG_AFTER_MS })).toBe(each);
        }
      }),
    ));

  it('keeps no more than a minute of answers, and no more than a thousand', () => {
    const answersOf = (breaker: CircuitBreaker) => (breaker.state === 'closed' ? breaker.recent.length : -1);
    expect(answersOf(askAll(NEW_BREAKER, times(1_500, SUCCEEDED)))).toBe(1_000);
    expect(answersOf(askAll(NEW_BREAKER, times(100, SUCCEEDED), 0, 10_000))).toBe(6);
  });
});
