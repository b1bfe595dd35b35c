import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import type { AssetGroup } from '../rebalancing/targets.ts';

/** Simple returns by group, oldest first, all of the same days: 0.01 is one per cent. Statistics, so doubles. */
export type ReturnSeries = Readonly<Record<AssetGroup, readonly number[]>>;

/** Fewer say nothing about risk; REBALANCING.md §3g asks as much of a correlation. */
export const OBSERVATIONS_MIN = 30;

/** Why the returns of these groups cannot be worked with together, or null. */
export function findReturnsProblem(
  returns: ReturnSeries,
  groups: readonly AssetGroup[],
  observationsMin: number = OBSERVATIONS_MIN,
): InputProblem | null {
  const first = groups[0] === undefined ? undefined : own(returns, groups[0]);
  for (const group of groups) {
    const path = `returns.${group}`;
    const series = own(returns, group);
    if (series === undefined) return inputProblem(path, 'returns of every group with a target', 'none');
    if (series.length < observationsMin)
      return inputProblem(path, `at least ${observationsMin} returns`, series.length);
    if (series.length !== first?.length)
      return inputProblem(path, `returns of the same ${first?.length} days`, series.length);
    const wrong = series.findIndex((value) => !Number.isFinite(value) || value < -1);
    if (wrong >= 0)
      return inputProblem(
        `${path}[${wrong}]`,
        'a return of -1 or more, as a fraction: 0.012 is 1.2 %',
        series[wrong],
      );
    if (series.every((value) => value === series[0]))
      return inputProblem(path, 'returns that vary', `${series[0]} every day`);
  }
  return null;
}

/** Returns of one group; what an object merely inherits under that name, such as "constructor", is none. */
export const own = (returns: ReturnSeries, group: AssetGroup): readonly number[] | undefined =>
  Object.hasOwn(returns, group) ? returns[group] : undefined;

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard deviation of a sample, dividing by n - 1. NaN for fewer than two. */
export function sampleDeviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}
