import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.ts';

/** What a person wrote beside the book. */
export interface StoredNote {
  readonly atMs: number;
  readonly by: string;
  readonly text: string;
  /** The discrepancy or the correction that it is about. */
  readonly on: string;
}

/** The newest notes on any of these ids, oldest first. They stand in the audit log and nowhere else. */
export async function readNotes(
  db: Kysely<Database>,
  { on, limit }: { readonly on: readonly string[]; readonly limit: number },
): Promise<readonly StoredNote[]> {
  const subject = sql<string>`json_extract(body, '$.on')`;
  const rows = await db
    .selectFrom('audit_entry')
    .select([
      'at_ms as atMs',
      'actor as by',
      subject.as('on'),
      sql<string>`json_extract(body, '$.text')`.as('text'),
    ])
    .where('kind', '=', 'noteAdded')
    .where(subject, 'in', on)
    .orderBy('sequence', 'desc')
    .limit(limit)
    .execute();
  return rows.reverse();
}
