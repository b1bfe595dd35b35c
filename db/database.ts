import SqliteDatabase from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  SqliteDialect,
  SqliteDriver,
  type SqliteDatabase as SqliteHandle,
  type SqliteStatement,
} from 'kysely';
import { assertMigrated, MIGRATIONS, migrate } from './migrate.ts';
import type { Migration } from './migrations/migration.ts';
import type { Database } from './tables.ts';

/** How long a statement waits for another process that writes. */
const BUSY_TIMEOUT_MS = 5_000;
/** Distinct statements kept prepared. The service has some hundred; what varies with a list's length adds to them. */
const STATEMENTS_MAX = 400;

export interface OpenDatabase {
  readonly db: Kysely<Database>;
  /** Waits for the query under way. Afterwards nothing may use `db`. */
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  readonly nowMs: number;
  /** Others than the program's own only in tests. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens a database for its owner, creates it where there is none, and brings its schema up to date.
 * A commit is on the disk when it returns: an order's intent must outlive a loss of power.
 *
 * @throws {SchemaMismatch} for a database that a newer version wrote.
 */
export async function openDatabase(
  path: string,
  { nowMs, migrations = MIGRATIONS }: OpenOptions,
): Promise<OpenDatabase> {
  const sqlite = new SqliteDatabase(path, { timeout: BUSY_TIMEOUT_MS });
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  return checked(new Kysely<Database>({ dialect: new PreparingDialect(sqlite) }), (db) =>
    migrate(db, migrations, nowMs),
  );
}

/**
 * Opens a database to read, beside its owner. Nothing that is done through it changes a row.
 *
 * @throws {SchemaMismatch} for a database of another version; an error of SQLite where there is no such file.
 */
export async function openDatabaseReadOnly(
  path: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<OpenDatabase> {
  const sqlite = new SqliteDatabase(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  return checked(new Kysely<Database>({ dialect: new PreparingDialect(sqlite) }), (db) =>
    assertMigrated(db, migrations),
  );
}

/** Runs `work` in one transaction: in the one that `db` is, or else in a new one. */
export function inTransaction<T>(
  db: Kysely<Database>,
  work: (trx: Kysely<Database>) => Promise<T>,
): Promise<T> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

async function checked(
  db: Kysely<Database>,
  check: (db: Kysely<Database>) => Promise<void>,
): Promise<OpenDatabase> {
  try {
    await check(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { db, close: () => db.destroy() };
}

class PreparingDialect extends SqliteDialect {
  readonly #createDriver: () => Driver;

  constructor(sqlite: SqliteDatabase.Database) {
    const config = { database: preparing(sqlite) };
    super(config);
    this.#createDriver = () => (sqlite.readonly ? new SqliteDriver(config) : new ImmediateDriver(config));
  }

  override createDriver(): Driver {
    return this.#createDriver();
  }
}

/**
 * A transaction takes the right to write when it begins. One that took it with its first write would fail at once,
 * without waiting, whenever another process has written since its first read.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

/** Keeps statements prepared: preparing costs more than running most of ours. */
function preparing(sqlite: SqliteDatabase.Database): SqliteHandle {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => sqlite.close(),
    prepare(text) {
      const known = statements.get(text);
      if (known) return known;
      const statement = sqlite.prepare(text) as unknown as SqliteStatement;
      const oldest = statements.keys().next().value;
      if (statements.size >= STATEMENTS_MAX && oldest !== undefined) statements.delete(oldest);
      statements.set(text, statement);
      return statement;
    },
  };
}
