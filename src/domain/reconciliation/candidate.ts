import type { CorrectionMovement } from '../book/correction-transaction.ts';
import { sha256Hex } from '../hash.ts';
import type { Amount } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';

/** What may have made book and venue differ, in the words that reports use. */
export type CandidateCause =
  | 'missedFill'
  | 'deposit'
  | 'withdrawal'
  | 'transfer'
  | 'funding'
  | 'fee'
  | 'reward'
  | 'conversion'
  | 'swap'
  | 'duplicateBooking'
  | 'fillNotAtVenue'
  | 'fillBookedWrongly'
  | 'activityNotAtVenue'
  | 'activityBookedWrongly'
  | 'feeInOtherAsset'
  | 'quoteBookedAsBase'
  | 'decimalsShift'
  | 'wrappedNativeMixed'
  | 'transferInTransit'
  | 'fundingAccrued'
  | 'orderHold';

/**
 * What speaks for a candidate: the venue's own record of it; that the venue's complete record lacks it; or
 * only that the figures fit. The last is never enough for an automatic correction.
 */
export type EvidenceKind = 'venueRecord' | 'venueAbsence' | 'hypothesis';

export interface CandidateDelta {
  readonly asset: AssetId;
  readonly bucket: 'total' | 'hold';
  /** What it adds to venue minus book: booking it adds the same to the book. */
  readonly amount: Amount;
}

/** One event that may be part of an explanation, and how the book would be corrected if it is. */
export interface Candidate {
  readonly id: string;
  readonly venue: VenueId;
  readonly cause: CandidateCause;
  readonly evidenceKind: EvidenceKind;
  /** One sentence for a person. */
  readonly description: string;
  /** The venue's own ids, or those of the book's transactions that it is about. */
  readonly evidence: readonly string[];
  /** Sorted by asset and bucket, none zero. */
  readonly deltas: readonly CandidateDelta[];
  /** When it happened; null where nobody knows. */
  readonly atMs: number | null;
  readonly movement: CandidateMovement;
}

export interface CandidateMovement {
  /** The venue's own id of the one thing that it stands in for; null where there is none. */
  readonly venueId: string | null;
  readonly movements: readonly CorrectionMovement[];
  /** A fill of an order, to be counted towards the order as well; null for everything else. */
  readonly fill: {
    readonly venueId: string;
    readonly clientOrderId: string | null;
    readonly orderId: string;
    readonly quantity: Amount;
  } | null;
}

/** Gives a candidate its id: the same event at the same venue has the same id in every read. */
export function makeCandidate(fields: Omit<Candidate, 'id'>): Candidate {
  const deltas = fields.deltas
    .filter(({ amount }) => amount !== '0')
    .sort((a, b) => (keyOfDelta(a) < keyOfDelta(b) ? -1 : 1));
  const content = deltas.map(({ asset, bucket, amount }) => `${asset}|${bucket}|${amount}`);
  const id = sha256Hex([fields.venue, fields.cause, ...fields.evidence, '', ...content].join('\n'));
  return { ...fields, id, deltas };
}

/** The dimension that a delta moves. */
export const keyOfDelta = (delta: { readonly asset: AssetId; readonly bucket: string }): string =>
  `${delta.asset}\n${delta.bucket}`;

const RANK = { venueRecord: 0, venueAbsence: 1, hypothesis: 2 } as const;

/** Orders candidates: the venue's records first, hypotheses last; then by time. */
export function byEvidenceTimeId(a: Candidate, b: Candidate): number {
  return (
    RANK[a.evidenceKind] - RANK[b.evidenceKind] || (a.atMs ?? 0) - (b.atMs ?? 0) || (a.id < b.id ? -1 : 1)
  );
}
