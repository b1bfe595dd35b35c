// Figures computed for the specification with NumPy and SciPy: ours, beside those of other projects.

import { DEFAULT_ANNUAL_TERMS } from '../../src/domain/performance/annual-terms.ts';
import { annualReturn, calmarRatio } from '../../src/domain/performance/cagr.ts';
import {
  performanceOfReturns,
  performanceOfValuations,
} from '../../src/domain/performance/performance-figures.ts';
import { sharpeOfSample } from '../../src/domain/performance/sharpe-ratio.ts';
import { xirr } from '../../src/domain/performance/xirr.ts';
import type { ReferenceCase, ReferenceFigure } from './reference-case.ts';
import { dated } from './xirr.ts';

const RETURNS = [0.012, -0.008, 0.021, -0.035, 0.004, 0, 0.016, -0.011, 0.027, -0.019, 0.009];
const figures = () => performanceOfReturns(RETURNS, DEFAULT_ANNUAL_TERMS);
const day = (text: string): number => Date.parse(text);
const VALUATIONS = [
  { atMs: day('2024-01-01'), value: 10_000 },
  { atMs: day('2024-04-01'), value: 10_800 },
  { atMs: day('2024-09-15'), value: 16_590 },
  { atMs: day('2024-12-31'), value: 14_500 },
];
const FLOWS = [
  { atMs: day('2024-04-01'), amount: 5_000 },
  { atMs: day('2024-09-15'), amount: -2_000 },
];
const valued = () => performanceOfValuations(VALUATIONS, FLOWS, DEFAULT_ANNUAL_TERMS);

const golden = (name: string, actual: () => ReferenceFigure, expected: ReferenceFigure): ReferenceCase => ({
  source: 'own goldens: REBALANCING.md §5',
  name,
  actual,
  expected,
  tolerance: 1e-12,
});

export const OWN_GOLDENS: readonly ReferenceCase[] = [
  golden('time-weighted return', () => figures().timeWeightedReturn.value, 0.014377411566011578),
  golden('volatility', () => figures().volatility.value, 0.3530404303398485),
  golden('Sharpe', () => sharpeOfSample(RETURNS, DEFAULT_ANNUAL_TERMS).value, 1.5038195211750114),
  golden(
    'Sharpe at four per cent',
    () => sharpeOfSample(RETURNS, { periodsPerYear: 365, riskFree: 0.04 }).value,
    1.3905180504015517,
  ),
  golden('downside deviation', () => figures().downsideDeviation.value, 0.24241493353339436),
  golden('Sortino', () => figures().sortino.value, 2.1900840974219706),
  golden('maximum drawdown', () => figures().drawdown.value?.maximum ?? null, -0.035),
  golden('trough', () => figures().drawdown.value?.deepest?.troughAt ?? null, 4),
  golden('win rate', () => figures().outcomes.value?.winRate.value ?? null, 0.6),
  golden('profit factor', () => figures().outcomes.value?.profitFactor.value ?? null, 1.2191780821917806),
  golden('VaR', () => figures().valueAtRisk.value?.var95 ?? null, -0.027),
  golden('CVaR', () => figures().valueAtRisk.value?.cvar95 ?? null, -0.035),
  golden(
    'VaR of a normal distribution',
    () => figures().valueAtRisk.value?.normal?.var95 ?? null,
    -0.028940672952711223,
  ),
  golden(
    'annual return of eleven days',
    () => annualReturn(0.014377411566011578, 11).value,
    0.6058796443834307,
  ),
  golden(
    'Calmar of it',
    () => calmarRatio({ value: 0.6058796443834307 }, -0.03500000000000003).value,
    17.31084698238372,
  ),
  golden('time-weighted return of valuations', () => valued().timeWeightedReturn.value, 0.12700479780671703),
  golden('modified Dietz of valuations', () => valued().modifiedDietz.value, 0.11392009987515604),
  golden('XIRR of valuations', () => valued().xirr.value, 0.11416982822168913),
  golden(
    'XIRR of cash flows',
    () =>
      xirr(
        dated([
          ['2024-01-01', -10_000],
          ['2024-04-01', -5_000],
          ['2024-09-15', 2_000],
          ['2024-12-31', 14_500],
        ]),
      ).value,
    0.11416982822168913,
  ),
];
