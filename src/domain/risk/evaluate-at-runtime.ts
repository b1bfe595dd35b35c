import { ALL_REQUIRED, type Assessment, assess, type IsRequired } from './assessment.ts';
import { evaluateMinimumBalance } from './cash-limits.ts';
import { exposureOf } from './exposure.ts';
import { evaluateKillSwitch, killSwitchStops } from './kill-switch.ts';
import { evaluateLeverage } from './leverage-limit.ts';
import { evaluateDailyLoss, evaluateDrawdown } from './loss-limits.ts';
import { evaluateDeviation } from './price-deviation.ts';
import { evaluateDepeg, evaluateStaleness } from './price-limits.ts';
import type { RiskFinding } from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { RiskState } from './risk-state.ts';

/** `goOn`: as planned. `reduceOnly`: what only shrinks holdings goes on. `stop`: no further order is sent. */
export type RuntimeVerdict = 'goOn' | 'reduceOnly' | 'stop';

export interface AtRuntime extends Assessment {
  readonly verdict: RuntimeVerdict;
  /** Whether open orders are to be cancelled too: the kill switch alone asks for that. */
  readonly cancelsOpenOrders: boolean;
}

/**
 * What stops an execution that is under way. Reconciliation, counts and turnover were judged with the plan, and the
 * execution's own orders move them. What cannot be evaluated stops new exposure and lets reducing orders end: stopping
 * half-way is a risk of its own. A frozen market or a lost peg concerns its own orders; `findings` names it.
 */
export function evaluateAtRuntime(
  state: RiskState,
  limits: RiskLimits,
  isRequired: IsRequired = ALL_REQUIRED,
): AtRuntime {
  const exposure = exposureOf(state);
  const assessment = assess(
    [
      evaluateKillSwitch(state.killSwitch),
      ...evaluateLeverage(exposure, limits),
      ...evaluateDrawdown(state, limits),
      ...evaluateDailyLoss(state, limits),
      ...evaluateMinimumBalance(exposure, limits),
      ...evaluateStaleness(state, limits),
      ...evaluateDeviation(state, limits),
      ...evaluateDepeg(state, limits),
    ],
    isRequired,
  );
  return {
    verdict: verdictOf(assessment.findings),
    cancelsOpenOrders: killSwitchStops(state.killSwitch).cancelsOpenOrders,
    ...assessment,
  };
}

function verdictOf(findings: readonly RiskFinding[]): RuntimeVerdict {
  if (findings.some(({ action, state }) => action === 'halt' && state === 'breached')) return 'stop';
  return findings.some(({ action }) => action === 'halt' || action === 'reduceOnly') ? 'reduceOnly' : 'goOn';
}
