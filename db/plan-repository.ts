import type { Kysely } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { Database, PlanTable } from './tables.ts';

export interface StoredPlan {
  /** SHA-256 of the plan's content: the same in paper and live. */
  readonly hash: string;
  readonly atMs: number;
  readonly mode: string;
  readonly status: string;
  readonly body: unknown;
}

/** Keeps a plan, once: the same plan made again is the one that is kept. */
export async function savePlan(db: Kysely<Database>, plan: StoredPlan): Promise<'saved' | 'alreadySaved'> {
  const { hash, atMs, mode, status, body } = plan;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('plan')
    .values({ hash, at_ms: atMs, mode, status, body: canonicalJson(body) })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n ? 'saved' : 'alreadySaved';
}

/** Compare and swap: moves a plan only from the status that was seen. True when it moved. */
export async function movePlan(
  db: Kysely<Database>,
  { hash, from, to }: { readonly hash: string; readonly from: string; readonly to: string },
): Promise<boolean> {
  assert(from !== to, 'a plan moves to another status');
  const { numUpdatedRows } = await db
    .updateTable('plan')
    .set({ status: to })
    .where('hash', '=', hash)
    .where('status', '=', from)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

export async function findPlan(db: Kysely<Database>, hash: string): Promise<StoredPlan | null> {
  const row = await db.selectFrom('plan').selectAll().where('hash', '=', hash).executeTakeFirst();
  return row === undefined ? null : planFrom(row);
}

/** The newest plans, newest first; only of the statuses that are given, if any. */
export async function readPlans(
  db: Kysely<Database>,
  { statuses = [], limit }: { readonly statuses?: readonly string[]; readonly limit: number },
): Promise<readonly StoredPlan[]> {
  let query = db.selectFrom('plan').selectAll();
  if (statuses.length > 0) query = query.where('status', 'in', statuses);
  const rows = await query.orderBy('at_ms', 'desc').orderBy('hash').limit(limit).execute();
  return rows.map(planFrom);
}

const planFrom = ({ hash, at_ms, mode, status, body }: PlanTable): StoredPlan => ({
  hash,
  atMs: at_ms,
  mode,
  status,
  body: JSON.parse(body) as unknown,
});
