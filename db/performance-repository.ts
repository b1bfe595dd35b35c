import type { Kysely } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { Amount } from '../src/domain/money/amount.ts';
import type { NavPoint, NavScope } from '../src/domain/risk/nav-index.ts';
import type { Performance } from '../src/domain/risk/performance.ts';
import type { ScheduledTier } from '../src/domain/valuation/retention.ts';
import type { Database } from './tables.ts';

export interface StoredNavPoint extends NavPoint {
  readonly sequence: number;
  /** The newest transaction that the value knows of. */
  readonly transactionSequence: number;
}

/** The newest measurement that was kept; null before the first. */
export async function readLastNavPoint(db: Kysely<Database>): Promise<StoredNavPoint | null> {
  const row = await db
    .selectFrom('nav_point')
    .selectAll()
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    ...(JSON.parse(row.scope) as NavScope),
    sequence: row.sequence,
    atMs: row.at_ms,
    navUsd: row.nav_usd as Amount,
    flowUsd: row.flow_usd as Amount,
    index: row.index_value as Amount,
    transactionSequence: row.transaction_sequence,
  };
}

export async function saveNavPoint(
  db: Kysely<Database>,
  { atMs, navUsd, flowUsd, index, venues, priced, unpriced }: NavPoint,
  { transactionSequence, tier }: { readonly transactionSequence: number; readonly tier: ScheduledTier },
): Promise<void> {
  await db
    .insertInto('nav_point')
    .values({
      at_ms: atMs,
      nav_usd: navUsd,
      flow_usd: flowUsd,
      index_value: index,
      transaction_sequence: transactionSequence,
      scope: canonicalJson({ venues, priced, unpriced }),
      tier,
    })
    .execute();
}

type Valued = Pick<NavPoint, 'navUsd' | 'flowUsd'>;

/**
 * The newest measurement at a time or before it, the first one where there is none so old, and those that followed.
 * Null before the first. As many as were kept since.
 */
export async function readNavSince(
  db: Kysely<Database>,
  atMs: number,
): Promise<{ readonly base: Valued; readonly after: readonly Valued[] } | null> {
  const before = await db
    .selectFrom('nav_point')
    .select('sequence')
    .where('at_ms', '<=', atMs)
    .orderBy('at_ms', 'desc')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  const rows = await db
    .selectFrom('nav_point')
    .select(['nav_usd', 'flow_usd'])
    .where('sequence', '>=', before?.sequence ?? 0)
    .orderBy('sequence')
    .execute();
  const [base, ...after] = rows.map(({ nav_usd, flow_usd }) => ({
    navUsd: nav_usd as Amount,
    flowUsd: flow_usd as Amount,
  }));
  return base === undefined ? null : { base, after };
}

/** What the limits on losses are judged by; null before anything was measured. */
export async function readPerformance(db: Kysely<Database>): Promise<Performance | null> {
  const row = await db.selectFrom('loss_state').selectAll().executeTakeFirst();
  if (row === undefined) return null;
  const { drawdown_halted_at_ms: haltedAtMs, drawdown_at_halt: drawdown } = row;
  return {
    drawdown: {
      index: row.index_value as Amount,
      indexAtMs: row.index_at_ms,
      highWaterIndex: row.high_water_index as Amount,
      halt:
        haltedAtMs === null || drawdown === null ? null : { atMs: haltedAtMs, drawdown: drawdown as Amount },
    },
    day: {
      pnlUsd: row.day_pnl_usd as Amount,
      startUsd: row.day_start_usd as Amount,
      haltedAtMs: row.day_halted_at_ms,
    },
  };
}

export async function savePerformance(db: Kysely<Database>, { drawdown, day }: Performance): Promise<void> {
  const row = {
    index_value: drawdown.index,
    index_at_ms: drawdown.indexAtMs,
    high_water_index: drawdown.highWaterIndex,
    drawdown_halted_at_ms: drawdown.halt?.atMs ?? null,
    drawdown_at_halt: drawdown.halt?.drawdown ?? null,
    day_pnl_usd: day.pnlUsd,
    day_start_usd: day.startUsd,
    day_halted_at_ms: day.haltedAtMs,
  };
  await db
    .insertInto('loss_state')
    .values({ id: 1, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}
