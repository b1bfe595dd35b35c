import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import {
  learnLag,
  NO_LAG,
  quietWindowOf,
  type VenueLag,
} from '../../../src/domain/reconciliation/venue-lag.ts';
import { bookOf, fillOf, snapshotOf } from '../../support/reconciliation-fixtures.ts';

const CONFIGURED_MS = 5_000;
const T0 = 1_000_000;

interface Shown {
  readonly atMs: number;
  /** How long the venue takes to list it. */
  readonly tookMs: number;
}

/** Reads every `everyMs` of a venue at which fills happen and are listed late. */
function learnedFrom(fills: readonly Shown[], { everyMs = 1_000, untilMs = 200_000 } = {}): VenueLag {
  let lag = NO_LAG;
  for (let atMs = T0; atMs <= T0 + untilMs; atMs += everyMs) {
    const ids = fills.map((fill, n) => ({ ...fill, id: `f${n}` }));
    const recentFills = new Map(
      ids
        .filter((fill) => fill.atMs <= atMs)
        .map(({ id, atMs: filledAtMs }) => [id, { atMs: filledAtMs, deltas: [] }]),
    );
    const listed = ids
      .filter((fill) => fill.atMs + fill.tookMs <= atMs)
      .map(({ id, atMs: filledAtMs }) => fillOf({ id, atMs: filledAtMs, quantity: amount('1') }));
    lag = learnLag(lag, snapshotOf({}, { fills: listed }, atMs), bookOf({}, { recentFills }));
  }
  return lag;
}

const shown = (tookMs: fc.Arbitrary<number>) =>
  fc.array(fc.record({ atMs: fc.integer({ min: T0 + 1, max: T0 + 100_000 }), tookMs }), { maxLength: 20 });

describe('the quiet window', () => {
  it.each([
    ['nothing was filled', [], 5_000],
    ['a fill was listed at once', [{ atMs: T0 + 500, tookMs: 0 }], 5_000],
    ['a fill took three seconds', [{ atMs: T0 + 500, tookMs: 3_000 }], 5_000],
    ['a fill took twelve seconds', [{ atMs: T0 + 500, tookMs: 12_000 }], 13_000],
    ['a fill took longer than the cap', [{ atMs: T0 + 500, tookMs: 70_000 }], 60_000],
    ['a fill never came', [{ atMs: T0 + 500, tookMs: 10_000_000 }], 5_000],
    ['a fill is older than the first read', [{ atMs: T0 - 50_000, tookMs: 70_000 }], 5_000],
  ])('where %s', (_, fills, expected) => {
    expect(quietWindowOf(learnedFrom(fills), CONFIGURED_MS)).toBe(expected);
  });

  it('1. The quiet window is never below what is configured and never above its cap.', () =>
    fc.assert(
      fc.property(
        shown(fc.integer({ min: 0, max: 400_000 })),
        fc.integer({ min: 0, max: 60_000 }),
        (fills, ms) => {
          const windowMs = quietWindowOf(learnedFrom(fills), ms);
          expect(windowMs).toBeGreaterThanOrEqual(ms);
          expect(windowMs).toBeLessThanOrEqual(60_000);
        },
      ),
      { numRuns: 30 },
    ));

  it('2. A venue that lists every fill at once is never waited for longer than configured.', () =>
    fc.assert(
      fc.property(shown(fc.constant(0)), fc.integer({ min: 500, max: 9_000 }), (fills, everyMs) => {
        expect(quietWindowOf(learnedFrom(fills, { everyMs }), CONFIGURED_MS)).toBe(CONFIGURED_MS);
      }),
      { numRuns: 30 },
    ));

  it('3. Of a thousand fills at most one took longer than the window, as long as the cap allows it.', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 3_000 }),
        (seconds) => {
          const counts: number[] = [];
          for (const s of seconds) {
            while (counts.length <= s) counts.push(0);
            counts[s] = (counts[s] ?? 0) + 1;
          }
          const windowMs = quietWindowOf({ ...NO_LAG, counts }, 0);
          const slower = seconds.filter((s) => s * 1_000 > windowMs).length;
          expect(slower * 1_000).toBeLessThanOrEqual(seconds.length);
        },
      ),
    ));

  it('forgets what a venue was like long ago', () => {
    let lag: VenueLag = { ...NO_LAG, counts: [0, 0, ...Array<number>(28).fill(0), 40] };
    for (let n = 0; n < 40_000; n += 1)
      lag = { ...lag, counts: [(lag.counts[0] ?? 0) + 1, ...lag.counts.slice(1)] };
    const read = (observedAtMs: number) =>
      learnLag(lag, snapshotOf({}, { fills: [] }, observedAtMs), bookOf({}));
    for (let n = 1; n < 12; n += 1)
      lag = { ...read(T0 + n), counts: [20_000, ...read(T0 + n).counts.slice(1)] };
    expect(quietWindowOf(lag, CONFIGURED_MS)).toBe(CONFIGURED_MS);
  });
});
