import type { Kysely } from 'kysely';
import { type Amount, amount } from '../src/domain/money/amount.ts';
import type { Database } from './tables.ts';

/** One order that was sent, and what of it has filled so far at the venue's prices. */
export interface SentOrder {
  readonly sentAtMs: number;
  readonly filledQuote: Amount;
}

/** Orders of plans that were sent from a moment on, oldest first. The same bytes sent again are one order. */
export async function readSentOrders(db: Kysely<Database>, sinceMs: number): Promise<readonly SentOrder[]> {
  const rows = await db
    .selectFrom('order_intent')
    .select(['submitted_at_ms', 'filled_quote'])
    .where('submitted_at_ms', '>=', sinceMs)
    .orderBy('submitted_at_ms')
    .execute();
  return rows.flatMap(({ submitted_at_ms, filled_quote }) =>
    submitted_at_ms === null ? [] : [{ sentAtMs: submitted_at_ms, filledQuote: amount(filled_quote) }],
  );
}
