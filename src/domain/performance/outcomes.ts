import { mean } from '../targets/return-series.ts';
import { RETURN_ROUNDING } from './deviation.ts';
import { noStatistic, type Statistic, statistic } from './statistic.ts';

export interface Outcomes {
  readonly won: number;
  readonly lost: number;
  /** Won of those that were not zero, 0 to 1. */
  readonly winRate: Statistic;
  /** Σ gains / |Σ losses|. */
  readonly profitFactor: Statistic;
  /** Something was won and nothing was lost: there is no profit factor because it has no end. */
  readonly isProfitFactorInfinite: boolean;
  /** The mean of those that were not zero: what another one is to be expected to bring, in the unit of the outcomes. */
  readonly expectancy: Statistic;
}

/**
 * What returns of days, or gains of closed round trips, net of fees, say of winning: both are outcomes, signed numbers in one unit.
 * Zeros, up to rounding, are neither won nor lost.
 */
export function judgeOutcomes(outcomes: readonly number[]): Outcomes {
  const decided = outcomes.filter((outcome) => Math.abs(outcome) > RETURN_ROUNDING);
  const gains = decided.filter((outcome) => outcome > 0);
  const losses = decided.filter((outcome) => outcome < 0);
  const nothing = noStatistic(outcomes.length === 0 ? 'no outcomes' : 'nothing was won or lost');
  const isProfitFactorInfinite = gains.length > 0 && losses.length === 0;
  const profitFactor = (): Statistic => {
    if (decided.length === 0) return nothing;
    return isProfitFactorInfinite
      ? noStatistic('nothing was lost')
      : statistic(total(gains) / -total(losses));
  };
  return {
    won: gains.length,
    lost: losses.length,
    winRate: decided.length === 0 ? nothing : statistic(gains.length / decided.length),
    profitFactor: profitFactor(),
    isProfitFactorInfinite,
    expectancy: decided.length === 0 ? nothing : statistic(mean(decided)),
  };
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
