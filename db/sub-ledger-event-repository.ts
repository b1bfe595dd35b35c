import type { Kysely } from 'kysely';
import type { SubLedgerEvent } from '../src/domain/strategies/sub-ledgers.ts';
import type { StrategyEvent } from '../src/domain/valuation/strategy-flow.ts';
import type { Database } from './tables.ts';

/** What has moved between strategies, in the order in which it happened, with the transactions of the book that it is of. */
export async function readStrategyEvents(db: Kysely<Database>): Promise<readonly StrategyEvent[]> {
  const rows = await db
    .selectFrom('sub_ledger_event as event')
    .leftJoin('book_transaction as transaction', 'transaction.event_id', 'event.id')
    .select(['event.at_ms', 'event.body', 'transaction.sequence'])
    .orderBy('event.at_ms')
    .orderBy('event.sequence')
    .execute();
  return rows.map(({ at_ms, body, sequence }) => ({ atMs: at_ms, sequence, event: eventFrom(body) }));
}

/** Maps are kept as objects. */
function eventFrom(body: string): SubLedgerEvent {
  const event = JSON.parse(body) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(event).map(([key, value]) => [
      key,
      typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : value,
    ]),
  ) as unknown as SubLedgerEvent;
}
