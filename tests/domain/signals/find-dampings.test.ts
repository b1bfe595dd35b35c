import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_AGGREGATION } from '../../../src/domain/signals/aggregation-rules.ts';
import { findDampings } from '../../../src/domain/signals/find-dampings.ts';
import { gatherSignals } from '../../../src/domain/signals/gather-signals.ts';
import type { Signal } from '../../../src/domain/signals/signal.ts';
import { aggregate, anySignals, HOUR_MS, hourly, NOW_MS, SEED } from './signal-fixtures.ts';

const dampings = (signals: readonly Signal[], rules = DEFAULT_AGGREGATION) => {
  const gathered = gatherSignals(signals, { asOfMs: NOW_MS, expected: [] });
  if (gathered.state === 'refused') throw new Error(JSON.stringify(gathered.problem));
  return gathered.sources.flatMap((of) => findDampings(of, rules, NOW_MS));
};
const USUAL = [0.5, 0.4, 0.6, 0.5, 0.4, 0.6];

describe('a source that does not behave as it used to', () => {
  it('is silent after three of its usual intervals, and weighs less from then on', () => {
    expect(dampings(hourly('a', USUAL, { hoursAgo: 3 }))).toEqual([]);
    expect(dampings(hourly('a', USUAL, { hoursAgo: 6 }))).toEqual([
      { kind: 'silent', factor: 0.5, reason: 'silent for 6 h, usually heard every 1 h' },
    ]);
    expect(
      dampings(hourly('a', USUAL, { hoursAgo: 6 }), { ...DEFAULT_AGGREGATION, silentIntervals: 6 }),
    ).toEqual([]);
  });

  it('has the median interval as its usual one: one long pause is no habit', () => {
    const paused = hourly('a', USUAL, { hoursAgo: 0 }).map((each, index) =>
      index === 0 ? { ...each, atMs: each.atMs - 1_000 * HOUR_MS } : each,
    );
    expect(dampings(paused.map((each) => ({ ...each, atMs: each.atMs - 4 * HOUR_MS })))).toMatchObject([
      { kind: 'silent', factor: 0.75 },
    ]);
  });

  it('is extreme 3.5 robust deviations above its median, and weighs less the further it is', () => {
    // Median 0.5 and MAD 0.1: 0.6745·0.5/0.1 = 3.3725.
    expect(dampings(hourly('a', [...USUAL, 1]))).toEqual([]);
    const calm = [0.2, 0.1, 0.3, 0.2, 0.1, 0.3];
    // 0.6745·0.7/0.1 = 4.7215.
    const [found] = dampings(hourly('a', [...calm, 0.9]));
    expect(found?.kind).toBe('extreme');
    expect(found?.factor).toBeCloseTo(3.5 / 4.7215, 12);
    expect(found?.reason).toBe('a strength of 0.9, 4.7 robust deviations above its usual 0.2');
    expect(dampings(hourly('a', [0.9, 0.8, 0.9, 0.8, 0.9, 0.01]))).toEqual([]);
  });

  it('is not extreme for a hair above a strength that never varied', () => {
    expect(dampings(hourly('a', [0.5, 0.5, 0.5, 0.5, 0.5, 0.55]))).toEqual([]);
    expect(dampings(hourly('a', [0.5, 0.5, 0.5, 0.5, 0.5, 0.9]))).toMatchObject([{ kind: 'extreme' }]);
  });

  it('is saturated where it always says the most', () => {
    expect(dampings(hourly('a', [1, 1, 1, 1, 1]))).toEqual([
      { kind: 'saturated', factor: 0.5, reason: 'always of full strength, 5 times in a row' },
    ]);
    expect(dampings(hourly('a', [1, 0.98, 1, 1, 1]))).toEqual([]);
    expect(dampings(hourly('a', [1, 1, 1, 1, 1]), { ...DEFAULT_AGGREGATION, saturatedFactor: 1 })).toEqual(
      [],
    );
  });

  it('is damped and named in what is aggregated, also where it is alone', () => {
    const found = aggregate([...hourly('a', [1, 1, 1, 1, 1, 1], { hoursAgo: 4 })]);
    expect(found).toMatchObject({
      view: { strength: 0.375 },
      counted: [
        { weightPpm: 375_000, undampedPpm: 1_000_000, dampings: [{ kind: 'silent' }, { kind: 'saturated' }] },
      ],
      unassignedPpm: 625_000,
    });
  });

  it('says so of a silent one whose signal has expired', () => {
    const over = { hoursAgo: 6, expiresAtMs: NOW_MS - HOUR_MS };
    expect(aggregate(hourly('a', USUAL, over)).ignored[0]?.reason).toBe(
      'expired 1 h ago, and silent for 6 h, usually heard every 1 h',
    );
  });

  it('a factor is never above 1, so that a silent or extreme source never weighs more than it would undamped', () => {
    fc.assert(
      fc.property(anySignals, fc.double({ min: 0.01, max: 5, noNaN: true }), (signals, limit) => {
        const rules = { ...DEFAULT_AGGREGATION, silentIntervals: limit, extremeDeviations: limit };
        for (const { factor } of dampings(signals, rules)) expect(factor > 0 && factor <= 1).toBe(true);
      }),
      { seed: SEED },
    );
  });

  it('a source without enough history is not judged', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 0.5, 1), { maxLength: 4 }),
        fc.nat(100),
        (strengths, hoursAgo) => {
          expect(dampings(hourly('a', strengths, { hoursAgo }))).toEqual([]);
        },
      ),
      { seed: SEED },
    );
  });
});
