// Covariances, trees and risk weights that PyPortfolioOpt and ffn computed of recorded prices.

import { type Covariance, ledoitWolf, sampleCovariance } from '../../src/domain/targets/covariance.ts';
import { riskParityWeights } from '../../src/domain/targets/risk-parity.ts';
import { referenceData } from '../support/reference-data.ts';
import { alignedReturns, referencePrices } from '../support/reference-prices.ts';
import { hierarchicalCases } from './recorded-correlation.ts';
import type { ReferenceCase, ReferenceFile } from './reference-case.ts';

const MODELS = 'rebalancing/risk-models.json';
const WEIGHTS = 'rebalancing/hrp.json';

interface Recorded<Expected> {
  readonly id: string;
  readonly input: {
    readonly files?: readonly string[];
    readonly column: string;
    readonly from: string;
    readonly to: string;
  };
  readonly expected: Readonly<Record<string, Expected>>;
}
type Series = readonly (readonly number[])[];

/** Those of files of prices: others have prices that begin on different days, which have no returns of the same days. */
const recorded = <Expected>(path: string): readonly Recorded<Expected>[] =>
  (referenceData(path) as { readonly cases: readonly Recorded<Expected>[] }).cases.filter(
    ({ input }) => input.files !== undefined,
  );

const seriesOf = ({ files = [], column, from, to }: Recorded<unknown>['input']): Series =>
  alignedReturns(files.map((file) => referencePrices(file, column, from, to)));

/** Theirs are of a year of 365 days, where their name says so. */
const ESTIMATES: Readonly<Record<string, (series: Series) => Covariance>> = {
  sample_cov_365: sampleCovariance,
  ledoit_wolf_365: (series) => ledoitWolf(series).covariance,
};

const covariances = (): readonly ReferenceCase[] =>
  recorded<Covariance>(MODELS).flatMap(({ id, input, expected }) =>
    Object.entries(ESTIMATES).flatMap(([key, estimate]) =>
      (expected[key] ?? []).map(
        (row, i): ReferenceCase => ({
          source: 'PyPortfolioOpt: risk models, run on recorded prices',
          name: `${id} ${key}, largest difference in row ${i}`,
          actual: () => {
            const ours = estimate(seriesOf(input))[i] ?? [];
            return Math.max(...row.map((value, j) => Math.abs((ours[j] ?? Number.NaN) * 365 - value)));
          },
          expected: 0,
          tolerance: 1e-11,
        }),
      ),
    ),
  );

const weights = (): readonly ReferenceCase[] =>
  recorded<Readonly<Record<string, number>>>(WEIGHTS).flatMap(({ id, input, expected }) =>
    (input.files ?? []).flatMap((file, i) => {
      const asset = /([A-Z]+)-USDT/.exec(file)?.[1] ?? file;
      const published = expected.equal_risk_contribution_weights?.[asset];
      if (published === undefined) return [];
      return {
        source: 'ffn: equal risk contributions, run on recorded prices',
        name: `${id} ${asset}`,
        actual: () => riskParityWeights(seriesOf(input)).weights[i] ?? null,
        expected: published,
        // Theirs is the end of an iteration.
        tolerance: 1e-6,
      };
    }),
  );

export const RECORDED_RISK: readonly ReferenceFile[] = [
  { path: MODELS, cases: covariances },
  { path: WEIGHTS, cases: () => [...weights(), ...hierarchicalCases(WEIGHTS)] },
];
