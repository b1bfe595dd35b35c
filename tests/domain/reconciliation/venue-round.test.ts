import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import { defaultTolerances } from '../../../src/domain/reconciliation/tolerance.ts';
import { NO_LAG } from '../../../src/domain/reconciliation/venue-lag.ts';
import {
  judgeRound,
  type RoundInput,
  SETTLINGS_MAX,
  type VenueStanding,
} from '../../../src/domain/reconciliation/venue-round.ts';
import type { Certificate, Known, Snapshot, UnknownReason } from '../../../src/domain/venue/observation.ts';
import { unknown } from '../../../src/domain/venue/observation.ts';
import {
  type Amounts,
  bookOf,
  priceOf,
  QUIET_MS,
  snapshotOf,
} from '../../support/reconciliation-fixtures.ts';

const NOW_MS = 1_000_000;
const ASSETS = ['BTC', 'ETH', 'SOL', 'USDC', 'USD', 'XYZ'] as const;
const REASONS: readonly UnknownReason[] = [
  'unreachable',
  'timedOut',
  'rateLimited',
  'refused',
  'malformed',
  'incomplete',
  'incoherent',
  'stale',
  'wrongScope',
  'suspectSource',
];

const anyAmounts: fc.Arbitrary<Amounts> = fc.dictionary(
  fc.constantFrom(...ASSETS),
  fc.integer({ min: 1, max: 9_999 }).map(String),
);
const anyApartMs = fc.integer({ min: 0, max: 2 * QUIET_MS });

const read = (amounts: Amounts, atMs = NOW_MS): Known<Snapshot> => snapshotOf(amounts, {}, atMs);
const atHeight = (known: Known<Snapshot>, height: number): Known<Snapshot> => ({
  ...known,
  certificate: { ...known.certificate, watermarkAfter: { activity: 'a1', height } } as Certificate,
});

const judge = (input: Partial<Omit<RoundInput, 'standing'>> & { standing?: Partial<VenueStanding> }) =>
  judgeRound({
    observation: read({}),
    firstForOpening: null,
    suspect: null,
    settled: 0,
    ...input,
    standing: {
      book: bookOf({}),
      discrepancies: [],
      inFlight: [],
      tolerances: defaultTolerances(),
      before: null,
      drift: new Map(),
      lag: NO_LAG,
      quietWindowMs: QUIET_MS,
      confirmations: 2,
      navUsd: amount('1000000'),
      priceOf,
      ...input.standing,
    },
  });

describe('invariants of a round', () => {
  it('1. Nothing is compared at an unopened venue, and nothing without a certificate.', () => {
    const anyObservation = fc.oneof(
      anyAmounts.map((amounts) => read(amounts)),
      fc.constantFrom(...REASONS).map((reason) => unknown(reason, 'detail')),
    );
    fc.assert(
      fc.property(anyObservation, anyAmounts, fc.boolean(), (observation, booked, isOpened) => {
        const verdict = judge({ observation, standing: { book: bookOf(booked, { isOpened }) } });
        expect(verdict.kind === 'compared').toBe(isOpened && observation.state === 'known');
        if (observation.state === 'unknown') expect(verdict).toEqual({ next: 'report', kind: 'unknown' });
      }),
    );
  });

  it('2. A venue opens with two certified reads that agree, at least one quiet window apart.', () => {
    fc.assert(
      fc.property(anyAmounts, anyAmounts, fc.boolean(), anyApartMs, (one, other, agrees, apartMs) => {
        const standing = { book: bookOf({}, { isOpened: false }) };
        const first = read(one);
        expect(judge({ observation: first, standing })).toEqual({ next: 'settle', kind: 'opening', first });
        const second = read(agrees ? one : other, NOW_MS + apartMs);
        const isSame = JSON.stringify(first.value) === JSON.stringify(second.value);
        const verdict = judge({ observation: second, firstForOpening: first, settled: 1, standing });
        expect(verdict).toEqual(
          isSame && apartMs >= QUIET_MS
            ? { next: 'report', kind: 'openable', first, second }
            : { next: 'settle', kind: 'opening', first: second },
        );
        const last = { observation: second, firstForOpening: first, settled: SETTLINGS_MAX, standing };
        if (verdict.kind !== 'openable') expect(judge(last)).toEqual({ next: 'report', kind: 'unknown' });
      }),
    );
  });

  it('3. A suspicion is looked at again after a quiet window; a confirmed difference is explained before it is reported.', () => {
    fc.assert(
      fc.property(anyAmounts, anyAmounts, anyApartMs, (booked, shown, apartMs) => {
        const book = bookOf(booked);
        const first = judge({ observation: read(shown), standing: { book } });
        if (first.kind !== 'compared') throw new Error(first.kind);
        const { discrepancies } = first.advanced;
        expect(discrepancies.every(({ state }) => state === 'suspected')).toBe(true);
        expect(first.next).toBe(discrepancies.length > 0 ? 'settle' : 'report');
        const second = judge({
          observation: read(shown, NOW_MS + apartMs),
          settled: 1,
          standing: { book, discrepancies, before: read(shown) },
        });
        if (second.kind !== 'compared') throw new Error(second.kind);
        const states = second.advanced.discrepancies.map(({ state }) => state);
        const expected = apartMs >= QUIET_MS ? 'confirmed' : 'suspected';
        expect(states.every((state) => state === expected)).toBe(true);
        const next = expected === 'confirmed' ? 'explain' : 'settle';
        expect(second.next).toBe(states.length > 0 ? next : 'report');
      }),
      { numRuns: 200 },
    );
  });

  it('4. A read that is older than what is known, or that misses too much at once, is not compared until a later one agrees.', () => {
    const all = Object.fromEntries(ASSETS.map((asset) => [asset, '10']));
    const standing = { book: bookOf(all), before: atHeight(read(all, NOW_MS - 60_000), 8) };
    const anyGone = fc.shuffledSubarray([...ASSETS], { minLength: 4 });
    const without = (gone: readonly string[]) =>
      Object.fromEntries(Object.entries(all).filter(([asset]) => !gone.includes(asset)));
    fc.assert(
      fc.property(
        anyGone,
        anyGone,
        anyApartMs,
        fc.integer({ min: 1, max: 16 }),
        (gone, gone2, apartMs, at) => {
          const old = judge({ observation: atHeight(read(all), at), standing });
          if (at < 8) expect(old).toMatchObject({ kind: 'distrusted', unknown: { reason: 'stale' } });
          else expect(old.kind).toBe('compared');

          const suspect = read(without(gone));
          const missing = judge({ observation: suspect, standing });
          expect(missing).toMatchObject({
            next: 'settle',
            kind: 'distrusted',
            unknown: { reason: 'suspectSource' },
            suspect,
          });
          const observation = read(without(gone2), NOW_MS + apartMs);
          const later = judge({ observation, suspect, settled: 1, standing });
          const isSameLoss = [...gone].sort().join() === [...gone2].sort().join();
          const again = judge({
            observation: read(without(gone), NOW_MS + apartMs),
            suspect,
            settled: 1,
            standing,
          });
          expect(later.kind === 'compared').toBe(isSameLoss && apartMs >= QUIET_MS);
          expect(again.kind === 'compared').toBe(apartMs >= QUIET_MS);
        },
      ),
      { numRuns: 200 },
    );
  });
});
