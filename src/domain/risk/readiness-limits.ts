import { type Amount, absolute, add, isMore, multiply, ZERO } from '../money/amount.ts';
import { CASH } from '../rebalancing/targets.ts';
import { inFraction } from './bounded.ts';
import { type Exposure, shareBase } from './exposure.ts';
import { isTooOldToValue } from './price-limits.ts';
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

/** frozenShare: value without a usable price over the portfolio. Cash has its price by definition. */
export function evaluateFrozenShare(
  exposure: Exposure,
  state: RiskState,
  limits: RiskLimits,
): RiskEvaluation[] {
  const bound = limits.frozenShare;
  if (bound === undefined) return [];
  const base = shareBase(exposure);
  const unpriced = exposure.held.find(({ valueUsd }) => valueUsd === null);
  if (base.state === 'unknown' || unpriced !== undefined) {
    const missing = base.state === 'unknown' ? base.missing : `a price of ${unpriced?.asset}, now or before`;
    return [notKnown('frozenShare', PORTFOLIO, { missing, action: 'halt' })];
  }
  const frozen = exposure.held
    .filter((held) => held.group !== CASH && (held.isFrozen || isTooOldToValue(state, limits, held)))
    .reduce((total: Amount, { valueUsd }) => add(total, absolute(valueUsd ?? ZERO)), ZERO);
  const value = inFraction(frozen, base.value);
  if (!isMore(frozen, multiply(bound, base.value)))
    return [within('frozenShare', PORTFOLIO, { value, bound })];
  return [
    breach('frozenShare', PORTFOLIO, {
      value,
      bound,
      severity: 'critical',
      action: 'halt',
      reason: `${frozen} of the portfolio have no usable price, which is ${value}: at most ${bound} may be`,
    }),
  ];
}
