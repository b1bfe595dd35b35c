import type { Kysely } from 'kysely';
import type { SubLedgerEvent } from '../src/domain/strategies/sub-ledgers.ts';
import type { Database } from './tables.ts';

/** What has moved between strategies, in the order in which it happened. */
export async function readStrategyEvents(
  db: Kysely<Database>,
): Promise<readonly { readonly atMs: number; readonly event: SubLedgerEvent }[]> {
  const rows = await db
    .selectFrom('sub_ledger_event')
    .select(['at_ms', 'body'])
    .orderBy('at_ms')
    .orderBy('sequence')
    .execute();
  return rows.map(({ at_ms, body }) => ({ atMs: at_ms, event: eventFrom(body) }));
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
