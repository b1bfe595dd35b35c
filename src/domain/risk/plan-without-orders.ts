import { assert } from '../assert.ts';
import { type Amount, isLess, round } from '../money/amount.ts';
import { aimOf } from '../rebalancing/aim.ts';
import { assemblePlan, effectOf, fundingByOrder, PLAN_DECIMALS } from '../rebalancing/assemble-plan.ts';

import { termsOf } from '../rebalancing/lot-problem.ts';
import type { Plan, PlanOrder } from '../rebalancing/plan.ts';
import type { PlanInput } from '../rebalancing/plan-input.ts';
import { draftOf, keepAffordable, type OrderDraft } from '../rebalancing/plan-orders.ts';
import type { LeftAlone, Valuation } from '../rebalancing/valuation.ts';
import { valuePortfolio } from '../rebalancing/valuation.ts';
import type { TradingMode } from './evaluate-before-plan.ts';
import type { DroppedOrder } from './gate-plan.ts';

/** An order of a plan as it was drafted: alone, or smaller than it was. */
interface Kept extends OrderDraft {
  readonly order: PlanOrder;
}

/**
 * The plan that is left when limits have dropped orders of it. What it leads to is computed anew; the orders that stay
 * keep their number, and their size unless a dropped sell was to pay for them: the last buys of a venue that would
 * spend more than is there become smaller, or go too. What went is among `skipped`, with the reason. It is a plan of its
 * own, with a hash of its own. Where what is left is no better than doing nothing, nothing is left, unless it is to reduce. `input` is the one that the plan was made from. Without dropped orders it is the plan.
 */
export function planWithout(
  plan: Plan,
  dropped: readonly DroppedOrder[],
  input: PlanInput,
  mode: TradingMode = 'trade',
): Plan {
  if (dropped.length === 0) return plan;
  const left = withoutDropped(plan, dropped, input);
  const isMeantToReduce = mode === 'reduceOnly' || input.scope?.kind === 'reduceOnly';
  if (isMeantToReduce || left.orders.length === 0 || isLess(left.objective, objectiveOfNothing(input)))
    return left;
  const others = left.orders.map(({ sequence }) => ({ sequence, reason: NO_NEARER }));
  return withoutDropped(plan, [...dropped, ...others], input);
}

const NO_NEARER =
  'without the orders that limits leave out, this one brings the portfolio no nearer to its targets';

const objectiveOfNothing = (input: PlanInput): Amount => {
  const wanted = valuePortfolio(input);
  return round(effectOf([], input, { wanted, ...aimOf(input, wanted) }).objective, PLAN_DECIMALS, 'up');
};

type LeftOut = Pick<DroppedOrder, 'sequence' | 'reason'>;

function withoutDropped(plan: Plan, dropped: readonly LeftOut[], input: PlanInput): Plan {
  const reasons = new Map(dropped.map(({ sequence, reason }) => [sequence, reason] as const));
  const targets = valuePortfolio(input);
  const goal = { wanted: targets, ...aimOf(input, targets) };
  const { valuation } = goal;
  const wanted = plan.orders
    .filter(({ sequence }) => !reasons.has(sequence))
    .map((order): Kept => ({ order, ...draftAgain(order, input, valuation) }));
  const kept = keepAffordable(wanted, input, valuation);
  const staying = new Set(kept.map(({ order }) => order));
  const { hash, shadowPrices, transferAdvice } = plan;
  return assemblePlan(
    {
      input,
      goal,
      effect: effectOf(kept, input, goal, (place) => (kept[place] as Kept).order.sequence),
      orders: ordersOf(kept, input, valuation),
      skipped: [
        ...plan.skipped,
        ...plan.orders.filter((order) => !staying.has(order)).map((order) => goneOf(order, reasons)),
      ],
      bound: plan.lowerBound,
      structural: plan.drift.structural,
      shadowPrices,
      transferAdvice,
    },
    { without: { hash, dropped } },
  );
}

function draftAgain(order: PlanOrder, input: PlanInput, valuation: Valuation): OrderDraft {
  const priced = valuation.markets.find(
    ({ venue, market }) => venue.id === order.venue && market.asset === order.asset,
  );
  assert(priced !== undefined, `a plan's order is in a market of its input: ${order.market}`);
  return draftOf(termsOf(priced, input), order);
}

function ordersOf(kept: readonly Kept[], input: PlanInput, valuation: Valuation): readonly PlanOrder[] {
  const funding = fundingByOrder(kept, input, valuation);
  return kept.map(({ order, quantity, notionalUsd }, index) => ({
    ...order,
    quantity,
    notionalUsd,
    bindingConstraint: quantity === order.quantity ? order.bindingConstraint : `cash at ${order.venue}`,
    fundedBy: (funding.get(index) ?? []).map((sell) => (kept[sell] as Kept).order.sequence),
  }));
}

function goneOf({ venue, asset, sequence }: PlanOrder, reasons: ReadonlyMap<number, string>): LeftAlone {
  const reason = reasons.get(sequence) ?? `what was to pay for it is left out: not enough cash at ${venue}`;
  return { venue, asset, reason };
}
