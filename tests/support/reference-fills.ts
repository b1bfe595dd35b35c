import { advanceEntry, type PositionEntry } from '../../src/domain/book/position-entry.ts';
import { amount, isNegative, negate, ZERO } from '../../src/domain/money/amount.ts';

/** A fill as the reference writes it. */
export interface ReferenceFill {
  readonly side: 'BUY' | 'SELL';
  readonly qty: string;
  readonly px: string;
  readonly ts: number;
  readonly order: string;
}

/** The position after each of the fills, in their order. */
export function entriesAfter(fills: readonly ReferenceFill[]): readonly PositionEntry[] {
  let entry: PositionEntry = { size: ZERO, entryPrice: null };
  return fills.map(({ side, qty, px }) => {
    const quantity = side === 'BUY' ? amount(qty) : negate(amount(qty));
    entry = advanceEntry(entry, { quantity, price: amount(px) });
    return entry;
  });
}

/** When a position was closed or turned over: from there its entry price starts anew. */
export function crossingsOf(fills: readonly ReferenceFill[]): readonly number[] {
  const entries = entriesAfter(fills);
  return fills.flatMap(({ ts }, index) => {
    const before = entries[index - 1]?.size ?? ZERO;
    const size = entries[index]?.size ?? ZERO;
    const hasCrossed = before !== ZERO && (size === ZERO || isNegative(size) !== isNegative(before));
    return hasCrossed ? [ts] : [];
  });
}
