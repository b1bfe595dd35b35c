import { readCorrectionsOf } from '../../db/correction-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import {
  type DiscrepancyStep,
  findDiscrepancy,
  readDiscrepancyHistory,
} from '../../db/discrepancy-repository.ts';
import { readNotes, type StoredNote } from '../../db/note-repository.ts';
import { findSnapshot, findSnapshotAt } from '../../db/snapshot-repository.ts';
import { assert } from '../domain/assert.ts';
import type { Correction } from '../domain/reconciliation/correction.ts';
import { type Discrepancy, isOpenDiscrepancy } from '../domain/reconciliation/discrepancy.ts';
import type { PageProof } from '../domain/venue/observation.ts';
import type { VenueId } from '../domain/venue/venue.ts';
import { type ExplainedCorrection, explainedCorrection } from './explained-correction.ts';
import { type FirstDivergence, findFirstDivergence } from './find-first-divergence.ts';
import type { Subject } from './find-subject.ts';
import { type BlastRadius, readBlastRadius } from './read-blast-radius.ts';
import { shortIdsOf } from './short-ids.ts';

/** Everything that is known of a discrepancy or a correction, for a person who decides. */
export interface ExplanationDocument {
  readonly atMs: number;
  readonly kind: Subject['kind'];
  readonly id: string;
  readonly shortId: string;
  readonly venue: VenueId;
  /** The discrepancy, or all that the correction settles. */
  readonly discrepancies: readonly ExplainedDiscrepancy[];
  /** The correction, or all that were ever proposed for the discrepancy, oldest first. */
  readonly corrections: readonly ExplainedCorrection[];
  /** What the venue showed when the last of the corrections was proposed, or else when it was last seen. */
  readonly snapshot: {
    readonly id: string;
    readonly observedAtMs: number;
    readonly sources: readonly string[];
    readonly pages: readonly PageProof[];
  } | null;
  readonly blastRadius: BlastRadius;
  readonly notes: readonly StoredNote[];
}

export interface ExplainedDiscrepancy extends Discrepancy {
  readonly shortId: string;
  readonly history: readonly DiscrepancyStep[];
  /** Since which stored read they differ, by the book as it is known today; null once it has ended. */
  readonly firstDivergence: FirstDivergence | null;
}

const NOTES_MAX = 50;

/** Reads all of it from the database, beside whoever owns that. */
export async function readExplanation(
  db: OpenDatabase['db'],
  subject: Subject,
  nowMs: number,
): Promise<ExplanationDocument> {
  const { id, venue } = subject.stored;
  const stored = subject.kind === 'correction' ? [subject.stored] : await readCorrectionsOf(db, id);
  const discrepancyIds =
    subject.kind === 'discrepancy' ? [id] : (subject.stored.body as Correction).discrepancyIds;
  const short = await shortIdsOf(db, [...discrepancyIds, ...stored.map((each) => each.id)]);
  const shortId = (whole: string): string => short.get(whole) ?? whole;
  const discrepancies: ExplainedDiscrepancy[] = [];
  for (const each of discrepancyIds) {
    const body = (await findDiscrepancy(db, each))?.body;
    assert(body !== undefined, `what correction ${id} settles is kept`);
    const discrepancy = sinceKept(body as Discrepancy);
    const history = await readDiscrepancyHistory(db, each);
    const firstDivergence = isOpenDiscrepancy(discrepancy)
      ? await findFirstDivergence({ db }, discrepancy)
      : null;
    discrepancies.push({ ...discrepancy, shortId: shortId(each), history, firstDivergence });
  }
  const corrections: ExplainedCorrection[] = [];
  for (const each of stored) corrections.push(await explainedCorrection(db, each, shortId(each.id)));
  const about = [...discrepancyIds, ...stored.map((each) => each.id)];
  return {
    atMs: nowMs,
    kind: subject.kind,
    id,
    shortId: subject.shortId,
    venue,
    discrepancies,
    corrections,
    snapshot: await snapshotBehind(db, corrections, discrepancies),
    blastRadius: await readBlastRadius(db, discrepancies, venue),
    notes: await readNotes(db, { on: about, limit: NOTES_MAX }),
  };
}

/** What an earlier version of the program kept says nothing of when they agreed last, and when it was explained. */
const sinceKept = (kept: Discrepancy): Discrepancy => ({
  ...kept,
  lastAgreedAtMs: kept.lastAgreedAtMs ?? null,
  explainedAtMs: kept.explainedAtMs ?? null,
});

async function snapshotBehind(
  db: OpenDatabase['db'],
  corrections: readonly ExplainedCorrection[],
  discrepancies: readonly Discrepancy[],
): Promise<ExplanationDocument['snapshot']> {
  const snapshotId = corrections.at(-1)?.snapshotId ?? null;
  const [seen] = [...discrepancies].sort((a, b) => b.lastSeenAtMs - a.lastSeenAtMs);
  assert(seen !== undefined, 'a correction settles a discrepancy');
  const found =
    snapshotId === null
      ? await findSnapshotAt(db, { venue: seen.venue, observedAtMs: seen.lastSeenAtMs })
      : await findSnapshot(db, snapshotId);
  if (found === null) return null;
  const { observedAtMs, sources, pages } = found.observation.certificate;
  return { id: found.id, observedAtMs, sources, pages };
}
