import { describeInputProblem } from '../rebalancing/input-problem.ts';
import type { Covariance } from '../rebalancing/triggers/drift.ts';
import { type Fact, known, unknown } from '../rebalancing/triggers/fact.ts';
import { ledoitWolf } from './covariance.ts';
import { findReturnsProblem } from './return-series.ts';
import { findUnusable, type ReadReturns } from './usable-returns.ts';

/** Every day is one, as what is traded here trades on all of them. */
const DAYS_PER_YEAR = 365;

/** Returns with the covariance that follows from them, whenever that is asked for. */
export interface EstimatedCovariance {
  readonly returns: ReadReturns;
  /** Of every series, whatever its age; unknown where one of them cannot be worked with. */
  readonly covariance: Fact<Covariance>;
}

/**
 * How all series of daily returns move together, shrunk as Ledoit and Wolf do. Unknown where they are unread, or one is
 * shorter than thirty days, does not vary, or is none of returns. Costs groups² × days: once for what a file says, and
 * not whenever it is used.
 */
export function estimateCovariance(returns: ReadReturns): EstimatedCovariance {
  if (returns.state === 'unread') return { returns, covariance: unknown(returns.reason) };
  const { source, returns: series } = returns;
  const groups = Object.keys(series).sort();
  const problem = findReturnsProblem(series, groups);
  if (problem !== null)
    return { returns, covariance: unknown(`${source}: ${describeInputProblem(problem)}`) };
  const { covariance: matrix } = ledoitWolf(groups.map((group) => series[group] ?? []));
  return { returns, covariance: known({ source, groups, matrix, periodsPerYear: DAYS_PER_YEAR }) };
}

/** The same where the returns say something of now: none that are too old, or that have not ended, are used. */
export function covarianceAt(
  { returns, covariance }: EstimatedCovariance,
  { nowMs, ageMaxMs }: { readonly nowMs: number; readonly ageMaxMs: number },
): Fact<Covariance> {
  const unusable = findUnusable(returns, { nowMs, ageMaxMs, expected: EXPECTED });
  return unusable === null ? covariance : unknown(describeInputProblem(unusable.problem));
}

const EXPECTED = 'daily returns of every group';
