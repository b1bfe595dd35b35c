import { type Amount, compare, divide, multiply } from '../money/amount.ts';

/**
 * Money for a quantity: what a unit costs or brings, as the pair that it comes from. A quotient such as 10 / 3 has no
 * last digit, the pair has. `quantity` is above zero.
 */
export interface UnitAmount {
  readonly amount: Amount;
  readonly quantity: Amount;
}

/** Money is split to this many decimals; what is left over stays with the last part, so that nothing is lost. */
export const MONEY_DECIMALS = 20;

/** Which of two is more per unit, exactly. */
export const compareUnitAmounts = (a: UnitAmount, b: UnitAmount): -1 | 0 | 1 =>
  compare(multiply(a.amount, b.quantity), multiply(b.amount, a.quantity));

/** What so many units come to, rounded towards zero to 20 decimals. */
export const amountFor = (unit: UnitAmount, quantity: Amount): Amount =>
  divide(multiply(unit.amount, quantity), unit.quantity, MONEY_DECIMALS);
