import type { ReservedAmount } from '../../../db/venue-cash-repository.ts';
import { holdingOf } from '../../domain/book/book-state.ts';
import { add, maximum, subtract, ZERO } from '../../domain/money/amount.ts';
import type { Reading } from '../portfolio/read-standing.ts';

/**
 * What the book holds, with what orders of unknown outcome may still take as if the venue held it: it is neither spent
 * nor sold again, and counts as value. For a plan; a copy, the book stays as it is. Where less is available than
 * reserved, the order has taken of it already, and nothing is available.
 */
export function withReservedHeld(reading: Reading, reserved: readonly ReservedAmount[]): Reading {
  if (reserved.length === 0) return reading;
  const { book } = reading.state;
  const venues = new Map(book.venues);
  for (const { venue, asset, amount } of reserved) {
    const known = venues.get(venue);
    if (known === undefined) continue;
    const holding = holdingOf({ ...book, venues }, venue, asset);
    const available = maximum(ZERO, subtract(holding.available, amount));
    const moved = subtract(holding.available, available);
    const held = { ...holding, available, hold: add(holding.hold, moved) };
    venues.set(venue, { ...known, holdings: new Map(known.holdings).set(asset, held) });
  }
  return { ...reading, state: { ...reading.state, book: { ...book, venues } } };
}
