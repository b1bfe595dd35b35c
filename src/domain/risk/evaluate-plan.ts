// Whether the orders of a plan keep to the limits: when all have filled, and whatever part of them has.
//
// Invariants, each held by a property test of the same words:
// 1. A plan that passes worsens no broken limit and breaks none that holds, in any state that its orders can reach.
// 2. Orders that pass while only reducing is allowed only reduce.
// 3. A limit that is required and cannot be evaluated lets no order pass that it guards.

import { ALL_REQUIRED, type Assessment, assess, type IsRequired } from './assessment.ts';
import { evaluateBeforePlan } from './evaluate-before-plan.ts';
import { exposureOf } from './exposure.ts';
import { evaluateOrderShare, evaluateOrderSize, evaluateSlippage } from './order-limits.ts';
import {
  balanceGrowth,
  cashGrowth,
  concentrationGrowth,
  type Judged,
  leverageGrowth,
} from './plan-growth.ts';
import { countRoom, turnoverRoom } from './plan-room.ts';
import { restrictedOrders } from './restricted-orders.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { RiskOrder } from './risk-order.ts';
import type { RiskState } from './risk-state.ts';

/**
 * What the orders break, each finding with the orders that do it. They pass where there is no finding. `state` is the
 * one before any order; it has the market of each.
 */
export function evaluatePlan(
  state: RiskState,
  orders: readonly RiskOrder[],
  limits: RiskLimits,
  isRequired: IsRequired = ALL_REQUIRED,
): Assessment {
  const before = evaluateBeforePlan(state, limits, isRequired);
  const judged: Judged = { state, limits, exposure: exposureOf(state), orders };
  const single = assess(
    orders.flatMap((order) => [
      ...evaluateOrderSize(order, limits),
      ...evaluateOrderShare(order, state, limits),
      ...evaluateSlippage(order, state, limits),
    ]),
    isRequired,
  );
  return {
    findings: [
      ...restrictedOrders(before.findings, orders, state),
      ...concentrationGrowth(judged),
      ...cashGrowth(judged),
      ...turnoverRoom(judged),
      ...single.findings,
      ...countRoom(judged),
      ...leverageGrowth(judged),
      ...balanceGrowth(judged),
    ],
    notEvaluated: [...before.notEvaluated, ...single.notEvaluated],
  };
}
