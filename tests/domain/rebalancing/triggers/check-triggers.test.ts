import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../../src/domain/money/amount.ts';
import {
  type CheckedTriggers,
  checkTriggers,
  firstMemory,
  type TriggerCheck,
  type TriggerMemory,
  type TriggerPolicy,
} from '../../../../src/domain/rebalancing/triggers/check-triggers.ts';
import { DEFAULT_ABSOLUTE } from '../../../../src/domain/rebalancing/triggers/default-triggers.ts';
import { known, unknown } from '../../../../src/domain/rebalancing/triggers/fact.ts';
import { lastOccurrence, type Schedule } from '../../../../src/domain/rebalancing/triggers/schedule.ts';
import type { Trigger } from '../../../../src/domain/rebalancing/triggers/trigger.ts';
import type { TriggerFacts } from '../../../../src/domain/rebalancing/triggers/trigger-decision.ts';
import { DEFAULT_GATE_RULES } from '../../../../src/domain/rebalancing/triggers/trigger-gates.ts';
import { amounts, DAY_MS, factsOf, HOUR_MS, NOW_MS } from './trigger-fixtures.ts';

const MINUTE_MS = 60_000;
const daily: Schedule = { every: 'day', zone: 'Europe/Berlin', hour: 9, minute: 0 };
const calendar = (catchUp: boolean): Trigger => ({ kind: 'calendar', schedule: daily, catchUp, force: true });
const policyOf = (...triggers: readonly Trigger[]): TriggerPolicy => ({
  triggers,
  combination: 'any',
  gates: DEFAULT_GATE_RULES,
});
const off: Partial<TriggerFacts> = { weights: known(amounts({ A: '0.6', CASH: '0.4' })) };
const breach = { limit: 'maxVenuePct', value: amount('0.7'), bound: amount('0.6'), group: null };

function checkAt(
  nowMs: number,
  memory: TriggerMemory,
  policy: TriggerPolicy,
  changed: Partial<TriggerFacts> & Partial<Pick<TriggerCheck, 'isPlanInFlight' | 'unreconciledVenues'>> = {},
): CheckedTriggers {
  const { isPlanInFlight = false, unreconciledVenues = [], ...facts } = changed;
  return checkTriggers({
    policy,
    memory,
    isPlanInFlight,
    unreconciledVenues,
    facts: factsOf({ ...facts, nowMs }),
  });
}

describe('a check of triggers', () => {
  const policy = policyOf(DEFAULT_ABSOLUTE);
  const start = firstMemory(NOW_MS);

  it('is due at the second check, a minute after the first', () => {
    const first = checkAt(NOW_MS, start, policy, off);
    expect(first.outcome).toEqual({ state: 'held', reason: 'confirmed 1 times of 2' });
    const soon = checkAt(NOW_MS + MINUTE_MS - 1, first.memory, policy, off);
    expect(soon.outcome.state).toBe('held');
    const second = checkAt(NOW_MS + MINUTE_MS, soon.memory, policy, off);
    expect(second.outcome).toEqual({
      state: 'due',
      scope: { kind: 'full' },
      reason: 'A is 0.1 from its target of 0.5, at least its band of 0.05',
    });
  });

  it.each<[string, Partial<TriggerFacts>]>([
    ['is back within its band', {}],
    ['has no price', { weights: unknown('no price of A') }],
  ])('begins to confirm anew where in between a group %s', (_, between) => {
    const first = checkAt(NOW_MS, start, policy, off);
    const second = checkAt(NOW_MS + MINUTE_MS, first.memory, policy, between);
    const third = checkAt(NOW_MS + 2 * MINUTE_MS, second.memory, policy, off);
    expect(third.outcome).toMatchObject({ state: 'held', reason: 'confirmed 1 times of 2' });
  });

  it('says what it cannot judge', () => {
    const found = checkAt(NOW_MS, start, policy, { weights: unknown('no price of A') });
    expect(found.outcome).toEqual({ state: 'undecidable', reasons: ['no price of A'] });
  });

  it('keeps a day after a rebalance, but not with a breached limit or for a person', () => {
    const many = policyOf(DEFAULT_ABSOLUTE, { kind: 'risk' }, { kind: 'manual' });
    const twice = (changed: Partial<TriggerFacts>, atMs: number) => {
      const { memory } = checkAt(atMs - MINUTE_MS, { ...start, lastRebalanceAtMs: NOW_MS }, many, changed);
      return checkAt(atMs, memory, many, changed).outcome;
    };
    expect(twice(off, NOW_MS + DAY_MS - 1)).toMatchObject({
      state: 'held',
      reason: expect.stringContaining('ago'),
    });
    expect(twice(off, NOW_MS + DAY_MS)).toMatchObject({ state: 'due' });
    const limit = { ...off, breaches: known([breach]) };
    expect(twice(limit, NOW_MS + HOUR_MS)).toMatchObject({ state: 'due', scope: { kind: 'reduceOnly' } });
    const asked = checkAt(NOW_MS + HOUR_MS, { ...start, lastRebalanceAtMs: NOW_MS }, many, {
      askedBy: 'ann',
    });
    expect(asked.outcome).toMatchObject({ state: 'due', scope: { kind: 'full' } });
  });

  it('waits until each is confirmed where all are asked for', () => {
    const both: TriggerPolicy = { ...policyOf(DEFAULT_ABSOLUTE, calendar(true)), combination: 'all' };
    const memory = firstMemory(NOW_MS - DAY_MS);
    const first = checkAt(NOW_MS, memory, both, off);
    expect(first.outcome).toMatchObject({ state: 'held' });
    expect(checkAt(NOW_MS + MINUTE_MS, first.memory, both, off).outcome).toMatchObject({ state: 'due' });
  });
});

describe('a calendar', () => {
  /** Nine o'clock in Berlin is seven in summer. */
  const atNine = Date.UTC(2024, 5, 16, 7);
  const start = firstMemory(NOW_MS);

  it('answers nothing that came before it was taken into service', () => {
    const found = checkAt(NOW_MS, start, policyOf(calendar(true)), { startedAtMs: NOW_MS });
    expect(found.outcome).toEqual({ state: 'quiet' });
  });

  it('is due once where three times passed while nothing ran, and only where it catches up', () => {
    const startedAtMs = NOW_MS + 3 * DAY_MS;
    const late = checkAt(startedAtMs, start, policyOf(calendar(true)), { startedAtMs });
    expect(late.outcome).toMatchObject({
      state: 'due',
      reason: "the calendar's time 2024-06-18T07:00:00.000Z has come",
    });
    expect(checkAt(startedAtMs + 1, late.memory, policyOf(calendar(true)), { startedAtMs }).outcome).toEqual({
      state: 'quiet',
    });
    const skipping = checkAt(startedAtMs, start, policyOf(calendar(false)), { startedAtMs });
    expect(skipping.outcome).toEqual({ state: 'quiet' });
  });

  it('stays due while a gate is closed', () => {
    const closed = checkAt(atNine, start, policyOf(calendar(true)), { unreconciledVenues: ['coinbase'] });
    expect(closed.outcome).toEqual({ state: 'held', reason: 'coinbase is not reconciled' });
    expect(checkAt(atNine + 1, closed.memory, policyOf(calendar(true))).outcome).toMatchObject({
      state: 'due',
    });
  });

  it('asks for drift as well where it does not force, and asks once', () => {
    const minDrift = amount('0.03');
    const gentle = policyOf({ kind: 'calendar', schedule: daily, catchUp: true, force: false, minDrift });
    expect(checkAt(atNine, start, gentle, off).outcome).toMatchObject({
      state: 'due',
      reason: expect.stringContaining('total drift is 0.1, at least 0.03'),
    });
    const little = checkAt(atNine, start, gentle);
    expect(little.outcome).toEqual({ state: 'quiet' });
    // What comes up later in the day waits for the next day.
    expect(checkAt(atNine + HOUR_MS, little.memory, gentle, off).outcome).toEqual({ state: 'quiet' });
    expect(checkAt(atNine + DAY_MS, little.memory, gentle, off).outcome).toMatchObject({ state: 'due' });
    const blind = checkAt(atNine, start, gentle, { weights: unknown('no price of A') });
    expect(blind.outcome).toMatchObject({ state: 'undecidable' });
    expect(checkAt(atNine + HOUR_MS, blind.memory, gentle, off).outcome).toMatchObject({ state: 'due' });
  });
});

const steps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 1, max: 30 * HOUR_MS }),
    isOff: fc.boolean(),
    isBlind: fc.boolean(),
    isPlanInFlight: fc.boolean(),
    isUnreconciled: fc.boolean(),
    isRestarted: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);
const SETTINGS = { seed: 20240615, numRuns: 200 };

/** Runs a life of checks; what is kept goes through text, as over a restart. */
function live(
  policy: TriggerPolicy,
  life: typeof steps extends fc.Arbitrary<infer Steps> ? Steps : never,
  look: (found: CheckedTriggers, nowMs: number, step: (typeof life)[number]) => void,
): void {
  let nowMs = NOW_MS;
  let startedAtMs = NOW_MS;
  let memory = firstMemory(NOW_MS);
  for (const step of life) {
    nowMs += step.afterMs;
    if (step.isRestarted) startedAtMs = nowMs;
    const found = checkAt(nowMs, memory, policy, {
      ...(step.isOff ? off : {}),
      ...(step.isBlind ? { weights: unknown('no price of A') } : {}),
      isPlanInFlight: step.isPlanInFlight,
      unreconciledVenues: step.isUnreconciled ? ['coinbase'] : [],
      startedAtMs,
    });
    look(found, nowMs, step);
    memory = JSON.parse(JSON.stringify(found.memory)) as TriggerMemory;
  }
}

it('1. A time of the calendar is answered once, whether anything ran when it came or not.', () => {
  fc.assert(
    fc.property(steps, (life) => {
      const answered: number[] = [];
      const policy = { ...policyOf(calendar(true)), gates: { ...DEFAULT_GATE_RULES, minIntervalMs: 0 } };
      let lastMs = NOW_MS;
      live(policy, life, ({ outcome }, nowMs, step) => {
        const occurrence = lastOccurrence(daily, nowMs);
        const isOpen = !step.isPlanInFlight && !step.isUnreconciled;
        if (outcome.state === 'due') answered.push(occurrence);
        else if (isOpen) expect(answered.includes(occurrence) || occurrence <= NOW_MS).toBe(true);
        lastMs = nowMs;
      });
      expect(new Set(answered).size).toBe(answered.length);
      expect(answered.every((occurrence) => occurrence > NOW_MS && occurrence <= lastMs)).toBe(true);
    }),
    SETTINGS,
  );
});

it('2. Nothing is due while a plan is in flight, while a venue is not reconciled, or before it is confirmed.', () => {
  fc.assert(
    fc.property(steps, (life) => {
      let firedInARow = 0;
      live(policyOf(DEFAULT_ABSOLUTE), life, ({ outcome }, _nowMs, step) => {
        firedInARow = step.isOff && !step.isBlind ? firedInARow + 1 : 0;
        if (outcome.state !== 'due') return;
        expect([step.isPlanInFlight, step.isUnreconciled]).toEqual([false, false]);
        expect(firedInARow).toBeGreaterThanOrEqual(2);
      });
    }),
    SETTINGS,
  );
});

it('3. A check that is repeated at once confirms nothing.', () => {
  fc.assert(
    fc.property(steps, (life) => {
      const policy = policyOf(DEFAULT_ABSOLUTE);
      live(policy, life, ({ memory, outcome }, nowMs, step) => {
        const facts = {
          ...(step.isOff ? off : {}),
          ...(step.isBlind ? { weights: unknown('no price of A') } : {}),
        };
        const again = checkAt(nowMs, memory, policy, {
          ...facts,
          isPlanInFlight: step.isPlanInFlight,
          unreconciledVenues: step.isUnreconciled ? ['coinbase'] : [],
        });
        expect(again.outcome).toEqual(outcome);
        expect(again.memory).toEqual(memory);
      });
    }),
    SETTINGS,
  );
});
