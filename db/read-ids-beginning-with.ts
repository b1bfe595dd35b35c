import type { Kysely } from 'kysely';
import type { Database } from './tables.ts';

/** Sorts after every text that ids are made of. */
const LAST = '\u{10ffff}';

/** The ids of a table that begin with some text, in order; at most `limit`. */
export async function readIdsBeginningWith(
  db: Kysely<Database>,
  table: 'discrepancy' | 'correction' | 'snapshot',
  { beginning, limit }: { readonly beginning: string; readonly limit: number },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom(table)
    .select('id')
    .where('id', '>=', beginning)
    .where('id', '<', `${beginning}${LAST}`)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}
