// One rebalance in full: what was planned, what was done, and what it cost against what was expected.
//
// Invariants, each held by a property test of the same words:
// 1. Orders that fill whole at the touch cost exactly what was expected.
// 2. An order that was not sent, or of which nothing has filled, is never told as filled.
// 3. What is not known of one order is not known of them all: it is never counted as nothing.

import type { Amount } from '../../money/amount.ts';
import type { Execution } from '../execution.ts';
import { shortfallOf } from '../execution-end.ts';
import type { Plan } from '../plan.ts';
import type { PlanInput } from '../plan-input.ts';
import type { AssetGroup } from '../targets.ts';
import { type Fact, known, unknown } from '../triggers/fact.ts';
import { type BookedFill, bpsOf, type TradingCost, totalCost } from './order-cost.ts';
import type { PortfolioAfter, RebalanceEntry } from './rebalance.ts';
import { type RecordedOrder, recordOrder } from './recorded-order.ts';

/** A cost of all orders, and the same in basis points: of what was traded, and of the portfolio before. */
export interface CostOfAll extends TradingCost {
  /** Null where nothing was traded. */
  readonly bpsOfTurnover: Amount | null;
  readonly bpsOfNav: Amount | null;
}

/** What was planned and what came of it. Weights and drift as in `Plan`. */
export interface RecordedPlan {
  readonly hash: string;
  readonly plannedAtMs: number;
  readonly navUsd: Amount;
  readonly weights: {
    readonly before: Readonly<Record<AssetGroup, Amount>>;
    readonly target: Readonly<Record<AssetGroup, Amount>>;
    readonly afterExpected: Readonly<Record<AssetGroup, Amount>>;
  };
  readonly drift: { readonly before: Amount; readonly afterExpected: Amount };
  readonly orders: readonly RecordedOrder[];
  readonly cost: {
    /** Of the whole plan at the touch. */
    readonly expected: CostOfAll;
    /** Of what has filled, at the touch. */
    readonly expectedOfFilled: Fact<CostOfAll>;
    readonly realised: Fact<CostOfAll>;
  };
}

export interface RebalanceRecord extends Omit<RebalanceEntry, 'planHash' | 'after'> {
  /** Null where none was made. */
  readonly plan: RecordedPlan | null;
  /** What the certified book had after it; unknown while it is, and never what was expected. */
  readonly after: Fact<PortfolioAfter>;
  /** Orders that fell short of the plan, in words; empty where none did. */
  readonly shortfall: string;
}

/** Everything that is kept of one rebalance. Fills and client order ids by the sequence of their order. */
export interface RebalanceFacts {
  readonly entry: RebalanceEntry;
  readonly made: { readonly plan: Plan; readonly input: PlanInput; readonly atMs: number } | null;
  /** Null where the plan was not carried out. */
  readonly execution: Execution | null;
  readonly clientOrderIds: ReadonlyMap<number, string>;
  readonly fills: ReadonlyMap<number, readonly BookedFill[]>;
}

/** The record of a rebalance, also of one that is under way. */
export function recordRebalance({
  entry,
  made,
  execution,
  clientOrderIds,
  fills,
}: RebalanceFacts): RebalanceRecord {
  const { planHash: _planHash, ...told } = entry;
  const shortfall = execution === null || entry.endedAtMs === null ? '' : shortfallOf(execution);
  if (made === null) return { ...told, plan: null, shortfall };
  const { plan, input, atMs } = made;
  const orders = plan.orders.map((order) =>
    recordOrder(order, input, {
      leg: execution?.legs.find(({ sequence }) => sequence === order.sequence) ?? null,
      clientOrderId: clientOrderIds.get(order.sequence) ?? null,
      fills: fills.get(order.sequence) ?? [],
    }),
  );
  const inAll = (cost: TradingCost): CostOfAll => ({
    ...cost,
    bpsOfTurnover: bpsOf(cost.totalUsd, cost.turnoverUsd),
    bpsOfNav: bpsOf(cost.totalUsd, plan.navUsd),
  });
  return {
    ...told,
    plan: {
      hash: plan.hash,
      plannedAtMs: atMs,
      navUsd: plan.navUsd,
      weights: {
        before: plan.weightsBefore,
        target: plan.weightsTarget,
        afterExpected: plan.weightsAfterExpected,
      },
      drift: { before: plan.drift.before, afterExpected: plan.drift.after },
      orders,
      cost: {
        expected: inAll(totalCost(orders.map(({ expectedCost }) => expectedCost))),
        expectedOfFilled: totalOf(orders, 'expectedCostOfFilled', inAll),
        realised: totalOf(orders, 'realisedCost', inAll),
      },
    },
    shortfall,
  };
}

function totalOf(
  orders: readonly RecordedOrder[],
  which: 'expectedCostOfFilled' | 'realisedCost',
  inAll: (cost: TradingCost) => CostOfAll,
): Fact<CostOfAll> {
  const costs: TradingCost[] = [];
  for (const order of orders) {
    const cost = order[which];
    if (cost.state === 'unknown') return unknown(`order ${order.sequence}: ${cost.reason}`);
    costs.push(cost.value);
  }
  return known(inAll(totalCost(costs)));
}
