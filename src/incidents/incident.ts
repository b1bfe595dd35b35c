import type { BookView } from '../domain/book/book-view.ts';
import type { OrderState } from '../domain/book/order-state.ts';
import type { Transaction } from '../domain/book/transaction.ts';
import type { Amount } from '../domain/money/amount.ts';
import type { CandidateCause } from '../domain/reconciliation/candidate.ts';
import type { TransferUnderWay, WrappedPair } from '../domain/reconciliation/candidates-of-structure.ts';
import type { Known, Snapshot } from '../domain/venue/observation.ts';
import type { Activity, AssetId, VenueId, VenueKind } from '../domain/venue/venue.ts';

/** One venue as the core sees it: what the book says, what two reads say, and nothing of what went wrong. */
export interface VenueInput {
  readonly venue: VenueId;
  readonly kind: VenueKind;
  readonly openedAtMs: number;
  readonly fillsSinceMs: number;
  /** What the activity is complete for. */
  readonly activitySinceMs: number;
  readonly assets: readonly AssetId[];
  readonly activity: readonly Activity[];
  /** What the venue holds; the same at every read of an incident. */
  readonly held: Snapshot;
  readonly wrappedPairs: readonly WrappedPair[];
}

/** A book over several venues in which something is wrong. The book is kept apart: corrections change it. */
export interface Incident {
  readonly number: number;
  readonly venues: readonly VenueInput[];
  readonly book: IncidentBook;
  readonly transfersInTransit: readonly TransferUnderWay[];
  readonly prices: ReadonlyMap<AssetId, Amount>;
  readonly observedAtMs: number;
  readonly quietWindowMs: number;
  readonly truth: readonly TrueCause[];
}

/** The core's view of the book at any time, and how corrections are posted to it. */
export interface IncidentBook {
  viewOf(venue: VenueId): BookView;
  transactionsOf(venue: VenueId): readonly Transaction[];
  orderOf(clientOrderId: string): OrderState | null;
  post(transaction: Transaction): void;
  replaceOrder(order: OrderState): void;
}

/** One thing that went wrong. */
export interface TrueCause {
  readonly venue: VenueId;
  readonly cause: CandidateCause;
  /** The venue's id of it, or the book's; null where nothing on record names it. */
  readonly reference: string | null;
  /** Venue minus book because of it, by asset; none for a hold, whose total agrees. */
  readonly deltas: ReadonlyMap<AssetId, Amount>;
}

export type VenueRead = Known<Snapshot>;
