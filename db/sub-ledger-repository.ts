import type { Kysely } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { type Amount, amount, isZero, subtract, sum, ZERO } from '../src/domain/money/amount.ts';
import type { StrategyAmounts } from '../src/domain/strategies/split-amount.ts';
import type { StrategyId } from '../src/domain/strategies/strategy-allocation.ts';
import type { SubLedgers } from '../src/domain/strategies/sub-ledgers.ts';
import type { AssetId } from '../src/domain/venue/venue.ts';
import type { Database } from './tables.ts';

/** The sub-ledgers of these assets, or of all: what the book has over all venues, less what strategies hold, is nobody's. */
export async function readSubLedgers(
  db: Kysely<Database>,
  assets: readonly AssetId[] | null = null,
): Promise<SubLedgers> {
  let held = db.selectFrom('strategy_holding').selectAll();
  let balances = db.selectFrom('balance').select(['asset', 'available', 'hold', 'in_transit', 'accrued']);
  if (assets !== null) {
    held = held.where('asset', 'in', assets);
    balances = balances.where('asset', 'in', assets);
  }
  const holdings = new Map<AssetId, Amount>();
  for (const row of await balances.execute()) {
    const total = sum([row.available, row.hold, row.in_transit, row.accrued].map(amount));
    holdings.set(row.asset, sum([holdings.get(row.asset) ?? ZERO, total]));
  }
  const strategies = new Map<StrategyId, Map<AssetId, Amount>>();
  const unassigned = new Map(holdings);
  for (const { strategy, asset, quantity } of await held.orderBy('strategy').orderBy('asset').execute()) {
    const own = strategies.get(strategy) ?? new Map<AssetId, Amount>();
    strategies.set(strategy, own.set(asset, amount(quantity)));
    unassigned.set(asset, subtract(unassigned.get(asset) ?? ZERO, amount(quantity)));
    if (!holdings.has(asset)) holdings.set(asset, ZERO);
  }
  return { holdings, strategies, unassigned, bookedIds: new Set() };
}

export async function isSubLedgerEventBooked(db: Kysely<Database>, id: string): Promise<boolean> {
  const row = await db.selectFrom('sub_ledger_event').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}

/** Keeps what was booked, with what strategies hold of the assets afterwards. */
export async function saveSubLedgerEvent(
  db: Kysely<Database>,
  event: { readonly id: string; readonly atMs: number; readonly body: unknown },
  { strategies }: SubLedgers,
): Promise<void> {
  const { id, atMs, body } = event;
  await db
    .insertInto('sub_ledger_event')
    .values({ id, at_ms: atMs, body: canonicalJson(body) })
    .execute();
  for (const [strategy, own] of strategies)
    for (const [asset, quantity] of own)
      await db
        .insertInto('strategy_holding')
        .values({ strategy, asset, quantity })
        .onConflict((conflict) => conflict.columns(['strategy', 'asset']).doUpdateSet({ quantity }))
        .execute();
}

/** Keeps what is still to be filled, for whom; what is nothing any more is forgotten. */
export async function saveClaims(
  db: Kysely<Database>,
  { claim, asset }: { readonly claim: string; readonly asset: AssetId },
  remaining: StrategyAmounts,
): Promise<void> {
  await db.deleteFrom('strategy_claim').where('claim', '=', claim).where('asset', '=', asset).execute();
  const rows = [...remaining].filter(([, quantity]) => !isZero(quantity));
  for (const [strategy, quantity] of rows)
    await db.insertInto('strategy_claim').values({ claim, asset, strategy, remaining: quantity }).execute();
}

/** Empty where nobody has a claim. */
export async function readClaims(
  db: Kysely<Database>,
  { claim, asset }: { readonly claim: string; readonly asset: AssetId },
): Promise<StrategyAmounts> {
  const rows = await db
    .selectFrom('strategy_claim')
    .select(['strategy', 'remaining'])
    .where('claim', '=', claim)
    .where('asset', '=', asset)
    .orderBy('strategy')
    .execute();
  return new Map(rows.map(({ strategy, remaining }) => [strategy, amount(remaining)]));
}

/** The plan that an order is of; null where it is none of ours. */
export async function findPlanOfOrder(
  db: Kysely<Database>,
  { venue, clientOrderId }: { readonly venue: string; readonly clientOrderId: string },
): Promise<string | null> {
  const row = await db
    .selectFrom('order_intent')
    .select('plan_hash')
    .where('venue', '=', venue)
    .where('client_order_id', '=', clientOrderId)
    .executeTakeFirst();
  return row?.plan_hash ?? null;
}
