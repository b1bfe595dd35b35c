// What rebalances have cost against what was expected of them, each and in all.

import { type Amount, subtract } from '../money/amount.ts';
import { bpsOf, type TradingCost, totalCost } from '../rebalancing/history/order-cost.ts';
import type { RebalanceRecord } from '../rebalancing/history/rebalance-record.ts';
import { type Fact, known } from '../rebalancing/triggers/fact.ts';

/** Of one rebalance, in the reporting currency; see `TradingCost`. */
export interface RebalanceCost {
  readonly id: string;
  readonly atMs: number;
  /** Of what has filled, as it was planned. */
  readonly expected: Fact<TradingCost>;
  /** The implementation shortfall: Σ side·quantity·(fill − mid at the decision), and fees. */
  readonly realised: Fact<TradingCost>;
}

/** Expected against realised. Negative is cheaper than expected. */
export interface ComparedCost {
  readonly expected: TradingCost;
  readonly realised: TradingCost;
  /** realised − expected, of both totals. */
  readonly overrunUsd: Amount;
}

export interface RebalanceCosts {
  readonly rebalances: readonly (RebalanceCost & {
    readonly overrunUsd: Fact<Amount>;
    /** Of what was traded, at the decision's mid price; null where nothing was, or it is unknown. */
    readonly realisedBps: Amount | null;
  })[];
  readonly cumulative: {
    /** Of all whose realised cost is known. */
    readonly realised: TradingCost;
    readonly realisedBps: Amount | null;
    readonly counted: number;
    /** Of all of which both are known. */
    readonly compared: ComparedCost & { readonly counted: number };
    /** Of whom something is not known, and why. */
    readonly unknown: readonly { readonly id: string; readonly reason: string }[];
  };
}

/** The costs of rebalances, one by one and in all. What is not known of one is in no total, and is named beside it. */
export function rebalanceCosts(costs: readonly RebalanceCost[]): RebalanceCosts {
  const realised = costs.flatMap((cost) => (cost.realised.state === 'known' ? [cost.realised.value] : []));
  const both = costs.flatMap((cost) =>
    cost.realised.state === 'known' && cost.expected.state === 'known'
      ? [{ realised: cost.realised.value, expected: cost.expected.value }]
      : [],
  );
  const total = totalCost(realised);
  return {
    rebalances: costs.map((cost) => ({
      ...cost,
      overrunUsd: overrunOf(cost),
      realisedBps: cost.realised.state === 'known' ? bpsOfTurnover(cost.realised.value) : null,
    })),
    cumulative: {
      realised: total,
      realisedBps: bpsOfTurnover(total),
      counted: realised.length,
      compared: {
        ...compared(
          totalCost(both.map(({ expected }) => expected)),
          totalCost(both.map((cost) => cost.realised)),
        ),
        counted: both.length,
      },
      unknown: costs.flatMap(({ id, ...cost }) => {
        const overrun = overrunOf(cost);
        return overrun.state === 'unknown' ? [{ id, reason: overrun.reason }] : [];
      }),
    },
  };
}

/** The cost of a rebalance from its record; null where it never began, so that it has traded nothing. */
export function costOfRecord({ id, begunAtMs, plan }: RebalanceRecord): RebalanceCost | null {
  if (plan === null || begunAtMs === null) return null;
  return { id, atMs: begunAtMs, expected: plan.cost.expectedOfFilled, realised: plan.cost.realised };
}

function overrunOf({ expected, realised }: Pick<RebalanceCost, 'expected' | 'realised'>): Fact<Amount> {
  if (realised.state === 'unknown') return realised;
  if (expected.state === 'unknown') return expected;
  return known(compared(expected.value, realised.value).overrunUsd);
}

const compared = (expected: TradingCost, realised: TradingCost): ComparedCost => ({
  expected,
  realised,
  overrunUsd: subtract(realised.totalUsd, expected.totalUsd),
});

const bpsOfTurnover = ({ totalUsd, turnoverUsd }: TradingCost): Amount | null => bpsOf(totalUsd, turnoverUsd);
