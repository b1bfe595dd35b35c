import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount, sum } from '../../../src/domain/money/amount.ts';
import { resultSince } from '../../../src/domain/risk/nav-index.ts';
import { rollUpNav } from '../../../src/domain/risk/roll-up-nav.ts';
import { tierOf } from '../../../src/domain/valuation/retention.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RETENTION = { rawMs: 30 * DAY_MS, hourlyMs: 365 * DAY_MS };

const series = fc
  .array(
    fc.record({
      // Mostly minutes, now and then a service that did not run for weeks.
      gapMs: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 1, max: 40 * 60_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 * DAY_MS }) },
      ),
      flowUsd: fc.constantFrom('0', '0', '0', '100', '-40').map(amount),
      navUsd: fc.integer({ min: 1, max: 10_000 }).map((value) => amount(String(value))),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((rows) => {
    let atMs = 1e12;
    let beforeMs: number | null = null;
    return rows.map(({ gapMs, ...row }, index) => {
      atMs += gapMs;
      const tier = tierOf(beforeMs, atMs);
      beforeMs = atMs;
      return { ...row, sequence: index + 1, atMs, tier };
    });
  });
type Row = (typeof series extends fc.Arbitrary<infer T> ? T : never)[number];

const applied = (rows: readonly Row[], nowMs: number): readonly Row[] => {
  const { removed, changed } = rollUpNav(rows, RETENTION, nowMs);
  return rows
    .filter(({ sequence }) => !removed.includes(sequence))
    .map((row) => ({ ...row, ...changed.find(({ sequence }) => sequence === row.sequence) }));
};

const later = fc.integer({ min: 0, max: 500 }).map((days) => days * DAY_MS);

/** As the database is asked: the newest at a time or before it, and what follows. */
const resultOfDay = (rows: readonly Row[], nowMs: number) => {
  const index = Math.max(
    0,
    rows.findLastIndex(({ atMs }) => atMs <= nowMs - DAY_MS),
  );
  const [base, ...after] = rows.slice(index);
  return base === undefined ? null : resultSince(base, after);
};

describe('what goes of the series that losses are judged by', () => {
  it('is raw ones after thirty days, with their flows in the next that stays', () => {
    const rows = [
      { sequence: 1, atMs: 0, tier: 'daily', flowUsd: amount('0') },
      { sequence: 2, atMs: 300_000, tier: 'raw', flowUsd: amount('50') },
      { sequence: 3, atMs: 600_000, tier: 'raw', flowUsd: amount('-20') },
      { sequence: 4, atMs: HOUR_MS, tier: 'hourly', flowUsd: amount('1') },
      { sequence: 5, atMs: HOUR_MS + 300_000, tier: 'raw', flowUsd: amount('7') },
      { sequence: 6, atMs: 40 * DAY_MS, tier: 'daily', flowUsd: amount('3') },
    ] as const;
    expect(rollUpNav(rows, RETENTION, 41 * DAY_MS)).toEqual({
      removed: [2, 3],
      changed: [{ sequence: 4, flowUsd: '31' }],
    });
    expect(rollUpNav(rows, RETENTION, 20 * DAY_MS)).toEqual({ removed: [], changed: [] });
  });

  it("Flows of what is removed are the next row's that stays: between rows that stay they sum to what they were", () => {
    fc.assert(
      fc.property(series, later, (rows, ms) => {
        const nowMs = (rows.at(-1)?.atMs ?? 0) + ms;
        const left = applied(rows, nowMs);
        for (const row of left) {
          const upTo = (all: readonly Row[]) =>
            sum(all.filter(({ sequence }) => sequence <= row.sequence).map(({ flowUsd }) => flowUsd));
          expect(upTo(left)).toBe(upTo(rows));
        }
      }),
    );
  });

  it('The result of a day is what it was', () => {
    fc.assert(
      fc.property(series, later, fc.nat(59), (rows, ms, place) => {
        const nowMs = (rows.at(-1)?.atMs ?? 0) + ms;
        expect(resultOfDay(applied(rows, nowMs), nowMs)).toEqual(resultOfDay(rows, nowMs));
        // And where some of it was rolled up while the series went on.
        const soFar = rows.slice(0, place);
        const then = soFar.at(-1)?.atMs ?? 0;
        const both = [...applied(soFar, then), ...rows.slice(place)];
        expect(resultOfDay(applied(both, nowMs), nowMs)).toEqual(resultOfDay(rows, nowMs));
      }),
    );
  });
});
