import { type Amount, add, isMore, multiply, ZERO } from '../money/amount.ts';
import { inFraction } from './bounded.ts';
import { type Exposure, shareBase } from './exposure.ts';
import { breach, notKnown, PORTFOLIO, type RiskEvaluation, within } from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { Measured, RiskState, TradedBefore } from './risk-state.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const TWO = '2' as Amount;

/** Times within a window that ends now; one exactly as old as the window is out, one of the future is in. */
export const countSince = (timesMs: readonly number[], nowMs: number, windowMs: number): number =>
  timesMs.filter((atMs) => nowMs - atMs < windowMs).length;

/** What was traded within the last 24 hours, in USD. */
export const tradedWithinDay = (trades: readonly TradedBefore[], nowMs: number): Amount =>
  trades
    .filter(({ atMs }) => nowMs - atMs < DAY_MS)
    .reduce((total, { notionalUsd }) => add(total, notionalUsd), ZERO);

/** What may be traded in 24 hours: so much of twice the portfolio, since a rebalance sells and buys. */
export const turnoverBound = (maxTurnoverPerDay: Amount, navUsd: Amount): Amount =>
  multiply(maxTurnoverPerDay, multiply(TWO, navUsd));

/** maxTurnoverPerDay: Σ notional of 24 hours / (2 N). */
export function evaluateTurnover(
  exposure: Exposure,
  { traded, nowMs }: Pick<RiskState, 'traded' | 'nowMs'>,
  { maxTurnoverPerDay }: RiskLimits,
): RiskEvaluation[] {
  if (maxTurnoverPerDay === undefined) return [];
  const base = shareBase(exposure);
  if (traded.state === 'unknown' || base.state === 'unknown') {
    const missing = traded.state === 'unknown' ? traded.missing : missingOf(base);
    return [notKnown('maxTurnoverPerDay', PORTFOLIO, { missing, action: 'scalePlan' })];
  }
  const done = tradedWithinDay(traded.value, nowMs);
  const measured = { value: inFraction(done, multiply(TWO, base.value)), bound: maxTurnoverPerDay };
  if (!isMore(done, turnoverBound(maxTurnoverPerDay, base.value)))
    return [within('maxTurnoverPerDay', PORTFOLIO, measured)];
  return [
    breach('maxTurnoverPerDay', PORTFOLIO, {
      ...measured,
      severity: 'warning',
      action: 'scalePlan',
      reason: `${done} were traded within 24 hours: ${measured.value} of twice the portfolio, at most ${maxTurnoverPerDay} may be`,
    }),
  ];
}

/** maxOrdersPerHour and maxOrdersPerDay: at the bound there is no room for another order, which waits. */
export function evaluateOrderCounts(
  { ordersSentAtMs, nowMs }: Pick<RiskState, 'ordersSentAtMs' | 'nowMs'>,
  limits: RiskLimits,
): RiskEvaluation[] {
  const evaluations: RiskEvaluation[] = [];
  for (const { limit, windowMs } of ORDER_COUNTS) {
    const bound = limits[limit];
    if (bound === undefined) continue;
    if (ordersSentAtMs.state === 'unknown') {
      evaluations.push(notKnown(limit, PORTFOLIO, { missing: ordersSentAtMs.missing, action: 'defer' }));
      continue;
    }
    const value = countSince(ordersSentAtMs.value, nowMs, windowMs);
    const reason = `${value} orders were sent within ${windowMs / HOUR_MS} hours, at most ${bound} may be`;
    evaluations.push(
      value < bound
        ? within(limit, PORTFOLIO, { value, bound })
        : breach(limit, PORTFOLIO, { value, bound, severity: 'warning', action: 'defer', reason }),
    );
  }
  return evaluations;
}

export const ORDER_COUNTS = [
  { limit: 'maxOrdersPerHour', windowMs: HOUR_MS },
  { limit: 'maxOrdersPerDay', windowMs: DAY_MS },
] as const;

/** concurrency: a plan is made only while fewer are in flight. */
export function evaluateConcurrency(
  { plansInFlight }: Pick<RiskState, 'plansInFlight'>,
  { concurrency: bound }: RiskLimits,
): RiskEvaluation[] {
  if (bound === undefined) return [];
  if (plansInFlight.state === 'unknown')
    return [notKnown('concurrency', PORTFOLIO, { missing: plansInFlight.missing, action: 'halt' })];
  const value = plansInFlight.value;
  if (value < bound) return [within('concurrency', PORTFOLIO, { value, bound })];
  return [
    breach('concurrency', PORTFOLIO, {
      value,
      bound,
      severity: 'info',
      action: 'halt',
      reason: `${value} plans are in flight, at most ${bound} may be: this one waits`,
    }),
  ];
}

const missingOf = (measured: Measured<unknown>): string =>
  measured.state === 'unknown' ? measured.missing : '';
