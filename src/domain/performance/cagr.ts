import { DAYS_PER_YEAR } from './annual-terms.ts';
import { noStatistic, type Statistic, statistic } from './statistic.ts';

/** A year that is made of less than this is made up. */
export const CAGR_DAYS_MIN = 90;

/** Compound annual growth rate, (1 + return)^(365 / days) − 1, a signed fraction. Null under 90 days and for a loss of more than everything. */
export function cagr(totalReturn: number, days: number): Statistic {
  if (days < CAGR_DAYS_MIN)
    return noStatistic(`${Math.floor(days)} days, at least ${CAGR_DAYS_MIN} are needed`);
  return annualReturn(totalReturn, days);
}

/** The same, of however short a time: to compare rates of one time with, and not to be shown. Null for no time at all. */
export function annualReturn(totalReturn: number, days: number): Statistic {
  if (!(days > 0)) return noStatistic('no time has passed');
  if (totalReturn < -1) return noStatistic('more than everything is lost');
  return statistic((1 + totalReturn) ** (DAYS_PER_YEAR / days) - 1);
}

/** Calmar ratio, CAGR / |maximum drawdown|. Null where there is no CAGR or nothing has fallen. */
export function calmarRatio(growth: Statistic, maximumDrawdown: number): Statistic {
  if (growth.value === null) return noStatistic(`no CAGR: ${growth.reason}`);
  if (maximumDrawdown === 0) return noStatistic('nothing has fallen');
  return statistic(growth.value / Math.abs(maximumDrawdown));
}
