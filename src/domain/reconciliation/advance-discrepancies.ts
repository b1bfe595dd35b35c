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
import type { VenueId } from '../venue/venue.ts';
import type { Comparison, Difference } from './compare.ts';
import { DELTAS_KEPT, type Discrepancy, type DiscrepancyState, moveDiscrepancy } from './discrepancy.ts';

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

/** What belongs to one certified read besides what it showed. */
export interface ReadContext {
  readonly nowMs: number;
  readonly quietWindowMs: number;
  /** How many reads have to agree; two at least. */
  readonly confirmations: number;
  /** When the venue was read before; null where it was not. */
  readonly previousReadAtMs: number | null;
}

/**
 * Advances every discrepancy of the comparison's venue by one certified read; other venues' stay as they are.
 * The caller keeps the history: `changes` says what to append.
 */
export function advanceDiscrepancies(
  previous: readonly Discrepancy[],
  comparison: Comparison,
  context: ReadContext,
): AdvancedDiscrepancies {
  assert(context.confirmations >= 2, 'at least two reads have to agree');
  const step: Step = { ...context, comparison };
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
  const fresh = [...present.values()].map((difference) => suspect(difference, step));
  const all = [...advanced, ...fresh];
  return {
    discrepancies: all.map(([discrepancy]) => discrepancy).sort(inOrder),
    changes: all
      .flatMap(([, change]) => (change === null ? [] : [change]))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** What comes back after it was put in order has to be looked at anew. */
const HAS_ENDED: ReadonlySet<DiscrepancyState> = new Set(['closed', 'corrected', 'accepted']);

const UNEXPLAINED = {
  cause: null,
  explanation: null,
  explainedAtMs: null,
  explanationsTried: 0,
  explanationTriedAtMs: null,
  leads: [],
} as const;

interface Step extends ReadContext {
  readonly comparison: Comparison;
}

type Advanced = readonly [Discrepancy, DiscrepancyChange | null];

function suspect(difference: Difference, { comparison, previousReadAtMs }: Step): Advanced {
  const { observedAtMs, venue, sources } = comparison;
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
    agreeingReads: 1,
    sources,
    lastAgreedAtMs: previousReadAtMs,
    confirmedAtMs: null,
    ...UNEXPLAINED,
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
  const hasEnded = HAS_ENDED.has(before.state);
  if (hasEnded || difference.delta !== before.delta) return startOver(before, difference, step, hasEnded);
  const facts = factsOf(difference);
  const seen: Discrepancy = {
    ...before,
    ...facts,
    // What two reads have confirmed stays what it is: nothing that comes under way later accounts for it.
    class: before.state === 'suspected' ? facts.class : difference.settledClass,
    ...(facts.valueUsd === null ? { valueUsd: before.valueUsd, severity: before.severity } : {}),
    lastSeenAtMs: observedAtMs,
    agreeingReads: before.agreeingReads + 1,
    sources: [...new Set([...before.sources, ...step.comparison.sources])].sort(),
  };
  const isSettled =
    observedAtMs - before.deltaSinceMs >= step.quietWindowMs && seen.agreeingReads >= step.confirmations;
  if (before.state !== 'suspected' || !isSettled || isExcused(difference, step)) return [seen, null];
  const confirmed: Discrepancy = {
    ...moveDiscrepancy(seen, 'confirmed'),
    class: difference.settledClass,
    confirmedAtMs: step.nowMs,
  };
  return [
    confirmed,
    change(
      confirmed,
      before.state,
      `${seen.agreeingReads} reads within ${observedAtMs - before.deltaSinceMs} ms agree`,
      false,
    ),
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
  { comparison: { observedAtMs, sources }, previousReadAtMs }: Step,
  hasEnded: boolean,
): Advanced {
  const recentDeltas = withDelta(before.recentDeltas, difference.delta);
  const next: Discrepancy = {
    ...moveDiscrepancy(before, 'suspected', { ...UNEXPLAINED, resolution: null }),
    ...factsOf(difference),
    lastSeenAtMs: observedAtMs,
    deltaSinceMs: observedAtMs,
    agreeingReads: 1,
    sources,
    lastAgreedAtMs: hasEnded ? previousReadAtMs : before.lastAgreedAtMs,
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
