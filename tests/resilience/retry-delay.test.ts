import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { unknown } from '../../src/domain/venue/observation.ts';
import { isWorthRetrying, RETRY_DELAY_MAX_MS, retryDelayMs } from '../../src/resilience/retry-delay.ts';

describe('the delay of a retry', () => {
  test.each([
    [1, 250],
    [2, 500],
    [3, 1_000],
    [7, 16_000],
    [8, 30_000],
    [40, 30_000],
  ])('try %d waits less than %d ms', (attempt, ceilingMs) => {
    expect(retryDelayMs(attempt, 0.999_999)).toBe(ceilingMs);
    expect(retryDelayMs(attempt, 0)).toBe(0);
    expect(retryDelayMs(attempt, 0.5)).toBe(ceilingMs / 2);
  });

  it('is never shorter than the venue asked for and never longer than 30 s on its own', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 0, max: 100_000 }),
        (attempt, jitter, askedMs) => {
          const delayMs = retryDelayMs(attempt, jitter, askedMs);
          expect(delayMs).toBeGreaterThanOrEqual(askedMs);
          expect(delayMs).toBeLessThanOrEqual(Math.max(RETRY_DELAY_MAX_MS, askedMs));
        },
      ),
    ));

  it('is worth it only for what may be over in a moment', () => {
    expect(isWorthRetrying(unknown('unreachable', ''))).toBe(true);
    expect(isWorthRetrying(unknown('rateLimited', '', 30_000))).toBe(true);
    expect(isWorthRetrying(unknown('rateLimited', '', 30_001))).toBe(false);
    expect(isWorthRetrying(unknown('malformed', ''))).toBe(false);
  });
});
