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
import { type AdvancedDiscrepancies, advanceDiscrepancies } from './advance-discrepancies.ts';
import { type Comparison, compareVenue } from './compare.ts';
import { RECONCILIATION_DEFAULTS } from './defaults.ts';
import type { Discrepancy } from './discrepancy.ts';
import { type DriftBudgets, weighDrift } from './drift-budget.ts';
import { whyStale } from './freshness.ts';
import { type InFlight, youngFills } from './in-flight.ts';
import { findImplausibleLoss } from './plausibility.ts';
import type { Tolerances } from './tolerance.ts';
import { learnLag, type VenueLag } from './venue-lag.ts';

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
  readonly lag: VenueLag;
  /** How long this venue gets to settle, and how many reads have to agree. */
  readonly quietWindowMs: number;
  readonly confirmations: number;
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
      readonly lag: VenueLag;
    }
  | {
      readonly next: 'report' | 'settle' | 'explain';
      readonly kind: 'compared';
      readonly drift: DriftBudgets;
      readonly lag: VenueLag;
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
  const { observedAtMs } = observation.certificate;
  const { book, quietWindowMs, confirmations, before } = standing;
  const inFlight = [...standing.inFlight, ...youngFills(observation, book, quietWindowMs)];
  const { drift, comparison } = weighDrift(
    compareVenue({ ...standing, inFlight, snapshot: observation }),
    standing.tolerances,
    standing.drift,
  );
  const previousReadAtMs = before?.certificate.observedAtMs ?? null;
  const context = { nowMs: observedAtMs, quietWindowMs, confirmations, previousReadAtMs };
  const advanced = advanceDiscrepancies(standing.discrepancies, comparison, context);
  const seen = advanced.discrepancies.filter(({ lastSeenAtMs }) => lastSeenAtMs === observedAtMs);
  const isSuspicious =
    seen.some(({ state }) => state === 'suspected') && settled < Math.max(SETTLINGS_MAX, confirmations);
  const needsCause = seen.some((discrepancy) => needsExplanation(discrepancy, observedAtMs));
  return {
    next: isSuspicious ? 'settle' : needsCause ? 'explain' : 'report',
    kind: 'compared',
    drift,
    lag: learnLag(standing.lag, observation, book),
    comparison,
    advanced,
  };
}

/** What nobody can decide on yet is looked into again at every round at first, and then only from time to time. */
export function needsExplanation(
  { state, explanationsTried, explanationTriedAtMs }: Discrepancy,
  nowMs: number,
): boolean {
  if (state === 'confirmed') return true;
  if (state !== 'unexplained' && state !== 'explained') return false;
  const { explanationsMax, explanationPauseMs } = RECONCILIATION_DEFAULTS;
  return (
    explanationsTried < explanationsMax ||
    explanationTriedAtMs === null ||
    nowMs - explanationTriedAtMs >= explanationPauseMs
  );
}

function judgeOpening(
  read: Known<Snapshot>,
  { firstForOpening: first, standing: { quietWindowMs }, settled }: RoundInput,
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
  const { standing, suspect, settled } = input;
  const { before, book, priceOf, quietWindowMs } = standing;
  const distrust = (found: Unknown, suspected: Known<Snapshot> | null): RoundVerdict => ({
    next: settled < SETTLINGS_MAX ? 'settle' : 'report',
    kind: 'distrusted',
    unknown: found,
    suspect: suspected,
    lag: learnLag(standing.lag, read, book),
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
