// What strategies want of one asset, crossed among themselves before anything goes to a market.
//
// Invariants, each held by a property test of the same name:
// 1. What is crossed sums to zero, in the asset and in cash.
// 2. What is crossed and what goes to the market make up what each strategy wants, to the digit.
// 3. Everything that goes to the market has one direction, and sums to the net.

import {
  type Amount,
  isNegative,
  isPositive,
  isZero,
  minimum,
  multiply,
  negate,
  sum,
  ZERO,
} from '../money/amount.ts';
import { addAmounts, finestStep, remainingAfter, type StrategyAmounts, splitAmount } from './split-amount.ts';

export interface InternalCrossing {
  /** Of the asset; above zero is received. Sums to zero. */
  readonly moved: StrategyAmounts;
  /** Of the cash asset, at mid and without a fee. Sums to zero. */
  readonly cash: StrategyAmounts;
  /** min(Σ Δ⁺, Σ Δ⁻). */
  readonly crossed: Amount;
  /** What each still wants of the market, none against the net. */
  readonly remaining: StrategyAmounts;
  /** What goes to the market. */
  readonly net: Amount;
}

/**
 * X = min(Σ Δ⁺, Σ Δ⁻) moves between sub-ledgers at `mid`, without a fee and without a disposal for tax, since the
 * portfolio as a whole trades nothing; REBALANCING.md §3a. The smaller side crosses whole, the larger in proportion, to
 * the last digit that any of the deltas has. Deltas are signed quantities: above zero is a buy.
 */
export function crossInternally(deltas: StrategyAmounts, mid: Amount): InternalCrossing {
  const buys = new Map([...deltas].filter(([, delta]) => isPositive(delta)));
  const sells = new Map(
    [...deltas].filter(([, delta]) => isNegative(delta)).map(([id, delta]) => [id, negate(delta)]),
  );
  const crossed = minimum(sum(buys.values()), sum(sells.values()));
  const step = finestStep(deltas.values());
  const share = (parts: StrategyAmounts): StrategyAmounts =>
    isZero(crossed) ? new Map() : splitAmount(crossed, parts, step);
  const given = new Map([...share(sells)].map(([id, quantity]) => [id, negate(quantity)]));
  const moved = addAmounts(share(buys), given);
  const remaining = remainingAfter(deltas, moved);
  return {
    moved,
    cash: new Map(
      [...moved].map(([id, quantity]) => [id, isZero(quantity) ? ZERO : negate(multiply(quantity, mid))]),
    ),
    crossed,
    remaining,
    net: sum(deltas.values()),
  };
}
