// What empyrical's tests state (quantopian/empyrical, stefan-jansen/empyrical-reloaded: tests/test_stats.py), on the series
// of their conftest. A return that is missing there (the first of "mixed") counts as a period without a return in annual
// returns, and is left out elsewhere.

import { annualReturn, calmarRatio } from '../../src/domain/performance/cagr.ts';
import { findDrawdown } from '../../src/domain/performance/drawdown.ts';
import { indexOfReturns } from '../../src/domain/performance/return-index.ts';
import { sharpeOfSample, sharpeRatio } from '../../src/domain/performance/sharpe-ratio.ts';
import { downsideDeviation, sortinoRatio } from '../../src/domain/performance/sortino-ratio.ts';
import { percentile } from '../../src/domain/performance/value-at-risk.ts';
import { volatility } from '../../src/domain/performance/volatility.ts';
import type { ReferenceCase, ReferenceFigure } from './reference-case.ts';

const SOURCE = 'empyrical: tests/test_stats.py';
const EIGHT_DECIMALS = 1.5e-8;

export const MIXED = [0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1];
const NEGATIVE = [0, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05];
const ALL_NEGATIVE = [-0.02, ...NEGATIVE.slice(1)];
const POSITIVE = [0.01, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01];
const BENCHMARK = [0, 0.01, 0, 0.01, 0, 0.01, 0, 0.01, 0];
/** The weekly and monthly series: the same with a zero in the place of what is missing. */
const WITH_ZERO = [0, ...MIXED];
const FLAT = Array<number>(9).fill(0.01);
const ONE = [
  -0.00171614, 0.01322056, 0.03063862, -0.01422057, -0.00489779, 0.01268925, -0.03357711, 0.01797036,
];
const TWO = [0.01846232, 0.00793951, -0.01448395, 0.00422537, -0.00339611, 0.03756813, 0.0151531, 0.03549769];
const SIX = [1, 81, 82, 83, 84, 85];

const PERIODS = { daily: 252, weekly: 52, monthly: 12, yearly: 1 } as const;
type Period = keyof typeof PERIODS;

function figure(
  name: string,
  actual: () => ReferenceFigure,
  expected: ReferenceFigure,
  tolerance = EIGHT_DECIMALS,
): ReferenceCase {
  return { source: SOURCE, name, actual, expected, tolerance };
}

/** Its periods may be more than its returns: those without one. */
export const annualReturnOf = (
  returns: readonly number[],
  periodsPerYear: number,
  periods = returns.length,
) => annualReturn((indexOfReturns(returns).at(-1)?.index ?? 1) - 1, (periods * 365) / periodsPerYear);

/** Their required return is of a period; ours is of a year. */
const termsOf = (period: Period, required = 0) => ({
  periodsPerYear: PERIODS[period],
  riskFree: 0,
  minimumAcceptableReturn: required * PERIODS[period],
});

const cumulated = (returns: readonly number[], expected: readonly number[]): readonly ReferenceCase[] =>
  expected.map((value, index) =>
    figure(
      `cum_returns[mixed] after ${index + 1} returns`,
      () => (indexOfReturns(returns)[index + 1]?.index ?? Number.NaN) - 1,
      value,
      1.5e-4,
    ),
  );

const final = (name: string, returns: readonly number[], expected: number): ReferenceCase =>
  figure(
    `cum_returns_final[${name}]`,
    () => (indexOfReturns(returns).at(-1)?.index ?? Number.NaN) - 1,
    expected,
    1.5e-4,
  );

const maximumDrawdown = (name: string, returns: readonly number[], expected: number): ReferenceCase =>
  figure(
    `max_drawdown[${name}]`,
    () => findDrawdown(indexOfReturns(returns)).value?.maximum ?? null,
    expected,
  );

const annual = (
  name: string,
  returns: readonly number[],
  period: Period,
  expected: number,
  periods?: number,
) =>
  figure(
    `annual_return[${name}, ${period}]`,
    () => annualReturnOf(returns, PERIODS[period], periods).value,
    expected,
  );

const deviation = (
  name: string,
  returns: readonly number[],
  period: Period,
  expected: number,
): ReferenceCase =>
  figure(`annual_volatility[${name}, ${period}]`, () => volatility(returns, termsOf(period)).value, expected);

const sharpe = (name: string, returns: readonly number[], expected: number): ReferenceCase =>
  figure(`sharpe_ratio[${name}]`, () => sharpeOfSample(returns, termsOf('daily')).value, expected);

const downside = (name: string, returns: readonly number[], period: Period, expected: number, required = 0) =>
  figure(
    `downside_risk[${name}, ${required}, ${period}]`,
    () => downsideDeviation(returns, termsOf(period, required)).value,
    expected,
  );

const sortino = (name: string, returns: readonly number[], period: Period, expected: number) =>
  figure(`sortino[${name}, ${period}]`, () => sortinoRatio(returns, termsOf(period)).value, expected);

const calmar = (
  name: string,
  returns: readonly number[],
  period: Period,
  expected: number,
  periods?: number,
) =>
  figure(
    `calmar[${name}, ${period}]`,
    () =>
      calmarRatio(
        annualReturnOf(returns, PERIODS[period], periods),
        findDrawdown(indexOfReturns(returns)).value?.maximum ?? 0,
      ).value,
    expected,
  );

const atRisk = (returns: readonly number[], cutoff: number, expected: number): ReferenceCase =>
  figure(
    `value_at_risk[${returns.join(' ')}, ${cutoff}]`,
    () => percentile(returns, cutoff).value,
    expected,
    1.5e-7,
  );

export const EMPYRICAL: readonly ReferenceCase[] = [
  ...cumulated(MIXED, [0.01, 0.111, 0.066559, 0.08789, 0.12052, 0.14293, 0.15436, 0.03893]),
  final('mixed', MIXED, 0.03893),
  final('negative', NEGATIVE, -0.3659),
  figure(
    'cum_returns_final[df_input one]',
    () => (indexOfReturns(ONE.slice(1)).at(-1)?.index ?? 0) - 1,
    0.020555,
    1.5e-5,
  ),
  figure(
    'cum_returns_final[df_input two]',
    () => (indexOfReturns(TWO.slice(0, -1)).at(-1)?.index ?? 0) - 1,
    0.066461,
    1.5e-5,
  ),
  figure(
    'aggregate_returns[benchmark, quarterly]',
    () => (indexOfReturns(BENCHMARK).at(-1)?.index ?? 0) - 1,
    0.04060401,
  ),
  figure(
    'aggregate_returns[weekly, yearly]',
    () => (indexOfReturns(WITH_ZERO).at(-1)?.index ?? 0) - 1,
    0.03893109170048015,
  ),
  maximumDrawdown('one return', [0.01], 0),
  maximumDrawdown('benchmark', BENCHMARK, 0),
  maximumDrawdown('positive', POSITIVE, 0),
  maximumDrawdown('mixed', MIXED, -0.1),
  maximumDrawdown('negative', NEGATIVE, -0.36590730349873601),
  maximumDrawdown('all negative', ALL_NEGATIVE, -0.378589157),
  figure('max_drawdown[empty]', () => findDrawdown(indexOfReturns([])).value?.maximum ?? null, null),
  annual('mixed', MIXED, 'daily', 1.9135925373194231, 9),
  annual('weekly', WITH_ZERO, 'weekly', 0.24690830513998208),
  annual('monthly', WITH_ZERO, 'monthly', 0.052242061386048144),
  annual('flat_line_yearly', [0.03, 0.03, 0.03], 'yearly', 0.03),
  annual('flat_line_1', FLAT, 'daily', 11.274002099240256),
  deviation('mixed', MIXED, 'daily', 0.9136465399704637),
  deviation('weekly', WITH_ZERO, 'weekly', 0.38851569394870583),
  deviation('monthly', WITH_ZERO, 'monthly', 0.18663690238892558),
  sharpe('mixed', MIXED, 1.7238613961706866),
  sharpe('positive', POSITIVE, 52.915026221291804),
  sharpe('negative', NEGATIVE, -24.406808633910085),
  // Theirs is of returns less those of a benchmark, day by day.
  sharpe(
    'mixed less benchmark',
    MIXED.map((value, day) => value - (BENCHMARK[day + 1] ?? 0)),
    0.34111411441060574,
  ),
  figure('sharpe_ratio[empty]', () => sharpeRatio([], termsOf('daily')).value, null),
  figure('sortino[empty, daily]', () => sortinoRatio([], termsOf('daily')).value, null),
  figure('sortino[one return, daily]', () => sortinoRatio([0.01], termsOf('daily')).value, null),
  figure('downside_risk[empty, daily]', () => downsideDeviation([], termsOf('daily')).value, null),
  figure('calmar[one return, daily]', () => calmarRatio(annualReturnOf([0.01], 252), 0).value, null),
  figure('sharpe_ratio[one return]', () => sharpeRatio([0.01], termsOf('daily')).value, null),
  downside('mixed', MIXED, 'daily', 0.60448325038829653),
  downside('mixed', MIXED, 'daily', 1.7161730681956295, 0.1),
  downside('weekly', WITH_ZERO, 'weekly', 0.7733045971672482, 0.1),
  downside('df_simple one', ONE, 'daily', 0.20671788246185202),
  downside('df_simple two', TWO, 'daily', 0.08349568059570447),
  downside('df_week one', ONE, 'weekly', 0.09390299605441006),
  downside('df_week two', TWO, 'weekly', 0.037928477556776516),
  downside('df_month one', ONE, 'monthly', 0.04510954018487719),
  downside('df_month two', TWO, 'monthly', 0.018220251263412916),
  sortino('mixed', MIXED, 'daily', 2.605531251673693),
  sortino('negative', NEGATIVE, 'daily', -13.532743075043401),
  sortino('monthly', WITH_ZERO, 'monthly', 0.5360562674188976),
  sortino('df_simple one', ONE, 'daily', 3.0639640966566306),
  sortino('df_simple two', TWO, 'daily', 38.090963117002495),
  sortino('df_week one', ONE, 'weekly', 1.391826411207057),
  sortino('df_week two', TWO, 'weekly', 17.303077589064618),
  sortino('df_month one', ONE, 'monthly', 0.6686117809312383),
  sortino('df_month two', TWO, 'monthly', 8.312129608449284),
  calmar('mixed', MIXED, 'daily', 19.135925373194233, 9),
  calmar('weekly', WITH_ZERO, 'weekly', 2.4690830513998208),
  calmar('monthly', WITH_ZERO, 'monthly', 0.52242061386048144),
  atRisk([1, 2], 0, 1),
  atRisk([1, 2], 0.3, 1.3),
  atRisk([1, 2], 1, 2),
  atRisk(SIX, 0.1, 41),
  atRisk(SIX, 0.2, 81),
  atRisk(SIX, 0.3, 81.5),
];
