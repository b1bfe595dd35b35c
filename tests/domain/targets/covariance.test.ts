import { describe, expect, it, test } from '@jest/globals';
import {
  type Covariance,
  isPositiveDefinite,
  ledoitWolf,
  ridged,
  sampleCovariance,
} from '../../../src/domain/targets/covariance.ts';
import { hasReferenceData, referenceData } from '../../support/reference-data.ts';
import { alignedReturns, referencePrices } from '../../support/reference-prices.ts';

/** Twelve days of three assets, made up. */
const SERIES = [
  [0.012, -0.008, 0.021, -0.035, 0.004, 0.0, 0.016, -0.011, 0.027, -0.019, 0.009, 0.001],
  [0.02, -0.013, 0.03, -0.06, 0.011, -0.004, 0.02, -0.02, 0.05, -0.03, 0.02, 0.003],
  [0.001, 0.002, -0.001, 0.0, 0.002, 0.001, -0.002, 0.003, 0.001, 0.0, -0.001, 0.002],
];

const expectClose = (found: Covariance, expected: Covariance, factor = 1) => {
  expect(found.length).toBe(expected.length);
  for (const [i, row] of expected.entries()) {
    for (const [j, value] of row.entries())
      expect(Math.abs(found[i]![j]! * factor - value)).toBeLessThanOrEqual(1e-12 * Math.abs(value));
  }
};

describe('covariances', () => {
  it('divide by one less than the observations', () => {
    expectClose(
      sampleCovariance([
        [1, 2, 3],
        [2, 4, 9],
      ]),
      [
        [1, 3.5],
        [3.5, 13],
      ],
    );
  });

  it('are shrunk towards their mean variance, which the trace keeps', () => {
    const { covariance, shrinkage } = ledoitWolf(SERIES);
    const biased = sampleCovariance(SERIES).map((row) => row.map((value) => (value * 11) / 12));
    const trace = (one: Covariance) => one.reduce((sum, row, i) => sum + row[i]!, 0);
    expect(shrinkage).toBeGreaterThan(0);
    expect(shrinkage).toBeLessThan(1);
    expect(trace(covariance)).toBeCloseTo(trace(biased), 15);
    expect(covariance[0]![1]).toBeCloseTo((1 - shrinkage) * biased[0]![1]!, 15);
  });

  it('of fewer days than assets are positive definite only when they are shrunk or ridged', () => {
    const short = SERIES.map((values) => values.slice(0, 3));
    expect(isPositiveDefinite(sampleCovariance(short))).toBe(false);
    expect(isPositiveDefinite(ridged(sampleCovariance(short)))).toBe(true);
    expect(isPositiveDefinite(ledoitWolf(short).covariance)).toBe(true);
  });

  it.each<[string, Covariance, boolean]>([
    [
      'the identity',
      [
        [1, 0],
        [0, 1],
      ],
      true,
    ],
    [
      'equal assets',
      [
        [1, 1],
        [1, 1],
      ],
      false,
    ],
    [
      'a correlation beyond one',
      [
        [1, 1.1],
        [1.1, 1],
      ],
      false,
    ],
    [
      'a variance of zero',
      [
        [1, 0],
        [0, 0],
      ],
      false,
    ],
    ['a variance below zero', [[-1]], false],
    ['no numbers', [[Number.NaN]], false],
    [
      'small variances',
      [
        [1e-18, 0.5e-18],
        [0.5e-18, 1e-18],
      ],
      true,
    ],
  ])('with %s: positive definite or not', (_, covariance, is) => {
    expect(isPositiveDefinite(covariance)).toBe(is);
  });
});

if (!hasReferenceData) {
  test.todo('needs the reference data, which is not present');
} else {
  interface Case {
    readonly id: string;
    readonly input: {
      readonly files?: readonly string[];
      readonly column: string;
      readonly from: string;
      readonly to: string;
      readonly prices?: readonly (readonly number[])[];
    };
    readonly expected: Readonly<Record<string, Covariance>>;
  }
  const { cases } = referenceData('rebalancing/risk-models.json') as { readonly cases: readonly Case[] };
  const seriesOf = ({ files, column, from, to, prices }: Case['input']) =>
    alignedReturns(
      files?.map((file) => referencePrices(file, column, from, to)) ??
        (prices?.[0] ?? []).map((_, place) => new Map(prices!.map((row, day) => [String(day), row[place]!]))),
    );

  /** What PyPortfolioOpt computes that is no estimate of ours, with the reason. */
  const DIFFERENT: Readonly<Record<string, string>> = {
    mean_historical_return_365: 'expected returns are not estimated: targets follow from risk or from scores',
    mean_historical_return_365_arithmetic: 'as above',
    ema_historical_return_365_span180: 'as above',
    exp_cov_365_span180: 'no exponential weights in the specification',
    semicov_365: 'no semicovariance in the specification',
    oas_365: 'Ledoit and Wolf is the shrinkage of the specification',
    min_volatility_weights: 'no method of ours; that of the specification is equal risk contribution',
    min_volatility_weights_max35pct: 'as above',
    max_sharpe_rf0_weights: 'as above',
    'cov_of_log_returns_tol1e-5': 'returns are simple',
    assets: 'the order of the matrices',
  };
  /** Its risk models of daily returns, and what ours is called. */
  const SAME: Readonly<Record<string, (series: readonly (readonly number[])[]) => Covariance>> = {
    sample_cov_365: (series) => sampleCovariance(series),
    cov_of_simple_returns: (series) => sampleCovariance(series),
    ledoit_wolf_365: (series) => ledoitWolf(series).covariance,
  };

  describe('risk models of PyPortfolioOpt, computed by it from recorded prices', () => {
    const compared = cases.flatMap((one) =>
      Object.keys(one.expected)
        .filter((key) => Object.hasOwn(SAME, key))
        .map((key) => [one.id, key, one] as const),
    );

    test.each(compared)('%s: %s is ours to 1e-12', (_, key, { input, expected }) => {
      expectClose(SAME[key]!(seriesOf(input)), expected[key]!, key.endsWith('_365') ? 365 : 1);
    });

    it('are all compared, but for 11 that differ by definition', () => {
      const keys = cases.flatMap(({ expected }) => Object.keys(expected));
      expect(keys.filter((key) => !Object.hasOwn(SAME, key)).sort()).toEqual(Object.keys(DIFFERENT).sort());
      expect(Object.keys(DIFFERENT)).toHaveLength(11);
      expect(compared).toHaveLength(3);
    });
  });
}
