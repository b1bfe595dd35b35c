import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { UnverifiedTime, unverifiedMs } from '../../src/app/metrics/unverified-time.ts';

const LIMIT_MS = 100;

describe('the time in which a venue is not verified', () => {
  it.each([
    ['before the first read, all of it', 0, 50, null, 50],
    ['within the limit, none of it', 1_000, 1_100, 1_000, 0],
    ['across the limit, what lies beyond', 1_000, 1_130, 1_000, 30],
    ['beyond the limit, all of it', 1_200, 1_250, 1_000, 50],
    ['none at all, nothing', 1_200, 1_200, 1_000, 0],
  ])('is %s', (_name, fromMs, toMs, certifiedAtMs, expected) => {
    expect(unverifiedMs({ fromMs, toMs }, certifiedAtMs, LIMIT_MS)).toBe(expected);
  });

  test('is the same however often somebody asks', () => {
    const step = fc.record({ passMs: fc.integer({ min: 0, max: 250 }), isRead: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const asked = new UnverifiedTime(0, LIMIT_MS);
        let nowMs = 0;
        let certifiedAtMs: number | null = null;
        let expectedMs = 0;
        let totalMs = 0;
        for (const { passMs, isRead } of steps) {
          for (let tick = 0; tick < passMs; tick += 1) {
            if (certifiedAtMs === null || nowMs >= certifiedAtMs + LIMIT_MS) expectedMs += 1;
            nowMs += 1;
          }
          if (isRead) certifiedAtMs = nowMs;
          totalMs += asked.pass('cb', nowMs, certifiedAtMs);
        }
        expect(totalMs).toBe(expectedMs);
      }),
    );
  });

  it('is never taken back, also where a read turns out to be older than the last question', () => {
    const unverified = new UnverifiedTime(0, LIMIT_MS);
    expect(unverified.pass('cb', 500, null)).toBe(500);
    expect(unverified.pass('cb', 510, 480)).toBe(0);
    expect(unverified.pass('cb', 600, 480)).toBe(20);
    // A read that is older than its own limit when it is told of: nothing is counted a second time.
    expect(unverified.pass('dydx', 700, null)).toBe(700);
    expect(unverified.pass('dydx', 800, 480)).toBe(100);
  });

  it('ends with the read itself, not with its report', () => {
    const unverified = new UnverifiedTime(0, LIMIT_MS);
    expect(unverified.pass('cb', 500, 400)).toBe(400);
  });

  it('is counted apart for each venue', () => {
    const unverified = new UnverifiedTime(0, LIMIT_MS);
    expect(unverified.pass('cb', 500, 500)).toBe(500);
    expect(unverified.pass('dydx', 700, null)).toBe(700);
    expect(unverified.pass('cb', 700, 500)).toBe(100);
  });
});
