import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { type Covariance, sampleCovariance } from '../../../src/domain/targets/covariance.ts';
import {
  equalRiskContributions,
  inverseVolatilities,
  riskParityWeights,
} from '../../../src/domain/targets/risk-parity.ts';
import { hasReferenceData, referenceData } from '../../support/reference-data.ts';
import { alignedReturns, referencePrices } from '../../support/reference-prices.ts';

const SEED = 20_240_704;

/** Covariance of volatilities under one correlation for all pairs. */
const alike = (volatilities: readonly number[], correlation: number): Covariance =>
  volatilities.map((one, i) => volatilities.map((other, j) => one * other * (i === j ? 1 : correlation)));

/** How far a weight's part of the risk is from an equal one, at most. */
function inequalityOf(covariance: Covariance, weights: readonly number[]): number {
  const parts = covariance.map(
    (row, i) => weights[i]! * row.reduce((sum, value, j) => sum + value * weights[j]!, 0),
  );
  const risk = parts.reduce((sum, part) => sum + part, 0);
  return Math.max(...parts.map((part) => Math.abs((part / risk) * parts.length - 1)));
}

describe('equal risk contributions', () => {
  // Under one correlation for all pairs they are inverse volatilities: Maillard, Roncalli, Teïletche (2010).
  it.each([
    ['1, 2 and 3 % without correlation', [0.01, 0.02, 0.03], 0, [6 / 11, 3 / 11, 2 / 11]],
    ['1, 2 and 3 % at a correlation of 0.6', [0.01, 0.02, 0.03], 0.6, [6 / 11, 3 / 11, 2 / 11]],
    ['0.5 and 2 %, whatever the correlation', [0.005, 0.02], -0.7, [0.8, 0.2]],
    // Volatilities in the ratio that gives weights published of a sample; the sample itself is not given.
    ['0.51 and 1.99 %', [0.0051, 0.0199], 0.1, [0.796, 0.204]],
    ['one asset', [0.04], 0, [1]],
  ])('of %s', (_, volatilities, correlation, expected) => {
    const weights = equalRiskContributions(alike(volatilities, correlation))!;
    for (const [i, weight] of weights.entries()) expect(weight).toBeCloseTo(expected[i]!, 9);
  });

  it('of uncorrelated assets are in proportion to their inverse volatilities', () => {
    // Published of a sample of 1, 2 and 3 % that is not given: this checks the solver on a diagonal, not that sample.
    const published = [0.5578, 0.2833, 0.1588];
    const scale = 0.06 / published.reduce((sum, weight) => sum + 1 / weight, 0);
    const sampled = published.map((weight) => scale / weight);
    for (const [i, volatility] of sampled.entries()) expect(volatility).toBeCloseTo(0.01 * (i + 1), 2);
    const weights = equalRiskContributions(alike(sampled, 0))!;
    for (const [i, weight] of weights.entries()) expect(Math.abs(weight - published[i]!)).toBeLessThan(1e-4);
  });

  it('never put everything into the most volatile asset, as comparing with 1/n instead of σ/n did', () => {
    const { weights } = riskParityWeights([
      [0.005, -0.005, 0.004, -0.006, 0.005, -0.003],
      [-0.02, 0.02, 0.02, -0.02, 0.019, -0.021],
    ]);
    expect(weights[0]!).toBeGreaterThan(0.75);
    expect(weights[1]!).toBeGreaterThan(0.15);
  });

  const anySeries = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 12, max: 40 }))
    .chain(([count, days]) =>
      fc.array(
        fc
          .array(fc.integer({ min: -200, max: 200 }), { minLength: days, maxLength: days })
          .map((values) => values.map((value, day) => value / 1_000 + (day % 2) * 0.001)),
        { minLength: count, maxLength: count },
      ),
    )
    .filter((series) => series.every((values) => new Set(values).size > 4));

  it('every weight contributes the same risk, to 1e-10, or a reason says why not', () => {
    let solved = 0;
    fc.assert(
      fc.property(anySeries, (series) => {
        const parity = riskParityWeights(series);
        expect(parity.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
        expect(parity.weights.every((weight) => weight > 0)).toBe(true);
        if (parity.method === 'inverseVolatility') {
          expect(parity.reason).not.toBe('');
          return;
        }
        if (parity.covariance !== 'sample') return;
        solved++;
        expect(inequalityOf(sampleCovariance(series), parity.weights)).toBeLessThan(1.001e-10);
      }),
      { seed: SEED },
    );
    expect(solved).toBeGreaterThan(50);
  });

  it('the scale of returns does not matter, nor the order of series', () => {
    fc.assert(
      fc.property(anySeries, fc.constantFrom(1e-3, 0.1, 50), (series, scale) => {
        const { weights } = riskParityWeights(series);
        const scaled = riskParityWeights(series.map((values) => values.map((value) => value * scale)));
        const reversed = riskParityWeights(series.toReversed());
        for (const [i, weight] of weights.entries()) {
          expect(scaled.weights[i]!).toBeCloseTo(weight, 8);
          expect(reversed.weights.at(-1 - i)!).toBeCloseTo(weight, 8);
        }
      }),
      { seed: SEED },
    );
  });
});

describe('risk parity where the sample has no solution of its own', () => {
  const rising = [0.01, 0.02, -0.01, 0.03, -0.02, 0.015];

  it('shrinks what has fewer days than assets', () => {
    const parity = riskParityWeights([
      [0.01, -0.01, 0.02],
      [0.02, 0.01, -0.02],
      [-0.01, 0.03, 0.01],
      [0.01, 0.02, 0.0],
    ]);
    expect(parity).toMatchObject({ method: 'equalRiskContribution', covariance: 'ledoitWolf' });
  });

  it('shrinks one asset that comes twice', () => {
    const parity = riskParityWeights([rising, rising]);
    expect(parity).toMatchObject({ method: 'equalRiskContribution', covariance: 'ledoitWolf' });
    expect(parity.weights[0]!).toBeCloseTo(0.5, 9);
  });

  it('takes inverse volatilities where shrinking does nothing and a ridge does not help, and says why', () => {
    // A perfect hedge of constant size: its estimate has no noise to shrink by, and its risk can be made zero.
    const one = [0.01, -0.01, 0.01, -0.01, 0.01, -0.01];
    const parity = riskParityWeights([one, one.map((value) => -3 * value)]);
    expect(parity).toMatchObject({
      method: 'inverseVolatility',
      reason: 'risk contributions are not equal after 2000 sweeps',
    });
    expect(parity.weights[0]!).toBeCloseTo(0.75, 12);
  });

  it('tells when contributions do not become equal', () => {
    expect(
      equalRiskContributions([
        [1, -1],
        [-1, 1],
      ]),
    ).toBeNull();
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
    };
    readonly expected: Readonly<Record<string, Readonly<Record<string, number>>>>;
  }
  const { cases } = referenceData('rebalancing/hrp.json') as { readonly cases: readonly Case[] };
  const crypto = cases.filter(({ input }) => input.files !== undefined);
  const seriesOf = ({ files = [], column, from, to }: Case['input']) =>
    alignedReturns(files.map((file) => referencePrices(file, column, from, to)));
  const assetsOf = ({ files = [] }: Case['input']) =>
    files.map((file) => /([A-Z]+)-USDT/.exec(file)?.[1] ?? file);

  describe('weights that ffn and PyPortfolioOpt computed from recorded prices', () => {
    const erc = crypto.filter(({ expected }) => 'equal_risk_contribution_weights' in expected);

    test.each(erc.map((one) => [one.id, one] as const))('%s: ffn’s equal risk contributions', (_, one) => {
      const series = seriesOf(one.input);
      const parity = riskParityWeights(series);
      expect(parity).toMatchObject({ method: 'equalRiskContribution', covariance: 'sample' });
      const published = one.expected.equal_risk_contribution_weights!;
      for (const [i, asset] of assetsOf(one.input).entries())
        expect(Math.abs(parity.weights[i]! - published[asset]!)).toBeLessThan(1e-6);
      expect(inequalityOf(sampleCovariance(series), parity.weights)).toBeLessThan(1e-10);
    });

    test.each(crypto.map((one) => [one.id, one] as const))('%s: inverse volatilities', (_, one) => {
      const weights = inverseVolatilities(sampleCovariance(seriesOf(one.input)));
      const published = one.expected.inverse_volatility_weights!;
      for (const [i, asset] of assetsOf(one.input).entries())
        expect(Math.abs(weights[i]! - published[asset]!)).toBeLessThan(1e-12);
    });

    it('are compared but for the weights of hierarchical risk parity and inverse variance, which are no method here', () => {
      expect([erc.length, crypto.length, cases.length]).toEqual([1, 4, 5]);
      // The fifth has prices that begin on different days, and covariances of pairs: returns here are of the same days.
      expect(cases.filter(({ input }) => input.files === undefined).map(({ id }) => id)).toEqual([
        'pypfopt/upstream-stock-single',
      ]);
      const others = cases.flatMap(({ expected }) =>
        Object.keys(expected).filter((key) => key.endsWith('weights')),
      );
      expect(others.filter((key) => key === 'weights' || key === 'inverse_variance_weights')).toHaveLength(
        10,
      );
    });
  });
}
