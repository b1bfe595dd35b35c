import { type Amount, amount, isLess, isPositive, multiply, negate } from '../money/amount.ts';
import { DAY_MS } from './activity-limits.ts';
import { advanceDrawdown, type DrawdownState, type IndexPoint, startDrawdown } from './drawdown-state.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { DayResult } from './risk-state.ts';

/** What the limits on losses are judged by, as of the last measurement. */
export interface Performance {
  readonly drawdown: DrawdownState;
  readonly day: DayResult;
}

/** A fall is never more than everything. */
const NEVER = amount('2');

/** After another measurement: the halts that begin with it are in it, and those that were, as long as they last. */
export function advancePerformance(
  before: Performance | null,
  point: IndexPoint,
  result: Pick<DayResult, 'pnlUsd' | 'startUsd'>,
  { drawdownHalt, dailyLoss }: RiskLimits,
): Performance {
  const started = before?.drawdown ?? startDrawdown(point);
  const haltedAtMs = before?.day.haltedAtMs ?? null;
  return {
    drawdown: advanceDrawdown(started, point, drawdownHalt?.halt ?? NEVER),
    day: {
      ...result,
      haltedAtMs: isHaltedAgain(haltedAtMs, point, result, dailyLoss) ? point.atMs : haltedAtMs,
    },
  };
}

/** A halt of a day that is not over is not begun anew, or a loss would stop trading for longer than it says. */
function isHaltedAgain(
  haltedAtMs: number | null,
  { atMs }: IndexPoint,
  { pnlUsd, startUsd }: Pick<DayResult, 'pnlUsd' | 'startUsd'>,
  bound: Amount | undefined,
): boolean {
  if (bound === undefined || (haltedAtMs !== null && atMs - haltedAtMs < DAY_MS)) return false;
  const loss = negate(pnlUsd);
  return isPositive(loss) && isPositive(startUsd) && !isLess(loss, multiply(bound, startUsd));
}
