import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import type { ReturnSeries } from './return-series.ts';

/** What a file of returns is for: the method of targets, or how groups move together. */
export type ReturnsUse = 'targets' | 'covariance';

/** Daily returns as a file has them, or why there are none. `source` is the file's name. */
export type ReadReturns =
  | {
      readonly state: 'read';
      readonly source: string;
      readonly returns: ReturnSeries;
      readonly observations: number;
      /** The end of the last day, in epoch milliseconds. */
      readonly endsAtMs: number;
    }
  | { readonly state: 'unread'; readonly source: string; readonly reason: string };

export interface UnusableReturns {
  readonly code: 'RETURNS_UNKNOWN' | 'RETURNS_TOO_OLD';
  readonly problem: InputProblem;
}

/**
 * Why returns say nothing of now, or null: they are unread, end after now, or ended longer ago than `ageMaxMs`. One that
 * ended exactly so long ago counts. `expected` says what they are wanted for.
 */
export function findUnusable(
  returns: ReadReturns,
  {
    nowMs,
    ageMaxMs,
    expected,
  }: { readonly nowMs: number; readonly ageMaxMs: number; readonly expected: string },
): UnusableReturns | null {
  const { source } = returns;
  if (returns.state === 'unread')
    return { code: 'RETURNS_UNKNOWN', problem: inputProblem(source, expected, `none: ${returns.reason}`) };
  const ageMs = nowMs - returns.endsAtMs;
  if (ageMs < 0) {
    const hours = Math.ceil(-ageMs / 3_600_000);
    const found = `a last day that ends in ${hours} ${hours === 1 ? 'hour' : 'hours'}`;
    return {
      code: 'RETURNS_UNKNOWN',
      problem: inputProblem(source, 'returns of days that have ended', found),
    };
  }
  if (ageMs <= ageMaxMs) return null;
  // The limit down and the age up: rounded alike, what is a moment too old would read as if it were not.
  const limit = `returns that end at most ${hundredths(ageMaxMs / DAY_MS, Math.floor)} days ago`;
  const found = `${hundredths(ageMs / DAY_MS, Math.ceil)} days ago`;
  return { code: 'RETURNS_TOO_OLD', problem: inputProblem(source, limit, found) };
}

const DAY_MS = 86_400_000;

const hundredths = (value: number, round: (value: number) => number): string =>
  String(round(value * 100) / 100);
