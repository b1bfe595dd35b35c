import {
  type Amount,
  add,
  amount,
  ceilToStep,
  divide,
  isLess,
  isPositive,
  isZero,
  maximum,
  multiply,
  ONE,
  subtract,
  toNumber,
  ZERO,
} from '../money/amount.ts';

/** What bounds the cash that one order can move. */
export interface OrderTerms {
  readonly quantity: Amount;
  readonly limitPrice: Amount;
  /** A fraction: "0.006" is 60 basis points. */
  readonly feeRate: Amount;
  /** What a fill's cost and its fee are each rounded up to, at most. */
  readonly cashUnit: Amount;
  /** The most fills the order can have. */
  readonly fillsMax: number;
}

const TWO = amount('2');
/** Bounds the count where a market states neither a smallest quantity nor a smallest value. */
const FILLS_LIMIT = 1_000_000;

/**
 * The most cash that a buy can cost under any fill pattern: quantity at the limit price with the fee, rounded up to
 * the cash unit, and two units for every fill that the order can have, one for its cost and one for its fee.
 */
export function reservationFor(terms: OrderTerms): Amount {
  const cost = multiply(multiply(terms.quantity, terms.limitPrice), add(ONE, terms.feeRate));
  return add(roundedUp(cost, terms.cashUnit), roundingAllowance(terms));
}

/**
 * The most cash that the fills of a sell can cost: nothing, unless its smallest fill may be worth less than its fee and
 * the rounding of both, as at a market without a smallest value. `smallestFill` is a quantity, such as the step.
 */
export function sellReservationFor(terms: OrderTerms, smallestFill: Amount): Amount {
  const worth = multiply(multiply(smallestFill, terms.limitPrice), subtract(ONE, terms.feeRate));
  return isLess(worth, multiply(TWO, terms.cashUnit)) ? roundingAllowance(terms) : ZERO;
}

/** What bounds the free collateral that one order of a perpetual can take. */
export interface CollateralTerms extends OrderTerms {
  readonly side: 'buy' | 'sell';
  /** Of the position that the order opens or closes; an order that turns one into the other is two orders. */
  readonly position: 'long' | 'short';
  /** The lowest mark that is reckoned with for a long position, the highest for a short one. */
  readonly worstMark: Amount;
  /** A fraction: "0.05" is a margin of 5 % of the notional. */
  readonly initialMarginRate: Amount;
}

/**
 * The most free collateral (equity less initial margin, positions valued at their worst mark) that an order of a
 * perpetual can take under any fill pattern. A unit of a long position is worth W (1 - m) there and one of a short
 * position owes W (1 + m): a buy pays its limit and the fee for it, a sell receives its limit less the fee. Each fill's
 * rounding is allowed for also where the order brings collateral in all, since it comes fill by fill. Funding is not
 * in it: it is reserved under a name of its own.
 */
export function collateralReservationFor(terms: CollateralTerms): Amount {
  const { side, position, worstMark, initialMarginRate, quantity, limitPrice, feeRate, cashUnit } = terms;
  const margin = position === 'long' ? subtract(ONE, initialMarginRate) : add(ONE, initialMarginRate);
  const value = multiply(worstMark, margin);
  const taken =
    side === 'buy'
      ? subtract(multiply(limitPrice, add(ONE, feeRate)), value)
      : subtract(value, multiply(limitPrice, subtract(ONE, feeRate)));
  const cost = multiply(quantity, maximum(ZERO, taken));
  return add(roundedUp(cost, cashUnit), roundingAllowance(terms));
}

/** The least cash that a completely filled sell brings, by the same allowance. Never below zero. */
export function worstProceeds(terms: OrderTerms): Amount {
  const gross = multiply(multiply(terms.quantity, terms.limitPrice), subtract(ONE, terms.feeRate));
  return maximum(ZERO, subtract(gross, roundingAllowance(terms)));
}

/** The most fills that an order's size and the market's smallest sizes allow. At least 1. */
export function fillsMaxOf(rules: {
  readonly quantity: Amount;
  readonly notional: Amount;
  readonly minQuantity: Amount;
  readonly minNotional: Amount;
  readonly partialFillsMax?: number | undefined;
}): number {
  const byQuantity = isPositive(rules.minQuantity) ? parts(rules.quantity, rules.minQuantity) : FILLS_LIMIT;
  const byNotional = isPositive(rules.minNotional) ? parts(rules.notional, rules.minNotional) : FILLS_LIMIT;
  return Math.max(1, Math.min(byQuantity, byNotional, rules.partialFillsMax ?? FILLS_LIMIT, FILLS_LIMIT));
}

/** One more than the whole parts: the last fill takes what is left. */
const parts = (whole: Amount, part: Amount): number => toNumber(divide(whole, part, 0, 'down')) + 1;

const roundedUp = (cost: Amount, unit: Amount): Amount => (isZero(unit) ? cost : ceilToStep(cost, unit));

const roundingAllowance = (terms: OrderTerms): Amount =>
  isZero(terms.cashUnit) ? ZERO : multiply(multiply(TWO, terms.cashUnit), amount(String(terms.fillsMax)));
