import { mean } from '../targets/return-series.ts';
import type { AnnualTerms } from './annual-terms.ts';
import { deviationOf } from './deviation.ts';
import { type NoStatistic, noStatistic, type Statistic, statistic } from './statistic.ts';
import { countOf } from './volatility.ts';

/** Below this a Sharpe ratio says nothing. */
export const SHARPE_RETURNS_MIN = 30;

/** The normal distribution's 97.5 % quantile. */
const NORMAL_975 = 1.959963984540054;

export type SharpeRatio =
  | {
      readonly value: number;
      /** Where the true one lies with 95 % confidence, were returns independent and alike; lower bound first. */
      readonly interval: readonly [number, number];
    }
  | NoStatistic;

type SharpeTerms = Pick<AnnualTerms, 'periodsPerYear' | 'riskFree'>;

/**
 * Annual Sharpe ratio, (mean − riskFree / A) / deviation · √A, with its 95 % interval: ± 1.96 · √((1 + SR² / 2) / n) · √A,
 * SR that of a period (Lo, "The statistics of Sharpe ratios", 2002, for independent returns). Null under 30 returns, and
 * where returns do not vary.
 */
export function sharpeRatio(returns: readonly number[], terms: SharpeTerms): SharpeRatio {
  if (returns.length < SHARPE_RETURNS_MIN)
    return noStatistic(`${countOf(returns)}, at least ${SHARPE_RETURNS_MIN} are needed`);
  const sharpe = sharpeOfSample(returns, terms);
  if (sharpe.value === null) return sharpe;
  const ofPeriod = sharpe.value / Math.sqrt(terms.periodsPerYear);
  const error = Math.sqrt(((1 + ofPeriod ** 2 / 2) / returns.length) * terms.periodsPerYear);
  return {
    value: sharpe.value,
    interval: [sharpe.value - NORMAL_975 * error, sharpe.value + NORMAL_975 * error],
  };
}

/** The ratio alone, of however few returns: two are enough to reckon it and say nothing. */
export function sharpeOfSample(
  returns: readonly number[],
  { periodsPerYear, riskFree }: SharpeTerms,
): Statistic {
  if (returns.length < 2) return noStatistic(`${countOf(returns)}, at least 2 are needed`);
  const deviation = deviationOf(returns);
  if (deviation === 0) return noStatistic('the returns do not vary');
  return statistic(((mean(returns) - riskFree / periodsPerYear) / deviation) * Math.sqrt(periodsPerYear));
}
