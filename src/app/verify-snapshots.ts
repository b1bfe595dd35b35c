import type { OpenDatabase } from '../../db/database.ts';
import { readIdsBeginningWith } from '../../db/read-ids-beginning-with.ts';
import {
  findSnapshotText,
  readSnapshotMismatches,
  readSnapshotTexts,
  type SnapshotMismatch,
} from '../../db/snapshot-repository.ts';
import {
  type SnapshotProblem,
  type StoredSnapshotText,
  verifySnapshot,
} from '../domain/venue/verify-snapshot.ts';

/** Snapshots held in memory at a time. */
const PAGE = 100;

export interface AlteredSnapshot {
  readonly id: string;
  /** Null for one that is not kept any more. */
  readonly venue: string | null;
  readonly observedAtMs: number | null;
  /** Every check that failed; at least one. */
  readonly problems: readonly SnapshotProblem[];
}

export interface SnapshotsVerdict {
  readonly verified: boolean;
  /** How many were checked. */
  readonly snapshots: number;
  /** How many are altered, missing or unheard of. */
  readonly altered: number;
  /** The first of them by id. */
  readonly first: AlteredSnapshot | null;
}

/** What the audit log and the snapshots disagree on is counted no further than this. */
const MISMATCHES_MAX = 10_000;

/**
 * Verifies every stored snapshot without asking anybody: each against its certificate and its id, and all of them
 * against the audit log, which names every one. The log itself is verified apart.
 */
export async function verifySnapshots(db: OpenDatabase['db']): Promise<SnapshotsVerdict> {
  const mismatches = await readSnapshotMismatches(db, { beginning: '', limit: MISMATCHES_MAX });
  return verdictOn(pages(db), mismatches);
}

/** The same for the one snapshot with this id, kept or only heard of. */
export async function verifyOneSnapshot(db: OpenDatabase['db'], id: string): Promise<SnapshotsVerdict> {
  const stored = await findSnapshotText(db, id);
  const mismatches = await readSnapshotMismatches(db, { beginning: id, limit: 1 });
  return verdictOn([stored === null ? [] : [stored]], mismatches);
}

/** The ids that begin with some text, of snapshots that are kept and of those that only the audit log names. */
export async function readSnapshotIds(
  db: OpenDatabase['db'],
  page: { readonly beginning: string; readonly limit: number },
): Promise<readonly string[]> {
  const kept = await readIdsBeginningWith(db, 'snapshot', page);
  const mismatched = (await readSnapshotMismatches(db, page)).map(({ id }) => id);
  return [...new Set([...kept, ...mismatched])].sort().slice(0, page.limit);
}

async function* pages(db: OpenDatabase['db']): AsyncGenerator<readonly StoredSnapshotText[]> {
  for (let afterId: string | null = null; ; ) {
    const page: readonly StoredSnapshotText[] = await readSnapshotTexts(db, { afterId, limit: PAGE });
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    afterId = last.id;
  }
}

async function verdictOn(
  stored: AsyncIterable<readonly StoredSnapshotText[]> | Iterable<readonly StoredSnapshotText[]>,
  mismatches: readonly SnapshotMismatch[],
): Promise<SnapshotsVerdict> {
  const altered = new Set<string>();
  let first: AlteredSnapshot | null = null;
  let snapshots = 0;
  const find = (found: AlteredSnapshot): void => {
    altered.add(found.id);
    if (first?.id === found.id) first = { ...first, problems: [...first.problems, ...found.problems] };
    else if (first === null || found.id < first.id) first = found;
  };
  for await (const page of stored) {
    snapshots += page.length;
    for (const { id, venue, observedAtMs, ...rest } of page) {
      const verdict = verifySnapshot({ id, venue, observedAtMs, ...rest });
      if (verdict.verdict === 'altered') find({ id, venue, observedAtMs, problems: verdict.problems });
    }
  }
  for (const mismatch of mismatches)
    find({ id: mismatch.id, venue: null, observedAtMs: null, problems: [problemOf(mismatch)] });
  return { verified: altered.size === 0, snapshots, altered: altered.size, first };
}

const problemOf = ({ namedBySequence }: SnapshotMismatch): SnapshotProblem =>
  namedBySequence === null
    ? { place: 'audit log', expected: 'a report that names the snapshot', found: 'none' }
    : { place: `audit entry ${namedBySequence}`, expected: 'the snapshot that it names', found: 'none' };
