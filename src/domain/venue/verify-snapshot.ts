// Whether a stored snapshot is what was certified.
//
// Invariants, each held by a property test of the same name:
// 1. What was stored as it was certified is intact.
// 2. A page dropped, duplicated or reordered, a row changed or a digit flipped anywhere in a stored snapshot is found.

import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import { CLOCK_SKEW_MAX_MS } from './observation.ts';

/** A snapshot as it is kept: certificate and value as canonical JSON. */
export interface StoredSnapshotText {
  readonly id: string;
  readonly venue: string;
  readonly observedAtMs: number;
  readonly certificate: string;
  readonly body: string;
}

export type SnapshotVerdict =
  | { readonly verdict: 'intact' }
  /** Every check that failed, with what was expected and what was found. */
  | { readonly verdict: 'altered'; readonly problems: readonly SnapshotProblem[] };

export interface SnapshotProblem {
  readonly place: string;
  readonly expected: string;
  readonly found: string;
}

/** SHA-256 over certificate and value: the id under which a snapshot is kept. */
export const snapshotIdOf = ({
  certificate,
  body,
}: Pick<StoredSnapshotText, 'certificate' | 'body'>): string =>
  sha256Hex(`{"body":${body},"certificate":${certificate}}`);

/**
 * Checks a stored snapshot against its certificate and its id. Needs no venue and never throws for what is stored.
 * Whoever changes a certificate and the id alike is found by what names the id elsewhere, such as the audit log.
 */
export function verifySnapshot(stored: StoredSnapshotText): SnapshotVerdict {
  const certificate = parsed(stored.certificate);
  const body = parsed(stored.body);
  const problems = [
    differs('id', snapshotIdOf(stored), stored.id),
    ...(certificate === null ? [unreadable('certificate')] : certificateProblems(certificate, stored)),
    ...(body === null ? [unreadable('body')] : [differs('body', body.canonical, stored.body)]),
  ].filter((problem) => problem !== null);
  return problems.length === 0 ? { verdict: 'intact' } : { verdict: 'altered', problems };
}

interface Parsed {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly canonical: string;
}

function certificateProblems(
  { fields, canonical }: Parsed,
  stored: StoredSnapshotText,
): readonly (SnapshotProblem | null)[] {
  const { watermarkBefore, watermarkAfter, clockSkewMs: skewMs } = fields;
  const isSkewed = typeof skewMs === 'number' && Math.abs(skewMs) > CLOCK_SKEW_MAX_MS;
  return [
    differs('certificate', canonical, stored.certificate),
    differs('certificate.contentSha256', sha256Hex(stored.body), String(fields.contentSha256)),
    differs('venue', String(fields.venue), stored.venue),
    differs('observedAtMs', String(fields.observedAtMs), String(stored.observedAtMs)),
    differs('certificate.complete', 'true', String(fields.complete)),
    differs('certificate.coherent', 'true', String(fields.coherent)),
    differs('certificate.watermarkAfter', activityAt(watermarkBefore), activityAt(watermarkAfter)),
    isSkewed
      ? { place: 'certificate.clockSkewMs', expected: `at most ${CLOCK_SKEW_MAX_MS}`, found: String(skewMs) }
      : null,
    pagesProblem(fields.pages),
  ];
}

function pagesProblem(pages: unknown): SnapshotProblem | null {
  if (!Array.isArray(pages)) return { place: 'certificate.pages', expected: 'a list', found: typeof pages };
  const wrong = pages.findIndex((page) => !isPage(page));
  if (wrong < 0) return null;
  return {
    place: `certificate.pages[${wrong}]`,
    expected: 'an endpoint, a row count and a SHA-256',
    found: 'something else',
  };
}

function isPage(page: unknown): boolean {
  if (typeof page !== 'object' || page === null) return false;
  const { endpoint, rows, sha256 } = page as Readonly<Record<string, unknown>>;
  const isCount = Number.isSafeInteger(rows) && Number(rows) >= 0;
  return (
    typeof endpoint === 'string' && isCount && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
  );
}

const activityAt = (watermark: unknown): string =>
  typeof watermark === 'object' && watermark !== null && 'activity' in watermark
    ? String(watermark.activity)
    : 'none';

const differs = (place: string, expected: string, found: string): SnapshotProblem | null =>
  expected === found ? null : { place, expected: shortened(expected), found: shortened(found) };

/** A snapshot may be long; where it differs is told by its digest. */
const shortened = (text: string): string =>
  text.length <= 100 ? text : `${text.length} characters with SHA-256 ${sha256Hex(text)}`;

const unreadable = (place: string): SnapshotProblem => ({
  place,
  expected: 'canonical JSON of an object',
  found: 'other text',
});

function parsed(text: string): Parsed | null {
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields !== 'object' || fields === null) return null;
    return { fields: fields as Readonly<Record<string, unknown>>, canonical: canonicalJson(fields) };
  } catch {
    return null;
  }
}
