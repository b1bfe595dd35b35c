import type { AssetId, VenueId } from '../venue/venue.ts';
import type { BookEvent } from './book-event.ts';
import type { OrderState } from './order-state.ts';
import type { Transaction } from './transaction.ts';
import type { TransferState } from './transfer-state.ts';

/** How a venue's book began. */
export type Opening =
  | { readonly state: 'unopened' }
  /** From certified balances: everything up to `atMs` is contained in them. */
  | { readonly state: 'fromSnapshot'; readonly atMs: number }
  | { readonly state: 'fromMessages'; readonly atMs: number };

/** What the book already has that bears on one message. */
export interface EventHistory {
  /** Of the message with the same event id; null when there is none. */
  readonly previousContentHash: string | null;
  readonly order: OrderState | null;
  readonly transfer: TransferState | null;
  /** The transaction that already stands for the venue's id that the message names. */
  readonly standing: Transaction | null;
  readonly opening: Opening;
}

export interface BookEventContext extends EventHistory {
  readonly nowMs: number;
  readonly isVenueConfigured: (venue: VenueId) => boolean;
  /** Whether a venue can hold an asset of this name at all. */
  readonly canHold: (venue: VenueId, asset: AssetId) => boolean;
  /** False where the venue holds nothing for orders: a hold that a message names is then not booked. */
  readonly venueUsesHolds: boolean;
  /** How far a message's time may lie in the future; 2 s unless told. */
  readonly futureSkewMaxMs?: number;
}

/** What happened up to the moment of the snapshot that opened a venue lies in the opening balances. */
export const isContainedInOpening = (event: BookEvent, opening: Opening): boolean =>
  opening.state === 'fromSnapshot' && event.atMs <= opening.atMs;

/** The message reports what a correction stood in for until now. */
export const replacesCorrection = ({ standing }: EventHistory): boolean => standing?.cause === 'correction';

/** Another message has reported the same thing already, by the venue's id of it. */
export const isBooked = ({ standing }: EventHistory): boolean =>
  standing !== null && standing.cause !== 'correction';
