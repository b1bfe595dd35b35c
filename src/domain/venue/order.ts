import type { Amount } from '../money/amount.ts';
import type { Unknown } from './observation.ts';
import type { Fill, Side, VenueId } from './venue.ts';

/** What is wanted of a venue. Committed as an intent, with its client order id, before anything is sent. */
export interface OrderInstruction {
  readonly intentId: string;
  readonly venue: VenueId;
  readonly market: string;
  readonly side: Side;
  readonly quantity: Amount;
  /** Hard limit: a buy never pays more, a sell never takes less. */
  readonly limitPrice: Amount;
  /**
   * A buy at the market for this amount of quote, fees included, where the venue takes such orders: the amount is its
   * only bound, and `quantity` and `limitPrice` say what is expected of it.
   */
  readonly quoteSize?: Amount;
  readonly timeInForce: 'immediateOrCancel' | 'goodTilCancelled';
  readonly reduceOnly: boolean;
  /** Text derived from the intent, or a number in text where the venue counts in 32 bits. */
  readonly clientOrderId: string;
}

/** Everything that will be sent, made without any effect at the venue, so that it can be committed first. */
export interface PreparedOrder {
  readonly instruction: OrderInstruction;
  /** What to look the order up by besides the client order id, such as a transaction's signature. */
  readonly reference: string | null;
  /** Exactly what is sent: the same bytes on every attempt. Never holds a key. */
  readonly payload: string;
  /** The height at which the venue itself drops the order; null where it has no such thing. */
  readonly expiresAtHeight: number | null;
}

export type PrepareOutcome =
  | { readonly state: 'prepared'; readonly order: PreparedOrder }
  | { readonly state: 'deniedLocally'; readonly reason: string }
  | Unknown;

export type SubmitOutcome =
  | { readonly state: 'accepted'; readonly venueOrderId: string | null }
  | { readonly state: 'rejected'; readonly reason: string }
  | { readonly state: 'deniedLocally'; readonly reason: string }
  /** It was sent and no readable answer came: it may have happened. Only evidence from the venue ends this. */
  | { readonly state: 'outcomeUnknown'; readonly detail: string };

export type OrderStatus = 'open' | 'filled' | 'cancelled' | 'expired' | 'rejected';

export type OrderLookup =
  | {
      readonly state: 'found';
      readonly venueOrderId: string;
      readonly status: OrderStatus;
      readonly filledQuantity: Amount;
      readonly fills: readonly Fill[];
    }
  | {
      readonly state: 'absent';
      /** The venue can no longer produce it: its expiry passed by the venue's own record. */
      readonly isProven: boolean;
      /** The same bytes may still be sent: the venue takes them once at the most, however often they arrive. */
      readonly mayResend?: boolean;
      readonly detail: string;
    }
  | Unknown;

export type CancelOutcome =
  | { readonly state: 'requested' }
  | { readonly state: 'rejected'; readonly reason: string }
  | { readonly state: 'outcomeUnknown'; readonly detail: string };
