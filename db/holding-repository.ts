import type { Kysely } from 'kysely';
import { amount, isZero, sum } from '../src/domain/money/amount.ts';
import type { HeldAtVenue, HeldByStrategy } from '../src/domain/valuation/valuation.ts';
import type { Database } from './tables.ts';

/** What the book has of every asset at every venue, all of it: on hold, in transit and owed as well. None of nothing. */
export async function readHoldings(db: Kysely<Database>): Promise<readonly HeldAtVenue[]> {
  const rows = await db.selectFrom('balance').selectAll().execute();
  return rows
    .map(({ venue, asset, available, hold, in_transit, accrued }) => ({
      venue,
      asset,
      quantity: sum([available, hold, in_transit, accrued].map(amount)),
    }))
    .filter(({ quantity }) => !isZero(quantity));
}

/** What strategies hold of it. */
export async function readStrategyHoldings(db: Kysely<Database>): Promise<readonly HeldByStrategy[]> {
  const rows = await db.selectFrom('strategy_holding').selectAll().execute();
  return rows.map(({ strategy, asset, quantity }) => ({ strategy, asset, quantity: amount(quantity) }));
}
