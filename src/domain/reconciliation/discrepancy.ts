// What a discrepancy is, and which steps its life has.

import { assert } from '../assert.ts';
import type { Amount } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { ComparedBucket, DifferenceClass, Severity } from './compare.ts';

export type DiscrepancyState =
  | 'suspected'
  | 'confirmed'
  | 'explained'
  | 'unexplained'
  | 'proposed'
  | 'corrected'
  | 'accepted'
  | 'rejected'
  | 'closed';

export type ExplanationVerdict = 'unique' | 'ambiguous' | 'none' | 'limitReached';

/** How it ended. `vanished` while only suspected, `settled` by itself after it was confirmed. */
export type Resolution = 'corrected' | 'accepted' | 'rejected' | 'vanished' | 'settled';

export interface Discrepancy {
  /** SHA-256 of venue, asset, bucket, subject and first sight: the same finding has the same id after a restart. */
  readonly id: string;
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly bucket: ComparedBucket;
  readonly subject: string;
  readonly class: DifferenceClass;
  readonly severity: Severity;
  readonly bookAmount: Amount;
  readonly venueAmount: Amount;
  readonly delta: Amount;
  readonly valueUsd: Amount | null;
  readonly state: DiscrepancyState;
  readonly firstSeenAtMs: number;
  /** When a read last showed it. */
  readonly lastSeenAtMs: number;
  /** Since which read the delta is what it is. */
  readonly deltaSinceMs: number;
  /** How many reads in a row have shown this delta. */
  readonly agreeingReads: number;
  /** The sources of those reads, sorted. */
  readonly sources: readonly string[];
  /** The last read before it was first seen: then book and venue agreed. Null where nothing was read before. */
  readonly lastAgreedAtMs: number | null;
  readonly confirmedAtMs: number | null;
  /** When an explanation was found; null without one. */
  readonly explainedAtMs: number | null;
  /** How often an explanation of this delta was looked for in vain, and when last; 0 and null before the first time. */
  readonly explanationsTried: number;
  /** What is on record of it though it does not account for all; only while it is unexplained. */
  readonly leads: readonly string[];
  readonly explanationTriedAtMs: number | null;
  /** The causes of its explanation in one word each, joined by " + "; null until it has one. */
  readonly cause: string | null;
  readonly explanation: ExplanationVerdict | null;
  readonly resolution: Resolution | null;
  /** How often it came back after it had ended. */
  readonly reopened: number;
  /** The distinct deltas that reads confirmed, oldest first, zero where it had gone; at most `DELTAS_KEPT`. */
  readonly recentDeltas: readonly Amount[];
  /** Its delta went from A to B and back to A: for a person, never for an automatic correction. */
  readonly isOscillating: boolean;
  readonly awaitsOutcome: boolean;
}

export const DELTAS_KEPT = 5;

/** Which state may follow which. Everything may be suspected anew, and everything that is open may close. */
const FOLLOWS: Readonly<Record<DiscrepancyState, readonly DiscrepancyState[]>> = {
  suspected: ['suspected', 'confirmed', 'closed'],
  confirmed: ['explained', 'unexplained', 'accepted', 'suspected', 'closed'],
  explained: ['proposed', 'corrected', 'unexplained', 'accepted', 'suspected', 'closed'],
  unexplained: ['explained', 'proposed', 'accepted', 'rejected', 'suspected', 'closed'],
  proposed: ['corrected', 'rejected', 'accepted', 'confirmed', 'suspected', 'closed'],
  corrected: ['suspected', 'closed'],
  accepted: ['suspected', 'closed'],
  rejected: ['explained', 'unexplained', 'proposed', 'accepted', 'suspected', 'closed'],
  closed: ['suspected'],
};

/** Whether its life has a step from where it stands to another state. */
export const mayMove = ({ state }: Discrepancy, to: DiscrepancyState): boolean => FOLLOWS[state].includes(to);

/** Moves one discrepancy to another state; a step that its life does not have is a bug. */
export function moveDiscrepancy(
  discrepancy: Discrepancy,
  to: DiscrepancyState,
  with_: Partial<
    Pick<
      Discrepancy,
      | 'cause'
      | 'explanation'
      | 'explainedAtMs'
      | 'explanationsTried'
      | 'explanationTriedAtMs'
      | 'leads'
      | 'resolution'
    >
  > = {},
): Discrepancy {
  const { id, state } = discrepancy;
  assert(
    mayMove(discrepancy, to),
    `a discrepancy goes from ${state} to one of ${FOLLOWS[state].join(', ')}, not to ${to}: ${id}`,
  );
  return { ...discrepancy, ...with_, state: to };
}

const ENDED: readonly DiscrepancyState[] = ['closed', 'corrected', 'accepted'];

/** Where someone still has to do something about it, or it may still turn out to be nothing. */
export const OPEN_STATES: readonly DiscrepancyState[] = (Object.keys(FOLLOWS) as DiscrepancyState[]).filter(
  (state) => !ENDED.includes(state),
);

export const isOpenDiscrepancy = ({ state }: Discrepancy): boolean => OPEN_STATES.includes(state);
