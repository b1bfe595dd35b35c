import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RECONCILIATION_DEFAULTS } from '../../../src/domain/reconciliation/defaults.ts';
import { whyStale } from '../../../src/domain/reconciliation/freshness.ts';
import type { Certificate, Known, Snapshot } from '../../../src/domain/venue/observation.ts';
import { bookOf, fillOf, snapshotOf } from '../../support/reconciliation-fixtures.ts';

const NOW_MS = 10_000_000;
const readOf = (fills: readonly ReturnType<typeof fillOf>[], observedAtMs = NOW_MS) =>
  snapshotOf({ USD: '1' }, { fills }, observedAtMs);
const at = (read: Known<Snapshot>, height: number): Known<Snapshot> => ({
  ...read,
  certificate: { ...read.certificate, watermarkAfter: { activity: 'a', height } } as Certificate,
});
const young = fillOf({ id: 'young', atMs: NOW_MS - 1_000 });

describe('the freshness of a read', () => {
  it("finds that a venue's height never falls", () => {
    const book = bookOf({});
    expect(whyStale(at(readOf([]), 8), { before: at(readOf([]), 8), book })).toBeNull();
    expect(whyStale(at(readOf([]), 7), { before: at(readOf([]), 8), book })).toBe(
      'height 7, an earlier read saw 8',
    );
  });

  it('finds that a fill that it has listed stays listed', () => {
    const book = bookOf({});
    expect(whyStale(readOf([]), { before: readOf([young]), book })).toContain('the fill young');
    expect(whyStale(readOf([young]), { before: readOf([young]), book })).toBeNull();
    // What is older than what was asked for need not come again.
    const old = fillOf({ id: 'old', atMs: NOW_MS - 1_800_000 });
    expect(whyStale(readOf([]), { before: readOf([old]), book })).toBeNull();
  });

  it('takes a read that lacks a fill which the book knows for old, until the fill itself is old', () => {
    const knowing = (ageMs: number) =>
      bookOf({}, { newestFillAtMs: NOW_MS - ageMs, newestFillIds: ['young'] });
    expect(whyStale(readOf([]), { before: null, book: knowing(1_000) })).toContain('does not list yet');
    expect(whyStale(readOf([]), { before: null, book: knowing(120_000) })).not.toBeNull();
    expect(whyStale(readOf([]), { before: null, book: knowing(120_001) })).toBeNull();
    expect(whyStale(readOf([young]), { before: null, book: knowing(1_000) })).toBeNull();
  });

  it('lets the bot date a fill a little after the venue does', () => {
    const book = bookOf({}, { newestFillAtMs: young.atMs + 1_500, newestFillIds: ['another name'] });
    expect(whyStale(readOf([young], NOW_MS + 1_000), { before: null, book })).toBeNull();
  });

  const MINUTE_MS = 60_000;
  const anyFills = fc
    .uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 6 })
    .map((minutes) =>
      minutes.map((minute) => fillOf({ id: `fill-${minute}`, atMs: NOW_MS - minute * MINUTE_MS })),
    );
  const anyHeight = fc.option(fc.integer({ min: 1, max: 5 }));
  const watched = (fills: readonly ReturnType<typeof fillOf>[], height: number | null) =>
    height === null ? readOf(fills) : at(readOf(fills), height);

  it("a venue's height never falls, and a fill that it has listed stays listed", () =>
    fc.assert(
      fc.property(anyFills, anyFills, anyHeight, anyHeight, (were, are, was, is) => {
        const hasFallen = was !== null && is !== null && is < was;
        // Half an hour back is asked for again.
        const hasVanished = were.some(
          ({ id, atMs }) => NOW_MS - atMs < 30 * MINUTE_MS && !are.some((fill) => fill.id === id),
        );
        const stale = whyStale(watched(are, is), { before: watched(were, was), book: bookOf({}) });
        expect([stale !== null, stale]).toEqual([hasFallen || hasVanished, stale]);
      }),
      { numRuns: 500 },
    ));

  it("a read that lacks a fill which the book knows is old, until the fill itself is old: then it is the book's claim", () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300_000 }), fc.boolean(), (ageMs, isListed) => {
        const fill = fillOf({ id: 'known', atMs: NOW_MS - ageMs });
        const book = bookOf({}, { newestFillAtMs: fill.atMs, newestFillIds: [fill.id] });
        const stale = whyStale(readOf(isListed ? [fill] : []), { before: null, book });
        const isClaimOfBook = ageMs > RECONCILIATION_DEFAULTS.replicaLagMaxMs;
        expect(stale !== null).toBe(!isListed && !isClaimOfBook);
      }),
      { numRuns: 500 },
    ));
});
