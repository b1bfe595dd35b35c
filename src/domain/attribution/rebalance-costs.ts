// What rebalances have cost against what was expected of them, each and in all.

import { type Amount, subtract } from '../money/amount.ts';
import { bpsOf, type TradingCost, totalCost } from '../rebalancing/history/order-cost.ts';
import type { RebalanceRecord } from '../rebalancing/history/rebalance-record.ts';
import { type Fact, known, unknown } from '../rebalancing/triggers/fact.ts';

/** Of one rebalance, in the reporting currency; see `TradingCost`. */
export interface RebalanceCost {
  readonly id: string;
  readonly atMs: number;
  /** The portfolio before. */
  readonly navUsd: Amount;
  /** Of what has filled, as it was planned. */
  readonly expected: Fact<TradingCost>;
  /** Σ side·quantity·(fill − mid at the decision), and fees. */
  readonly realised: Fact<TradingCost>;
}

/** Expected against realised. Negative is cheaper than expected, or a gain. */
export interface ComparedCost {
  readonly expected: TradingCost;
  readonly realised: TradingCost;
  /** realised − expected, of both totals. */
  readonly overrunUsd: Amount;
  /** Of what was traded, at the decision's mid price; null where nothing was. */
  readonly expectedBps: Amount | null;
  readonly realisedBps: Amount | null;
}

export interface RebalanceCosts {
  readonly rebalances: readonly (Pick<RebalanceCost, 'id' | 'atMs' | 'navUsd'> & {
    readonly cost: Fact<ComparedCost>;
  })[];
  /** Of those that are known; the others are named. */
  readonly cumulative: ComparedCost & {
    readonly counted: number;
    readonly unknown: readonly { readonly id: string; readonly reason: string }[];
  };
}

/** The costs of rebalances, one by one and in all. What is not known of one is in no total, and is named beside it. */
export function rebalanceCosts(costs: readonly RebalanceCost[]): RebalanceCosts {
  const rebalances = costs.map(({ id, atMs, navUsd, expected, realised }) => ({
    id,
    atMs,
    navUsd,
    cost: compareCost(expected, realised),
  }));
  const counted = rebalances.flatMap(({ cost }) => (cost.state === 'known' ? [cost.value] : []));
  return {
    rebalances,
    cumulative: {
      ...compared(
        totalCost(counted.map(({ expected }) => expected)),
        totalCost(counted.map(({ realised }) => realised)),
      ),
      counted: counted.length,
      unknown: rebalances.flatMap(({ id, cost }) =>
        cost.state === 'unknown' ? [{ id, reason: cost.reason }] : [],
      ),
    },
  };
}

/** The cost of a rebalance from its record; null where it never began, so that it has traded nothing. */
export function costOfRecord({ id, begunAtMs, plan }: RebalanceRecord): RebalanceCost | null {
  if (plan === null || begunAtMs === null) return null;
  const { navUsd, cost } = plan;
  return { id, atMs: begunAtMs, navUsd, expected: cost.expectedOfFilled, realised: cost.realised };
}

function compareCost(expected: Fact<TradingCost>, realised: Fact<TradingCost>): Fact<ComparedCost> {
  if (realised.state === 'unknown') return unknown(realised.reason);
  if (expected.state === 'unknown') return unknown(expected.reason);
  return known(compared(expected.value, realised.value));
}

function compared(expected: TradingCost, realised: TradingCost): ComparedCost {
  return {
    expected,
    realised,
    overrunUsd: subtract(realised.totalUsd, expected.totalUsd),
    expectedBps: bpsOf(expected.totalUsd, expected.turnoverUsd),
    realisedBps: bpsOf(realised.totalUsd, realised.turnoverUsd),
  };
}
