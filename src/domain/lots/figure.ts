import { type Amount, add, ZERO } from '../money/amount.ts';

/** An amount of money that is known to the last digit, or not at all. Nothing turns the unknown one into zero. */
export type Figure =
  | { readonly state: 'known'; readonly amount: Amount }
  /** `reason` says what is missing, such as "the basis of lot D1 is unknown". */
  | { readonly state: 'unknown'; readonly reason: string };

export const known = (amount: Amount): Figure => ({ state: 'known', amount });
export const unknown = (reason: string): Figure => ({ state: 'unknown', reason });

/** The sum; unknown, for the reason of the first, where one of them is. Zero of none. */
export function sumFigures(figures: readonly Figure[]): Figure {
  let total = ZERO;
  for (const figure of figures) {
    if (figure.state === 'unknown') return figure;
    total = add(total, figure.amount);
  }
  return known(total);
}

/** A figure as it is written: decimal text, or why nobody knows it. */
export type FigureText = Amount | { readonly unknown: string };

export const figureText = (figure: Figure): FigureText =>
  figure.state === 'known' ? figure.amount : { unknown: figure.reason };
