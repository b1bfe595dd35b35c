import { describe, expect, it } from '@jest/globals';
import { measureDrift, trackingError } from '../../../../src/domain/rebalancing/triggers/drift.ts';
import { amounts } from './trigger-fixtures.ts';

describe('drift', () => {
  it('is ten percent in the published example of 30/20/30/20 against quarters (Betterment)', () => {
    const quarters = { A: 250_000, B: 250_000, C: 250_000, D: 250_000 };
    const drift = measureDrift(amounts({ A: '0.3', B: '0.2', C: '0.3', D: '0.2' }), quarters);
    expect(drift.total).toBe('0.1');
    expect(drift.groups.map((g) => g.deviation)).toEqual(['0.05', '-0.05', '0.05', '-0.05']);
  });

  it('counts a group that is held without a target, and one that is wanted but not held', () => {
    expect(measureDrift(amounts({ OLD: '1' }), { NEW: 1_000_000 }).total).toBe('1');
  });
});

describe('the tracking error', () => {
  const half = { A: 500_000, B: 500_000 };

  it('is the volatility of the deviations, over as many periods as a year has', () => {
    const drift = measureDrift(amounts({ A: '0.6', B: '0.4' }), half);
    // d = (.1, -.1): d'Sd = .01 (.04 + .09 - 2 * .03) = .0007, times 252 periods.
    const covariance = {
      groups: ['A', 'B'],
      matrix: [
        [0.04, 0.03],
        [0.03, 0.09],
      ],
      periodsPerYear: 252,
      source: 'returns.csv',
    } as const;
    const found = trackingError(drift, covariance);
    expect(found.state === 'known' && Number(found.value)).toBeCloseTo(Math.sqrt(252 * 0.0007), 11);
  });

  it('is that of the rest where cash, in which it is measured, has no row', () => {
    const drift = measureDrift(amounts({ A: '0.6', CASH: '0.4' }), { A: 500_000, CASH: 500_000 });
    const found = trackingError(drift, {
      source: 'returns.csv',
      groups: ['A'],
      matrix: [[0.36]],
      periodsPerYear: 1,
    });
    expect(found).toEqual({ state: 'known', value: '0.06' });
  });

  it.each([
    [
      'a group that deviates has no row',
      { groups: ['A'], matrix: [[0.04]] },
      'returns.csv: expected daily returns of B, found none',
    ],
    ['an entry is missing', { groups: ['A', 'B'], matrix: [[0.04], [0.03, 0.09]] }, 'a variance of NaN'],
    [
      'it is none of a covariance',
      {
        groups: ['A', 'B'],
        matrix: [
          [0.04, 0.09],
          [0.09, 0.04],
        ],
      },
      'a variance of -',
    ],
  ])('is unknown where %s', (_, covariance, reason) => {
    const drift = measureDrift(amounts({ A: '0.6', B: '0.4' }), half);
    const found = trackingError(drift, { ...covariance, periodsPerYear: 1, source: 'returns.csv' });
    expect(found).toEqual({ state: 'unknown', reason: expect.stringContaining(reason) });
  });
});
