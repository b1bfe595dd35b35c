import type { NewAuditEntry } from '../../db/audit-repository.ts';
import { findCorrection } from '../../db/correction-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { findDiscrepancy } from '../../db/discrepancy-repository.ts';
import type { VenueId } from '../domain/venue/venue.ts';

/** What a person writes beside the book. It changes nothing and stands in the audit log. */
export interface NewNote {
  readonly text: string;
  /** Null where it concerns every venue, or the one that `on` names. */
  readonly venue: VenueId | null;
  /** The id of a discrepancy or a correction that it is about. */
  readonly on: string | null;
}

export const NOTE_LENGTH_MAX = 2_000;

export type NoteOutcome =
  | { readonly status: 'fits'; readonly entry: NewAuditEntry }
  /** What was expected of its text or its subject, and what was found. */
  | { readonly status: 'refused'; readonly reason: string };

/** A note as the audit log keeps it, or why it is none. */
export async function noteEntry(
  db: OpenDatabase['db'],
  { text, venue, on }: NewNote,
  { by, atMs }: { readonly by: string; readonly atMs: number },
): Promise<NoteOutcome> {
  if (text.trim() === '') return refused(`expected a note of 1 to ${NOTE_LENGTH_MAX} characters, found none`);
  if (text.length > NOTE_LENGTH_MAX)
    return refused(`expected a note of 1 to ${NOTE_LENGTH_MAX} characters, found ${text.length}`);
  const subject = on === null ? null : ((await findDiscrepancy(db, on)) ?? (await findCorrection(db, on)));
  if (on !== null && subject === null) return refused(`expected a discrepancy or a correction, found ${on}`);
  const body = { text, venue: venue ?? subject?.venue ?? null, on };
  return { status: 'fits', entry: { atMs, actor: by, kind: 'noteAdded', body } };
}

const refused = (reason: string): NoteOutcome => ({ status: 'refused', reason });
