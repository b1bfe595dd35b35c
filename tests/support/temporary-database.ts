import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { type OpenDatabase, openDatabase } from '../../db/database.ts';
import { NOW_MS } from './book-harness.ts';

/** A folder for database files, and everything that was opened in it; `clean` closes and removes all of it. */
export class DatabaseFolder {
  readonly #folder = mkdtempSync(join(tmpdir(), 'trueup-'));
  readonly #open: OpenDatabase[] = [];

  path(name = 'book.sqlite'): string {
    return join(this.#folder, name);
  }

  async memory(): Promise<OpenDatabase> {
    return this.keep(await openDatabase(':memory:', { nowMs: NOW_MS }));
  }

  async file(name?: string): Promise<OpenDatabase> {
    return this.keep(await openDatabase(this.path(name), { nowMs: NOW_MS }));
  }

  keep(opened: OpenDatabase): OpenDatabase {
    this.#open.push(opened);
    return opened;
  }

  /** What someone with a SQLite shell could do: triggers of the table dropped first. */
  tamper(table: string, statement: string, name?: string): void {
    const raw = new SqliteDatabase(this.path(name));
    for (const change of ['update', 'delete', 'replace']) raw.exec(`drop trigger ${table}_refuses_${change}`);
    raw.pragma('foreign_keys = OFF');
    raw.exec(statement);
    raw.close();
  }

  async clean(): Promise<void> {
    for (const { close } of this.#open.splice(0)) await close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
