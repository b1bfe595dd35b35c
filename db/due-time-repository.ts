import type { Kysely } from 'kysely';
import type { Database } from './tables.ts';

/** Sets when something is due: a restart finds it here, where a timer would be lost. */
export async function setDueTime(db: Kysely<Database>, name: string, dueAtMs: number): Promise<void> {
  await db
    .insertInto('due_time')
    .values({ name, due_at_ms: dueAtMs })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ due_at_ms: dueAtMs }))
    .execute();
}

export async function clearDueTime(db: Kysely<Database>, name: string): Promise<void> {
  await db.deleteFrom('due_time').where('name', '=', name).execute();
}

export async function readDueTimes(db: Kysely<Database>): Promise<ReadonlyMap<string, number>> {
  const rows = await db.selectFrom('due_time').selectAll().orderBy('name').execute();
  return new Map(rows.map(({ name, due_at_ms }) => [name, due_at_ms]));
}
