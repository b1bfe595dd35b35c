import { ledoitWolf } from '../targets/covariance.ts';
import { OBSERVATIONS_MIN } from '../targets/return-series.ts';
import { logReturns, type SeriesKind } from './common-returns.ts';
import { type CorrelationEstimate, doesNotVary, type NamedSeries } from './estimate-correlation.ts';
import { entry } from './square-matrix.ts';

export interface ShrunkEstimate {
  readonly estimate: CorrelationEstimate;
  /** Share of the mean variance in it, 0 to 1; null where it could not be shrunk. */
  readonly shrinkage: number | null;
  readonly notes: readonly string[];
}

/**
 * Correlations and volatilities of the covariance that Ledoit and Wolf shrink (2004), of all series that vary over the
 * periods that all of them have. The estimate as it is, with a note, where there are fewer than thirty of those.
 */
export function shrinkEstimate(
  estimate: CorrelationEstimate,
  series: readonly NamedSeries[],
  kind: SeriesKind,
): ShrunkEstimate {
  const varying = series.flatMap(({ name }, i) => (estimate.constant.includes(name) ? [] : [i]));
  const times = [...(series[0]?.values.keys() ?? [])].filter((time) =>
    varying.every((i) => (series[i]?.values[time] ?? null) !== null),
  );
  const common = varying.map((i) => {
    const values = times.map((time) => series[i]?.values[time] ?? Number.NaN);
    return kind === 'returns' ? values : logReturns(values);
  });
  const count = common[0]?.length ?? 0;
  if (count < OBSERVATIONS_MIN || common.some(doesNotVary))
    return {
      estimate,
      shrinkage: null,
      notes: [`not shrunk: ${count} returns that all have, 30 are needed`],
    };
  const { covariance, shrinkage } = ledoitWolf(common);
  const deviations = covariance.map((row, i) => Math.sqrt(row[i] ?? Number.NaN));
  const correlation = estimate.correlation.map((row, i) =>
    row.map((value, j) => {
      const [a, b] = [varying.indexOf(i), varying.indexOf(j)];
      if (i === j || a < 0 || b < 0) return value;
      return entry(covariance, a, b) / (deviations[a] ?? Number.NaN) / (deviations[b] ?? Number.NaN);
    }),
  );
  const volatilities = estimate.volatilities.map((value, i) =>
    varying.includes(i) ? (deviations[varying.indexOf(i)] ?? null) : value,
  );
  return { estimate: { ...estimate, correlation, volatilities }, shrinkage, notes: [] };
}
