// A transaction moves exact amounts between accounts and sums to zero per asset.
//
// Invariants, each held by a property test of the same name:
// 1. The postings of a transaction sum to zero for every asset.
// 2. A balance is the sum of its postings, and of nothing else.
// 3. No transaction is ever changed or removed; a correction is a transaction of its own.

import type { Amount } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';

/** `accrued` is what a venue owes or is owed and has not settled: it is on top of what is held, and never spent. */
export type Bucket = 'available' | 'hold' | 'inTransit' | 'accrued';
export const BUCKETS: readonly Bucket[] = ['available', 'hold', 'inTransit', 'accrued'];

/** Where an amount comes from or goes to when it is not ours. */
export type ExternalAccount =
  | 'opening'
  | 'trade'
  | 'fee'
  | 'transfer'
  | 'funding'
  | 'reward'
  | 'rounding'
  | 'unexplained';

export type Cause =
  | 'openingBalance'
  | 'order'
  | 'fill'
  | 'deposit'
  | 'withdrawal'
  | 'transfer'
  | 'funding'
  | 'correction'
  | 'reversal';

/** One side of a movement. `venue` and `bucket` name our own account; `external` the other side. */
export type Posting =
  | { readonly venue: VenueId; readonly bucket: Bucket; readonly asset: AssetId; readonly amount: Amount }
  | { readonly external: ExternalAccount; readonly asset: AssetId; readonly amount: Amount };

export interface Transaction {
  /** SHA-256 of its content: the same content is the same transaction. */
  readonly id: string;
  /** Idempotency key: a message's event id, or one derived from a correction or an opening. */
  readonly eventId: string;
  readonly cause: Cause;
  readonly venue: VenueId;
  readonly atMs: number;
  /** The venue's own ids that this stands for, by which book and venue are matched. */
  readonly venueIds: readonly string[];
  readonly postings: readonly Posting[];
}
