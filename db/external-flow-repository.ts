import type { Kysely } from 'kysely';
import { type Amount, subtract, ZERO } from '../src/domain/money/amount.ts';
import type { AssetId } from '../src/domain/venue/venue.ts';
import type { Database } from './tables.ts';

/** What of an asset came from outside; negative where it went. */
export interface ExternalFlow {
  readonly asset: AssetId;
  readonly amount: Amount;
}

/**
 * What came from outside and went there, by asset, as it was booked after a time: reported, or found as a correction,
 * less what was reversed. What is on its way between two venues has not left.
 */
export async function readExternalFlows(
  db: Kysely<Database>,
  sinceMs: number,
): Promise<readonly ExternalFlow[]> {
  return byAsset(await flowsQuery(db).where('transaction.recorded_at_ms', '>', sinceMs).execute());
}

/** The same of the transactions that follow one of the book. */
export async function readExternalFlowsAfter(
  db: Kysely<Database>,
  transactionSequence: number,
): Promise<readonly ExternalFlow[]> {
  return byAsset(await flowsQuery(db).where('transaction.sequence', '>', transactionSequence).execute());
}

/** The newest transaction of the book; 0 where there is none. */
export async function readNewestTransaction(db: Kysely<Database>): Promise<number> {
  const { newest } = await db
    .selectFrom('book_transaction')
    .select(({ fn }) => fn.max('sequence').as('newest'))
    .executeTakeFirstOrThrow();
  return newest ?? 0;
}

/** When the first of what the book has happened; null where it has nothing. */
export async function readFirstHappenedAt(db: Kysely<Database>): Promise<number | null> {
  const { first } = await db
    .selectFrom('book_transaction')
    .select(({ fn }) => fn.min('at_ms').as('first'))
    .executeTakeFirstOrThrow();
  return first ?? null;
}

const flowsQuery = (db: Kysely<Database>) =>
  db
    .selectFrom('book_transaction as transaction')
    .innerJoin('posting', 'posting.transaction_sequence', 'transaction.sequence')
    .select(['posting.asset', 'posting.amount'])
    .where('transaction.cause', 'in', ['deposit', 'withdrawal', 'transfer', 'correction', 'reversal'])
    .where('posting.external', '=', 'transfer');

function byAsset(
  rows: readonly { readonly asset: string; readonly amount: string }[],
): readonly ExternalFlow[] {
  const amounts = new Map<AssetId, Amount>();
  for (const { asset, amount } of rows)
    amounts.set(asset, subtract(amounts.get(asset) ?? ZERO, amount as Amount));
  return [...amounts]
    .map(([asset, each]) => ({ asset, amount: each }))
    .sort((a, b) => (a.asset < b.asset ? -1 : 1));
}
