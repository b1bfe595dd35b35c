import type { Kysely } from 'kysely';
import type { Database } from './tables.ts';
import type { CashAccount } from './venue-cash-repository.ts';

/** When the newest certified reading of an account was taken, its opening included; null for one that is not open. */
export async function readLastReadingAtMs(
  db: Kysely<Database>,
  { venue, asset }: CashAccount,
): Promise<number | null> {
  const found = await db
    .selectFrom('cash_event')
    .select('at_ms')
    .where('venue', '=', venue)
    .where('asset', '=', asset)
    .where((is) => is.or([is('key', '=', 'opened'), is('key', 'like', 'certified %')]))
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return found?.at_ms ?? null;
}
