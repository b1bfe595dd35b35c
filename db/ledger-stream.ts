import type { Kysely } from 'kysely';
import type { Bucket, Cause, ExternalAccount, Posting, Transaction } from '../src/domain/book/transaction.ts';
import type { Amount } from '../src/domain/money/amount.ts';
import { handleOf } from './database.ts';
import type { Database } from './tables.ts';

/** A transaction with its place in the book. */
export interface StreamedTransaction {
  readonly sequence: number;
  readonly transaction: Transaction;
}

/** As the query below gives them. */
type Row = readonly [
  sequence: number,
  id: string,
  eventId: string,
  cause: Cause,
  venue: string,
  atMs: number,
  venueIds: string,
  ownVenue: string | null,
  bucket: Bucket | null,
  external: ExternalAccount | null,
  asset: string,
  amount: Amount,
];

const QUERY = (
  order: string,
): string => `select t.sequence, t.id, t.event_id, t.cause, t.venue, t.at_ms, t.venue_ids,
    p.venue, p.bucket, p.external, p.asset, p.amount
  from book_transaction t cross join posting p on p.transaction_sequence = t.sequence
  where t.cause <> 'order'
  order by ${order}, p.line`;

/**
 * Gives `read` the whole book in the order in which it was posted, one transaction at a time, without those that only
 * move holds: one query over both primary keys, which sorts nothing and keeps nothing in memory. It sees what is
 * committed, and holds nobody up but this connection, until `read` returns.
 */
export function readLedger<T>(
  db: Kysely<Database>,
  read: (transactions: Iterable<StreamedTransaction>) => T | Promise<T>,
): Promise<T> {
  return stream(db, 't.sequence', read);
}

/** The same in the order in which it happened; what happened at one time in the order in which it was posted. Sorts. */
export function readLedgerByTime<T>(
  db: Kysely<Database>,
  read: (transactions: Iterable<StreamedTransaction>) => T | Promise<T>,
): Promise<T> {
  return stream(db, 't.at_ms, t.sequence', read);
}

function stream<T>(
  db: Kysely<Database>,
  order: string,
  read: (transactions: Iterable<StreamedTransaction>) => T | Promise<T>,
): Promise<T> {
  const handle = handleOf(db);
  // Whoever has the connection is in no one's transaction.
  return db.connection().execute(async () => {
    const rows = handle.prepare(QUERY(order)).raw().iterate() as IterableIterator<Row>;
    return await read(transactionsOf(rows));
  });
}

function* transactionsOf(all: Iterable<Row>): Generator<StreamedTransaction> {
  let rows: Row[] = [];
  for (const row of all) {
    if (rows[0] && rows[0][0] !== row[0]) {
      yield transactionOf(rows[0], rows);
      rows = [];
    }
    rows.push(row);
  }
  if (rows[0]) yield transactionOf(rows[0], rows);
}

function transactionOf(first: Row, rows: readonly Row[]): StreamedTransaction {
  const [sequence, id, eventId, cause, venue, atMs, ids] = first;
  const venueIds = ids === '[]' ? [] : (JSON.parse(ids) as readonly string[]);
  return {
    sequence,
    transaction: { id, eventId, cause, venue, atMs, venueIds, postings: rows.map(postingOf) },
  };
}

function postingOf([, , , , , , , venue, bucket, external, asset, amount]: Row): Posting {
  return external === null
    ? { venue: venue as string, bucket: bucket as Bucket, asset, amount }
    : { external, asset, amount };
}
