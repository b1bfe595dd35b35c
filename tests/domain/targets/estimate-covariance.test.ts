import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { covarianceAt, estimateCovariance } from '../../../src/domain/targets/estimate-covariance.ts';
import type { ReadReturns } from '../../../src/domain/targets/usable-returns.ts';
import { wavy } from './target-fixtures.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ENDS_AT_MS = Date.UTC(2026, 0, 31);
const AGE_MAX_MS = 30 * DAY_MS;

const READ = {
  state: 'read',
  source: 'returns.csv',
  returns: { ETH: wavy(0.001, 0.04, 0.2), BTC: wavy(0.001, 0.02) },
  observations: 60,
  endsAtMs: ENDS_AT_MS,
} as const;
const UNREAD = { state: 'unread', source: 'returns.csv', reason: 'it cannot be read, ENOENT' } as const;

/** Known, or the reason why not. */
function covarianceAfter(ageMs: number, returns: ReadReturns = READ): string {
  const now = { nowMs: ENDS_AT_MS + ageMs, ageMaxMs: AGE_MAX_MS };
  const covariance = covarianceAt(estimateCovariance(returns), now);
  return covariance.state === 'known' ? 'known' : covariance.reason;
}

const NOT_ENDED = 'returns.csv: expected returns of days that have ended, found a last day that ends in';
const TOO_OLD = 'returns.csv: expected returns that end at most 30 days ago, found';

describe('the covariance of a file of returns', () => {
  it.each([
    ['a day before their end', -DAY_MS, `${NOT_ENDED} 24 hours`],
    ['a moment before', -1, `${NOT_ENDED} 1 hour`],
    ['at their end', 0, 'known'],
    ['a day after', DAY_MS, 'known'],
    ['at the limit', AGE_MAX_MS, 'known'],
    ['a moment later', AGE_MAX_MS + 1, `${TOO_OLD} 30.01 days ago`],
    ['half a day later', AGE_MAX_MS + 12 * HOUR_MS, `${TOO_OLD} 30.5 days ago`],
    ['a year later', 365 * DAY_MS, `${TOO_OLD} 365 days ago`],
  ])('is used from the end of the last day until the limit: %s', (_, ageMs, expected) => {
    expect(covarianceAfter(ageMs)).toBe(expected);
  });

  it.each<[string, ReadReturns, string]>([
    [
      'the file cannot be read',
      UNREAD,
      'returns.csv: expected daily returns of every group, found none: it cannot be read, ENOENT',
    ],
    [
      'there are fewer than thirty days',
      { ...READ, returns: { BTC: READ.returns.BTC.slice(0, 29) }, observations: 29 },
      'returns.csv: returns.BTC: expected at least 30 returns, found 29',
    ],
    [
      'a series does not vary',
      { ...READ, returns: { ...READ.returns, USDT: READ.returns.BTC.map(() => 0) } },
      'returns.csv: returns.USDT: expected returns that vary, found 0 every day',
    ],
    [
      'one is none of returns',
      { ...READ, returns: { BTC: [-1.5, ...READ.returns.BTC.slice(1)] } },
      'returns.csv: returns.BTC[0]: expected a return of -1 or more, as a fraction: 0.012 is 1.2 %, found -1.5',
    ],
  ])('is unknown where %s', (_, returns, reason) => {
    expect(covarianceAfter(DAY_MS, returns)).toBe(reason);
  });

  it('names its groups in order, and is of days, of which a year has 365', () => {
    const { covariance } = estimateCovariance(READ);
    expect(covariance).toMatchObject({
      state: 'known',
      value: { source: 'returns.csv', groups: ['BTC', 'ETH'], periodsPerYear: 365 },
    });
    if (covariance.state === 'unknown') throw new Error(covariance.reason);
    // A sine of 0.02 has a deviation of 0.0141 and one of 0.04 twice that, of which shrinking leaves most.
    const [btc, eth] = covariance.value.matrix.map((row, index) => Math.sqrt(row[index]!));
    expect(btc).toBeCloseTo(0.0141, 2);
    expect(eth! / btc!).toBeGreaterThan(1.7);
  });

  it('is the same whenever it is asked for, and never known outside the limits', () => {
    const estimated = estimateCovariance(READ);
    fc.assert(
      fc.property(
        fc.integer({ min: -400 * DAY_MS, max: 400 * DAY_MS }),
        fc.nat(400 * DAY_MS),
        (ageMs, ageMaxMs) => {
          const covariance = covarianceAt(estimated, { nowMs: ENDS_AT_MS + ageMs, ageMaxMs });
          const isInTime = ageMs >= 0 && ageMs <= ageMaxMs;
          expect(covariance.state).toBe(isInTime ? 'known' : 'unknown');
          if (isInTime) expect(covariance).toBe(estimated.covariance);
        },
      ),
    );
  });
});
