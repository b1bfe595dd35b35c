import type { Kysely } from 'kysely';
import { entryPricesAfter, perpetualsOf } from '../src/domain/book/entry-prices.ts';
import type { Transaction } from '../src/domain/book/transaction.ts';
import { type Amount, add, ZERO } from '../src/domain/money/amount.ts';
import type { AssetId, VenueId } from '../src/domain/venue/venue.ts';
import type { Database } from './tables.ts';

interface StoredEntryPrice {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly entryPrice: Amount;
}

/** Moves the entry prices of the positions that a transaction moves. To be called before the balances follow. */
export async function moveEntryPrices(db: Kysely<Database>, transaction: Transaction): Promise<void> {
  const perpetuals = perpetualsOf(transaction);
  if (perpetuals.length === 0) return;
  const { venue } = transaction;
  const rows = await db
    .selectFrom('balance')
    .leftJoin('position_entry as entry', (join) =>
      join.onRef('entry.venue', '=', 'balance.venue').onRef('entry.asset', '=', 'balance.asset'),
    )
    .select(['balance.asset', 'balance.available', 'balance.hold', 'entry.entry_price'])
    .where('balance.venue', '=', venue)
    .where('balance.asset', 'in', perpetuals)
    .execute();
  const before = new Map(rows.map((row) => [row.asset, row]));
  const after = entryPricesAfter(transaction, (asset) => {
    const row = before.get(asset);
    if (row === undefined) return { size: ZERO, entryPrice: null };
    const size = add(row.available as Amount, row.hold as Amount);
    return { size, entryPrice: row.entry_price as Amount | null };
  });
  for (const { asset, entryPrice } of after) {
    if (entryPrice !== null) await saveEntryPrice(db, { venue, asset, entryPrice });
    else await forgetEntryPrice(db, venue, asset);
  }
}

export async function saveEntryPrice(
  db: Kysely<Database>,
  { venue, asset, entryPrice }: StoredEntryPrice,
): Promise<void> {
  await db
    .insertInto('position_entry')
    .values({ venue, asset, entry_price: entryPrice })
    .onConflict((conflict) => conflict.columns(['venue', 'asset']).doUpdateSet({ entry_price: entryPrice }))
    .execute();
}

export async function readEntryPrices(db: Kysely<Database>): Promise<readonly StoredEntryPrice[]> {
  const rows = await db.selectFrom('position_entry').selectAll().orderBy('venue').orderBy('asset').execute();
  return rows.map(({ venue, asset, entry_price }) => ({ venue, asset, entryPrice: entry_price as Amount }));
}

async function forgetEntryPrice(db: Kysely<Database>, venue: VenueId, asset: AssetId): Promise<void> {
  await db.deleteFrom('position_entry').where('venue', '=', venue).where('asset', '=', asset).execute();
}
