// Figures of other people for correlations, clusters and diversification, each with its source.

import { ownReturns } from '../../src/domain/correlation/common-returns.ts';
import { correlationDistances } from '../../src/domain/correlation/correlation-distance.ts';
import { averageClusters } from '../../src/domain/correlation/correlation-risk.ts';
import {
  effectiveBets,
  minimumTorsionShares,
  principalShares,
} from '../../src/domain/correlation/effective-bets.ts';
import { fisherInterval } from '../../src/domain/correlation/fisher-interval.ts';
import {
  LINKAGES,
  type Linkage,
  linkClusters,
  type Merge,
} from '../../src/domain/correlation/link-clusters.ts';
import {
  averageCorrelation,
  diversificationRatio,
  effectiveAssets,
  type HeldRisk,
  impliedCorrelation,
  portfolioVolatility,
  riskContributions,
} from '../../src/domain/correlation/portfolio-risk.ts';
import type { SquareMatrix } from '../../src/domain/correlation/square-matrix.ts';
import { sampleCovariance } from '../../src/domain/targets/covariance.ts';
import type { ReferenceCase } from './reference-case.ts';

/** Six assets, computed with NumPy and SciPy for REBALANCING.md §5. */
const NUMPY = 'own goldens: REBALANCING.md §5, six assets';
export const SIX: HeldRisk & { readonly names: readonly string[] } = {
  names: ['BTC', 'ETH', 'SOL', 'GOLD', 'TLT', 'USDY'],
  correlation: [
    [1, 0.82, 0.75, 0.15, -0.05, 0.02],
    [0.82, 1, 0.8, 0.12, -0.08, 0.01],
    [0.75, 0.8, 1, 0.1, -0.1, 0],
    [0.15, 0.12, 0.1, 1, 0.35, 0.05],
    [-0.05, -0.08, -0.1, 0.35, 1, 0.2],
    [0.02, 0.01, 0, 0.05, 0.2, 1],
  ],
  volatilities: [0.6, 0.75, 0.95, 0.16, 0.14, 0.01],
  weights: [0.4, 0.25, 0.1, 0.1, 0.1, 0.05],
};
/** All four linkages join the same pairs; what differs is where. */
const SIX_PAIRS = [
  [0, 1, 2],
  [2, 6, 3],
  [3, 4, 2],
  [5, 8, 3],
  [7, 9, 6],
] as const;
const SIX_HEIGHTS: Readonly<Record<Linkage, readonly number[]>> = {
  single: [0.3, 0.316227766017, 0.57008771255, 0.632455532034, 0.65192024052],
  complete: [0.3, 0.353553390593, 0.57008771255, 0.689202437605, 0.74161984871],
  average: [0.3, 0.334890578305, 0.57008771255, 0.660828984819, 0.699752260651],
  ward: [0.3, 0.346410161514, 0.57008771255, 0.689202437605, 0.98319208025],
};
const six = (name: string, actual: () => number, expected: number, tolerance = 1e-13): ReferenceCase => ({
  source: NUMPY,
  name,
  actual,
  expected,
  tolerance,
});
const sixMerges = (linkage: Linkage) => linkClusters(correlationDistances(SIX.correlation), linkage);
const SIX_CONTRIBUTIONS = [
  0.46660389621818277, 0.36015638318911436, 0.16827006942067235, 0.005926985561512418, -0.0009797772027465006,
  2.2442813264442053e-5,
];
const SIX_TORSION = [
  0.40945331300524535, 0.33940216449131205, 0.24086399695680782, 0.010135466007840774, 1.3885446400197044e-6,
  0.0001436709941544203,
];
const sixCases: readonly ReferenceCase[] = [
  ...LINKAGES.flatMap((linkage) =>
    mergeCases(NUMPY, linkage, () => sixMerges(linkage), {
      pairs: SIX_PAIRS,
      heights: SIX_HEIGHTS[linkage],
      tolerance: 5e-13,
    }),
  ),
  ...[1, 1, 1, 2, 3, 4].map((label, i) =>
    six(
      `cluster of ${SIX.names[i]} at a correlation of 0.6`,
      () => averageClusters(SIX.correlation, 0.6).findIndex((members) => members.includes(i)) + 1,
      label,
    ),
  ),
  six('volatility', () => portfolioVolatility(SIX), 0.48995364576661743),
  ...SIX_CONTRIBUTIONS.map((share, i) =>
    six(`risk contribution of ${SIX.names[i]}`, () => riskContributions(SIX)?.[i] ?? Number.NaN, share),
  ),
  six('diversification ratio', () => diversificationRatio(SIX) ?? Number.NaN, 1.1286782020669233),
  six(
    'squared diversification ratio',
    () => (diversificationRatio(SIX) ?? Number.NaN) ** 2,
    1.2739144838210223,
  ),
  six('effective number of assets', () => effectiveAssets(SIX.weights), 3.9215686274509793),
  six('concentration of weights', () => 1 / effectiveAssets(SIX.weights), 0.25500000000000006),
  six(
    'effective bets by principal components',
    () => effectiveBets(principalShares(SIX) ?? []),
    1.2828689734477248,
  ),
  six(
    'effective bets by minimum torsion',
    () => effectiveBets(minimumTorsionShares(SIX) ?? []),
    3.0742662718772724,
    1e-11,
  ),
  ...SIX_TORSION.map((share, i) =>
    six(
      `minimum-torsion share of ${SIX.names[i]}`,
      () => minimumTorsionShares(SIX)?.[i] ?? Number.NaN,
      share,
      1e-11,
    ),
  ),
  six('average correlation', () => averageCorrelation(SIX.correlation) ?? Number.NaN, 0.20933333333333332),
  six('implied correlation', () => impliedCorrelation(SIX) ?? Number.NaN, 0.6770022669722048),
];

/** Seven assets that each linkage joins otherwise, computed with SciPy 1.17: heights to twelve decimals. */
const SCIPY = 'own goldens: SciPy 1.17, cluster.hierarchy.linkage';
const SEVEN: SquareMatrix = [
  [1, -0.37, 0.24, 0.26, 0.36, 0.42, 0.21],
  [-0.37, 1, -0.68, 0.07, -0.52, -0.71, -0.59],
  [0.24, -0.68, 1, -0.28, 0.47, 0.7, 0.67],
  [0.26, 0.07, -0.28, 1, 0.08, -0.02, -0.23],
  [0.36, -0.52, 0.47, 0.08, 1, 0.56, 0.4],
  [0.42, -0.71, 0.7, -0.02, 0.56, 1, 0.6],
  [0.21, -0.59, 0.67, -0.23, 0.4, 0.6, 1],
];
const SEVEN_MERGES: Readonly<Record<Linkage, readonly Merge[]>> = {
  single: [
    [2, 5, 0.387298334621, 2],
    [6, 7, 0.406201920232, 3],
    [4, 8, 0.469041575982, 4],
    [0, 9, 0.538516480713, 5],
    [3, 10, 0.60827625303, 6],
    [1, 11, 0.681909084849, 7],
  ],
  complete: [
    [2, 5, 0.387298334621, 2],
    [6, 7, 0.4472135955, 3],
    [4, 8, 0.547722557505, 4],
    [0, 3, 0.60827625303, 2],
    [9, 10, 0.8, 6],
    [1, 11, 0.924662100445, 7],
  ],
  average: [
    [2, 5, 0.387298334621, 2],
    [6, 7, 0.426707757866, 3],
    [4, 8, 0.510515213512, 4],
    [0, 9, 0.587283390115, 5],
    [1, 3, 0.681909084849, 2],
    [10, 11, 0.801710347228, 7],
  ],
  ward: [
    [2, 5, 0.387298334621, 2],
    [6, 7, 0.439696865276, 3],
    [4, 8, 0.553774924195, 4],
    [0, 3, 0.60827625303, 2],
    [1, 10, 0.802080627701, 3],
    [9, 11, 1.049943309127, 7],
  ],
};
const sevenCases: readonly ReferenceCase[] = LINKAGES.flatMap((linkage) =>
  mergeCases(SCIPY, `seven assets, ${linkage}`, () => linkClusters(correlationDistances(SEVEN), linkage), {
    pairs: SEVEN_MERGES[linkage].map(([first, second, , size]) => [first, second, size]),
    heights: SEVEN_MERGES[linkage].map(([, , height]) => height),
    tolerance: 1e-12,
  }),
);

/** REBALANCING.md §3g, to three digits. */
const fisherCases = (
  [
    [30, 0.454, 0.847],
    [90, 0.576, 0.792],
  ] as const
).flatMap(([observations, lower, upper]): readonly ReferenceCase[] => [
  {
    source: 'own goldens: REBALANCING.md §3g, Fisher intervals',
    name: `0.7 of ${observations}: lower bound`,
    actual: () => fisherInterval(0.7, observations).lower,
    expected: lower,
    tolerance: 5e-4,
  },
  {
    source: 'own goldens: REBALANCING.md §3g, Fisher intervals',
    name: `0.7 of ${observations}: upper bound`,
    actual: () => fisherInterval(0.7, observations).upper,
    expected: upper,
    tolerance: 5e-4,
  },
]);

/**
 * The README of the R package uncorbets: log returns of R's EuStockMarkets, equal weights. The covariance is that of the
 * data set. uncorbets ends its iteration earlier than here, which the tolerance allows for: settled they are 4e-6 apart.
 */
const EU_COVARIANCE: SquareMatrix = [
  [0.000106107234639206, 6.699563761434158e-5, 8.345129689340091e-5, 5.2417944460240236e-5],
  [6.699563761434158e-5, 8.556316619065334e-5, 6.285880809694435e-5, 4.30451652497432e-5],
  [8.345129689340091e-5, 6.285880809694435e-5, 0.000121680203827872, 5.69317431965885e-5],
  [5.2417944460240236e-5, 4.30451652497432e-5, 5.69317431965885e-5, 6.332543213387838e-5],
];
const EU: HeldRisk = heldOf(EU_COVARIANCE, [0.25, 0.25, 0.25, 0.25]);
const UNCORBETS = 'uncorbets: README';
const uncorbetsCases: readonly ReferenceCase[] = [
  ...[0.2673005, 0.240437, 0.2776369, 0.2146256].map((expected, i) => ({
    source: UNCORBETS,
    name: `EuStockMarkets: share of ${['DAX', 'SMI', 'CAC', 'FTSE'][i]}`,
    actual: () => minimumTorsionShares(EU)?.[i] ?? Number.NaN,
    expected,
    tolerance: 2e-5,
  })),
  {
    source: UNCORBETS,
    name: 'EuStockMarkets: effective bets',
    actual: () => effectiveBets(minimumTorsionShares(EU) ?? []),
    expected: 3.980549,
    tolerance: 5e-6,
  },
];

/** tests/test_risk_models.py of PyPortfolioOpt: prices of three assets, and the covariance of their returns. */
const PYPFOPT = 'PyPortfolioOpt: tests/test_risk_models.py';
const DUMMY_PRICES = [
  [4.0, 4.2, 3.9, 4.3, 4.1],
  [2.0, 2.1, 2.0, 2.1, 2.2],
  [0.6, 0.59, 0.58, 0.62, 0.63],
];
const DUMMY_LOG_COVARIANCE = [
  [0.006507, 0.002652, 0.001965],
  [0.002652, 0.002345, 0.00095],
  [0.001965, 0.00095, 0.001561],
];
const dummyCases: readonly ReferenceCase[] = DUMMY_LOG_COVARIANCE.flatMap((row, i) =>
  row.slice(0, i + 1).map((expected, j) => ({
    source: PYPFOPT,
    name: `covariance of log returns [${i}][${j}]`,
    actual: () =>
      sampleCovariance(DUMMY_PRICES.map((prices) => ownReturns(prices, 'prices')))[i]?.[j] ?? Number.NaN,
    expected,
    // The figures have six decimals, and upstream compares them to 1e-5.
    tolerance: 1e-6,
  })),
);

export const CORRELATION: readonly ReferenceCase[] = [
  ...sixCases,
  ...sevenCases,
  ...fisherCases,
  ...uncorbetsCases,
  ...dummyCases,
];

export function mergeCases(
  source: string,
  name: string,
  merges: () => readonly Merge[],
  expected: {
    readonly pairs: readonly (readonly [number, number, number])[];
    readonly heights: readonly number[];
    readonly tolerance: number;
  },
): readonly ReferenceCase[] {
  return expected.pairs.flatMap(([first, second, size], k) => {
    const figure = (what: string, place: 0 | 1 | 2 | 3, value: number, tolerance: number) => ({
      source,
      name: `${name}: ${what} of merge ${k}`,
      actual: () => merges()[k]?.[place] ?? Number.NaN,
      expected: value,
      tolerance,
    });
    return [
      figure('first cluster', 0, first, 0),
      figure('second cluster', 1, second, 0),
      figure('height', 2, expected.heights[k] ?? Number.NaN, expected.tolerance),
      figure('size', 3, size, 0),
    ];
  });
}

function heldOf(covariance: SquareMatrix, weights: readonly number[]): HeldRisk {
  const volatilities = covariance.map((row, i) => Math.sqrt(row[i] ?? Number.NaN));
  const correlation = covariance.map((row, i) =>
    row.map((value, j) => value / (volatilities[i] ?? Number.NaN) / (volatilities[j] ?? Number.NaN)),
  );
  return { correlation, volatilities, weights };
}
