import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  isValuationDue,
  midnightsBetween,
  nextValuationAtMs,
} from '../../../src/domain/valuation/valuation-schedule.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describe('the schedule of valuations', () => {
  it.each([
    ['2026-03-01T10:02:00', 5, '2026-03-01T10:05:00'],
    ['2026-03-01T10:05:00', 5, '2026-03-01T10:10:00'],
    ['2026-03-01T10:04:59.999', 5, '2026-03-01T10:05:00'],
    ['2026-03-01T23:58:00', 5, '2026-03-02T00:00:00'],
    // Seven minutes do not divide a day: the grid begins anew.
    ['2026-03-01T23:55:00', 7, '2026-03-02T00:00:00'],
    ['2026-03-02T00:00:00', 7, '2026-03-02T00:07:00'],
    // A zone's clock change is no matter of UTC.
    ['2026-03-29T00:58:00', 60, '2026-03-29T01:00:00'],
  ])('after %s every %i minutes comes %s', (now, minutes, next) => {
    expect(nextValuationAtMs(at(now), minutes * MINUTE_MS)).toBe(at(next));
  });

  it.each([
    [null, '2026-03-01T10:02:00', true],
    ['2026-03-01T10:00:00', '2026-03-01T10:04:59', false],
    ['2026-03-01T10:00:00', '2026-03-01T10:05:00', true],
    // Taken late: the next time of the grid comes sooner.
    ['2026-03-01T10:03:00', '2026-03-01T10:05:00', true],
    ['2026-03-01T23:57:00', '2026-03-02T00:00:00', true],
  ])('last taken %s, at %s it is due: %s', (last, now, isDue) => {
    expect(isValuationDue(last === null ? null : at(last), at(now), 5 * MINUTE_MS)).toBe(isDue);
  });

  const intervals = fc.integer({ min: 1, max: 2_000 }).map((minutes) => minutes * MINUTE_MS);

  it('Every 00:00 UTC is a time of the schedule, whatever the interval', () => {
    fc.assert(
      fc.property(intervals, fc.integer({ min: 0, max: 4e12 }), (intervalMs, nowMs) => {
        const midnight = Math.floor(nowMs / DAY_MS) * DAY_MS + DAY_MS;
        const next = nextValuationAtMs(nowMs, intervalMs);
        expect(next).toBeGreaterThan(nowMs);
        expect(next).toBeLessThanOrEqual(midnight);
        expect(nextValuationAtMs(midnight - 1, intervalMs)).toBe(midnight);
      }),
    );
  });

  it('Whoever looks at each time of the schedule takes each once', () => {
    fc.assert(
      fc.property(intervals, fc.integer({ min: 0, max: 4e12 }), (intervalMs, startMs) => {
        let lastAtMs = startMs;
        for (let taken = 0; taken < 20; taken++) {
          const next = nextValuationAtMs(lastAtMs, intervalMs);
          expect(isValuationDue(lastAtMs, next - 1, intervalMs)).toBe(false);
          expect(isValuationDue(lastAtMs, next, intervalMs)).toBe(true);
          lastAtMs = next;
        }
      }),
    );
  });

  it('names every 00:00 UTC of a span, both ends included', () => {
    const midnights = midnightsBetween(at('2026-02-27T00:00:00'), at('2026-03-01T00:00:00'));
    expect(midnights.map((each) => new Date(each).toISOString().slice(0, 10))).toEqual([
      '2026-02-27',
      '2026-02-28',
      '2026-03-01',
    ]);
    expect(midnightsBetween(at('2026-02-27T00:00:01'), at('2026-02-27T23:00:00'))).toEqual([]);
  });
});
