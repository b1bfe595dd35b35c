import type { Kysely } from 'kysely';
import type { Amount } from '../src/domain/money/amount.ts';
import type { NavRollUp } from '../src/domain/risk/roll-up-nav.ts';
import type { ScheduledTier } from '../src/domain/valuation/retention.ts';
import type { Database } from './tables.ts';

/** Rows of the series from the oldest of a tier on, in order; none where that is not older than a time. */
export async function readNavFrom(
  db: Kysely<Database>,
  {
    tier,
    beforeMs,
    limit,
  }: { readonly tier: ScheduledTier; readonly beforeMs: number; readonly limit: number },
) {
  const oldest = await db
    .selectFrom('nav_point')
    .select(['sequence'])
    .where('tier', '=', tier)
    .where('at_ms', '<', beforeMs)
    .orderBy('at_ms')
    .limit(1)
    .executeTakeFirst();
  if (oldest === undefined) return [];
  const rows = await db
    .selectFrom('nav_point')
    .select(['sequence', 'at_ms', 'tier', 'flow_usd'])
    .where('sequence', '>=', oldest.sequence)
    .orderBy('sequence')
    .limit(limit)
    .execute();
  return rows.map(({ sequence, at_ms, tier: of, flow_usd }) => ({
    sequence,
    atMs: at_ms,
    tier: of,
    flowUsd: flow_usd as Amount,
  }));
}

export async function applyNavRollUp(db: Kysely<Database>, { removed, changed }: NavRollUp): Promise<void> {
  if (removed.length > 0) await db.deleteFrom('nav_point').where('sequence', 'in', removed).execute();
  for (const { sequence, flowUsd } of changed)
    await db.updateTable('nav_point').set({ flow_usd: flowUsd }).where('sequence', '=', sequence).execute();
}
