import { assert } from '../assert.ts';
import { type Amount, negate } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { external, makeTransaction, own } from './make-transaction.ts';
import type { Bucket, ExternalAccount, Posting, Transaction } from './transaction.ts';

/** An amount that a correction adds to one of our buckets; negative to take away. */
export interface CorrectionMovement {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly bucket: Bucket;
  readonly amount: Amount;
  /** Where it comes from; null when another movement of the same correction is the other side. */
  readonly from: ExternalAccount | null;
}

export interface CorrectionPart {
  readonly correctionId: string;
  /** Counts the parts of one correction from 0. */
  readonly part: number;
  readonly venue: VenueId;
  /** When what is corrected happened, or was found where nobody knows when it happened. */
  readonly atMs: number;
  /** The venue's own id of the one thing that this part stands in for, so that a late message can replace it. */
  readonly venueId: string | null;
  readonly movements: readonly CorrectionMovement[];
}

/**
 * The transaction of one part of a correction. A correction has one part for each thing that happened at the
 * venue: a message that reports one of them later replaces that part alone. The same part has the same event id,
 * so that it is never applied twice.
 */
export function correctionTransaction(part: CorrectionPart): Transaction {
  const transaction = makeTransaction({
    eventId: `correction:${part.correctionId}:${part.part}`,
    cause: 'correction',
    venue: part.venue,
    atMs: part.atMs,
    venueIds: part.venueId === null ? [] : [part.venueId],
    postings: part.movements.flatMap(postingsOf),
  });
  assert(transaction !== null, `correction ${part.correctionId} moves something`);
  return transaction;
}

/** Undoes a correction to the last digit. Its event id follows from what it undoes: nothing is undone twice. */
export function reversalTransaction(undone: Transaction, atMs: number): Transaction {
  assert(
    undone.cause === 'correction',
    `only a correction is reversed, found ${undone.cause} ${undone.eventId}`,
  );
  const transaction = makeTransaction({
    eventId: `reversal:${undone.id}`,
    cause: 'reversal',
    venue: undone.venue,
    atMs,
    venueIds: undone.venueIds,
    postings: undone.postings.map((posting) => ({ ...posting, amount: negate(posting.amount) })),
  });
  assert(transaction !== null, `reversal of ${undone.eventId} moves something`);
  return transaction;
}

function postingsOf({ venue, asset, bucket, amount, from }: CorrectionMovement): readonly Posting[] {
  const ours = own(venue, bucket, asset, amount);
  return from === null ? [ours] : [ours, external(from, asset, negate(amount))];
}
