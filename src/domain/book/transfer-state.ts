import type { Amount } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';

/** What the book knows of one transfer between two venues. Either end may be reported first. */
export interface TransferState {
  readonly transferId: string;
  readonly sent: TransferEnd | null;
  readonly received: TransferEnd | null;
}

/** One end: an asset may have another identity at the other venue. */
export interface TransferEnd {
  readonly venue: VenueId;
  readonly otherVenue: VenueId;
  readonly asset: AssetId;
  readonly amount: Amount;
  /** When it left or arrived, as it was reported. */
  readonly atMs: number;
}
