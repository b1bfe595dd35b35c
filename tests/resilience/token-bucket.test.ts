import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  fullBucket,
  type RequestClass,
  type TokenBucket,
  takeToken,
} from '../../src/resilience/token-bucket.ts';

const SIZE = { burst: 10, perSecond: 5 };
const classes = fc.constantFrom<RequestClass>('cancel', 'reconcile', 'trade');
const requests = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 2_000 }), requestClass: classes }), {
  maxLength: 200,
});

/** Makes requests, those that have to wait not at all. */
function run(all: readonly { readonly afterMs: number; readonly requestClass: RequestClass }[]) {
  let bucket: TokenBucket = fullBucket(SIZE, 0);
  let atMs = 0;
  const taken: { readonly atMs: number; readonly requestClass: RequestClass; readonly left: number }[] = [];
  for (const { afterMs, requestClass } of all) {
    atMs += afterMs;
    const taking = takeToken(bucket, requestClass, atMs);
    bucket = taking.bucket;
    if (taking.state === 'taken') taken.push({ atMs, requestClass, left: bucket.tokens });
  }
  return { taken, bucket };
}

describe('a token bucket', () => {
  it('1. In any span of time no more is taken than the burst and what flowed in meanwhile.', () =>
    fc.assert(
      fc.property(requests, (all) => {
        const { taken } = run(all);
        for (let from = 0; from < taken.length; from += 7) {
          for (let to = from; to < taken.length; to += 5) {
            const spanMs = (taken[to]?.atMs ?? 0) - (taken[from]?.atMs ?? 0);
            expect(to - from + 1).toBeLessThanOrEqual(SIZE.burst + (spanMs / 1_000) * SIZE.perSecond + 1e-6);
          }
        }
      }),
    ));

  it('2. Trading never takes what is kept for reconciliation and cancels, and reconciliation never what is kept for cancels.', () =>
    fc.assert(
      fc.property(requests, (all) => {
        for (const { requestClass, left } of run(all).taken)
          expect(left).toBeGreaterThanOrEqual({ cancel: 0, reconcile: 1, trade: 4 }[requestClass] - 1e-9);
      }),
    ));

  it('3. Whoever waits as long as it is told, while nobody else takes anything, may then take.', () =>
    fc.assert(
      fc.property(requests, classes, (all, requestClass) => {
        const { bucket } = run(all);
        const taking = takeToken(bucket, requestClass, bucket.atMs);
        if (taking.state === 'taken') return;
        expect(takeToken(taking.bucket, requestClass, bucket.atMs + taking.waitMs).state).toBe('taken');
      }),
    ));

  it('lets a single request through at a time where the burst is one', () => {
    const bucket = fullBucket({ burst: 1, perSecond: 1 }, 0);
    const first = takeToken(bucket, 'trade', 0);
    expect(first.state).toBe('taken');
    expect(takeToken(first.bucket, 'trade', 0)).toMatchObject({ state: 'wait', waitMs: 1_000 });
  });
});
