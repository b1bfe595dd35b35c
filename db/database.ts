import SqliteDatabase from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteDatabase as SqliteHandle,
  type SqliteStatement,
} from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { AuditKeeper, type AuditKeeping } from './audit-keeper.ts';
import { assertMigrated, assertOwnOrEmpty, MIGRATIONS, migrate, SchemaMismatch } from './migrate.ts';
import type { Migration } from './migrations/migration.ts';
import type { Database } from './tables.ts';

/** How long a statement waits for another process that writes. */
const BUSY_TIMEOUT_MS = 5_000;
/** Distinct statements kept prepared. The service has some hundred; what varies with a list's length adds to them. */
const STATEMENTS_MAX = 400;

export interface OpenDatabase {
  readonly db: Kysely<Database>;
  /** How the audit log is kept; null where nobody said. */
  readonly audit: AuditKeeping | null;
  /** Waits for the query under way. Afterwards nothing may use `db`. */
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  readonly nowMs: number;
  /** Others than the program's own only in tests. */
  readonly migrations?: readonly Migration[];
  /** Without it, no checkpoints are made and nothing is written beside the database. */
  readonly audit?: AuditKeeping;
}

/**
 * Opens a database for its owner, creates it where there is none, and brings its schema up to date.
 * A commit is on the disk when it returns: an order's intent must outlive a loss of power.
 *
 * @throws {SchemaMismatch} for a database that a newer version or another program wrote; it is left as it is.
 */
export async function openDatabase(
  path: string,
  { nowMs, migrations = MIGRATIONS, audit }: OpenOptions,
): Promise<OpenDatabase> {
  const sqlite = new SqliteDatabase(path, { timeout: BUSY_TIMEOUT_MS });
  const commits: Commits = { keeper: null };
  const db = await checked(sqlite, commits, async (opened) => {
    assertOwnOrEmpty(sqlite);
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
    await migrate(opened, migrations, nowMs);
    if (audit) commits.keeper = new AuditKeeper(sqlite, audit);
  });
  const close = async (): Promise<void> => {
    await db.destroy();
    commits.keeper?.close();
  };
  return { db, audit: audit ?? null, close };
}

/**
 * Opens a database to read, beside its owner. Nothing that is done through it changes a row.
 *
 * @throws {SchemaMismatch} for a database of another version, or none of ours; an error of SQLite where there is no such file.
 */
export async function openDatabaseReadOnly(
  path: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<OpenDatabase> {
  const sqlite = new SqliteDatabase(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  const db = await checked(sqlite, null, (opened) => assertMigrated(opened, migrations));
  return { db, audit: null, close: () => db.destroy() };
}

const handles = new WeakMap<Kysely<Database>, SqliteDatabase.Database>();

/**
 * SQLite's own handle, for what reads a whole table: that takes a fifth of the time without a builder between.
 * Whoever uses it keeps to itself what it does there until it is done, within a transaction of `db`.
 */
export function handleOf(db: Kysely<Database>): SqliteDatabase.Database {
  const handle = handles.get(db);
  assert(handle, 'a database that was opened here, and no transaction, has a handle');
  return handle;
}

/** Runs `work` in one transaction: in the one that `db` is, or else in a new one. */
export function inTransaction<T>(
  db: Kysely<Database>,
  work: (trx: Kysely<Database>) => Promise<T>,
): Promise<T> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

/** What happens around every commit; set once the schema is there. Null: nothing is ever written. */
interface Commits {
  keeper: AuditKeeper | null;
}

async function checked(
  sqlite: SqliteDatabase.Database,
  commits: Commits | null,
  check: (db: Kysely<Database>) => Promise<void>,
): Promise<Kysely<Database>> {
  const db = new Kysely<Database>({ dialect: new PreparingDialect(sqlite, commits) });
  try {
    await check(db);
  } catch (error) {
    await db.destroy();
    throw error instanceof SchemaMismatch ? new SchemaMismatch(`${sqlite.name}: ${error.message}`) : error;
  }
  handles.set(db, sqlite);
  return db;
}

class PreparingDialect extends SqliteDialect {
  readonly #createDriver: () => Driver;

  constructor(sqlite: SqliteDatabase.Database, commits: Commits | null) {
    const config = { database: preparing(sqlite) };
    super(config);
    this.#createDriver = () => (commits ? new OwnersDriver(config, commits) : new SqliteDriver(config));
  }

  override createDriver(): Driver {
    return this.#createDriver();
  }
}

/**
 * A transaction takes the right to write when it begins. One that took it with its first write would fail at once,
 * without waiting, whenever another process has written since its first read.
 */
class OwnersDriver extends SqliteDriver {
  readonly #commits: Commits;

  constructor(config: SqliteDialectConfig, commits: Commits) {
    super(config);
    this.#commits = commits;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    this.#commits.keeper?.beforeCommit();
    await super.commitTransaction(connection);
    this.#commits.keeper?.afterCommit();
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
