import type { Kysely } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { Execution } from '../src/domain/rebalancing/execution.ts';
import type { Database } from './tables.ts';

export interface StoredExecution {
  /** The request that the plan was made for. */
  readonly requestId: string;
  readonly execution: Execution;
}

/** Keeps where the execution of a plan stands. */
export async function saveExecution(
  db: Kysely<Database>,
  { requestId, execution, atMs }: StoredExecution & { readonly atMs: number },
): Promise<void> {
  const changing = { body: canonicalJson(execution), updated_at_ms: atMs };
  await db
    .insertInto('plan_execution')
    .values({ plan_hash: execution.planHash, request_id: requestId, ...changing })
    .onConflict((conflict) => conflict.column('plan_hash').doUpdateSet(changing))
    .execute();
}

/** The execution of the plan that is under way; null where there is none. One plan is executed at a time. */
export const findUnfinishedExecution = (db: Kysely<Database>): Promise<StoredExecution | null> =>
  findLastExecution(db, 'executing');

/** The last execution that was left to a person; null where there is none. */
export const findExecutionLeftToPerson = (db: Kysely<Database>): Promise<StoredExecution | null> =>
  findLastExecution(db, 'needsPerson');

async function findLastExecution(
  db: Kysely<Database>,
  status: 'executing' | 'needsPerson',
): Promise<StoredExecution | null> {
  const row = await db
    .selectFrom('plan_execution')
    .innerJoin('plan', 'plan.hash', 'plan_execution.plan_hash')
    .select(['plan_execution.body', 'plan_execution.request_id'])
    .where('plan.status', '=', status)
    .orderBy('plan_execution.updated_at_ms', 'desc')
    .orderBy('plan_execution.plan_hash')
    .limit(1)
    .executeTakeFirst();
  return row === undefined
    ? null
    : { requestId: row.request_id, execution: JSON.parse(row.body) as Execution };
}
