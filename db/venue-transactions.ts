import type { Kysely } from 'kysely';
import type { Bucket, Cause, Transaction } from '../src/domain/book/transaction.ts';
import type { Amount } from '../src/domain/money/amount.ts';
import type { AssetId, VenueId } from '../src/domain/venue/venue.ts';
import { transactionFromRows } from './ledger-rows.ts';
import type { Database, PostingTable } from './tables.ts';

/** The book's newest transactions at a venue since a time, oldest first; at most `limit`. Of some causes where they are given. */
export async function readVenueTransactions(
  db: Kysely<Database>,
  page: {
    readonly venue: VenueId;
    readonly sinceMs: number;
    readonly limit: number;
    readonly causes?: readonly Cause[];
  },
): Promise<readonly Transaction[]> {
  let query = db
    .selectFrom('book_transaction')
    .selectAll()
    .where('venue', '=', page.venue)
    .where('at_ms', '>=', page.sinceMs);
  if (page.causes !== undefined) query = query.where('cause', 'in', page.causes);
  const rows = await query.orderBy('sequence', 'desc').limit(page.limit).execute();
  if (rows.length === 0) return [];
  const sequences = rows.map(({ sequence }) => sequence);
  const within = db.selectFrom('posting').selectAll();
  // Those of some causes lie far apart; all of them lie side by side.
  const asked =
    page.causes === undefined
      ? within
          .where('transaction_sequence', '>=', sequences.at(-1) ?? 0)
          .where('transaction_sequence', '<=', sequences[0] ?? 0)
      : within.where('transaction_sequence', 'in', sequences);
  const postings = await asked.orderBy('transaction_sequence').orderBy('line').execute();
  const byTransaction = grouped(postings);
  return rows.reverse().map((row) => transactionFromRows(row, byTransaction.get(row.sequence) ?? []));
}

/** Everything that was posted to an asset at a venue, in the order of when it happened. */
export async function readAccountPostings(
  db: Kysely<Database>,
  { venue, asset }: { readonly venue: VenueId; readonly asset: AssetId },
): Promise<readonly { readonly atMs: number; readonly bucket: Bucket | null; readonly amount: Amount }[]> {
  const rows = await db
    .selectFrom('posting')
    .innerJoin('book_transaction as transaction', 'transaction.sequence', 'posting.transaction_sequence')
    .select(['transaction.at_ms as atMs', 'posting.bucket', 'posting.amount'])
    .where('posting.venue', '=', venue)
    .where('posting.asset', '=', asset)
    .orderBy('transaction.at_ms')
    .orderBy('transaction.sequence')
    .execute();
  return rows.map(({ amount, ...row }) => ({ ...row, amount: amount as Amount }));
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
