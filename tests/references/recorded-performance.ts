// What empyrical, quantstats and ffn computed of recorded prices, and what ffn's tests state of its data.

import { DEFAULT_ANNUAL_TERMS } from '../../src/domain/performance/annual-terms.ts';
import { calmarRatio } from '../../src/domain/performance/cagr.ts';
import { findDrawdown } from '../../src/domain/performance/drawdown.ts';
import { judgeOutcomes } from '../../src/domain/performance/outcomes.ts';
import {
  performanceOfReturns,
  performanceOfValuations,
} from '../../src/domain/performance/performance-figures.ts';
import { sharpeRatio } from '../../src/domain/performance/sharpe-ratio.ts';
import { sortinoRatio } from '../../src/domain/performance/sortino-ratio.ts';
import { volatility } from '../../src/domain/performance/volatility.ts';
import { mean, sampleDeviation } from '../../src/domain/targets/return-series.ts';
import { referenceData, referenceText } from '../support/reference-data.ts';
import type { ReferenceCase, ReferenceFigure, ReferenceFile } from './reference-case.ts';

const DAY_MS = 86_400_000;
const ORACLE = 'metrics/oracle.metrics.json';
const FFN = 'metrics/ffn.cases.json';
const A = DEFAULT_ANNUAL_TERMS;

interface Prices {
  readonly atMs: readonly number[];
  readonly values: readonly number[];
}

/** A column of a file of prices between two days, both included. */
function pricesOf(path: string, column: string, from = '', to = '9'): Prices {
  const [head = '', ...lines] = (referenceText(path) ?? '').trim().split(/\r?\n/);
  const place = head.split(',').indexOf(column);
  const rows = lines.map((line) => {
    const [day = '', ...cells] = line.split(',');
    return [isoOf(day), ...cells];
  });
  const kept = rows.filter(([day = '']) => day >= from && day <= to);
  return {
    atMs: kept.map(([day = '']) => Date.parse(day)),
    values: kept.map((cells) => Number(cells[place])),
  };
}

/** "2004-03-10" of "3/10/2004", as ffn's file has it. */
function isoOf(day: string): string {
  const [month = '', date = '', year] = day.split('/');
  return year === undefined ? day : `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`;
}

const returnsOf = (values: readonly number[]): readonly number[] =>
  values.slice(1).map((value, index) => value / (values[index] ?? Number.NaN) - 1);

interface Oracle {
  readonly id: string;
  readonly file: string;
  readonly column: string;
  readonly from: string;
  readonly to: string;
  readonly empyrical: Readonly<Record<string, number>>;
  readonly quantstats: Readonly<Record<string, number>>;
  readonly quantstats_worst_drawdowns: readonly {
    readonly start: string;
    readonly valley: string;
    readonly end: string;
    readonly 'max drawdown': number;
  }[];
  readonly ffn: Readonly<Record<string, number>>;
}

/** What is worked out when it is first asked for: an oracle's figures are of one series. */
function lazily<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | null = null;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}

const seriesOf = (one: Oracle): (() => Prices) =>
  lazily(() => pricesOf(one.file, one.column, one.from, one.to));

type Compute = (prices: Prices, returns: readonly number[]) => ReferenceFigure;

const lengthDays = ({ atMs }: Prices): number => ((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)) / DAY_MS;
const figuresOf = (returns: readonly number[], more: Partial<typeof A> = {}) =>
  performanceOfReturns(returns, { ...A, ...more });
const valued = ({ atMs, values }: Prices) =>
  performanceOfValuations(
    values.map((value, index) => ({ atMs: atMs[index] ?? 0, value })),
    [],
    A,
  );

const EMPYRICAL: Readonly<Record<string, Compute>> = {
  total_return: (prices) => valued(prices).timeWeightedReturn.value,
  annual_return: (_, returns) => figuresOf(returns).cagr.value,
  annual_volatility: (_, returns) => figuresOf(returns).volatility.value,
  sharpe_rf0: (_, returns) => figuresOf(returns).sharpe.value,
  'sharpe_rf_0.0001_daily': (_, returns) => figuresOf(returns, { riskFree: 0.0365 }).sharpe.value,
  sortino_mar0: (_, returns) => figuresOf(returns).sortino.value,
  'sortino_mar_0.0005_daily': (_, returns) =>
    figuresOf(returns, { minimumAcceptableReturn: 0.0005 * 365 }).sortino.value,
  downside_risk: (_, returns) => figuresOf(returns).downsideDeviation.value,
  max_drawdown: (prices) => valued(prices).drawdown.value?.maximum ?? null,
  calmar: (_, returns) => figuresOf(returns).calmar.value,
  omega_0: (_, returns) => judgeOutcomes(returns).profitFactor.value,
  var_5pct: (_, returns) => figuresOf(returns).valueAtRisk.value?.var95 ?? null,
  cvar_5pct: (_, returns) => figuresOf(returns).valueAtRisk.value?.cvar95 ?? null,
};

const QUANTSTATS: Readonly<Record<string, Compute>> = {
  comp: (_, returns) => figuresOf(returns).timeWeightedReturn.value,
  volatility_365: (_, returns) => figuresOf(returns).volatility.value,
  sharpe_365: (prices) => valued(prices).sharpe.value,
  sortino_365: (prices) => valued(prices).sortino.value,
  cagr_365: (_, returns) => figuresOf(returns).cagr.value,
  calmar_365: (_, returns) => figuresOf(returns).calmar.value,
  max_drawdown: (_, returns) => figuresOf(returns).drawdown.value?.maximum ?? null,
  // Ours gives a normal distribution's only under 100 returns.
  var_95_parametric: (_, returns) => mean(returns) - 1.6448536269514722 * sampleDeviation(returns),
  win_rate: (_, returns) => judgeOutcomes(returns).winRate.value,
  profit_factor: (_, returns) => judgeOutcomes(returns).profitFactor.value,
};

/** ffn's years are of the calendar, 365.25 days; ours are of 365. */
const growthOfCalendar = (prices: Prices): number =>
  (1 + (valued(prices).timeWeightedReturn.value ?? Number.NaN)) ** (365.25 / lengthDays(prices)) - 1;

const FFN_COMPUTED: Readonly<Record<string, Compute>> = {
  total_return: (prices) => valued(prices).timeWeightedReturn.value,
  cagr: growthOfCalendar,
  max_drawdown: (prices) => valued(prices).drawdown.value?.maximum ?? null,
  calmar: (prices) =>
    calmarRatio({ value: growthOfCalendar(prices) }, valued(prices).drawdown.value?.maximum ?? 0).value,
  daily_sharpe: (_, returns) => sharpeRatio(returns, A).value,
  daily_sortino: (_, returns) => sortinoRatio(returns, A).value,
  daily_vol: (_, returns) => volatility(returns, A).value,
};

const computed = (
  one: Oracle,
  series: () => Prices,
  library: 'empyrical' | 'quantstats' | 'ffn',
  computes: Readonly<Record<string, Compute>>,
): readonly ReferenceCase[] =>
  Object.entries(computes).map(([key, compute]) => {
    const expected = one[library][key] ?? null;
    return {
      source: `${library}: run on recorded prices`,
      name: `${one.id} ${key}`,
      actual: () => {
        const prices = series();
        return compute(prices, returnsOf(prices.values));
      },
      expected,
      // Doubles that were added in another order.
      tolerance: 1e-9 * Math.max(1, Math.abs(expected ?? 0)),
    };
  });

/** Their fall begins on the first day under water and ends on the last one: ours has the days before and after. */
const worstFall = (one: Oracle, series: () => Prices): readonly ReferenceCase[] => {
  const [worst] = one.quantstats_worst_drawdowns;
  if (!worst) return [];
  const deepest = () => {
    const { atMs, values } = series();
    const index = values.map((value, at) => ({ at: (atMs[at] ?? 0) / DAY_MS, index: value }));
    return findDrawdown(index).value?.deepest ?? null;
  };
  const days = (text: string): number => Date.parse(text) / DAY_MS;
  const of = (
    name: string,
    actual: () => ReferenceFigure,
    expected: number,
    tolerance = 0,
  ): ReferenceCase => ({
    source: 'quantstats: run on recorded prices',
    name: `${one.id} worst fall, ${name}`,
    actual,
    expected,
    tolerance,
  });
  return [
    of('peak', () => (deepest()?.peakAt ?? Number.NaN) + 1, days(worst.start)),
    of('trough', () => deepest()?.troughAt ?? null, days(worst.valley)),
    of('depth', () => deepest()?.depth ?? null, worst['max drawdown'] / 100, 1e-9),
  ];
};

const oracleCases = (): readonly ReferenceCase[] =>
  (referenceData(ORACLE) as { readonly cases: readonly Oracle[] }).cases.flatMap((one) => {
    const series = seriesOf(one);
    return [
      ...computed(one, series, 'empyrical', EMPYRICAL),
      ...computed(one, series, 'quantstats', QUANTSTATS),
      ...computed(one, series, 'ffn', FFN_COMPUTED),
      ...worstFall(one, series),
    ];
  });

/** What ffn's tests state of its own prices, to three decimals. */
function ffnCases(): readonly ReferenceCase[] {
  const cases = (
    referenceData(FFN) as {
      readonly cases: readonly {
        readonly id: string;
        readonly expected: Readonly<Record<string, unknown>>;
      }[];
    }
  ).cases;
  const expectedOf = (id: string, key: string): Readonly<Record<string, number>> =>
    (cases.find((each) => each.id === id)?.expected[key] ?? {}) as Readonly<Record<string, number>>;
  const of = (id: string, key: string, compute: (prices: Prices) => ReferenceFigure, rows = Infinity) =>
    Object.entries(expectedOf(id, key)).map(
      ([column, expected]): ReferenceCase => ({
        source: 'ffn: tests/test_core.py, recorded',
        name: `${id} ${column}`,
        actual: () => {
          const { atMs, values } = pricesOf('metrics/ffn.test_data.csv', column);
          return compute({ atMs: atMs.slice(0, rows), values: values.slice(0, rows) });
        },
        expected,
        tolerance: 5.1e-4,
      }),
    );
  return [
    ...of(
      'ffn/max-drawdown-10rows',
      'max_drawdown',
      (prices) => valued(prices).drawdown.value?.maximum ?? null,
      10,
    ),
    ...of('ffn/cagr-all', 'cagr', growthOfCalendar),
    ...of('ffn/total-return-11rows', 'total_return', (prices) => valued(prices).timeWeightedReturn.value, 11),
    ...of(
      'ffn/price-index-100',
      'index[9]',
      (prices) => 100 * (1 + (valued(prices).timeWeightedReturn.value ?? Number.NaN)),
      10,
    ),
  ];
}

export const RECORDED_PERFORMANCE: readonly ReferenceFile[] = [
  { path: ORACLE, cases: oracleCases },
  { path: FFN, cases: ffnCases },
];
