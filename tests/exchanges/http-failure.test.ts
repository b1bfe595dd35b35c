import { describe, expect, it, test } from '@jest/globals';
import { failureOfStatus, failureOfTransport, retryAfterMs } from '../../src/exchanges/http-failure.ts';
import { DeadlinePassed } from '../../src/platform/deadline.ts';

/** Sun, 06 Nov 1994 08:49:37 GMT. */
const NOW_MS = 784_111_777_000;

describe('how long a venue asks to wait', () => {
  test.each([
    ['7', 7_000],
    [' 60 ', 60_000],
    ['0', 1_000],
    ['0.25', 1_000],
    ['1.5', 1_500],
    ['2.0001', 2_001],
    ['999999', 999_999_000],
    ['Sun, 06 Nov 1994 08:50:07 GMT', 30_000],
    // What has passed, by a clock that may be another, is asked for at once.
    ['Sun, 06 Nov 1994 08:49:36 GMT', 1_000],
    ['Mon, 07 Nov 1994 08:49:37 GMT', 86_400_000],
  ])('is read of %j as %d ms', (header, expectedMs) => {
    expect(retryAfterMs(header, NOW_MS)).toBe(expectedMs);
  });

  test.each([
    [undefined],
    [''],
    ['-1'],
    ['1e3'],
    ['.5'],
    ['soon'],
    ['9999999'],
    ['Infinity'],
    // Without a time zone it is by nobody's clock.
    ['Sun Nov  6 08:50:07 1994'],
    ['Sunday, 06-Nov-94 08:50:07 GMT'],
    ['Sun, 99 Nov 1994 08:50:07 GMT'],
    ['Sun, 06 Nov 2094 08:50:07 GMT'],
  ])('is not known of %j', (header) => {
    expect(retryAfterMs(header, NOW_MS)).toBeNull();
  });
});

describe('a status other than success', () => {
  const DATE = 'Sun, 06 Nov 1994 08:50:37 GMT';
  test.each<readonly [number, string | undefined, object | null]>([
    [200, '5', null],
    [429, undefined, { reason: 'rateLimited', retryAfterMs: 1_000 }],
    [429, 'soon', { reason: 'rateLimited', retryAfterMs: 1_000 }],
    [429, '1.5', { reason: 'rateLimited', retryAfterMs: 1_500 }],
    [429, DATE, { reason: 'rateLimited', retryAfterMs: 60_000 }],
    [503, '60', { reason: 'unreachable', retryAfterMs: 60_000 }],
    [503, DATE, { reason: 'unreachable', retryAfterMs: 60_000 }],
    [503, undefined, { reason: 'unreachable' }],
    [503, 'soon', { reason: 'unreachable' }],
    [500, '60', { reason: 'unreachable' }],
    [408, '60', { reason: 'unreachable' }],
    [403, '60', { reason: 'refused' }],
  ])('%d with %j', (status, retryAfter, expected) => {
    const failure = failureOfStatus(status, { 'retry-after': retryAfter }, 'body', NOW_MS);
    if (expected === null) expect(failure).toBeNull();
    else expect(failure).toEqual({ state: 'unknown', detail: `HTTP ${status}: body`, ...expected });
  });
});

it('takes a deadline of a request for no answer in time, whoever else goes on', () => {
  const { signal } = new AbortController();
  expect(failureOfTransport(new DeadlinePassed(10_000), signal)).toEqual({
    state: 'unknown',
    reason: 'timedOut',
    detail: 'no answer within 10000 ms',
  });
  expect(failureOfTransport(new Error('socket hang up'), signal)).toMatchObject({ reason: 'unreachable' });
  expect(failureOfTransport(new Error('any'), AbortSignal.abort())).toMatchObject({ reason: 'timedOut' });
});
