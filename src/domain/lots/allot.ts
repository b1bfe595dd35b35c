import { assert } from '../assert.ts';
import { type Amount, add, divide, isPositive, multiply, subtract, sum, ZERO } from '../money/amount.ts';
import { MONEY_DECIMALS } from './unit-amount.ts';

/**
 * Splits `total` in proportion to quantities that are not negative and not all zero. Each part ends where the running
 * total, rounded towards zero to 20 decimals, ends: the parts add up to `total` exactly, and none is off by 1e-20.
 */
export function allot(total: Amount, quantities: readonly Amount[]): readonly Amount[] {
  const whole = sum(quantities);
  assert(isPositive(whole), `money is split over some quantity: ${whole}`);
  let reached = ZERO;
  let given = ZERO;
  return quantities.map((quantity) => {
    reached = add(reached, quantity);
    const end = reached === whole ? total : divide(multiply(total, reached), whole, MONEY_DECIMALS);
    const part = subtract(end, given);
    given = end;
    return part;
  });
}
