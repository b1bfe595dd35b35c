// The life of a discrepancy.
//
// Invariants, each held by a property test of the same name:
// 1. Nothing is confirmed by one read: it takes two, at least one quiet window apart, that agree on the delta.
// 2. The same inputs give the same ids.
// 3. A discrepancy never leaves the list; it ends in a state that says how.
// 4. A discrepancy whose delta changes starts over: what was said of the old delta is not said of the new one.

import { assert } from '../assert.ts';
import { sha256Hex } from '../hash.ts';
import { type Amount, ZERO } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { ComparedBucket, Comparison, Difference, DifferenceClass, Severity } from './compare.ts';

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
  readonly confirmedAtMs: number | null;
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

export interface DiscrepancyChange {
  readonly id: string;
  readonly from: DiscrepancyState | null;
  readonly to: DiscrepancyState;
  readonly reason: string;
  /** Nothing that anyone needs to hear of, such as a suspicion that did not hold. */
  readonly isSilent: boolean;
}

export interface AdvancedDiscrepancies {
  /** Everything of before, advanced, and what is new. Sorted by venue, asset, bucket, subject and first sight. */
  readonly discrepancies: readonly Discrepancy[];
  readonly changes: readonly DiscrepancyChange[];
}

export const DELTAS_KEPT = 5;

/** Which state may follow which. Everything may be suspected anew, and everything that is open may close. */
const FOLLOWS: Readonly<Record<DiscrepancyState, readonly DiscrepancyState[]>> = {
  suspected: ['suspected', 'confirmed', 'closed'],
  confirmed: ['explained', 'unexplained', 'accepted', 'suspected', 'closed'],
  explained: ['proposed', 'corrected', 'unexplained', 'accepted', 'suspected', 'closed'],
  unexplained: ['explained', 'proposed', 'accepted', 'rejected', 'suspected', 'closed'],
  proposed: ['corrected', 'rejected', 'accepted', 'explained', 'unexplained', 'suspected', 'closed'],
  corrected: ['suspected', 'closed'],
  accepted: ['suspected', 'closed'],
  rejected: ['explained', 'unexplained', 'proposed', 'accepted', 'suspected', 'closed'],
  closed: ['suspected'],
};

/** Moves one discrepancy to another state; a step that its life does not have is a bug. */
export function moveDiscrepancy(
  discrepancy: Discrepancy,
  to: DiscrepancyState,
  with_: Partial<Pick<Discrepancy, 'cause' | 'explanation' | 'resolution'>> = {},
): Discrepancy {
  const { id, state } = discrepancy;
  assert(
    FOLLOWS[state].includes(to),
    `a discrepancy goes from ${state} to one of ${FOLLOWS[state].join(', ')}, not to ${to}: ${id}`,
  );
  return { ...discrepancy, ...with_, state: to };
}

/** Whether someone still has to do something about it, or it may still turn out to be nothing. */
export const isOpenDiscrepancy = ({ state }: Discrepancy): boolean =>
  state !== 'closed' && state !== 'corrected' && state !== 'accepted';

/**
 * Advances every discrepancy of the comparison's venue by one certified read; other venues' stay as they are.
 * The caller keeps the history: `changes` says what to append.
 */
export function advanceDiscrepancies(
  previous: readonly Discrepancy[],
  comparison: Comparison,
  nowMs: number,
  quietWindowMs: number,
): AdvancedDiscrepancies {
  const step: Step = { comparison, nowMs, quietWindowMs };
  const present = new Map(
    comparison.differences
      .filter(({ isMaterial }) => isMaterial)
      .map((difference) => [keyOf(difference), difference]),
  );
  const latest = latestByKey(previous, comparison.venue);
  const advanced: Advanced[] = previous.map((discrepancy) => {
    const isLatest = latest.get(keyOf(discrepancy)) === discrepancy;
    if (discrepancy.venue !== comparison.venue || !isLatest) return [discrepancy, null];
    const difference = present.get(keyOf(discrepancy));
    if (difference === undefined) return vanish(discrepancy);
    // What comes back with another delta is another finding; its predecessor stays closed.
    if (discrepancy.state === 'closed' && !discrepancy.recentDeltas.includes(difference.delta))
      return [discrepancy, null];
    present.delete(keyOf(discrepancy));
    return see(discrepancy, difference, step);
  });
  const fresh = [...present.values()].map((difference) => suspect(difference, comparison));
  const all = [...advanced, ...fresh];
  return {
    discrepancies: all.map(([discrepancy]) => discrepancy).sort(inOrder),
    changes: all
      .flatMap(([, change]) => (change === null ? [] : [change]))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

interface Step {
  readonly comparison: Comparison;
  readonly nowMs: number;
  readonly quietWindowMs: number;
}

type Advanced = readonly [Discrepancy, DiscrepancyChange | null];

function suspect(difference: Difference, { observedAtMs, venue }: Comparison): Advanced {
  const id = sha256Hex(
    [venue, difference.asset, difference.bucket, difference.subject, observedAtMs].join('|'),
  );
  const discrepancy: Discrepancy = {
    ...factsOf(difference),
    id,
    venue,
    asset: difference.asset,
    bucket: difference.bucket,
    subject: difference.subject,
    state: 'suspected',
    firstSeenAtMs: observedAtMs,
    lastSeenAtMs: observedAtMs,
    deltaSinceMs: observedAtMs,
    confirmedAtMs: null,
    cause: null,
    explanation: null,
    resolution: null,
    reopened: 0,
    recentDeltas: [difference.delta],
    isOscillating: false,
  };
  return [discrepancy, change(discrepancy, null, `first seen: ${difference.delta}`, true)];
}

/** A read that shows a discrepancy which is already known. */
function see(before: Discrepancy, difference: Difference, step: Step): Advanced {
  const { observedAtMs } = step.comparison;
  // A read that is not newer than the last one proves nothing.
  if (observedAtMs <= before.lastSeenAtMs) return [before, null];
  const hasEnded = before.state === 'closed' || before.state === 'corrected';
  if (hasEnded || difference.delta !== before.delta)
    return startOver(before, difference, observedAtMs, hasEnded);
  const seen: Discrepancy = { ...before, ...factsOf(difference), lastSeenAtMs: observedAtMs };
  const isSettled = observedAtMs - before.deltaSinceMs >= step.quietWindowMs;
  if (before.state !== 'suspected' || !isSettled || isExcused(difference, step)) return [seen, null];
  const confirmed: Discrepancy = {
    ...moveDiscrepancy(seen, 'confirmed'),
    class: difference.settledClass,
    confirmedAtMs: step.nowMs,
  };
  return [
    confirmed,
    change(confirmed, before.state, `two reads ${observedAtMs - before.deltaSinceMs} ms apart agree`, false),
  ];
}

/** Something under way may still account for it: an order of unknown outcome for ever, others to their deadline. */
function isExcused(difference: Difference, step: Step): boolean {
  if (difference.class !== 'pending') return false;
  if (difference.awaitsOutcome) return true;
  return difference.pendingUntilMs !== null && step.comparison.observedAtMs <= difference.pendingUntilMs;
}

function startOver(
  before: Discrepancy,
  difference: Difference,
  observedAtMs: number,
  hasEnded: boolean,
): Advanced {
  const recentDeltas = withDelta(before.recentDeltas, difference.delta);
  const next: Discrepancy = {
    ...moveDiscrepancy(before, 'suspected', { cause: null, explanation: null, resolution: null }),
    ...factsOf(difference),
    lastSeenAtMs: observedAtMs,
    deltaSinceMs: observedAtMs,
    confirmedAtMs: null,
    reopened: before.reopened + (hasEnded ? 1 : 0),
    recentDeltas,
    isOscillating: before.isOscillating || oscillates(recentDeltas),
  };
  const reason = hasEnded
    ? `returned with ${difference.delta}`
    : `the difference changed from ${before.delta} to ${difference.delta}`;
  const isSilent = before.state === 'suspected' && !next.isOscillating;
  return [next, change(next, before.state, reason, isSilent)];
}

/** A read that no longer shows it. */
function vanish(before: Discrepancy): Advanced {
  if (before.state === 'closed') return [before, null];
  const wasSuspicion = before.state === 'suspected';
  const wasResolved = before.state === 'corrected' || before.state === 'accepted';
  const resolution = wasResolved ? before.resolution : wasSuspicion ? 'vanished' : 'settled';
  const closed: Discrepancy = {
    ...moveDiscrepancy(before, 'closed', { resolution }),
    recentDeltas: wasSuspicion ? before.recentDeltas : withDelta(before.recentDeltas, ZERO),
  };
  return [
    closed,
    change(closed, before.state, wasResolved ? 'book and venue agree' : 'it is gone', wasSuspicion),
  ];
}

function factsOf(difference: Difference) {
  const { bookAmount, venueAmount, delta, valueUsd, severity, awaitsOutcome } = difference;
  return { class: difference.class, bookAmount, venueAmount, delta, valueUsd, severity, awaitsOutcome };
}

const change = (
  { id, state }: Discrepancy,
  from: DiscrepancyState | null,
  reason: string,
  isSilent: boolean,
): DiscrepancyChange => ({ id, from, to: state, reason, isSilent });

const withDelta = (deltas: readonly Amount[], delta: Amount): readonly Amount[] =>
  deltas.at(-1) === delta ? deltas : [...deltas, delta].slice(-DELTAS_KEPT);

function oscillates(deltas: readonly Amount[]): boolean {
  return deltas.length >= 3 && deltas.at(-1) === deltas.at(-3) && deltas.at(-1) !== deltas.at(-2);
}

const keyOf = (at: { readonly asset: string; readonly bucket: string; readonly subject: string }): string =>
  `${at.bucket}|${at.asset}|${at.subject}`;

function latestByKey(all: readonly Discrepancy[], venue: VenueId): ReadonlyMap<string, Discrepancy> {
  const latest = new Map<string, Discrepancy>();
  for (const discrepancy of all) {
    if (discrepancy.venue !== venue) continue;
    const known = latest.get(keyOf(discrepancy));
    if (known === undefined || known.firstSeenAtMs < discrepancy.firstSeenAtMs)
      latest.set(keyOf(discrepancy), discrepancy);
  }
  return latest;
}

function inOrder(a: Discrepancy, b: Discrepancy): number {
  for (const field of ['venue', 'asset', 'bucket', 'subject', 'firstSeenAtMs'] as const) {
    if (a[field] !== b[field]) return a[field] < b[field] ? -1 : 1;
  }
  return 0;
}
