// A correction: what to post so that the book agrees with what has been explained, and the proof that belongs to it.
//
// Invariants, each held by a property test of the same name:
// 1. A correction changes the book by exactly the differences it is for.
// 2. The same input gives the same id: a restart cannot apply it twice.
// 3. Whatever the evidence, the explanation, a version or a posting says otherwise changes the evidence hash.

import { assert } from '../assert.ts';
import type { CorrectionMovement, CorrectionPart } from '../book/correction-transaction.ts';
import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import { type Amount, absolute, add, isNegative, maximum, multiply, ZERO } from '../money/amount.ts';
import type { Certificate } from '../venue/observation.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { Candidate } from './candidate.ts';
import type { Discrepancy, ExplanationVerdict } from './discrepancy.ts';
import type { Explanation } from './explain.ts';

export interface Correction {
  readonly id: string;
  readonly venue: VenueId;
  readonly discrepancyIds: readonly string[];
  readonly explanationId: string;
  readonly verdict: ExplanationVerdict;
  /** The causes in one word each, joined by " + ". */
  readonly cause: string;
  readonly descriptions: readonly string[];
  /** The other explanations that fit as well, each with one description an event; empty where there is none. */
  readonly alternatives: readonly (readonly string[])[];
  /** SHA-256 over discrepancies, explanation, pages, versions and postings. */
  readonly evidenceHash: string;
  /** What it was computed on; the applying side compares and swaps. Sorted by asset. */
  readonly bookVersions: readonly { readonly asset: AssetId; readonly version: number }[];
  /** One for each event, as the book posts them. */
  readonly parts: readonly CorrectionPart[];
  /** Fills to be counted towards their orders as well. */
  readonly fills: readonly NonNullable<Candidate['movement']['fill']>[];
  /** The book's transactions and transfers that it sets right, besides the venue's ids. */
  readonly evidence: readonly string[];
  /** Only the figures speak for one of its events: a person decides. */
  readonly hasHypothesis: boolean;
  /** Its explanation leaves aside a difference that shares events with these: a person decides. */
  readonly isPartial: boolean;
  readonly isOscillating: boolean;
  /** How far apart the reads are that agree on the differences; the least of them. */
  readonly readsApartMs: number;
  /** How many sources have shown the differences; the least of them. */
  readonly sources: number;
  /** What it moves, gross, in USD: each event by the larger of what it adds and what it takes. Null without a price. */
  readonly valueUsd: Amount | null;
}

export interface ProposalInput {
  /** The explanation's own; others are ignored. */
  readonly discrepancies: readonly Discrepancy[];
  readonly explanation: Explanation;
  readonly certificate: Certificate;
  readonly bookVersions: ReadonlyMap<AssetId, number>;
  readonly priceOf: (asset: AssetId) => Amount | null;
  /** Which of the explanation's alternatives; the first unless a person chose another. */
  readonly alternative?: number;
}

/** The correction for an explanation; null where it has no events, or another explanation books them. */
export function proposeCorrection(input: ProposalInput): Correction | null {
  const { explanation, certificate } = input;
  const events = explanation.alternatives[input.alternative ?? 0] ?? [];
  if (events.length === 0 || explanation.isInformational) return null;
  const discrepancies = input.discrepancies
    .filter(({ id }) => explanation.discrepancyIds.includes(id))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  assert(
    discrepancies.length === explanation.discrepancyIds.length,
    'a correction knows every discrepancy it is for',
  );
  assert(certificate.venue === explanation.venue, 'a correction rests on a snapshot of its own venue');
  const { venue, discrepancyIds } = explanation;
  // A difference that comes back is corrected anew, so its present spell belongs to the id.
  const spells = discrepancies.map(({ id, deltaSinceMs }) => ({ id, deltaSinceMs }));
  const id = sha256Hex(canonicalJson({ venue, spells, events: events.map((event) => event.id).sort() }));
  const foundAtMs = Math.min(...discrepancies.map(({ firstSeenAtMs }) => firstSeenAtMs));
  const parts = events.map((event, part) => partOf(event, { correctionId: id, part, foundAtMs }));
  const assets = [...new Set(events.flatMap(({ deltas }) => deltas.map(({ asset }) => asset)))].sort();
  const bookVersions = assets.map((asset) => ({ asset, version: input.bookVersions.get(asset) ?? 0 }));
  return {
    id,
    venue,
    discrepancyIds,
    explanationId: explanation.id,
    verdict: explanation.verdict,
    cause: [...new Set(events.map(({ cause }) => cause))].sort().join(' + '),
    descriptions: describe(events),
    alternatives: explanation.alternatives.filter((other) => other !== events).map(describe),
    evidenceHash: hashEvidence({ discrepancies, explanation, certificate, bookVersions, parts }),
    bookVersions,
    parts,
    fills: events.flatMap(({ movement }) => (movement.fill === null ? [] : [movement.fill])),
    evidence: [...new Set(events.flatMap(({ evidence }) => evidence))].sort(),
    hasHypothesis: events.some(({ evidenceKind }) => evidenceKind === 'hypothesis'),
    isPartial: explanation.isPartial,
    isOscillating: discrepancies.some(({ isOscillating }) => isOscillating),
    readsApartMs: Math.min(
      ...discrepancies.map(({ lastSeenAtMs, deltaSinceMs }) => lastSeenAtMs - deltaSinceMs),
    ),
    sources: Math.min(...discrepancies.map(({ sources }) => sources.length)),
    valueUsd: grossValueOf(events, input.priceOf),
  };
}

const describe = (events: readonly Candidate[]): readonly string[] =>
  events.map(({ description }) => description);

/** Whether the book has moved under it: it is then derived again, and applies only if nothing else comes out. */
export function isStale(
  correction: Pick<Correction, 'bookVersions'>,
  currentVersions: ReadonlyMap<AssetId, number>,
): boolean {
  return correction.bookVersions.some(({ asset, version }) => (currentVersions.get(asset) ?? 0) !== version);
}

/** Whether a correction that was derived again is the one that was proposed: same events, same postings. */
export function isSameCorrection(proposed: Correction, derived: Correction): boolean {
  return proposed.id === derived.id && canonicalJson(proposed.parts) === canonicalJson(derived.parts);
}

function partOf(
  event: Candidate,
  of: { readonly correctionId: string; readonly part: number; readonly foundAtMs: number },
): CorrectionPart {
  return {
    correctionId: of.correctionId,
    part: of.part,
    venue: event.venue,
    atMs: event.atMs ?? of.foundAtMs,
    venueId: event.movement.venueId,
    movements: event.movement.movements,
  };
}

function hashEvidence(evidence: {
  readonly discrepancies: readonly Discrepancy[];
  readonly explanation: Explanation;
  readonly certificate: Certificate;
  readonly bookVersions: Correction['bookVersions'];
  readonly parts: readonly CorrectionPart[];
}): string {
  const { discrepancies, explanation, certificate, bookVersions, parts } = evidence;
  return sha256Hex(
    canonicalJson({
      discrepancies: discrepancies.map(({ id, delta, bookAmount, venueAmount }) => ({
        id,
        delta,
        bookAmount,
        venueAmount,
      })),
      explanation: {
        id: explanation.id,
        verdict: explanation.verdict,
        events: explanation.events.map((event) => ({ id: event.id, evidence: event.evidence })),
      },
      scope: certificate.scope,
      pages: certificate.pages.map(({ endpoint, rows, sha256 }) => ({ endpoint, rows, sha256 })),
      bookVersions,
      parts,
    }),
  );
}

function grossValueOf(
  events: readonly Candidate[],
  priceOf: (asset: AssetId) => Amount | null,
): Amount | null {
  let total = ZERO;
  for (const { movement } of events) {
    const value = movedValue(movement.movements, priceOf);
    if (value === null) return null;
    total = add(total, value);
  }
  return total;
}

/** What stays between our own buckets adds as much as it takes; only what comes from outside has a value here. */
function movedValue(
  movements: readonly CorrectionMovement[],
  priceOf: (asset: AssetId) => Amount | null,
): Amount | null {
  let added = ZERO;
  let taken = ZERO;
  for (const { asset, amount, from } of movements) {
    if (from === null) continue;
    const price = priceOf(asset);
    if (price === null) return null;
    const value = multiply(absolute(amount), absolute(price));
    if (isNegative(amount)) taken = add(taken, value);
    else added = add(added, value);
  }
  return maximum(added, taken);
}
