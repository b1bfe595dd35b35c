import type { Kysely, Selectable } from 'kysely';
import type { Amount } from '../src/domain/money/amount.ts';
import type { Tier } from '../src/domain/valuation/retention.ts';
import type { Valuation } from '../src/domain/valuation/valuation.ts';
import type { ValuationTable } from './performance-tables.ts';
import type { Database } from './tables.ts';
import { partsFromBody, valuationBody } from './valuation-body.ts';

/** How a valuation came about, and what of the book it knows. */
export interface ValuationOrigin {
  readonly tier: Tier;
  readonly origin: 'recorded' | 'backfilled';
  /** The newest transaction that it knows of; null where it was reckoned later, from what had happened by then. */
  readonly transactionSequence: number | null;
  /** The id of the flow that it was taken before; null on schedule. */
  readonly beforeTransaction: string | null;
}

export type StoredValuation = Valuation & ValuationOrigin & { readonly sequence: number };

/** Its total alone, which needs no parts. */
export type ValuationTotal = Pick<
  StoredValuation,
  'sequence' | 'atMs' | 'tier' | 'origin' | 'valueUsd' | 'isComplete' | 'beforeTransaction'
>;

/** Both ends included. `tiers` null: every one. */
export interface ValuationSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly tiers: readonly Tier[] | null;
  readonly limit: number;
}

/** Keeps a valuation, once: whatever is there of that time of the schedule, or before that flow, stays. False where it was there. */
export async function saveValuation(
  db: Kysely<Database>,
  valuation: Valuation,
  { tier, origin, transactionSequence, beforeTransaction }: ValuationOrigin,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('valuation')
    .values({
      at_ms: valuation.atMs,
      tier,
      origin,
      value_usd: valuation.valueUsd,
      is_complete: valuation.isComplete ? 1 : 0,
      transaction_sequence: transactionSequence,
      before_transaction: beforeTransaction,
      body: valuationBody(valuation),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** When the schedule last led to one; null before the first. */
export async function readLastScheduledAt(db: Kysely<Database>): Promise<number | null> {
  const row = await db
    .selectFrom('valuation')
    .select('at_ms')
    .where('before_transaction', 'is', null)
    .orderBy('at_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.at_ms ?? null;
}

/** When the newest of a day was taken, at a time or before it; null where there is none so old. */
export async function readLastDayAt(db: Kysely<Database>, atMs: number): Promise<number | null> {
  const row = await db
    .selectFrom('valuation')
    .select('at_ms')
    .where('tier', '=', 'daily')
    .where('at_ms', '<=', atMs)
    .orderBy('at_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.at_ms ?? null;
}

/** The newest of days at a time or before it, at most `limit`, oldest first, with all of their parts. */
export async function readLastDays(
  db: Kysely<Database>,
  { toMs, limit }: Pick<ValuationSpan, 'toMs' | 'limit'>,
): Promise<readonly StoredValuation[]> {
  const rows = await db
    .selectFrom('valuation')
    .selectAll()
    .where('tier', '=', 'daily')
    .where('at_ms', '<=', toMs)
    .orderBy('at_ms', 'desc')
    .orderBy('sequence', 'desc')
    .limit(limit)
    .execute();
  return rows.reverse().map(valuationFrom);
}

/** The newest at a time or before it; null where there is none so old. */
export async function findValuationAt(db: Kysely<Database>, atMs: number): Promise<StoredValuation | null> {
  const row = await db
    .selectFrom('valuation')
    .selectAll()
    .where('at_ms', '<=', atMs)
    .orderBy('at_ms', 'desc')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : valuationFrom(row);
}

/** Oldest first, with all of their parts. */
export async function readValuations(
  db: Kysely<Database>,
  span: ValuationSpan,
): Promise<readonly StoredValuation[]> {
  return (await within(db, span).selectAll().execute()).map(valuationFrom);
}

/** The same without their parts. */
export async function readValuationTotals(
  db: Kysely<Database>,
  span: ValuationSpan,
): Promise<readonly ValuationTotal[]> {
  const rows = await within(db, span)
    .select(['sequence', 'at_ms', 'tier', 'origin', 'value_usd', 'is_complete', 'before_transaction'])
    .execute();
  return rows.map(totalFrom);
}

/** Removes what is older than its tier is kept, at most `limit` rows, oldest first. How many it were. */
export async function removeValuations(
  db: Kysely<Database>,
  { tier, beforeMs, limit }: { readonly tier: Tier; readonly beforeMs: number; readonly limit: number },
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('valuation')
    .where('sequence', 'in', (query) =>
      query
        .selectFrom('valuation')
        .select('sequence')
        .where('tier', '=', tier)
        .where('at_ms', '<', beforeMs)
        .orderBy('at_ms')
        .limit(limit),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Removes what was reckoned later in a span, both ends included, at most `limit` rows. How many it were. */
export async function removeBackfilled(
  db: Kysely<Database>,
  { fromMs, toMs, limit }: Pick<ValuationSpan, 'fromMs' | 'toMs' | 'limit'>,
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('valuation')
    .where('sequence', 'in', (query) =>
      query
        .selectFrom('valuation')
        .select('sequence')
        .where('at_ms', '>=', fromMs)
        .where('at_ms', '<=', toMs)
        .where('origin', '=', 'backfilled')
        .limit(limit),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

function within(db: Kysely<Database>, { fromMs, toMs, tiers, limit }: ValuationSpan) {
  let query = db
    .selectFrom('valuation')
    .where('at_ms', '>=', fromMs)
    .where('at_ms', '<=', toMs)
    .orderBy('at_ms')
    .orderBy('sequence')
    .limit(limit);
  if (tiers !== null) query = query.where('tier', 'in', tiers);
  return query;
}

const totalFrom = (
  row: Omit<Selectable<ValuationTable>, 'body' | 'transaction_sequence'>,
): ValuationTotal => ({
  sequence: row.sequence,
  atMs: row.at_ms,
  tier: row.tier,
  origin: row.origin,
  valueUsd: row.value_usd as Amount,
  isComplete: row.is_complete === 1,
  beforeTransaction: row.before_transaction,
});

const valuationFrom = (row: Selectable<ValuationTable>): StoredValuation => ({
  ...totalFrom(row),
  transactionSequence: row.transaction_sequence,
  ...partsFromBody(row.body, row.at_ms),
});
