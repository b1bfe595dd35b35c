import { mean } from '../targets/return-series.ts';
import type { AnnualTerms } from './annual-terms.ts';
import { RETURN_ROUNDING } from './deviation.ts';
import { noStatistic, type Statistic, statistic } from './statistic.ts';
import { countOf } from './volatility.ts';

type SortinoTerms = Pick<AnnualTerms, 'periodsPerYear' | 'minimumAcceptableReturn'>;

/**
 * Annual downside deviation, √(mean(min(r − m, 0)²)) · √A, m the minimum acceptable return of a period; over all returns,
 * those above m too. A fraction; null without returns. (LEAN takes the variance of the negative returns alone: another number.)
 */
export function downsideDeviation(
  returns: readonly number[],
  { periodsPerYear, minimumAcceptableReturn }: SortinoTerms,
): Statistic {
  if (returns.length === 0) return noStatistic('no returns');
  const wanted = minimumAcceptableReturn / periodsPerYear;
  const squares = returns.map((value) => Math.min(value - wanted, 0) ** 2);
  const deviation = Math.sqrt(mean(squares));
  return statistic(deviation < RETURN_ROUNDING ? 0 : deviation * Math.sqrt(periodsPerYear));
}

/** Annual Sortino ratio, (mean − m) · A / downside deviation. Null under 2 returns, and where none is below m. */
export function sortinoRatio(returns: readonly number[], terms: SortinoTerms): Statistic {
  if (returns.length < 2) return noStatistic(`${countOf(returns)}, at least 2 are needed`);
  const downside = downsideDeviation(returns, terms);
  if (downside.value === null) return downside;
  if (downside.value === 0) return noStatistic('no return is below the minimum acceptable one');
  const excess = mean(returns) * terms.periodsPerYear - terms.minimumAcceptableReturn;
  return statistic(excess / downside.value);
}
