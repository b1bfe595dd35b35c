import { type Kysely, sql } from 'kysely';

/** One step of the schema. Never edited once released: a later step changes what it made. */
export interface Migration {
  /** Such as "0001-book". Steps are applied in the order of the list, each once. */
  readonly name: string;
  readonly statements: readonly string[];
}

export async function runStatements<T>(db: Kysely<T>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

/** Triggers that refuse, in words, to change, remove or replace rows of a table. */
export function appendOnly(table: string, key: readonly string[]): readonly string[] {
  const refusal = (change: string) =>
    `begin select raise(abort, '${table} is append-only: no row is ever ${change}'); end`;
  const sameKey = key.map((column) => `${column} = new.${column}`).join(' and ');
  return [
    `create trigger ${table}_refuses_update before update on ${table} ${refusal('updated')}`,
    `create trigger ${table}_refuses_delete before delete on ${table} ${refusal('deleted')}`,
    // "insert or replace" would remove the row that is in its way without asking the trigger above.
    `create trigger ${table}_refuses_replace before insert on ${table}
      when exists (select 1 from ${table} where ${sameKey}) ${refusal('replaced')}`,
  ];
}
