import { assert } from '../assert.ts';
import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import {
  type Amount,
  absolute,
  add,
  amount,
  divide,
  multiply,
  negate,
  ONE,
  round,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import { termsOf } from '../rebalancing/lot-problem.ts';
import type { Plan, PlanCash, PlanOrder } from '../rebalancing/plan.ts';
import type { PlanInput } from '../rebalancing/plan-input.ts';
import { orderTerms } from '../rebalancing/plan-orders.ts';
import { reservationFor, worstProceeds } from '../rebalancing/reservation.ts';
import { type AssetGroup, CASH } from '../rebalancing/targets.ts';
import { type Valuation, valuePortfolio } from '../rebalancing/valuation.ts';
import type { DroppedOrder } from './gate-plan.ts';

/** As in a plan. */
const DECIMALS = 10;

/**
 * The plan that is left when limits have dropped orders of it. What it leads to is computed anew; the orders that stay
 * keep their size and number; those that were dropped are among `skipped`, with the limit. It is a plan of its own, with
 * a hash of its own. `input` is the one that the plan was made from. Without dropped orders it is the plan.
 */
export function planWithout(plan: Plan, dropped: readonly DroppedOrder[], input: PlanInput): Plan {
  if (dropped.length === 0) return plan;
  const reasons = new Map(dropped.map(({ sequence, reason }) => [sequence, reason] as const));
  const kept = plan.orders.filter(({ sequence }) => !reasons.has(sequence));
  const valuation = valuePortfolio(input);
  const moves = kept.map((order) => moveOf(order, input, valuation));
  const values = valuesAfter(moves, valuation);
  const total = sum(valuation.groups.map((group) => values[group] ?? ZERO));
  const tracking = trackingOf(values, valuation);
  const costs = sum(moves.map(({ order, touchCash }) => absolute(subtract(touchCash, order.notionalUsd))));
  const objective = add(tracking, costs);
  const { hash, ...rest } = plan;
  const content = {
    ...rest,
    orders: kept.map((order) => ({
      ...order,
      fundedBy: order.fundedBy.filter((sell) => !reasons.has(sell)),
    })),
    skipped: [
      ...plan.skipped,
      ...plan.orders.flatMap(({ venue, asset, sequence }) => {
        const reason = reasons.get(sequence);
        return reason === undefined ? [] : [{ venue, asset, reason }];
      }),
    ],
    drift: {
      ...plan.drift,
      after: divide(tracking, multiply(amount('2'), valuation.nav), DECIMALS, 'half'),
    },
    weightsAfterExpected: Object.fromEntries(
      valuation.groups.map(
        (group) => [group, divide(values[group] ?? ZERO, total, DECIMALS, 'half')] as const,
      ),
    ),
    objective: round(objective, DECIMALS, 'up'),
    gapBps: divide(multiply(subtract(objective, plan.lowerBound), amount('10000')), valuation.nav, 4, 'up'),
    cash: Object.fromEntries(
      Object.entries(plan.cash).map(([venue, { before }]): [string, PlanCash] => {
        const here = moves.filter(({ order }) => order.venue === venue);
        const after = (cashOf: (move: Move) => Amount): Amount =>
          here.reduce(
            (left, move) => add(left, move.order.side === 'sell' ? cashOf(move) : negate(cashOf(move))),
            before,
          );
        return [
          venue,
          {
            before,
            worstCaseAfter: after(({ worstCash }) => worstCash),
            expectedAfter: after(({ touchCash }) => touchCash),
          },
        ];
      }),
    ),
  };
  return { ...content, hash: sha256Hex(canonicalJson({ input, plan: content, without: { hash, dropped } })) };
}

/** An order with the cash that it moves, positive either way, as in a draft of a plan. */
interface Move {
  readonly order: PlanOrder;
  readonly touchCash: Amount;
  readonly worstCash: Amount;
}

function moveOf(order: PlanOrder, input: PlanInput, valuation: Valuation): Move {
  const priced = valuation.markets.find(
    ({ venue, market }) => venue.id === order.venue && market.asset === order.asset,
  );
  assert(priced !== undefined, `a plan's order is in a market of its input: ${order.market}`);
  const terms = orderTerms(termsOf(priced, input), order.quantity, order.limitPrice);
  const isBuy = order.side === 'buy';
  const touch = multiply(order.quantity, isBuy ? priced.ask : priced.bid);
  return {
    order,
    touchCash: multiply(touch, isBuy ? add(ONE, priced.feeRate) : subtract(ONE, priced.feeRate)),
    worstCash: isBuy ? reservationFor(terms) : worstProceeds(terms),
  };
}

function valuesAfter(
  moves: readonly Move[],
  { valueByGroup }: Valuation,
): Readonly<Record<AssetGroup, Amount>> {
  const after: Record<AssetGroup, Amount> = { ...valueByGroup };
  for (const { order, touchCash } of moves) {
    const isBuy = order.side === 'buy';
    after[order.group] = add(
      after[order.group] ?? ZERO,
      isBuy ? order.notionalUsd : negate(order.notionalUsd),
    );
    after[CASH] = add(after[CASH] ?? ZERO, isBuy ? negate(touchCash) : touchCash);
  }
  return after;
}

const trackingOf = (values: Readonly<Record<AssetGroup, Amount>>, valuation: Valuation): Amount =>
  sum(
    valuation.groups.map((group) =>
      absolute(
        subtract(values[group] ?? ZERO, multiply(valuation.targetByGroup[group] ?? ZERO, valuation.nav)),
      ),
    ),
  );
