import { type Amount, absolute, amount, compare, isPositive, multiply, subtract } from '../money/amount.ts';

/** What a condition is judged by. `atLeast`: a value below the bound is the breach, so that less is worse. */
export interface Measure {
  readonly value: Amount;
  readonly bound: Amount;
  readonly direction: 'atMost' | 'atLeast';
}

/** REBALANCING.md §3h: worse by a fifth is told again, and within four fifths of the bound it is over. */
const WORSE_BY = amount('0.2');
const OVER_WITHIN = amount('0.8');

/** Whether a value has become worse by 20 % of what it was. A value of zero gets worse with any step. */
export function isWorse(now: Measure, before: Measure): boolean {
  const step = multiply(absolute(before.value), WORSE_BY);
  const by =
    now.direction === 'atMost' ? subtract(now.value, before.value) : subtract(before.value, now.value);
  return isPositive(by) && compare(by, step) >= 0;
}

/** Whether a value is far enough within its bound: at most 80 % of it, or, where less is worse, the bound at most 80 % of it. */
export function isRecovered({ value, bound, direction }: Measure): boolean {
  return direction === 'atMost'
    ? compare(value, multiply(bound, OVER_WITHIN)) <= 0
    : compare(multiply(value, OVER_WITHIN), bound) >= 0;
}

/** The worse of two. */
export const worseOf = (a: Measure, b: Measure): Measure =>
  (a.direction === 'atMost' ? compare(a.value, b.value) : compare(b.value, a.value)) >= 0 ? a : b;
