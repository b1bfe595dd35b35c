import { evaluateConcurrency, evaluateOrderCounts, evaluateTurnover } from './activity-limits.ts';
import { ALL_REQUIRED, type Assessment, assess, type IsRequired } from './assessment.ts';
import { evaluateCash, evaluateMinimumBalance } from './cash-limits.ts';
import { evaluateClusters, evaluatePositions, evaluateVenues } from './concentration-limits.ts';
import { exposureOf } from './exposure.ts';
import { evaluateKillSwitch } from './kill-switch.ts';
import { evaluateLeverage } from './leverage-limit.ts';
import { evaluateDailyLoss, evaluateDrawdown } from './loss-limits.ts';
import { evaluateDeviation } from './price-deviation.ts';
import { evaluateDepeg, evaluateStaleness } from './price-limits.ts';
import { evaluateFrozenShare, evaluateReconcileGate } from './readiness-limits.ts';
import type { RiskEvaluation, RiskFinding } from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { RiskState } from './risk-state.ts';

/** `reduceOnly`: orders that shrink what is held, and no others. `halted`: no order at all. */
export type TradingMode = 'trade' | 'reduceOnly' | 'halted';

export interface BeforePlan extends Assessment {
  readonly mode: TradingMode;
}

/** Whether a plan may be made now, and which. Limits on single orders say nothing before there are any. */
export function evaluateBeforePlan(
  state: RiskState,
  limits: RiskLimits,
  isRequired: IsRequired = ALL_REQUIRED,
): BeforePlan {
  const assessment = assess(evaluationsOf(state, limits), isRequired);
  return { mode: modeOf(assessment.findings), ...assessment };
}

/** Every evaluation of a state, those within their bounds too, in the order of the table of limits. */
export function evaluationsOf(state: RiskState, limits: RiskLimits): readonly RiskEvaluation[] {
  const exposure = exposureOf(state);
  return [
    evaluateKillSwitch(state.killSwitch),
    ...evaluatePositions(exposure, limits),
    ...evaluateVenues(exposure, limits),
    ...evaluateClusters(exposure, state, limits),
    ...evaluateCash(exposure, limits),
    ...evaluateTurnover(exposure, state, limits),
    ...evaluateOrderCounts(state, limits),
    ...evaluateLeverage(exposure, limits),
    ...evaluateDrawdown(state, limits),
    ...evaluateDailyLoss(state, limits),
    ...evaluateMinimumBalance(exposure, limits),
    ...evaluateStaleness(state, limits),
    ...evaluateDeviation(state, limits),
    ...evaluateDepeg(state, limits),
    ...evaluateReconcileGate(state, limits),
    ...evaluateFrozenShare(exposure, state, limits),
    ...evaluateConcurrency(state, limits),
  ];
}

/** The narrowest mode that a finding asks for. What concerns one asset or venue leaves the portfolio's mode alone. */
export function modeOf(findings: readonly RiskFinding[]): TradingMode {
  if (findings.some(isHalting)) return 'halted';
  return findings.some(isForReduceOnly) ? 'reduceOnly' : 'trade';
}

/** An order that would wait has no room; and how much may still be traded is not to be guessed. */
const isHalting = ({ action, state }: RiskFinding): boolean =>
  action === 'halt' || action === 'defer' || (action === 'scalePlan' && state === 'unknown');

const isForReduceOnly = ({ action, state }: RiskFinding): boolean =>
  action === 'reduceOnly' || (action === 'keepCash' && state === 'unknown');
