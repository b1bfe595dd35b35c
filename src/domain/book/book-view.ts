import type { Amount } from '../money/amount.ts';
import type { AssetId, Side, VenueId } from '../venue/venue.ts';

/** What the book believes to be held of one asset at one venue. */
export interface Holding {
  readonly asset: AssetId;
  readonly available: Amount;
  readonly hold: Amount;
  readonly inTransit: Amount;
  readonly accrued: Amount;
  /** Moves with every posting to this asset at this venue: what a correction was computed on. */
  readonly version: number;
}

/** An order that the book knows of. `live` until it is filled or ended. */
export interface BookOrder {
  readonly clientOrderId: string;
  readonly venueOrderId: string | null;
  readonly venue: VenueId;
  readonly market: string;
  readonly base: AssetId;
  readonly quote: AssetId;
  readonly side: Side;
  readonly quantity: Amount;
  readonly filledQuantity: Amount;
  readonly limitPrice: Amount | null;
  /** What is still held for it. */
  readonly hold: { readonly asset: AssetId; readonly amount: Amount } | null;
  readonly status: 'submitted' | 'accepted' | 'filled' | 'ended';
  readonly submittedAtMs: number;
}

/** The book of one venue at one moment, as a comparison needs it. Holdings and orders are sorted. */
export interface BookView {
  readonly venue: VenueId;
  readonly isOpened: boolean;
  /** Counts every transaction of the whole book. */
  readonly bookVersion: number;
  readonly holdings: readonly Holding[];
  readonly liveOrders: readonly BookOrder[];
  /** The venue's own ids (fills, transfers, funding) that the book has transactions for, since `recentSinceMs`. */
  readonly recentVenueIds: ReadonlySet<string>;
  readonly recentSinceMs: number;
  /** When the newest fill at this venue that the book knows of happened; null without one. */
  readonly newestFillAtMs: number | null;
  /** What the venue calls it and whatever else happened at that moment; empty without one. */
  readonly newestFillIds: readonly string[];
  /** Fills of the last minutes, by the venue's id: what one side may know before the other does. */
  readonly recentFills: ReadonlyMap<string, RecentFill>;
  /** What perpetual positions were entered at, where the book knows it. */
  readonly entryPrices: ReadonlyMap<AssetId, Amount>;
}

export interface RecentFill {
  readonly atMs: number;
  /** What it moved, per asset, none zero. */
  readonly deltas: readonly { readonly asset: AssetId; readonly amount: Amount }[];
}
