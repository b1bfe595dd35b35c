// Performance figures that Portfolio Performance, LEAN, ffn and Ghostfolio state in their tests.

import { annualReturn } from '../../src/domain/performance/cagr.ts';
import { findDrawdown } from '../../src/domain/performance/drawdown.ts';
import { modifiedDietz } from '../../src/domain/performance/modified-dietz.ts';
import { timeWeightedReturn } from '../../src/domain/performance/return-index.ts';
import { sharpeOfSample, sharpeRatio } from '../../src/domain/performance/sharpe-ratio.ts';
import { downsideDeviation } from '../../src/domain/performance/sortino-ratio.ts';
import { type Flow, findSubPeriods, type Valuation } from '../../src/domain/performance/sub-periods.ts';
import { volatility } from '../../src/domain/performance/volatility.ts';
import { mean } from '../../src/domain/targets/return-series.ts';
import type { ReferenceCase, ReferenceFigure } from './reference-case.ts';

const DAY_MS = 86_400_000;
const indexOf = (values: readonly number[]) => values.map((index, at) => ({ at, index }));

const figure = (
  source: string,
  name: string,
  actual: () => ReferenceFigure,
  expected: ReferenceFigure,
  tolerance: number,
): ReferenceCase => ({ source, name, actual, expected, tolerance });

const CLIENT_INDEX = 'Portfolio Performance: ClientIndexTest';
/** Ten thousand at the end of 2011; then, day by day, what came in or went out and what was gained. Money in cents. */
const DAYS: readonly (readonly [flow: number, gain: number, published: number])[] = [
  [0, 230, 0.023],
  [200, 200, 0.019175455],
  [-400, -234.41, -0.0220517],
  [0, 293.99, 0.0294117647],
  [0, 293.99, 0.0285714286],
  [5_400, 195.99, 0.012261967],
  [-3_697.04, -882.52, -0.0545454545],
  [0, -1_003.85, -0.0865384615],
];

/** Values at the ends of days and flows within them. */
function clientHistory(): { readonly valuations: readonly Valuation[]; readonly flows: readonly Flow[] } {
  let value = 10_000;
  const valuations = [{ atMs: 0, value }];
  for (const [index, [flow, gain]] of DAYS.entries()) {
    value += flow + gain;
    valuations.push({ atMs: (index + 1) * DAY_MS, value });
  }
  return { valuations, flows: DAYS.map(([amount], index) => ({ atMs: (index + 0.5) * DAY_MS, amount })) };
}

const clientPeriods = () => {
  const { valuations, flows } = clientHistory();
  return findSubPeriods(
    valuations,
    flows.filter(({ amount }) => amount !== 0),
  );
};

const clientIndex: readonly ReferenceCase[] = [
  ...DAYS.map(([, , published], index) =>
    figure(
      CLIENT_INDEX,
      `return of day ${index + 1}`,
      () => {
        const period = clientPeriods()[index];
        return period?.state === 'measured' ? period.return : null;
      },
      published,
      // Gains of half a cent on ten thousand.
      1e-6,
    ),
  ),
  figure(CLIENT_INDEX, 'accumulated', () => timeWeightedReturn(clientPeriods()).value, -0.056182678, 1e-6),
];

const RISK = 'Portfolio Performance: RiskTest';
const LOG_RETURNS = [0.005, -1 / 300, -0.005, 0.01, 0.01, -0.005].map((value) => Math.log1p(value));
const logTerms = { periodsPerYear: LOG_RETURNS.length, riskFree: 0, minimumAcceptableReturn: 0 };

const LEAN = 'LEAN: DrawdownRecoveryTests';
/** LEAN's is the longest of the falls that were recovered. */
const recovery = (values: readonly number[], expected: number): ReferenceCase =>
  figure(
    LEAN,
    values.join(' '),
    () => {
      const episodes = findDrawdown(indexOf(values)).value?.episodes ?? [];
      return Math.max(
        0,
        ...episodes.map(({ recoveredAt, duration }) => (recoveredAt === null ? 0 : duration)),
      );
    },
    expected,
    0,
  );

const FFN = 'ffn: tests/test_core.py';
const GHOSTFOLIO = 'Ghostfolio: portfolio calculator, NOVN partially sold';
const NOVN_DAY = (day: string): number => Date.parse(day);
/** What is sold leaves the investment at its cost there, so that what it gained counts as still there at the end. */
const novn = (fees: number) => {
  const valuations = [
    { atMs: NOVN_DAY('2022-03-07'), value: 2 * 75.8 },
    { atMs: NOVN_DAY('2022-04-11'), value: 87.8 + (85.73 - 75.8) - fees },
  ];
  return modifiedDietz(valuations, [{ atMs: NOVN_DAY('2022-04-08'), amount: -75.8 }]).value;
};

export const PERFORMANCE: readonly ReferenceCase[] = [
  ...clientIndex,
  // Theirs rest on log returns and are of the whole time.
  figure(
    RISK,
    'volatility of log returns',
    () => volatility(LOG_RETURNS, logTerms).value,
    0.017736692475,
    5e-12,
  ),
  figure(
    RISK,
    'semi-volatility, below the mean and dividing by n - 1',
    () => {
      const minimumAcceptableReturn = mean(LOG_RETURNS) * logTerms.periodsPerYear;
      const ours = downsideDeviation(LOG_RETURNS, { ...logTerms, minimumAcceptableReturn });
      return (ours.value ?? Number.NaN) * Math.sqrt(LOG_RETURNS.length / (LOG_RETURNS.length - 1));
    },
    0.012188677034,
    5e-12,
  ),
  figure(
    RISK,
    'drawdown of 1 1 -0.5 1 accumulated',
    () => findDrawdown(indexOf([2, 2, 0.5, 2])).value?.maximum ?? null,
    -0.75,
    0,
  ),
  recovery([100, 90, 100], 2),
  recovery([100, 90, 95, 90, 100], 4),
  recovery([100, 90, 80, 70], 0),
  recovery([50, 100, 98, 99, 100], 3),
  recovery([100, 98, 100, 101, 100, 99], 2),
  figure(
    FFN,
    'annualize ten per cent of 60 days',
    () => annualReturn(0.1, 60).value,
    0.7856876761923699,
    1e-12,
  ),
  figure(
    FFN,
    'information ratio',
    () => {
      const benchmark = [0.01, 0, -0.01, 0.02];
      const excess = [0.03, 0.01, -0.02, 0.04].map((value, index) => value - (benchmark[index] ?? 0));
      return sharpeOfSample(excess, { periodsPerYear: 1, riskFree: 0 }).value;
    },
    0.7071067811865475,
    1e-12,
  ),
  figure(
    FFN,
    'Sharpe of nothing',
    () => sharpeRatio([], { periodsPerYear: 252, riskFree: 0 }).value,
    null,
    0,
  ),
  figure(GHOSTFOLIO, 'gross performance in per cent', () => novn(0), 0.15113417083448194, 1e-14),
  figure(GHOSTFOLIO, 'net performance in per cent', () => novn(2.95 + 1.3), 0.12184460284330327, 1e-14),
];
