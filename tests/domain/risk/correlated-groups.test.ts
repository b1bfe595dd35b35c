import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { correlatedGroups } from '../../../src/domain/risk/correlated-groups.ts';

/** The covariance of groups with these correlations and volatilities. */
const covariance = (correlations: readonly (readonly number[])[], volatilities?: readonly number[]) => ({
  groups: ['A', 'B', 'C', 'D'].slice(0, correlations.length),
  matrix: correlations.map((row, i) =>
    row.map((value, j) => value * (volatilities?.[i] ?? 1) * (volatilities?.[j] ?? 1)),
  ),
  periodsPerYear: 365,
});

const pair = (correlation: number, volatilities?: readonly number[]) =>
  covariance(
    [
      [1, correlation],
      [correlation, 1],
    ],
    volatilities,
  );

describe('groups that move together', () => {
  test.each<[string, ReturnType<typeof covariance>, Readonly<Record<string, string>>]>([
    ['are one above the bound', pair(0.61), { A: 'A+B', B: 'A+B' }],
    ['are two at it', pair(0.6), { A: 'A', B: 'B' }],
    ['are one whatever their volatility', pair(0.9, [0.001, 5]), { A: 'A+B', B: 'A+B' }],
    ['are two where they move against each other', pair(-0.99), { A: 'A', B: 'B' }],
    ['are none with what does not vary', pair(1, [1, 0]), { A: 'A', B: 'B' }],
    // δ of A and C is 0.5, of B and C 0.2236: 0.3618 on average, below 0.4472.
    [
      'take in what is near to them on average',
      covariance([
        [1, 0.95, 0.5],
        [0.95, 1, 0.9],
        [0.5, 0.9, 1],
      ]),
      { A: 'A+B+C', B: 'A+B+C', C: 'A+B+C' },
    ],
    // δ of A and C is 0.6708, of B and C 0.4: 0.5354 on average.
    [
      'leave out what is near to one of them alone',
      covariance([
        [1, 0.95, 0.1],
        [0.95, 1, 0.68],
        [0.1, 0.68, 1],
      ]),
      { A: 'A+B', B: 'A+B', C: 'C' },
    ],
    [
      'are two pairs',
      covariance([
        [1, 0.1, 0.8, 0],
        [0.1, 1, 0, 0.7],
        [0.8, 0, 1, 0.1],
        [0, 0.7, 0.1, 1],
      ]),
      { A: 'A+C', B: 'B+D', C: 'A+C', D: 'B+D' },
    ],
  ])('%s', (_name, of, clusters) => {
    expect(correlatedGroups(of)).toEqual(clusters);
  });

  it('are each in one cluster, and the same whatever the volatilities', () => {
    const anyCorrelation = fc.double({ min: -0.99, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(anyCorrelation, { minLength: 6, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 4, maxLength: 4 }),
        ([ab = 0, ac = 0, ad = 0, bc = 0, bd = 0, cd = 0], volatilities) => {
          const correlations = [
            [1, ab, ac, ad],
            [ab, 1, bc, bd],
            [ac, bc, 1, cd],
            [ad, bd, cd, 1],
          ];
          const clusters = correlatedGroups(covariance(correlations));
          for (const [group, cluster] of Object.entries(clusters))
            expect(cluster.split('+')).toContain(group);
          expect(Object.keys(clusters)).toEqual(expect.arrayContaining(['A', 'B', 'C', 'D']));
          // Powers of two scale without rounding.
          expect(
            correlatedGroups(
              covariance(
                correlations,
                volatilities.map((v) => 2 ** (v - 32)),
              ),
            ),
          ).toEqual(clusters);
        },
      ),
      { numRuns: 300, seed: 4 },
    );
  });
});
