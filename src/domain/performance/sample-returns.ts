import { DAYS_PER_YEAR } from './annual-terms.ts';
import { noStatistic, type Statistic } from './statistic.ts';
import type { SubPeriod } from './sub-periods.ts';

const DAY_MS = 86_400_000;
/** Periods that are no shorter than days are made of whole days; 366 of them fit into a leap year. */
const DAILY_PERIODS_MAX = 366;
/** Annualising needs returns of about one length: between half and twice what `periodsPerYear` says, on average. */
const LENGTH_FACTOR_MAX = 2;

/**
 * Returns of equal periods, for statistics of a sample: sub-periods linked between the last valuations of UTC days, where
 * midnight ends a day; between all valuations where `periodsPerYear` is above 366. What lies before the end of the first
 * day is left out, and so are periods in which nothing was there to earn. Days without a valuation make a period longer.
 * Null where periods are on average not about 365 / periodsPerYear days long, and without any.
 */
export function sampleReturns(
  periods: readonly SubPeriod[],
  periodsPerYear: number,
): Statistic<readonly number[]> {
  const linked = linkPeriods(periods, periodsPerYear);
  if (linked.value === null) return linked;
  const { returns, lengthDays } = linked.value;
  const wantedDays = DAYS_PER_YEAR / periodsPerYear;
  if (lengthDays > wantedDays * LENGTH_FACTOR_MAX || lengthDays < wantedDays / LENGTH_FACTOR_MAX)
    return noStatistic(
      `valuations lie ${rounded(lengthDays)} days apart on average, periodsPerYear ${periodsPerYear} wants ${rounded(wantedDays)}`,
    );
  return { value: returns };
}

/** The same of whatever length: what was won and lost needs no year. */
export function periodReturns(
  periods: readonly SubPeriod[],
  periodsPerYear: number,
): Statistic<readonly number[]> {
  const linked = linkPeriods(periods, periodsPerYear);
  return linked.value === null ? linked : { value: linked.value.returns };
}

function linkPeriods(
  periods: readonly SubPeriod[],
  periodsPerYear: number,
): Statistic<{ readonly returns: readonly number[]; readonly lengthDays: number }> {
  const isDaily = periodsPerYear <= DAILY_PERIODS_MAX;
  const endOf = (atMs: number): number => (isDaily ? Math.ceil(atMs / DAY_MS) : atMs);
  const returns: number[] = [];
  let startMs: number | null = null;
  let endMs = 0;
  let count = 0;
  let open: number[] = [];
  for (const [index, period] of periods.entries()) {
    // A sub-period of a day that began before its first boundary is part of no whole day.
    if (startMs === null && endOf(period.fromMs) !== endOf(period.toMs)) startMs = period.fromMs;
    if (startMs === null) continue;
    if (period.state === 'measured') open.push(1 + period.return);
    const next = periods[index + 1];
    if (next && endOf(next.toMs) === endOf(period.toMs)) continue;
    endMs = period.toMs;
    count += 1;
    if (open.length > 0) returns.push(open.reduce((product, factor) => product * factor, 1) - 1);
    open = [];
  }
  if (startMs === null || count === 0) return noStatistic('no valuations of two days');
  const lengthDays = (endMs - startMs) / DAY_MS / count;
  return { value: { returns, lengthDays } };
}

const rounded = (days: number): string => String(Number(days.toPrecision(3)));
