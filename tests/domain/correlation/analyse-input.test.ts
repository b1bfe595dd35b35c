import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import {
  analyseCorrelation,
  analyseSeries,
  type MatrixInput,
  type ReportedAnalysis,
  type SeriesInput,
} from '../../../src/domain/correlation/analyse-input.ts';
import type { Observations } from '../../../src/domain/correlation/common-returns.ts';
import { logReturns } from '../../../src/domain/correlation/common-returns.ts';
import { ledoitWolf } from '../../../src/domain/targets/covariance.ts';
import { SIX } from '../../references/correlation-cases.ts';

/** Returns that nobody else has. */
const wave = (seed: number, count = 60): readonly number[] =>
  Array.from({ length: count }, (_, t) => Math.sin(seed * (t + 1) ** 1.5) / 50);
const A = wave(1.3);
const B = A.map((value, t) => 0.8 * value + 0.2 * wave(2.7)[t]!);
const C = wave(3.9);
const STILL = A.map(() => 0);
const late = (values: Observations, from: number): Observations =>
  values.map((value, t) => (t < from ? null : value));

function analysed(input: SeriesInput | MatrixInput): ReportedAnalysis {
  const outcome = 'series' in input ? analyseSeries(input) : analyseCorrelation(input);
  if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.problem));
  return outcome.analysis;
}
const RISK = [
  'riskContributions',
  'diversificationRatio',
  'effectiveBets',
  'impliedCorrelation',
  'riskLevel',
  'recommendation',
  'portfolioVolatility',
] as const;
const risk = (analysis: ReportedAnalysis) => RISK.map((key) => analysis[key]);

describe('an analysis of series', () => {
  it('tells everything, of equal weights unless told, and says so', () => {
    const analysis = analysed({ series: { A, B, C } });
    expect(analysis).toMatchObject({ kind: 'returns', linkage: 'average', reasons: {}, excluded: [] });
    expect(analysis.clusters.map(({ members }) => members)).toEqual([['A', 'B'], ['C']]);
    expect(analysis.weights).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(analysis.notes).toEqual(['no weights are given: equal ones']);
    expect(risk(analysis)).not.toContain(null);
    expect(analysis.riskContributions!.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(JSON.stringify(analysis)).not.toMatch(/NaN|Infinity/);
  });

  it('reads what is all above zero as prices, says so, and is told otherwise by "kind"', () => {
    const prices = [A, B].map((returns) => {
      const levels = [100];
      for (const value of returns) levels.push(levels.at(-1)! * Math.exp(value));
      return levels;
    });
    const series = { A: prices[0]!, B: prices[1]! };
    const read = analysed({ series, weights: [0.5, 0.5] });
    expect(read.kind).toBe('prices');
    expect(read.notes[0]).toMatch(/read as prices/);
    const told = analysed({ series: { A: logReturns(prices[0]!), B: logReturns(prices[1]!) } });
    expect(read.correlation[0]![1]).toBeCloseTo(told.correlation[0]![1]!, 14);
    const otherwise = analysed({ series, kind: 'returns' });
    expect(otherwise.kind).toBe('returns');
    expect(otherwise.correlation[0]![1]).not.toBeCloseTo(read.correlation[0]![1]!, 3);
  });

  it('leaves out what does not vary: it brings no risk, and its weight counts', () => {
    const analysis = analysed({ series: { A, USDC: STILL, B, C }, weights: [0.3, 0.4, 0.2, 0.1] });
    expect(analysis.excluded).toEqual([{ name: 'USDC', reason: 'it does not vary' }]);
    expect(analysis.correlation[1]).toEqual([null, null, null, null]);
    expect(analysis.riskContributions![1]).toBe(0);
    expect(analysis.effectiveAssets).toBeCloseTo(1 / (0.09 + 0.16 + 0.04 + 0.01), 12);
    // Ids are those of all names: 0, 2 and 3 are leaves, 4 is the first merge.
    expect(analysis.merges.map(([first, second, , size]) => [first, second, size])).toEqual([
      [0, 2, 2],
      [3, 4, 3],
    ]);
    expect(analysis.clusters.map(({ members }) => members)).toEqual([['A', 'B'], ['C']]);
  });

  it('knows no risk of what is held and has too few returns, and clusters the rest', () => {
    const series = { A, B, NEW: late(C, 40) };
    const analysis = analysed({ series });
    expect(analysis.insufficient).toEqual([
      { names: ['A', 'NEW'], overlap: 20 },
      { names: ['B', 'NEW'], overlap: 20 },
    ]);
    expect(analysis.excluded).toEqual([{ name: 'NEW', reason: 'there are too few returns of it' }]);
    expect(analysis.merges).toHaveLength(1);
    expect(risk(analysis)).toEqual(RISK.map(() => null));
    expect(Object.keys(analysis.reasons)).toEqual(expect.arrayContaining([...RISK]));
    expect(analysis.reasons.riskLevel).toBe('NEW is held, and there are too few returns of it');
    const unheld = analysed({ series, weights: [0.5, 0.5, 0] });
    expect(unheld.reasons).toEqual({});
    expect(unheld.riskContributions![2]).toBe(0);
  });

  it('leaves out the fewest of what cannot be compared, the last of equals', () => {
    // The first halves and the second halves of these never meet.
    const early = A.map((value, t) => (t < 30 ? value : null));
    const analysis = analysed({ series: { early, C, late: late(B, 30) } });
    expect(analysis.excluded).toEqual([
      { name: 'late', reason: 'there are too few common returns of it and early' },
    ]);
    expect(analysis.correlation[0]![2]).toBeNull();
    expect(analysis.correlation[0]![1]).not.toBeNull();
  });

  it('shrinks over the periods that all have', () => {
    const series = { A, B, C: late(C, 10) };
    const analysis = analysed({ series, shrinkage: 'ledoitWolf' });
    const { covariance, shrinkage } = ledoitWolf([A.slice(10), B.slice(10), C.slice(10)]);
    expect(analysis.shrinkage).toBe(shrinkage);
    expect(analysis.volatilities[2]).toBe(Math.sqrt(covariance[2]![2]!));
    expect(analysis.correlation[0]![1]).toBeCloseTo(
      covariance[0]![1]! / Math.sqrt(covariance[0]![0]! * covariance[1]![1]!),
      14,
    );
    expect(analysis.correlation[0]![0]).toBe(1);
    const tooFew = analysed({ series: { A, B, C: late(C, 40) }, shrinkage: 'ledoitWolf' });
    expect(tooFew.shrinkage).toBeNull();
    expect(tooFew.notes[0]).toBe('not shrunk: 20 returns that all have, 30 are needed');
  });

  it('of one series is one cluster that is all of the risk', () => {
    const analysis = analysed({ series: { A } });
    expect(analysis).toMatchObject({
      merges: [],
      riskContributions: [1],
      effectiveBets: 1,
      impliedCorrelation: null,
      averageCorrelation: null,
      riskLevel: 'high',
      reasons: {
        impliedCorrelation: 'fewer than two of what is held bring risk',
        averageCorrelation: 'there are fewer than two names that can be compared',
      },
    });
  });

  it('of what does not vary at all is none', () => {
    const analysis = analysed({ series: { USDC: STILL, DAI: STILL } });
    expect(analysis).toMatchObject({ merges: [], clusters: [], riskLevel: null, adjusted: null });
    expect(analysis.reasons.riskLevel).toBe('nothing that is held varies');
  });
});

describe('an analysis of correlations', () => {
  it('rates the golden portfolio high, and the older rule by another one', () => {
    expect(analysed(SIX)).toMatchObject({
      riskLevel: 'high',
      levelRule: 'riskWeighted',
      notes: [],
      reasons: {},
    });
    const older = analysed({ ...SIX, legacyCompat: true });
    expect([older.riskLevel, older.levelRule]).toEqual(['medium', 'legacy']);
    expect(older.clusters.map(({ members }) => members)).toEqual([['BTC', 'ETH', 'SOL']]);
    expect(older.recommendation).toMatch(/BTC, ETH, SOL/);
  });

  it("cuts the average tree for Ward's linkage, whose heights are no correlations", () => {
    for (const linkage of ['average', 'ward', 'complete', 'single'] as const)
      expect(analysed({ ...SIX, linkage }).clusters[0]).toMatchObject({
        members: ['BTC', 'ETH', 'SOL'],
        weight: expect.closeTo(0.75, 14),
        riskShare: expect.closeTo(0.99503, 5),
        meanCorrelation: expect.closeTo(0.79, 14),
        representative: 'ETH',
      });
    expect(analysed({ ...SIX, cutCorrelation: 0.81 }).clusters).toHaveLength(5);
  });

  it('moves a level that was told by more than noise alone', () => {
    const pair = (correlation: number) => ({
      correlation: [
        [1, correlation, correlation],
        [correlation, 1, correlation],
        [correlation, correlation, 1],
      ],
      volatilities: [1, 1, 1],
      observations: 90,
    });
    expect(analysed(pair(0.62)).riskLevel).toBe('high');
    expect(analysed({ ...pair(0.62), previousLevel: 'medium' }).riskLevel).toBe('medium');
    expect(analysed({ ...pair(0.8), previousLevel: 'medium' }).riskLevel).toBe('high');
  });

  it('knows no risk without volatilities, and everything else', () => {
    const { correlation, weights } = SIX;
    const analysis = analysed({ correlation, weights });
    expect(risk(analysis)).toEqual(RISK.map(() => null));
    expect(analysis.reasons.effectiveBets).toBe('the volatility of 1 is not known');
    expect(analysis.clusters[0]).toMatchObject({ members: ['1', '2', '3'], riskShare: null });
    expect(analysis.merges).toHaveLength(5);
  });

  it('takes the risk of correlations that no portfolio has from the nearest that one has, and says so', () => {
    const correlation = [
      [1, 0.9, -0.9],
      [0.9, 1, 0.9],
      [-0.9, 0.9, 1],
    ];
    const analysis = analysed({ correlation, volatilities: [1, 1, 1], weights: [0.4, 0.2, 0.4] });
    expect(analysis.adjusted).toEqual({
      smallestEigenvalue: expect.closeTo(-0.8, 12),
      largestChange: expect.closeTo(0.4, 12),
    });
    expect(analysis.correlation).toBe(correlation);
    // 0.36 + 2·(0.08·½ − 0.16·½ + 0.08·½) = 0.36.
    expect(analysis.portfolioVolatility).toBeCloseTo(0.6, 12);
    expect(analysis.notes.join()).toMatch(/those of no portfolio \(eigenvalue -0.800\).*up to 0.400/);
  });

  it('takes what rounding has left in a matrix', () => {
    const analysis = analysed({
      correlation: [
        [1 + 1e-15, 0.5],
        [0.5 + 1e-16, 1],
      ],
      volatilities: [1, 1],
    });
    expect(analysis.impliedCorrelation).toBeCloseTo(0.5, 12);
  });
});

describe('an input is refused with its path', () => {
  const two = (value: number) => [
    [1, value],
    [value, 1],
  ];
  test.each<[SeriesInput | MatrixInput, string, string]>([
    [{ series: {} }, 'series', '0'],
    [{ series: { A: [0.1, 0.2], B: [0.1] } }, 'series.B', '1'],
    [{ series: { A: [0.1, Number.NaN] } }, 'series.A[1]', 'NaN'],
    [{ series: { A: [1, 0] }, kind: 'prices' }, 'series.A[1]', '0'],
    [{ series: { A }, weights: [0.5, 0.5] }, 'weights', '2'],
    [{ correlation: [] }, 'correlation', '0'],
    [{ correlation: [[1, 0.5], [0.5]] }, 'correlation[1]', '1'],
    [{ correlation: [[1, 0.5]] }, 'correlation[0]', '2'],
    [{ correlation: [[0.99]] }, 'correlation[0][0]', '0.99'],
    [{ correlation: two(1.01) }, 'correlation[0][1]', '1.01'],
    [{ correlation: two(Number.NaN) }, 'correlation[0][1]', 'NaN'],
    [
      {
        correlation: [
          [1, 0.5],
          [0.4, 1],
        ],
      },
      'correlation[1][0]',
      '0.4',
    ],
    [{ correlation: two(0), names: ['A'] }, 'names', '1'],
    [{ correlation: two(0), names: ['A', 'A'] }, 'names[1]', 'A'],
    [{ correlation: two(0), volatilities: [1] }, 'volatilities', '1'],
    [{ correlation: two(0), volatilities: [1, -1] }, 'volatilities[1]', '-1'],
    [{ correlation: two(0), weights: [1.5, -0.5] }, 'weights[1]', '-0.5'],
    [{ correlation: two(0), weights: [0.5, 0.6] }, 'weights', '1.1'],
    [{ correlation: two(0), observations: 0 }, 'observations', '0'],
    [{ correlation: two(0), linkage: 'centroid' as 'ward' }, 'linkage', 'centroid'],
    [{ correlation: two(0), cutCorrelation: 2 }, 'cutCorrelation', '2'],
  ])('%j', (input, path, found) => {
    const outcome = 'series' in input ? analyseSeries(input) : analyseCorrelation(input);
    expect(outcome).toMatchObject({ state: 'refused', problem: { path, found } });
  });
});

describe('whatever the input', () => {
  /** Where a figure is no number, by its path. */
  const unnumbered = (value: unknown, path = ''): readonly string[] => {
    if (typeof value === 'number') return Number.isFinite(value) ? [] : [path];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, each]) => unnumbered(each, `${path}.${key}`));
  };
  const anyValue = fc.oneof(
    { weight: 12, arbitrary: fc.double({ min: -0.2, max: 0.2, noNaN: true }) },
    { weight: 2, arbitrary: fc.constantFrom(0, 1, null, 0.1, -0.1) },
    { weight: 1, arbitrary: fc.constantFrom(1e60, -1e60, 5e-324, -0, 1e-60, 1e-59, 2, null) },
  );

  it('of series, every figure is a number, or null with a reason', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }).chain((length) =>
          fc.array(
            fc.oneof(
              { weight: 4, arbitrary: fc.array(anyValue, { minLength: length, maxLength: length }) },
              {
                weight: 1,
                arbitrary: anyValue.map((value) => Array.from({ length }, () => value)),
              },
            ),
            { minLength: 1, maxLength: 5 },
          ),
        ),
        fc.record({
          linkage: fc.constantFrom('single', 'complete', 'average', 'ward'),
          kind: fc.constantFrom(undefined, 'returns', 'prices'),
          shrinkage: fc.constantFrom(undefined, 'ledoitWolf'),
          previousLevel: fc.constantFrom(null, 'low', 'high'),
          legacyCompat: fc.boolean(),
        }),
        fc.boolean(),
        (series, options, isPriced) => {
          const values = isPriced
            ? series.map((one) => one.map((value) => (value === null ? null : Math.abs(value) + 1e-60)))
            : series;
          const named = Object.fromEntries(values.map((one, i) => [`n${i}`, one]));
          const outcome = analyseSeries({ series: named, ...options } as SeriesInput);
          if (outcome.state === 'refused') return;
          const { analysis } = outcome;
          expect(unnumbered(analysis)).toEqual([]);
          for (const key of RISK)
            expect([analysis[key] === null, key in analysis.reasons]).not.toEqual([true, false]);
          const { riskContributions } = analysis;
          if (riskContributions)
            expect(riskContributions.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        },
      ),
      { numRuns: 150, seed: 12 },
    );
  });

  it('of matrices, every figure is a number, or null with a reason', () => {
    const anyEntry = fc.oneof(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.constantFrom(1, -1, 0, 1 - 1e-16, -1 + 1e-12),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }).chain((count) =>
          fc.record({
            entries: fc.array(anyEntry, { minLength: count * count, maxLength: count * count }),
            volatilities: fc.array(fc.constantFrom(0, 1, 1e-60, 1e60, 0.5, 5e-324), {
              minLength: count,
              maxLength: count,
            }),
            weights: fc.array(fc.constantFrom(0, 1, 2, 0.001), { minLength: count, maxLength: count }),
            observations: fc.constantFrom(undefined, 1, 4, 90),
            previousLevel: fc.constantFrom(null, 'low', 'medium', 'high'),
            linkage: fc.constantFrom('single', 'complete', 'average', 'ward'),
          }),
        ),
        ({ entries, weights, ...rest }) => {
          const count = weights.length;
          const correlation = weights.map((_, i) =>
            weights.map((__, j) => (i === j ? 1 : entries[Math.min(i, j) * count + Math.max(i, j)]!)),
          );
          const total = weights.reduce<number>((sum, weight) => sum + weight, 0);
          const shares = total === 0 ? undefined : weights.map((weight) => weight / total);
          const analysis = analysed({ correlation, weights: shares, ...rest } as MatrixInput);
          expect(unnumbered(analysis)).toEqual([]);
          for (const key of RISK)
            expect([analysis[key] === null, key in analysis.reasons]).not.toEqual([true, false]);
        },
      ),
      { numRuns: 80, seed: 13 },
    );
  });
});
