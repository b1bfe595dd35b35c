import type { Kysely, Selectable } from 'kysely';
import { InvariantViolation } from '../src/domain/assert.ts';
import { assertBalanced, transactionId } from '../src/domain/book/make-transaction.ts';
import type { Bucket } from '../src/domain/book/transaction.ts';
import { type Amount, add, amount, ZERO } from '../src/domain/money/amount.ts';
import { holdingFromRow, transactionFromRows } from './ledger-rows.ts';
import type { BookTransactionTable, Database, PostingTable } from './tables.ts';

/** Transactions read at a time. */
const BATCH = 500;

export type LedgerVerdict =
  | { readonly transactions: number; readonly verified: true }
  /** `sequence` is the first transaction that is not as it was posted; null when a balance is not what they sum to. */
  | {
      readonly transactions: number;
      readonly verified: false;
      readonly sequence: number | null;
      readonly problem: string;
    };

/** Checks that every transaction is as it was posted, and that balances are the sum of postings and nothing else. */
export async function verifyLedger(db: Kysely<Database>): Promise<LedgerVerdict> {
  const sums = new Map<string, Account>();
  let checked = 0;
  for (;;) {
    const batch = await db
      .selectFrom('book_transaction')
      .selectAll()
      .where('sequence', '>', checked)
      .orderBy('sequence')
      .limit(BATCH)
      .execute();
    if (batch.length === 0) break;
    const postings = await readPostings(db, batch);
    for (const row of batch) {
      const own = postings.get(row.sequence) ?? [];
      const problem = problemOf(row, own, checked + 1);
      if (problem !== null)
        return { transactions: checked, verified: false, sequence: row.sequence, problem };
      for (const posting of own) addTo(sums, posting, row.sequence);
      checked += 1;
    }
  }
  const problem = await findWrongBalance(db, sums);
  return problem === null
    ? { transactions: checked, verified: true }
    : { transactions: checked, verified: false, sequence: null, problem };
}

interface Account {
  readonly totals: Record<Bucket, Amount>;
  version: number;
  lastSequence: number;
}

async function readPostings(
  db: Kysely<Database>,
  batch: readonly Selectable<BookTransactionTable>[],
): Promise<ReadonlyMap<number, readonly PostingTable[]>> {
  const rows = await db
    .selectFrom('posting')
    .selectAll()
    .where('transaction_sequence', '>=', batch[0]?.sequence ?? 0)
    .where('transaction_sequence', '<=', batch.at(-1)?.sequence ?? 0)
    .orderBy('transaction_sequence')
    .orderBy('line')
    .execute();
  const bySequence = new Map<number, PostingTable[]>();
  for (const row of rows) {
    const own = bySequence.get(row.transaction_sequence);
    if (own) own.push(row);
    else bySequence.set(row.transaction_sequence, [row]);
  }
  return bySequence;
}

function problemOf(
  row: Selectable<BookTransactionTable>,
  postings: readonly PostingTable[],
  expected: number,
): string | null {
  if (row.sequence !== expected) return `expected transaction ${expected}, found ${row.sequence}`;
  try {
    const transaction = transactionFromRows(row, postings);
    const id = transactionId(transaction);
    if (id !== row.id) return `expected content with the hash ${row.id}, found ${id}`;
    assertBalanced(transaction);
    return null;
  } catch (error) {
    if (error instanceof InvariantViolation || error instanceof SyntaxError) return error.message;
    throw error;
  }
}

function addTo(
  sums: Map<string, Account>,
  { venue, bucket, asset, amount: text }: PostingTable,
  sequence: number,
): void {
  if (venue === null || bucket === null) return;
  const key = JSON.stringify([venue, asset]);
  let account = sums.get(key);
  if (!account) {
    account = {
      totals: { available: ZERO, hold: ZERO, inTransit: ZERO, accrued: ZERO },
      version: 0,
      lastSequence: 0,
    };
    sums.set(key, account);
  }
  account.totals[bucket] = add(account.totals[bucket], amount(text));
  if (account.lastSequence !== sequence) account.version += 1;
  account.lastSequence = sequence;
}

async function findWrongBalance(db: Kysely<Database>, sums: Map<string, Account>): Promise<string | null> {
  const rows = await db.selectFrom('balance').selectAll().execute();
  for (const row of rows) {
    const key = JSON.stringify([row.venue, row.asset]);
    const account = sums.get(key);
    const { asset: _asset, ...found } = holdingFromRow(row);
    const expected = account && { ...account.totals, version: account.version };
    if (!expected || JSON.stringify(expected) !== JSON.stringify(found)) {
      return `balance of ${row.asset} at ${row.venue}: expected ${JSON.stringify(expected ?? null)}, found ${JSON.stringify(found)}`;
    }
    sums.delete(key);
  }
  const [missing] = sums.keys();
  return missing === undefined ? null : `balance of ${missing}: expected a row, found none`;
}
