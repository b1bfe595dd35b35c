// What a perpetual position was entered at, from its fills, as venues define it.
//
// Invariants, each held by a property test of the same name:
// 1. Adding to a position averages its entry price by quantity.
// 2. Reducing a position keeps its entry price.
// 3. Crossing zero restarts at the fill's price with what remains.
// 4. A flat position has no entry price.
// 5. An entry price that is unknown stays unknown until the position is closed.
// 6. A short is averaged as a long is.

import {
  type Amount,
  absolute,
  add,
  divide,
  isMore,
  isNegative,
  isZero,
  multiply,
  subtract,
} from '../money/amount.ts';

export interface PositionEntry {
  /** Signed: negative for a short. */
  readonly size: Amount;
  /** Null when flat, and where it is unknown. */
  readonly entryPrice: Amount | null;
}

/** An average is rounded to this many decimals: after a million fills it is off by less than 10^-18, finer than any price. */
const ENTRY_DECIMALS = 24;

/** The position after a fill. Without its price the entry price becomes unknown, unless the fill only reduces. */
export function advanceEntry(
  before: PositionEntry,
  fill: { readonly quantity: Amount; readonly price: Amount | null },
): PositionEntry {
  const size = add(before.size, fill.quantity);
  if (isZero(size)) return { size, entryPrice: null };
  if (isZero(fill.quantity)) return before;
  if (isZero(before.size) || isNegative(size) !== isNegative(before.size))
    return { size, entryPrice: fill.price };
  if (isNegative(fill.quantity) !== isNegative(before.size)) return { size, entryPrice: before.entryPrice };
  if (before.entryPrice === null || fill.price === null) return { size, entryPrice: null };
  const value = add(multiply(before.size, before.entryPrice), multiply(fill.quantity, fill.price));
  return { size, entryPrice: divide(value, size, ENTRY_DECIMALS, 'half') };
}

/** Whether `a` differs from `b` by at most this share of `b`. An unknown price neither agrees nor differs. */
export function entryPricesAgree(a: Amount, b: Amount, relative: Amount): boolean {
  return !isMore(absolute(subtract(a, b)), multiply(absolute(b), relative));
}
