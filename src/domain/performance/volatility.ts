import type { AnnualTerms } from './annual-terms.ts';
import { deviationOf } from './deviation.ts';
import { noStatistic, type Statistic, statistic } from './statistic.ts';

/** Annual volatility: the standard deviation of the returns (n − 1) times √periodsPerYear. A fraction; null for fewer than two returns. */
export function volatility(
  returns: readonly number[],
  { periodsPerYear }: Pick<AnnualTerms, 'periodsPerYear'>,
): Statistic {
  if (returns.length < 2) return noStatistic(`${countOf(returns)}, at least 2 are needed`);
  return statistic(deviationOf(returns) * Math.sqrt(periodsPerYear));
}

/** "1 return", "29 returns". */
export const countOf = ({ length }: readonly number[]): string =>
  length === 0 ? 'no returns' : `${length} return${length === 1 ? '' : 's'}`;
