import { saveEntryPrice } from '../../../db/position-entry-repository.ts';
import { entryOf, learnEntryPrice } from '../../domain/book/book-state.ts';
import { type Position, perpetualAsset, type VenueId } from '../../domain/venue/venue.ts';
import type { RoundContext } from './round-context.ts';

/** Takes what a position was entered at from the venue, where the book does not know it and both agree on the size. */
export async function learnEntryPrices(
  venue: VenueId,
  positions: readonly Position[],
  { db, state, change }: RoundContext,
): Promise<void> {
  for (const { market, size, entryPrice } of positions) {
    const asset = perpetualAsset(market);
    const known = entryOf(state.book, venue, asset);
    if (known.entryPrice !== null || known.size !== size) continue;
    await saveEntryPrice(db, { venue, asset, entryPrice });
    change.afterwards.push(({ book }) => learnEntryPrice(book, venue, asset, entryPrice));
  }
}
