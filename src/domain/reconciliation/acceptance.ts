// A difference that a person accepts: the venue is right, and nobody knows why.

import { assert } from '../assert.ts';
import type { CorrectionMovement } from '../book/correction-transaction.ts';
import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import { absolute, isNegative, multiply, negate } from '../money/amount.ts';
import type { Certificate } from '../venue/observation.ts';
import type { Correction } from './correction.ts';
import type { Discrepancy } from './discrepancy.ts';

/**
 * The correction that makes the book follow the venue, against the account `unexplained`. It can be reversed like any
 * other. Only for what is held: an order is reported, not accepted.
 */
export function acceptedCorrection(
  discrepancy: Discrepancy,
  on: {
    readonly certificate: Certificate;
    readonly version: number;
    readonly price: Correction['valueUsd'];
    readonly acceptedAtMs: number;
  },
): Correction {
  const { venue, asset, bucket, delta, deltaSinceMs } = discrepancy;
  assert(bucket === 'total' || bucket === 'hold', `what is held can be accepted, found ${bucket}`);
  const id = sha256Hex(canonicalJson({ accepted: discrepancy.id, deltaSinceMs }));
  const movements: readonly CorrectionMovement[] =
    bucket === 'total'
      ? [{ venue, asset, bucket: 'available', amount: delta, from: 'unexplained' }]
      : [
          { venue, asset, bucket: 'hold', amount: delta, from: null },
          { venue, asset, bucket: 'available', amount: negate(delta), from: null },
        ];
  const part = { correctionId: id, part: 0, venue, atMs: on.acceptedAtMs, venueId: null, movements };
  const bookVersions = [{ asset, version: on.version }];
  const pages = on.certificate.pages.map(({ endpoint, rows, sha256 }) => ({ endpoint, rows, sha256 }));
  return {
    id,
    venue,
    discrepancyIds: [discrepancy.id],
    explanationId: id,
    verdict: discrepancy.explanation ?? 'none',
    cause: 'accepted',
    descriptions: [descriptionOf(discrepancy)],
    alternatives: [],
    evidenceHash: sha256Hex(canonicalJson({ discrepancy, pages, bookVersions, part })),
    bookVersions,
    parts: [part],
    fills: [],
    evidence: [],
    hasHypothesis: true,
    isPartial: false,
    isOscillating: discrepancy.isOscillating,
    readsApartMs: discrepancy.lastSeenAtMs - deltaSinceMs,
    sources: discrepancy.sources.length,
    valueUsd: on.price === null ? null : multiply(absolute(delta), on.price),
  };
}

function descriptionOf({ asset, bucket, delta }: Discrepancy): string {
  const size = `${absolute(delta)} ${asset} ${isNegative(delta) ? 'less' : 'more'}`;
  const what = bucket === 'hold' ? `holds ${size} behind orders` : `has ${size}`;
  return `A person accepts that the venue ${what} than the book; nobody knows why.`;
}
