import {
  type Amount,
  absolute,
  add,
  divide,
  isLess,
  isNegative,
  isZero,
  multiply,
  negate,
} from '../../domain/money/amount.ts';
import type { Position, Side } from '../../domain/venue/venue.ts';

/** Decimals of an average entry price that does not come out even. */
const ENTRY_PRICE_DECIMALS = 18;

/** The position after a fill, or null where it is closed. Averages the entry when it grows, keeps it when it shrinks. */
export function applyFill(
  position: Position | null,
  fill: { readonly market: string; readonly side: Side; readonly quantity: Amount; readonly price: Amount },
): Position | null {
  const change = fill.side === 'buy' ? fill.quantity : negate(fill.quantity);
  if (position === null) return positionOf(fill.market, change, fill.price);
  const size = add(position.size, change);
  if (isZero(size)) return null;
  if (isNegative(size) !== isNegative(position.size)) return positionOf(fill.market, size, fill.price);
  if (isLess(absolute(size), absolute(position.size))) return { ...position, size };
  const cost = add(
    multiply(absolute(position.size), position.entryPrice),
    multiply(fill.quantity, fill.price),
  );
  return positionOf(fill.market, size, divide(cost, absolute(size), ENTRY_PRICE_DECIMALS, 'half'));
}

/** Whether a fill only makes the position smaller, at most closing it. */
export function isReducing(position: Position | null, side: Side, quantity: Amount): boolean {
  if (position === null || (position.side === 'long') === (side === 'buy')) return false;
  return !isLess(absolute(position.size), quantity);
}

function positionOf(market: string, size: Amount, entryPrice: Amount): Position {
  return { market, side: isNegative(size) ? 'short' : 'long', size, entryPrice };
}
