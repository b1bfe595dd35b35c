import { type Amount, add, divide, isMore, maximum, multiply, ZERO } from '../money/amount.ts';

const HUNDRED = '100' as Amount;
const HUNDREDTH = '0.01' as Amount;

/** So many percent of something, exact. */
export const percentOf = (percent: Amount, whole: Amount): Amount =>
  multiply(multiply(percent, whole), HUNDREDTH);

/** A part in percent of a whole above zero, for people: rounded up at the fourth place. */
export const inPercent = (part: Amount, whole: Amount): Amount =>
  divide(multiply(part, HUNDRED), whole, 4, 'up');

/** A part as a fraction of a whole above zero, for people: rounded up at the sixth place. */
export const inFraction = (part: Amount, whole: Amount): Amount => divide(part, whole, 6, 'up');

/** What one order of a plan adds to what a limit measures. */
export interface Increase {
  readonly sequence: number;
  readonly by: Amount;
}

export interface Growth {
  /** With every increase. */
  readonly worst: Amount;
  /** The bound; where that is broken already, what there is. */
  readonly ceiling: Amount;
  readonly isTooMuch: boolean;
  /** The orders that do not fit under the ceiling, taken in turn. */
  readonly culprits: readonly number[];
}

/** How far orders raise what is measured: a plan never breaks a bound that holds, and never worsens one that is broken. */
export function growthOf(before: Amount, bound: Amount, increases: readonly Increase[]): Growth {
  const ceiling = maximum(bound, before);
  let fitting = before;
  let worst = before;
  const culprits: number[] = [];
  for (const { sequence, by } of increases) {
    worst = add(worst, by);
    if (by !== ZERO && isMore(add(fitting, by), ceiling)) culprits.push(sequence);
    else fitting = add(fitting, by);
  }
  return { worst, ceiling, isTooMuch: culprits.length > 0, culprits };
}
