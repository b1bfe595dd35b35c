import { type Kysely, sql } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { TriggerMemory, TriggerOutcome } from '../src/domain/rebalancing/triggers/check-triggers.ts';
import type { Database } from './tables.ts';

/** What the last check came to. When the last rebalance ended stands with its execution. */
export interface KeptCheck {
  readonly memory: Omit<TriggerMemory, 'lastRebalanceAtMs'>;
  readonly state: TriggerOutcome['state'];
}

export async function saveTriggerCheck(db: Kysely<Database>, check: KeptCheck): Promise<void> {
  const body = canonicalJson(check);
  await db
    .insertInto('trigger_memory')
    .values({ id: 1, body })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ body }))
    .execute();
}

/** Null before the first check. */
export async function readTriggerCheck(db: Kysely<Database>): Promise<KeptCheck | null> {
  const row = await db.selectFrom('trigger_memory').select('body').executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.body) as KeptCheck);
}

/** When the execution of a plan last ended, however it did: orders were sent. Null where none has. */
export async function readLastRebalanceAtMs(db: Kysely<Database>): Promise<number | null> {
  const { last } = await db
    .selectFrom('plan_execution')
    .innerJoin('plan', 'plan.hash', 'plan_execution.plan_hash')
    .where('plan.status', '!=', 'executing')
    .select(({ fn }) => fn.max('plan_execution.updated_at_ms').as('last'))
    .executeTakeFirstOrThrow();
  return last;
}

/**
 * When a plan was last made that somebody could act on; null where none was. What somebody only looked at has answered
 * nothing; one that was rejected, or that nobody approved in time, has.
 */
export async function readLastAnsweredAtMs(db: Kysely<Database>): Promise<number | null> {
  const { last } = await db
    .selectFrom('rebalance')
    .innerJoin('plan', 'plan.hash', 'rebalance.plan_hash')
    .select(({ fn }) => fn.max('plan.at_ms').as('last'))
    .executeTakeFirstOrThrow();
  return last;
}

/** When triggers last asked for what became a plan; null where they never did. */
export async function readLastTriggeredAtMs(db: Kysely<Database>): Promise<number | null> {
  const { last } = await db
    .selectFrom('rebalance')
    .where('plan_hash', 'is not', null)
    .where(sql<string>`json_extract(origin, '$.kind')`, '=', 'triggers')
    .select(({ fn }) => fn.max('requested_at_ms').as('last'))
    .executeTakeFirstOrThrow();
  return last;
}
