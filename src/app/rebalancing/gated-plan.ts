import { type Plan, planRebalance } from '../../domain/rebalancing/plan.ts';
import type { PlanInput, PlanTaxInput } from '../../domain/rebalancing/plan-input.ts';
import type { TargetWeights } from '../../domain/rebalancing/targets.ts';
import type { RestrictedScope } from '../../domain/rebalancing/triggers/trigger-decision.ts';
import type { TradingMode } from '../../domain/risk/evaluate-before-plan.ts';
import { type DroppedOrder, type GatedPlan, gatePlan } from '../../domain/risk/gate-plan.ts';
import { planWithout } from '../../domain/risk/plan-without-orders.ts';
import type { RiskFinding } from '../../domain/risk/risk-evaluation.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import { inputWithTax } from '../tax/read-plan-tax.ts';
import { type PlanTargeting, planInputOf } from './plan-input-of.ts';
import { isRequiredBy, type OrderActivity, riskStateOf } from './risk-state-of.ts';

/** What the limits said of a plan, as the audit log keeps it. */
export interface RiskRecord {
  readonly mode: TradingMode;
  readonly findings: readonly RiskFinding[];
  readonly notEvaluated: readonly { readonly limit: string; readonly missing: string }[];
  readonly dropped: readonly DroppedOrder[];
  /** What was planned for; the wanted weights where no limit cut them. */
  readonly targets: TargetWeights;
}

export type PlanWithinLimits =
  | {
      readonly state: 'planned';
      readonly plan: Plan;
      readonly input: PlanInput;
      readonly risk: RiskRecord;
      readonly targeting: PlanTargeting;
    }
  | {
      readonly state: 'refused';
      readonly reason: string;
      /** Null where it did not come to a plan. */
      readonly risk: RiskRecord | null;
      /** Why there are no targets to plan for; null where it is for something else. */
      readonly code: string | null;
    };

/** What a plan is made from besides what the book and the venues say. */
export interface PlanRequest {
  /** The book's lots where there is a tax; null where the plan heeds none. */
  readonly tax: PlanTaxInput | null;
  /** Which orders may be made; all where it is null. */
  readonly scope?: RestrictedScope | null;
}

/** Plans with what the book and the venues say now, for targets within the limits, and lets through what keeps them. */
export function planWithinLimits(
  reading: Reading,
  activity: OrderActivity,
  { tax, scope = null }: PlanRequest,
): PlanWithinLimits {
  const refused = (reason: string, code: string | null = null): PlanWithinLimits => ({
    state: 'refused',
    reason,
    risk: null,
    code,
  });
  const readiness = planInputOf(reading);
  if (readiness.state === 'notReady') return refused(readiness.reason, readiness.code);
  const { targeting } = readiness;
  const untaxed: PlanInput = scope === null ? readiness.input : { ...readiness.input, scope };
  const input = tax === null ? untaxed : inputWithTax(untaxed, tax);
  const outcome = planRebalance(input);
  if (outcome.state === 'nothingToPlan') return refused(outcome.reason);
  if (outcome.state === 'refused') {
    const { path, expected, found } = outcome.problem;
    return refused(`${path}: expected ${expected}, found ${found}`);
  }
  const { settings } = reading;
  const state = riskStateOf(reading, input, activity);
  const gated = gatePlan(outcome.plan, state, settings.limits, isRequiredBy(reading));
  const risk = recordOf(gated, input.targets);
  if (gated.state === 'refused') return { state: 'refused', reason: gated.reason, risk, code: null };
  return {
    state: 'planned',
    plan: planWithout(outcome.plan, gated.dropped, input, gated.mode),
    input,
    risk,
    targeting,
  };
}

const recordOf = (gated: GatedPlan, targets: TargetWeights): RiskRecord => ({
  mode: gated.mode,
  findings: gated.findings,
  notEvaluated: gated.notEvaluated.map(({ limit, missing }) => ({ limit, missing })),
  dropped: gated.state === 'passed' ? gated.dropped : [],
  targets,
});
