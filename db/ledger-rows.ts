import type { Selectable } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import type { Holding } from '../src/domain/book/book-view.ts';
import type { Posting, Transaction } from '../src/domain/book/transaction.ts';
import { amount } from '../src/domain/money/amount.ts';
import type { BalanceTable, BookTransactionTable, PostingTable } from './tables.ts';

export function holdingFromRow(row: BalanceTable): Holding {
  return {
    asset: row.asset,
    available: amount(row.available),
    hold: amount(row.hold),
    inTransit: amount(row.in_transit),
    accrued: amount(row.accrued),
    version: row.version,
  };
}

export function transactionFromRows(
  row: Selectable<BookTransactionTable>,
  postings: readonly PostingTable[],
): Transaction {
  return {
    id: row.id,
    eventId: row.event_id,
    cause: row.cause,
    venue: row.venue,
    atMs: row.at_ms,
    venueIds: JSON.parse(row.venue_ids) as readonly string[],
    postings: postings.map(postingFromRow),
  };
}

function postingFromRow({ venue, bucket, external, asset, amount: text }: PostingTable): Posting {
  if (external !== null) return { external, asset, amount: amount(text) };
  assert(venue !== null && bucket !== null, 'a posting names our own account or an external one');
  return { venue, bucket, asset, amount: amount(text) };
}

export function postingRow(sequence: number, line: number, posting: Posting): PostingTable {
  const { asset, amount: value } = posting;
  return 'external' in posting
    ? {
        transaction_sequence: sequence,
        line,
        venue: null,
        bucket: null,
        external: posting.external,
        asset,
        amount: value,
      }
    : {
        transaction_sequence: sequence,
        line,
        venue: posting.venue,
        bucket: posting.bucket,
        external: null,
        asset,
        amount: value,
      };
}
