import { type Amount, amount, maximum, subtract, ZERO } from '../money/amount.ts';

const DECIMALS = 10;
const MARGIN = amount('0.0000000001');

/** A double from the solver as text, rounded down: a bound that is a little too low is still a bound. */
export function boundText(value: number): Amount {
  return value > 0 && Number.isFinite(value) ? maximum(ZERO, flooredText(value)) : ZERO;
}

/** The same where losses that save tax may bring a bound below zero. */
export const flooredText = (value: number): Amount => subtract(amount(value.toFixed(DECIMALS)), MARGIN);
