import {
  type Amount,
  add,
  amount,
  divide,
  isZero,
  multiply,
  subtract,
  sum,
  ZERO,
} from '../../money/amount.ts';
import type { Fee, Side } from '../../venue/venue.ts';
import { type Fact, known, unknown } from '../triggers/fact.ts';

/**
 * What trading cost against the mid price at planning, in the reporting currency: the implementation shortfall of what
 * was traded (Perold 1988), and fees beside it. What was not traded costs nothing here. Negative is a gain.
 */
export interface TradingCost {
  /** What was paid over the mid price, or received below it. */
  readonly shortfallUsd: Amount;
  readonly feesUsd: Amount;
  readonly totalUsd: Amount;
  /** Quantity at the mid price at planning. */
  readonly turnoverUsd: Amount;
}

/** One execution of an order as the book has it. */
export interface BookedFill {
  readonly fillId: string;
  readonly quantity: Amount;
  /** Quote moved before fees. */
  readonly quoteAmount: Amount;
  readonly fee: Fee;
}

/** A market at planning. */
export interface PlanningPrices {
  readonly bid: Amount;
  readonly ask: Amount;
  readonly mid: Amount;
  /** A fraction: "0.006" is 60 basis points. */
  readonly feeRate: Amount;
}

const BPS = amount('10000');
const BPS_DECIMALS = 4;

export const NO_COST: TradingCost = {
  shortfallUsd: ZERO,
  feesUsd: ZERO,
  totalUsd: ZERO,
  turnoverUsd: ZERO,
};

/** What a quantity costs that fills at the touch, as the plan has it. */
export function expectedCost(side: Side, quantity: Amount, prices: PlanningPrices): TradingCost {
  const quoteAmount = multiply(quantity, side === 'buy' ? prices.ask : prices.bid);
  return costOf(side, { quantity, quoteAmount, feesUsd: multiply(quoteAmount, prices.feeRate) }, prices.mid);
}

/** What fills have cost. Unknown where a fee is in an asset whose value at planning is not known; free is free. */
export function realisedCost(
  side: Side,
  fills: readonly BookedFill[],
  { mid, priceOf }: { readonly mid: Amount; readonly priceOf: (asset: string) => Amount | null },
): Fact<TradingCost> {
  let feesUsd = ZERO;
  for (const { fee } of fills) {
    if (isZero(fee.amount)) continue;
    const value = priceOf(fee.asset);
    if (value === null) return unknown(`a fee of ${fee.amount} ${fee.asset} has no price at planning`);
    feesUsd = add(feesUsd, multiply(fee.amount, value));
  }
  const quantity = sum(fills.map((fill) => fill.quantity));
  const quoteAmount = sum(fills.map((fill) => fill.quoteAmount));
  return known(costOf(side, { quantity, quoteAmount, feesUsd }, mid));
}

export const totalCost = (costs: readonly TradingCost[]): TradingCost => ({
  shortfallUsd: sum(costs.map(({ shortfallUsd }) => shortfallUsd)),
  feesUsd: sum(costs.map(({ feesUsd }) => feesUsd)),
  totalUsd: sum(costs.map(({ totalUsd }) => totalUsd)),
  turnoverUsd: sum(costs.map(({ turnoverUsd }) => turnoverUsd)),
});

/** A cost in basis points of something, to four places; null of nothing. */
export const bpsOf = (costUsd: Amount, ofUsd: Amount): Amount | null =>
  isZero(ofUsd) ? null : divide(multiply(costUsd, BPS), ofUsd, BPS_DECIMALS, 'half');

function costOf(
  side: Side,
  traded: { readonly quantity: Amount; readonly quoteAmount: Amount; readonly feesUsd: Amount },
  mid: Amount,
): TradingCost {
  const { quoteAmount, feesUsd } = traded;
  const turnoverUsd = multiply(traded.quantity, mid);
  const shortfallUsd =
    side === 'buy' ? subtract(quoteAmount, turnoverUsd) : subtract(turnoverUsd, quoteAmount);
  return { shortfallUsd, feesUsd, totalUsd: add(shortfallUsd, feesUsd), turnoverUsd };
}
