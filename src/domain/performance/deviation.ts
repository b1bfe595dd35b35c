import { mean, sampleDeviation } from '../targets/return-series.ts';

/** What doubles leave of returns that are all the same; no return is quoted to as many places. */
export const RETURN_ROUNDING = 1e-12;

/** Standard deviation of returns, dividing by n − 1; zero, not a trace of rounding, where they do not vary. NaN for fewer than two. */
export function deviationOf(returns: readonly number[]): number {
  const deviation = sampleDeviation(returns);
  return deviation < RETURN_ROUNDING * Math.max(1, Math.abs(mean(returns))) ? 0 : deviation;
}
