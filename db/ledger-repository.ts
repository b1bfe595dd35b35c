import type { Kysely, Selectable } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { type BookData, RECENT_FILLS_MS } from '../src/domain/book/book-state.ts';
import { assertBalanced, transactionId } from '../src/domain/book/make-transaction.ts';
import type { Posting, Transaction } from '../src/domain/book/transaction.ts';
import { type Amount, add, ZERO } from '../src/domain/money/amount.ts';
import type { AssetId, VenueId } from '../src/domain/venue/venue.ts';
import { readLiveOrders } from './book-order-repository.ts';
import { inTransaction } from './database.ts';
import { holdingFromRow, postingRow, transactionFromRows } from './ledger-rows.ts';
import { moveEntryPrices, readEntryPrices } from './position-entry-repository.ts';
import type { BalanceTable, BookTransactionTable, Database } from './tables.ts';
import { readVenueTransactions } from './venue-transactions.ts';

/** Fills of one venue that are remembered at a start: one a tenth of a second over `RECENT_FILLS_MS`. */
const RECENT_FILLS_MAX = 6_000;
/** SQLite binds at most 32 766 values in one statement; a posting takes seven. */
const POSTINGS_MAX = 4_000;

export interface PostResult {
  readonly status: 'posted' | 'alreadyPosted';
  /** The transaction's place in the whole book: the book's version once it is posted. */
  readonly sequence: number;
}

/**
 * Posts a transaction and moves the balances that it touches, or does neither. The same transaction is posted
 * once, however often it is given.
 *
 * @throws {InvariantViolation} when its event id belongs to a transaction with other content, when it does not
 * sum to zero, or when another transaction stands for one of its venue ids.
 */
export function postTransaction(
  db: Kysely<Database>,
  transaction: Transaction,
  recordedAtMs: number,
): Promise<PostResult> {
  assertBalanced(transaction);
  assert(transaction.postings.length > 0, `${transaction.eventId} moves something`);
  assert(transaction.postings.length <= POSTINGS_MAX, `a transaction has at most ${POSTINGS_MAX} postings`);
  assert(
    transaction.id === transactionId(transaction),
    `the id of ${transaction.eventId} is the hash of its content`,
  );
  return inTransaction(db, async (trx) => {
    const sequence = await insertTransaction(trx, transaction, recordedAtMs);
    if (sequence === null) return { status: 'alreadyPosted', sequence: await sequenceOf(trx, transaction) };
    await moveEntryPrices(trx, transaction);
    await moveBalances(trx, transaction.postings);
    await indexVenueIds(trx, transaction, sequence);
    return { status: 'posted', sequence };
  });
}

/** The version of the whole book: how many transactions it has. */
export async function readBookVersion(db: Kysely<Database>): Promise<number> {
  const { version } = await db
    .selectFrom('book_transaction')
    .select((row) => row.fn.max('sequence').as('version'))
    .executeTakeFirstOrThrow();
  return version ?? 0;
}

/** The transaction that stands for a venue's id now: not one that was reversed. */
export async function findStandingTransaction(
  db: Kysely<Database>,
  venue: VenueId,
  venueId: string,
): Promise<Transaction | null> {
  const row = await db
    .selectFrom('venue_id_index as index')
    .innerJoin('book_transaction as transaction', 'transaction.sequence', 'index.transaction_sequence')
    .selectAll('transaction')
    .where('index.venue', '=', venue)
    .where('index.venue_id', '=', venueId)
    .executeTakeFirst();
  return row === undefined ? null : withPostings(db, row);
}

export async function findTransaction(
  db: Kysely<Database>,
  by: { readonly id: string } | { readonly eventId: string },
): Promise<Transaction | null> {
  const [column, value] = 'id' in by ? (['id', by.id] as const) : (['event_id', by.eventId] as const);
  const row = await db
    .selectFrom('book_transaction')
    .selectAll()
    .where(column, '=', value)
    .executeTakeFirst();
  return row === undefined ? null : withPostings(db, row);
}

/** The venue's own ids that the book has transactions for, of transactions at or after a time. */
export async function readVenueIds(
  db: Kysely<Database>,
  { venue, sinceMs }: { readonly venue: VenueId; readonly sinceMs: number },
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('venue_id_index')
    .select('venue_id')
    .where('venue', '=', venue)
    .where('at_ms', '>=', sinceMs)
    .execute();
  return new Set(rows.map(({ venue_id }) => venue_id));
}

/** Everything that the book in memory is rebuilt from. Venue ids only of transactions at or after a time. */
export async function loadBook(db: Kysely<Database>, venueIdsSinceMs: number): Promise<BookData> {
  const version = await readBookVersion(db);
  const balances = await db.selectFrom('balance').selectAll().execute();
  const venueIds = await db
    .selectFrom('venue_id_index')
    .select(['venue', 'venue_id as venueId', 'at_ms as atMs'])
    .where('at_ms', '>=', venueIdsSinceMs)
    .execute();
  const venues = await db
    .selectFrom('venue_state')
    .select('venue')
    .where('opening', '!=', 'unopened')
    .execute();
  return {
    version,
    holdings: balances.map((row) => ({ venue: row.venue, holding: holdingFromRow(row) })),
    orders: await readLiveOrders(db),
    venueIds,
    openedVenues: venues.map(({ venue }) => venue),
    recentFills: await readRecentFills(db),
    entryPrices: await readEntryPrices(db),
  };
}

async function readRecentFills(db: Kysely<Database>): Promise<readonly Transaction[]> {
  const newest = await db
    .selectFrom('book_transaction')
    .select((row) => ['venue', row.fn.max('at_ms').as('atMs')])
    .where('cause', '=', 'fill')
    .groupBy('venue')
    .orderBy('venue')
    .execute();
  const recent: Transaction[] = [];
  for (const { venue, atMs } of newest) {
    const page = {
      venue,
      sinceMs: atMs - RECENT_FILLS_MS,
      limit: RECENT_FILLS_MAX,
      causes: ['fill'],
    } as const;
    recent.push(...(await readVenueTransactions(db, page)));
  }
  return recent;
}

async function withPostings(
  db: Kysely<Database>,
  row: Selectable<BookTransactionTable>,
): Promise<Transaction> {
  const postings = await db
    .selectFrom('posting')
    .selectAll()
    .where('transaction_sequence', '=', row.sequence)
    .orderBy('line')
    .execute();
  return transactionFromRows(row, postings);
}

/** The new transaction's sequence; null where its event id has a transaction. */
async function insertTransaction(
  trx: Kysely<Database>,
  transaction: Transaction,
  recordedAtMs: number,
): Promise<number | null> {
  const { id, eventId, cause, venue, atMs, venueIds, postings } = transaction;
  const row = await trx
    .insertInto('book_transaction')
    .values({
      id,
      event_id: eventId,
      cause,
      venue,
      at_ms: atMs,
      recorded_at_ms: recordedAtMs,
      venue_ids: JSON.stringify(venueIds),
    })
    .onConflict((conflict) => conflict.column('event_id').doNothing())
    .returning('sequence')
    .executeTakeFirst();
  if (row === undefined) return null;
  await trx
    .insertInto('posting')
    .values(postings.map((posting, line) => postingRow(row.sequence, line, posting)))
    .execute();
  return row.sequence;
}

async function sequenceOf(trx: Kysely<Database>, { eventId, id }: Transaction): Promise<number> {
  const known = await trx
    .selectFrom('book_transaction')
    .select(['sequence', 'id'])
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  assert(known.id === id, `${eventId} was posted with this content: ${known.id}`);
  return known.sequence;
}

const COLUMNS = {
  available: 'available',
  hold: 'hold',
  inTransit: 'in_transit',
  accrued: 'accrued',
} as const;

async function moveBalances(trx: Kysely<Database>, postings: readonly Posting[]): Promise<void> {
  const own = postings.filter((posting) => 'venue' in posting);
  if (own.length === 0) return;
  const keyOf = (venue: VenueId, asset: AssetId) => JSON.stringify([venue, asset]);
  const accounts = new Map(own.map(({ venue, asset }) => [keyOf(venue, asset), { venue, asset }]));
  const rows: BalanceTable[] = [];
  // By list and not by one condition per account: SQLite takes no more than a thousand of those, and an opening may have more.
  for (const venue of new Set(own.map((posting) => posting.venue))) {
    const assets = [...accounts.values()].flatMap((account) =>
      account.venue === venue ? [account.asset] : [],
    );
    const query = trx
      .selectFrom('balance')
      .selectAll()
      .where('venue', '=', venue)
      .where('asset', 'in', assets);
    rows.push(...(await query.execute()));
  }
  const before = new Map(rows.map((row) => [keyOf(row.venue, row.asset), row]));
  const after = new Map<string, BalanceTable>();
  for (const [key, account] of accounts) {
    const row = before.get(key) ?? {
      ...account,
      available: ZERO,
      hold: ZERO,
      in_transit: ZERO,
      accrued: ZERO,
      version: 0,
    };
    after.set(key, { ...row, version: row.version + 1 });
  }
  for (const { venue, asset, bucket, amount } of own) {
    const key = keyOf(venue, asset);
    const row = after.get(key);
    assert(row, `the balance of ${asset} at ${venue} was read before it moves`);
    const column = COLUMNS[bucket];
    after.set(key, { ...row, [column]: add(row[column] as Amount, amount) });
  }
  await trx
    .insertInto('balance')
    .values([...after.values()])
    .onConflict((conflict) =>
      conflict.columns(['venue', 'asset']).doUpdateSet((row) => ({
        available: row.ref('excluded.available'),
        hold: row.ref('excluded.hold'),
        in_transit: row.ref('excluded.in_transit'),
        accrued: row.ref('excluded.accrued'),
        version: row.ref('excluded.version'),
      })),
    )
    .execute();
}

/** A reversal stands against what it undoes, so that the venue's ids are free again. */
async function indexVenueIds(
  trx: Kysely<Database>,
  transaction: Transaction,
  sequence: number,
): Promise<void> {
  const { venue, venueIds, atMs, cause } = transaction;
  if (venueIds.length === 0) return;
  if (cause === 'reversal') {
    const { numDeletedRows } = await trx
      .deleteFrom('venue_id_index')
      .where('venue', '=', venue)
      .where('venue_id', 'in', venueIds)
      .executeTakeFirstOrThrow();
    const isWhole = numDeletedRows === BigInt(venueIds.length);
    assert(isWhole, `what ${transaction.eventId} undoes stands for all of its venue ids`);
    return;
  }
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('venue_id_index')
    .values(venueIds.map((venue_id) => ({ venue, venue_id, transaction_sequence: sequence, at_ms: atMs })))
    .onConflict((conflict) => conflict.columns(['venue', 'venue_id']).doNothing())
    .executeTakeFirstOrThrow();
  const isFree = numInsertedOrUpdatedRows === BigInt(venueIds.length);
  assert(isFree, `no other transaction stands for ${venueIds.join(', ')} at ${venue}`);
}
