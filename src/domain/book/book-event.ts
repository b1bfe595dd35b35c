import type { Amount } from '../money/amount.ts';
import type { AssetId, Fee, Side, VenueId } from '../venue/venue.ts';

/** What every message of the bot carries. The same `eventId` with the same content is accepted again and posts nothing. */
interface Reported {
  readonly eventId: string;
  readonly venue: VenueId;
  /** When it happened, by the bot's clock. */
  readonly atMs: number;
}

/** The bot sent an order. Nothing moves in the book until the venue accepts it. */
export interface OrderSubmitted extends Reported {
  readonly type: 'portfolio.orderSubmitted';
  readonly clientOrderId: string;
  readonly market: string;
  readonly base: AssetId;
  readonly quote: AssetId;
  readonly side: Side;
  readonly quantity: Amount;
  readonly limitPrice: Amount | null;
  /** The strategy that the order is of: its fills tell what that strategy trades. */
  readonly strategy?: string;
}

/** The venue accepted the order: what it holds for it moves from available to hold. */
export interface OrderAccepted extends Reported {
  readonly type: 'portfolio.orderAccepted';
  readonly clientOrderId: string;
  readonly venueOrderId: string;
  /** What the venue holds for the order; null where the venue holds nothing, such as dYdX or an order that never rests. */
  readonly hold: { readonly asset: AssetId; readonly amount: Amount } | null;
}

/** The order has ended without more fills to come, as far as the bot knows: what is still held returns. */
export interface OrderCancelled extends Reported {
  readonly type: 'portfolio.orderCancelled';
  readonly clientOrderId: string;
}

export interface FillReported extends Reported {
  readonly type: 'portfolio.fillReported';
  /** The venue's own id of the execution, by which venue and book are matched. */
  readonly fillId: string;
  readonly clientOrderId: string;
  readonly market: string;
  readonly base: AssetId;
  readonly quote: AssetId;
  readonly side: Side;
  readonly quantity: Amount;
  readonly price: Amount;
  /** Exact quote moved before fees; null means quantity × price. */
  readonly quoteAmount: Amount | null;
  readonly fee: Fee;
}

export interface DepositReported extends Reported {
  readonly type: 'portfolio.depositReported';
  readonly asset: AssetId;
  readonly amount: Amount;
  /** The venue's own id where the bot knows it, else null. */
  readonly activityId: string | null;
}

export interface WithdrawalReported extends Reported {
  readonly type: 'portfolio.withdrawalReported';
  readonly asset: AssetId;
  readonly amount: Amount;
  /** What the venue or the chain took for it; null for nothing. */
  readonly fee: Fee | null;
  readonly activityId: string | null;
}

/** Left `venue` for `toVenue`: stands in transit until it is received. */
export interface TransferSent extends Reported {
  readonly type: 'portfolio.transferSent';
  readonly transferId: string;
  readonly toVenue: VenueId;
  readonly asset: AssetId;
  readonly amount: Amount;
  readonly fee: Fee | null;
}

/** Arrived at `venue` from `fromVenue`, under the asset's identity here. */
export interface TransferReceived extends Reported {
  readonly type: 'portfolio.transferReceived';
  readonly transferId: string;
  readonly fromVenue: VenueId;
  readonly asset: AssetId;
  readonly amount: Amount;
}

/** A funding payment as it changed the collateral: positive when received. */
export interface FundingReported extends Reported {
  readonly type: 'portfolio.fundingReported';
  readonly market: string;
  readonly asset: AssetId;
  readonly amount: Amount;
  readonly activityId: string | null;
}

/** Everything that the bot tells the book. */
export type BookEvent =
  | OrderSubmitted
  | OrderAccepted
  | OrderCancelled
  | FillReported
  | DepositReported
  | WithdrawalReported
  | TransferSent
  | TransferReceived
  | FundingReported;

export type BookEventType = BookEvent['type'];

/** What became of a message. Everything but `conflict` and `rejected` is durable when it is said. */
export type BookEventOutcome =
  | { readonly status: 'posted'; readonly eventId: string; readonly bookVersion: number }
  | { readonly status: 'duplicate'; readonly eventId: string; readonly bookVersion: number }
  /** Posted, though the book does not know the order: the asset's gate is closed until it is explained. */
  | {
      readonly status: 'postedAsExternal';
      readonly eventId: string;
      readonly bookVersion: number;
      readonly reason: string;
    }
  /** The same id was reported with other content: nothing is posted. */
  | {
      readonly status: 'conflict';
      readonly eventId: string;
      readonly place: string;
      readonly expected: string;
      readonly found: string;
    }
  | {
      readonly status: 'rejected';
      readonly eventId: string;
      readonly place: string;
      readonly expected: string;
      readonly found: string;
    };
