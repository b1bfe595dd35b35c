import type { Kysely } from 'kysely';
import type { Transaction } from '../src/domain/book/transaction.ts';
import type { VenueId } from '../src/domain/venue/venue.ts';
import { transactionFromRows } from './ledger-rows.ts';
import type { Database, PostingTable } from './tables.ts';

/** The book's newest transactions at a venue since a time, oldest first; at most `limit`. */
export async function readVenueTransactions(
  db: Kysely<Database>,
  { venue, sinceMs, limit }: { readonly venue: VenueId; readonly sinceMs: number; readonly limit: number },
): Promise<readonly Transaction[]> {
  const rows = await db
    .selectFrom('book_transaction')
    .selectAll()
    .where('venue', '=', venue)
    .where('at_ms', '>=', sinceMs)
    .orderBy('sequence', 'desc')
    .limit(limit)
    .execute();
  if (rows.length === 0) return [];
  const postings = await db
    .selectFrom('posting')
    .selectAll()
    .where('transaction_sequence', '>=', Math.min(...rows.map(({ sequence }) => sequence)))
    .where('transaction_sequence', '<=', Math.max(...rows.map(({ sequence }) => sequence)))
    .orderBy('transaction_sequence')
    .orderBy('line')
    .execute();
  const byTransaction = grouped(postings);
  return rows.reverse().map((row) => transactionFromRows(row, byTransaction.get(row.sequence) ?? []));
}

function grouped(postings: readonly PostingTable[]): Map<number, PostingTable[]> {
  const groups = new Map<number, PostingTable[]>();
  for (const posting of postings) {
    const group = groups.get(posting.transaction_sequence);
    if (group) group.push(posting);
    else groups.set(posting.transaction_sequence, [posting]);
  }
  return groups;
}
