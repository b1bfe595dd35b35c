import { type Kysely, sql } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { sha256Hex } from '../src/domain/hash.ts';
import type { Database } from './tables.ts';

/**
 * Who runs the service, what other processes asked of it, and when the schema was made are no part of its state.
 * Nor are checkpoints: they bear witness to the audit log, with a key that a replay has not got; nor what became of
 * messages to people, which are sent beside the service.
 */
const LEFT_OUT = new Set(['owner_lock', 'command', 'schema_version', 'audit_checkpoint', 'alert_delivery']);
/** Rows read at a time. */
const BATCH = 1_000;

/**
 * SHA-256 over every row of every table, in one order whatever order they were written in. Two databases with the
 * same hash hold the same state.
 */
export async function stateHash(db: Kysely<Database>): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name`.execute(
    db,
  );
  let hash = '';
  for (const { name } of tables) {
    if (!LEFT_OUT.has(name)) hash = await hashTable(db, name, hash);
  }
  return hash;
}

/** A chain over the table's rows, so that no table is ever in memory as a whole. */
async function hashTable(db: Kysely<Database>, table: string, before: string): Promise<string> {
  const { rows: columns } = await sql<{ name: string; pk: number }>`
    select name, pk from pragma_table_info(${table}) order by pk, name`.execute(db);
  const key = columns.filter(({ pk }) => pk > 0).map(({ name }) => name);
  const order = sql.join(
    key.map((column) => sql.ref(column)),
    sql`, `,
  );
  let hash = sha256Hex(`${before} ${table}`);
  for (let offset = 0; ; offset += BATCH) {
    const { rows } = await sql`
      select * from ${sql.table(table)} order by ${order} limit ${BATCH} offset ${offset}`.execute(db);
    if (rows.length > 0) hash = sha256Hex(`${hash}${canonicalJson(rows)}`);
    if (rows.length < BATCH) return hash;
  }
}
