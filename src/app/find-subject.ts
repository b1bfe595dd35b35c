import { findCorrection, readCorrections, type StoredCorrection } from '../../db/correction-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import {
  findDiscrepancy,
  readDiscrepancies,
  type StoredDiscrepancy,
} from '../../db/discrepancy-repository.ts';
import { readIdsBeginningWith } from '../../db/read-ids-beginning-with.ts';
import { OPEN_STATES } from './list-discrepancies.ts';
import { shortIdsOf } from './short-ids.ts';

/** What a person means by an id: something that can be explained and decided on. */
export type Subject =
  | { readonly kind: 'discrepancy'; readonly shortId: string; readonly stored: StoredDiscrepancy }
  | { readonly kind: 'correction'; readonly shortId: string; readonly stored: StoredCorrection };

export type SubjectSearch =
  | { readonly status: 'found'; readonly subject: Subject }
  /** What begins with it, or where nothing does, what is open; at most `SUBJECTS_LISTED`. */
  | { readonly status: 'ambiguous' | 'unknown'; readonly subjects: readonly Subject[] };

export const SUBJECTS_LISTED = 10;

/** Finds the discrepancy or the correction that an id or the beginning of one stands for. */
export async function findSubject(db: OpenDatabase['db'], beginning: string): Promise<SubjectSearch> {
  const page = { beginning, limit: SUBJECTS_LISTED };
  const discrepancyIds = await readIdsBeginningWith(db, 'discrepancy', page);
  const correctionIds = await readIdsBeginningWith(db, 'correction', page);
  const found = [
    ...(await Promise.all(discrepancyIds.map((id) => findDiscrepancy(db, id)))),
    ...(await Promise.all(correctionIds.map((id) => findCorrection(db, id)))),
  ].filter((stored) => stored !== null);
  const [only, ...others] = await subjectsOf(db, found);
  if (only === undefined) return { status: 'unknown', subjects: await openSubjects(db) };
  if (others.length === 0) return { status: 'found', subject: only };
  return { status: 'ambiguous', subjects: [only, ...others].slice(0, SUBJECTS_LISTED) };
}

async function openSubjects(db: OpenDatabase['db']): Promise<readonly Subject[]> {
  const proposals = await readCorrections(db, ['proposed']);
  const open = await readDiscrepancies(db, { states: OPEN_STATES });
  return subjectsOf(db, [...open.slice(-SUBJECTS_LISTED), ...proposals.slice(-SUBJECTS_LISTED)]);
}

async function subjectsOf(
  db: OpenDatabase['db'],
  all: readonly (StoredDiscrepancy | StoredCorrection)[],
): Promise<readonly Subject[]> {
  const short = await shortIdsOf(
    db,
    all.map(({ id }) => id),
  );
  return all.map((stored) => {
    const shortId = short.get(stored.id) ?? stored.id;
    return 'asset' in stored
      ? { kind: 'discrepancy', shortId, stored }
      : { kind: 'correction', shortId, stored };
  });
}
