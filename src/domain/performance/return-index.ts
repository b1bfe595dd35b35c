import { noStatistic, type Statistic, statistic } from './statistic.ts';
import type { SubPeriod } from './sub-periods.ts';

/** What one unit that was there at the beginning has become. */
export interface IndexPoint {
  /** A time in any unit; what is measured along an index is in the same unit. */
  readonly at: number;
  readonly index: number;
}

/** Sub-periods that follow each other without a break. */
export interface Chain {
  readonly fromMs: number;
  readonly toMs: number;
  readonly return: number;
}

/**
 * Π(1 + r) over the sub-periods, from 1 on, each point at the end of its sub-period in epoch milliseconds. An undefined
 * sub-period moves nothing. Once everything is lost the index stays where it is, whatever is paid in later.
 */
export function returnIndex(periods: readonly SubPeriod[]): readonly IndexPoint[] {
  const first = periods[0];
  if (!first) return [];
  let index = 1;
  const points = periods.map((period) => {
    if (period.state === 'measured' && index > 0) index *= 1 + period.return;
    return { at: period.toMs, index };
  });
  return [{ at: first.fromMs, index: 1 }, ...points];
}

/** Π(1 + r) of returns of equal periods: n + 1 points at 0, 1, …, n. */
export function indexOfReturns(returns: readonly number[]): readonly IndexPoint[] {
  let index = 1;
  return [
    { at: 0, index },
    ...returns.map((value, position) => {
      if (index > 0) index *= 1 + value;
      return { at: position + 1, index };
    }),
  ];
}

/**
 * Time-weighted return, Π(1 + r) − 1 over the sub-periods that are defined, as a signed fraction of the whole time and not
 * of a year. Null where none is. Chains on either side of an undefined sub-period are linked; `findChains` has them apart.
 */
export function timeWeightedReturn(periods: readonly SubPeriod[]): Statistic {
  if (periods.length === 0) return noStatistic('fewer than two valuations');
  if (periods.every(({ state }) => state === 'undefined'))
    return noStatistic('nothing was there to earn a return');
  return statistic((returnIndex(periods).at(-1)?.index ?? 1) - 1);
}

/** The chains of sub-periods. One ends before an undefined sub-period, and where everything is lost; the next starts anew. */
export function findChains(periods: readonly SubPeriod[]): readonly Chain[] {
  const chains: Chain[] = [];
  let isOpen = false;
  for (const period of periods) {
    if (period.state === 'undefined') {
      isOpen = false;
      continue;
    }
    const before: Chain | undefined = isOpen ? chains.pop() : undefined;
    const factor: number = (1 + (before?.return ?? 0)) * (1 + period.return);
    chains.push({ fromMs: before?.fromMs ?? period.fromMs, toMs: period.toMs, return: factor - 1 });
    isOpen = factor > 0;
  }
  return chains;
}
