import { type Amount, absolute, divide, sum } from '../money/amount.ts';
import { type AssetId, isPerpetualAsset, type VenueId } from '../venue/venue.ts';
import { advanceEntry, type PositionEntry } from './position-entry.ts';
import type { Transaction } from './transaction.ts';
import { effectOf } from './transaction-effect.ts';

export interface EntryPrice {
  readonly venue: VenueId;
  readonly asset: AssetId;
  /** Null where nothing is held or nobody knows it. */
  readonly entryPrice: Amount | null;
}

/** A price of fills is a quotient: more decimals than any venue quotes. */
const PRICE_DECIMALS = 30;

/** The perpetual contracts that a transaction moves. */
export function perpetualsOf(transaction: Transaction): readonly AssetId[] {
  return [...effectOf(transaction, transaction.venue).keys()].filter(isPerpetualAsset).sort();
}

/**
 * What the positions that a transaction moves are entered at after it. A fill's price is what it moved of the
 * collateral; what has no price, such as an opening or what undoes a correction, leaves the entry price unknown.
 */
export function entryPricesAfter(
  transaction: Transaction,
  entryBefore: (asset: AssetId) => PositionEntry,
): readonly EntryPrice[] {
  const { venue } = transaction;
  const effect = effectOf(transaction, venue);
  return perpetualsOf(transaction).map((asset): EntryPrice => {
    const quantity = effect.get(asset);
    if (quantity === undefined || isRepair(transaction)) return { venue, asset, entryPrice: null };
    const price = tradePriceOf(transaction, asset, quantity);
    return { venue, asset, entryPrice: advanceEntry(entryBefore(asset), { quantity, price }).entryPrice };
  });
}

/** What undoes or sets right something booked before changes an average that can no longer be told from what is left. */
const isRepair = ({ cause, venueIds }: Transaction): boolean =>
  cause === 'reversal' || (cause === 'correction' && venueIds.length === 0);

function tradePriceOf({ postings }: Transaction, asset: AssetId, quantity: Amount): Amount | null {
  const traded = postings.filter((posting) => 'external' in posting && posting.external === 'trade');
  if (!traded.some((posting) => posting.asset === asset)) return null;
  const paid = sum(traded.filter((posting) => posting.asset !== asset).map(({ amount }) => amount));
  return divide(absolute(paid), absolute(quantity), PRICE_DECIMALS, 'half');
}
