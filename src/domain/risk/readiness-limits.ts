import { type Amount, absolute, add, isMore, multiply, ZERO } from '../money/amount.ts';
import { CASH } from '../rebalancing/targets.ts';
import { inFraction } from './bounded.ts';
import { type Exposure, shareBase } from './exposure.ts';
import {
  breach,
  notKnown,
  PORTFOLIO,
  type RiskEvaluation,
  type RiskSubject,
  within,
} from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { RiskState } from './risk-state.ts';
import { unusablePrices } from './usable-price.ts';

/** reconcileGate: every venue that trades is reconciled, and the report is not older than the bound. */
export function evaluateReconcileGate(
  { venues, reconciliations, nowMs }: Pick<RiskState, 'venues' | 'reconciliations' | 'nowMs'>,
  { reconcileGate }: RiskLimits,
): RiskEvaluation[] {
  if (reconcileGate === undefined) return [];
  const { ageMaxMs } = reconcileGate;
  const bound = `reconciled within ${ageMaxMs} ms`;
  return venues.map(({ id: venue }): RiskEvaluation => {
    const subject: RiskSubject = { kind: 'venue', venue };
    const report = reconciliations[venue];
    if (report === undefined || report.state === 'unknown') {
      const missing = report?.missing ?? `a reconciliation of ${venue}`;
      return notKnown('reconcileGate', subject, { missing, action: 'halt' });
    }
    const { status, atMs } = report.value;
    const ageMs = nowMs - atMs;
    const value = `${status}, ${ageMs} ms ago`;
    if (status === 'reconciled' && ageMs <= ageMaxMs)
      return within('reconcileGate', subject, { value, bound });
    return breach('reconcileGate', subject, {
      value,
      bound,
      severity: 'critical',
      action: 'halt',
      reason: `${venue} was ${value}: trading needs it ${bound}`,
    });
  });
}

/**
 * frozenShare: value without a usable price over the portfolio. Cash has its price by definition. What is held long and
 * never had a price can only raise the share: where it is beyond the bound without that it is beyond it, else unknown.
 */
export function evaluateFrozenShare(
  exposure: Exposure,
  state: RiskState,
  limits: RiskLimits,
): RiskEvaluation[] {
  const bound = limits.frozenShare;
  if (bound === undefined) return [];
  const base = shareBase(exposure);
  const unknown = (missing: string) => [notKnown('frozenShare', PORTFOLIO, { missing, action: 'halt' })];
  if (base.state === 'unknown') return unknown(base.missing);
  const isUnusable = unusablePrices(state, limits);
  const frozen = exposure.held
    .filter((held) => held.group !== CASH && held.valueUsd !== null && isUnusable(held))
    .reduce((total: Amount, { valueUsd }) => add(total, absolute(valueUsd ?? ZERO)), ZERO);
  const value = inFraction(frozen, base.value);
  if (isMore(frozen, multiply(bound, base.value)))
    return [
      breach('frozenShare', PORTFOLIO, {
        value,
        bound,
        severity: 'critical',
        action: 'halt',
        reason: `${frozen} of the portfolio have no usable price, which is ${value}: at most ${bound} may be`,
      }),
    ];
  const unpriced = exposure.held.find(({ valueUsd }) => valueUsd === null);
  return unpriced === undefined
    ? [within('frozenShare', PORTFOLIO, { value, bound })]
    : unknown(`a price of ${unpriced.asset}, now or before`);
}
