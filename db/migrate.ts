import type SqliteDatabase from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { book } from './migrations/0001-book.ts';
import { observation } from './migrations/0002-observation.ts';
import { orders } from './migrations/0003-orders.ts';
import { operation } from './migrations/0004-operation.ts';
import { execution } from './migrations/0005-execution.ts';
import { auditCheckpoint } from './migrations/0006-audit-checkpoint.ts';
import { reconciliation } from './migrations/0007-reconciliation.ts';
import { accountNumbers } from './migrations/0008-account-numbers.ts';
import { ownerRuntime } from './migrations/0009-owner-runtime.ts';
import { transfers } from './migrations/0010-transfers.ts';
import { venueCash } from './migrations/0011-venue-cash.ts';
import { triggers } from './migrations/0012-triggers.ts';
import { cashOfExecutions } from './migrations/0013-cash-of-executions.ts';
import { killSwitch } from './migrations/0014-kill-switch.ts';
import { targets } from './migrations/0015-targets.ts';
import { rebalances } from './migrations/0016-rebalances.ts';
import { performance } from './migrations/0017-performance.ts';
import { signalHistory } from './migrations/0018-signal-history.ts';
import { alerts } from './migrations/0019-alerts.ts';
import { valuations } from './migrations/0020-valuations.ts';
import { dayJudgement } from './migrations/0021-day-judgement.ts';
import { type Migration, runStatements } from './migrations/migration.ts';
import type { Database } from './tables.ts';

/** Every step of the schema, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
  book,
  observation,
  orders,
  operation,
  execution,
  auditCheckpoint,
  reconciliation,
  accountNumbers,
  ownerRuntime,
  transfers,
  venueCash,
  triggers,
  cashOfExecutions,
  killSwitch,
  targets,
  rebalances,
  performance,
  signalHistory,
  alerts,
  valuations,
  dayJudgement,
];

/** The database and this program do not fit together. Never a fault of the data in it. */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
}

/**
 * Checks that a file is nobody else's before anything of it is changed: it is empty, or has a schema version.
 *
 * @throws {SchemaMismatch} for a database of another program.
 */
export function assertOwnOrEmpty(sqlite: SqliteDatabase.Database): void {
  const tables = sqlite
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name")
    .pluck()
    .all();
  if (tables.length === 0 || tables.includes('schema_version')) return;
  throw new SchemaMismatch(
    `this file is not a database of trueup: expected none, an empty one or one with a schema version, found tables such as ${JSON.stringify(tables[0])}`,
  );
}

/** Applies what is missing, all of it or nothing. A database that a newer version wrote is refused. */
export async function migrate(
  db: Kysely<Database>,
  migrations: readonly Migration[],
  nowMs: number,
): Promise<void> {
  assert(
    new Set(migrations.map(({ name }) => name)).size === migrations.length,
    'migrations have different names',
  );
  await db.transaction().execute(async (trx) => {
    await sql`create table if not exists schema_version
      (version integer primary key, name text not null unique, applied_at_ms integer not null) strict`.execute(
      trx,
    );
    const applied = await readApplied(trx);
    assertKnown(applied, migrations);
    for (const [index, { name, statements }] of migrations.entries()) {
      if (index < applied.length) continue;
      await runStatements(trx, statements);
      await trx
        .insertInto('schema_version')
        .values({ version: index + 1, name, applied_at_ms: nowMs })
        .execute();
    }
  });
}

/** Checks that a database that may not be changed has every step applied. */
export async function assertMigrated(db: Kysely<Database>, migrations: readonly Migration[]): Promise<void> {
  const { rows } = await sql`select 1 from sqlite_master where name = 'schema_version'`.execute(db);
  if (rows.length === 0)
    throw new SchemaMismatch('this file is not a database of trueup: it has no schema version');
  const applied = await readApplied(db);
  assertKnown(applied, migrations);
  if (applied.length === migrations.length) return;
  throw new SchemaMismatch(
    `the database has version ${applied.length}, expected ${migrations.length}: start the service once to bring it up to date`,
  );
}

async function readApplied(db: Kysely<Database>): Promise<readonly string[]> {
  const rows = await db.selectFrom('schema_version').select('name').orderBy('version').execute();
  return rows.map(({ name }) => name);
}

function assertKnown(applied: readonly string[], migrations: readonly Migration[]): void {
  if (applied.length > migrations.length) {
    throw new SchemaMismatch(
      `the database has version ${applied.length} (${applied.at(-1)}), this program knows up to ${migrations.length}: use the newer version that wrote it`,
    );
  }
  const differing = applied.findIndex((name, index) => name !== migrations[index]?.name);
  if (differing === -1) return;
  throw new SchemaMismatch(
    `step ${differing + 1} of the database is ${applied[differing]}, expected ${migrations[differing]?.name}`,
  );
}
