import { mean } from '../targets/return-series.ts';
import { deviationOf } from './deviation.ts';
import { noStatistic, type Statistic, statistic } from './statistic.ts';
import { countOf } from './volatility.ts';

/** The share of returns that are worse than a value at risk of 95 %. */
const TAIL = 0.05;
/** From here on the sample speaks for itself; below, the normal distribution's figures stand beside it. */
export const NORMAL_RETURNS_MAX = 100;
/** The normal distribution's 95 % quantile and its density there. */
const NORMAL_95 = 1.6448536269514722;
const NORMAL_DENSITY_95 = 0.10313564037537139;

/** Returns as signed fractions of the horizon of one return: -0.03 is a loss of three per cent in a day of daily returns. */
export interface ValueAtRisk {
  /** The fifth percentile of the returns, linear between them. */
  readonly var95: number;
  /** The mean of the returns that are no better than it. */
  readonly cvar95: number;
  /** What a normal distribution of the same mean and deviation (n − 1) has; null from 100 returns on. */
  readonly normal: { readonly var95: number; readonly cvar95: number } | null;
}

/** Historical value at risk and expected shortfall at 95 %. Null under 2 returns. */
export function valueAtRisk(returns: readonly number[]): Statistic<ValueAtRisk> {
  if (returns.length < 2) return noStatistic(`${countOf(returns)}, at least 2 are needed`);
  const quantile = percentile(returns, TAIL);
  if (quantile.value === null) return quantile;
  const var95 = quantile.value;
  const cvar95 = mean(returns.filter((value) => value <= var95));
  return { value: { var95, cvar95, normal: returns.length < NORMAL_RETURNS_MAX ? normalOf(returns) : null } };
}

/** The value below which a share of the values lies, 0 to 1, linear between the two nearest; NumPy's default. Null without values. */
export function percentile(values: readonly number[], share: number): Statistic {
  if (values.length === 0) return noStatistic('no values');
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return statistic(below + (above - below) * (place - Math.floor(place)));
}

function normalOf(returns: readonly number[]): ValueAtRisk['normal'] {
  const middle = mean(returns);
  const deviation = deviationOf(returns);
  return {
    var95: middle - NORMAL_95 * deviation,
    cvar95: middle - (NORMAL_DENSITY_95 / TAIL) * deviation,
  };
}
