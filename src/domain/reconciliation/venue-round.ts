// One round of one venue: what a certified read means, and what has to be done before it can be reported.
//
// Invariants:
// 1. Nothing is compared at an unopened venue, and nothing without a certificate.
// 2. A venue opens with two certified reads that agree, at least one quiet window apart.
// 3. A suspicion is looked at again after a quiet window; a confirmed difference is explained before it is reported.
// 4. A read that is older than what is known, or that misses too much at once, is not compared until a later one agrees.

import { assert } from '../assert.ts';
import type { BookView } from '../book/book-view.ts';
import { agreeForOpening } from '../book/opening.ts';
import type { Amount } from '../money/amount.ts';
import { type Known, type Observation, type Snapshot, type Unknown, unknown } from '../venue/observation.ts';
import type { AssetId } from '../venue/venue.ts';
import { type Comparison, compareVenue } from './compare.ts';
import { type AdvancedDiscrepancies, advanceDiscrepancies, type Discrepancy } from './discrepancy.ts';
import { type DriftBudgets, weighDrift } from './drift-budget.ts';
import { whyStale } from './freshness.ts';
import type { InFlight } from './in-flight.ts';
import { findImplausibleLoss } from './plausibility.ts';
import type { Tolerances } from './tolerance.ts';

/** What the book and the service know when a venue's answer comes. */
export interface VenueStanding {
  readonly book: BookView;
  readonly discrepancies: readonly Discrepancy[];
  readonly inFlight: InFlight;
  readonly tolerances: Tolerances;
  /** The last read that was compared; null where there was none. */
  readonly before: Known<Snapshot> | null;
  /** How small differences have moved. */
  readonly drift: DriftBudgets;
  readonly navUsd: Amount | null;
  /** USD for one unit; null where unknown. */
  readonly priceOf: (asset: AssetId) => Amount | null;
}

export type RoundVerdict =
  | { readonly next: 'report'; readonly kind: 'unknown' }
  /** The first of two reads that open a venue, or one that disagreed with the read before it. */
  | { readonly next: 'settle'; readonly kind: 'opening'; readonly first: Known<Snapshot> }
  | {
      readonly next: 'report';
      readonly kind: 'openable';
      readonly first: Known<Snapshot>;
      readonly second: Known<Snapshot>;
    }
  /** Certified, and yet not believed: it is as good as unknown. */
  | {
      readonly next: 'report' | 'settle';
      readonly kind: 'distrusted';
      readonly unknown: Unknown;
      /** The read that misses too much, for a later one to agree with. */
      readonly suspect: Known<Snapshot> | null;
    }
  | {
      readonly next: 'report' | 'settle' | 'explain';
      readonly kind: 'compared';
      readonly drift: DriftBudgets;
      readonly comparison: Comparison;
      readonly advanced: AdvancedDiscrepancies;
    };

export interface RoundInput {
  readonly observation: Observation<Snapshot>;
  readonly standing: VenueStanding;
  /** A read of the unopened venue, earlier in this round. */
  readonly firstForOpening: Known<Snapshot> | null;
  /** A read of this round that missed too much to be believed at once. */
  readonly suspect: Known<Snapshot> | null;
  readonly quietWindowMs: number;
  /** How often this round has waited for a quiet window already. */
  readonly settled: number;
}

/** A venue that changes faster than a quiet window is reported as it is after this many looks. */
export const SETTLINGS_MAX = 3;

export function judgeRound(input: RoundInput): RoundVerdict {
  const { observation, standing, settled } = input;
  if (observation.state === 'unknown') return { next: 'report', kind: 'unknown' };
  if (!standing.book.isOpened) return judgeOpening(observation, input);
  const distrusted = judgeTrust(observation, input);
  if (distrusted !== null) return distrusted;
  const { drift, comparison } = weighDrift(
    compareVenue({ ...standing, snapshot: observation }),
    standing.tolerances,
    standing.drift,
  );
  const advanced = advanceDiscrepancies(
    standing.discrepancies,
    comparison,
    observation.certificate.observedAtMs,
    input.quietWindowMs,
  );
  const states = advanced.discrepancies
    .filter(({ lastSeenAtMs }) => lastSeenAtMs === comparison.observedAtMs)
    .map(({ state }) => state);
  const isSuspicious = states.includes('suspected') && settled < SETTLINGS_MAX;
  const needsCause = states.some((state) => state === 'confirmed' || state === 'unexplained');
  return {
    next: isSuspicious ? 'settle' : needsCause ? 'explain' : 'report',
    kind: 'compared',
    drift,
    comparison,
    advanced,
  };
}

function judgeOpening(
  read: Known<Snapshot>,
  { firstForOpening: first, quietWindowMs, settled }: RoundInput,
): RoundVerdict {
  if (first === null) return { next: 'settle', kind: 'opening', first: read };
  const apartMs = read.certificate.observedAtMs - first.certificate.observedAtMs;
  assert(settled > 0, 'the second read of an opening follows a quiet window');
  if (apartMs >= quietWindowMs && agreeForOpening(first.value, read.value)) {
    return { next: 'report', kind: 'openable', first, second: read };
  }
  return settled < SETTLINGS_MAX
    ? { next: 'settle', kind: 'opening', first: read }
    : { next: 'report', kind: 'unknown' };
}

/** Null where the read may be compared. */
function judgeTrust(read: Known<Snapshot>, input: RoundInput): RoundVerdict | null {
  const { standing, suspect, settled, quietWindowMs } = input;
  const { before, book, priceOf } = standing;
  const distrust = (found: Unknown, suspected: Known<Snapshot> | null): RoundVerdict => ({
    next: settled < SETTLINGS_MAX ? 'settle' : 'report',
    kind: 'distrusted',
    unknown: found,
    suspect: suspected,
  });
  const stale = whyStale(read, { before, book });
  if (stale !== null) return distrust(unknown('stale', stale), null);
  const lossOf = ({ value: snapshot }: Known<Snapshot>) =>
    before && findImplausibleLoss({ snapshot, before: before.value, book, priceOf });
  const implausible = lossOf(read);
  if (implausible === null) return null;
  const found = unknown('suspectSource', implausible.detail);
  if (suspect === null || lossOf(suspect)?.loss !== implausible.loss) return distrust(found, read);
  const apartMs = read.certificate.observedAtMs - suspect.certificate.observedAtMs;
  return apartMs < quietWindowMs ? distrust(found, suspect) : null;
}
