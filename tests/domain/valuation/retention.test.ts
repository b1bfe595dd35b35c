import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  DEFAULT_RETENTION,
  duesOf,
  isDue,
  type Tier,
  tierOf,
} from '../../../src/domain/valuation/retention.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('how long a row of a series is kept', () => {
  it.each([
    [null, '2026-03-01T10:00:00', 'daily'],
    ['2026-03-01T10:00:00', '2026-03-01T10:05:00', 'raw'],
    ['2026-03-01T10:55:00', '2026-03-01T11:00:00', 'hourly'],
    ['2026-03-01T10:55:00', '2026-03-01T11:20:00', 'hourly'],
    ['2026-03-01T23:55:00', '2026-03-02T00:00:00', 'daily'],
    ['2026-03-01T23:55:00', '2026-03-02T07:31:00', 'daily'],
    ['2026-03-01T23:55:00', '2026-03-09T07:31:00', 'daily'],
  ] as const)('after one of %s, one of %s is %s', (before, now, tier) => {
    expect(tierOf(before === null ? null : at(before), at(now))).toBe(tier);
  });

  it.each([
    ['raw', 30 * DAY_MS, false],
    ['raw', 30 * DAY_MS + 1, true],
    ['hourly', 365 * DAY_MS, false],
    ['hourly', 365 * DAY_MS + 1, true],
    ['daily', 3_650 * DAY_MS, false],
    ['flow', 3_650 * DAY_MS, false],
  ] as const)('%s of %i ms ago goes: %s', (tier, ageMs, goes) => {
    expect(isDue({ tier, atMs: 4e12 - ageMs }, DEFAULT_RETENTION, 4e12)).toBe(goes);
  });

  it('keeps hours no shorter than what lies between them', () => {
    expect(duesOf({ rawMs: 5 * DAY_MS, hourlyMs: DAY_MS }, 10 * DAY_MS)).toEqual([
      { tier: 'raw', beforeMs: 5 * DAY_MS },
      { tier: 'hourly', beforeMs: 5 * DAY_MS },
    ]);
  });

  const retention = fc.record({
    rawMs: fc.integer({ min: 0, max: 90 }).map((days) => days * DAY_MS),
    hourlyMs: fc.integer({ min: 0, max: 900 }).map((days) => days * DAY_MS),
  });

  it('What was taken before a flow, and the first of every day, are kept for ever', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 30 * HOUR_MS }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(retention, steps, fc.integer({ min: 0, max: 4e12 }), (kept, gaps, laterMs) => {
        let beforeMs: number | null = null;
        let atMs = 1e12;
        const series: { readonly tier: Tier; readonly atMs: number }[] = [];
        for (const gap of gaps) {
          series.push({ tier: tierOf(beforeMs, atMs), atMs });
          beforeMs = atMs;
          atMs += gap;
        }
        const days = new Set(series.map((row) => Math.floor(row.atMs / DAY_MS)));
        const left = series.filter((row) => !isDue(row, kept, atMs + laterMs));
        for (const day of days) {
          const first = series.find((row) => Math.floor(row.atMs / DAY_MS) === day);
          expect(left).toContain(first);
        }
        expect(isDue({ tier: 'flow', atMs: 0 }, kept, atMs + laterMs)).toBe(false);
      }),
    );
  });

  it('What is kept at one time was kept at every earlier one', () => {
    const tiers = fc.constantFrom<Tier>('raw', 'hourly', 'daily', 'flow');
    const times = fc.tuple(fc.nat(4e12), fc.nat(4e12), fc.nat(4e12));
    fc.assert(
      fc.property(retention, tiers, times, (kept, tier, [atMs, oneMs, otherMs]) => {
        const [earlier, later] = [Math.min(oneMs, otherMs), Math.max(oneMs, otherMs)];
        if (!isDue({ tier, atMs }, kept, later)) expect(isDue({ tier, atMs }, kept, earlier)).toBe(false);
      }),
    );
  });
});
