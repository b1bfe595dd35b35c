import { type Amount, add, ZERO } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { Transaction } from './transaction.ts';

/** What a transaction adds to a venue's totals, per asset, none zero. */
export function effectOf(transaction: Transaction, venue: VenueId): ReadonlyMap<AssetId, Amount> {
  const effect = new Map<AssetId, Amount>();
  for (const posting of transaction.postings) {
    if ('external' in posting || posting.venue !== venue) continue;
    if (posting.bucket !== 'available' && posting.bucket !== 'hold') continue;
    effect.set(posting.asset, add(effect.get(posting.asset) ?? ZERO, posting.amount));
  }
  for (const [asset, amount] of effect) if (amount === ZERO) effect.delete(asset);
  return effect;
}
