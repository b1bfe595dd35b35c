import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { sql } from 'kysely';
import { inTransaction, openDatabase, openDatabaseReadOnly } from '../../db/database.ts';
import { readDueTimes, setDueTime } from '../../db/due-time-repository.ts';
import { MIGRATIONS, SchemaMismatch } from '../../db/migrate.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

/** SQLite's errors belong to the first realm that loaded the driver, so that only what they say can be compared. */
const saying = (pattern: RegExp) => ({ message: expect.stringMatching(pattern) });

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

describe('a database', () => {
  it('is opened for a power cut and for readers beside the owner', async () => {
    const { db } = await folder.file();
    const pragma = async (name: string) =>
      Object.values((await sql.raw(`pragma ${name}`).execute(db)).rows[0] as object)[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
    expect(await pragma('busy_timeout')).toBe(5_000);
  });

  it('is brought up to date once, however often it is opened', async () => {
    for (const nowMs of [NOW_MS, NOW_MS + 1]) await (await openDatabase(folder.path(), { nowMs })).close();
    const { db } = await folder.file();
    const versions = await db.selectFrom('schema_version').selectAll().execute();
    expect(versions.map(({ name, applied_at_ms }) => [name, applied_at_ms])).toEqual(
      MIGRATIONS.map(({ name }) => [name, NOW_MS]),
    );
  });

  it('of a newer version is refused, and left as it is', async () => {
    const later = { name: '9999-later', statements: ['create table later (id integer primary key)'] };
    const newer = await openDatabase(folder.path(), { nowMs: NOW_MS, migrations: [...MIGRATIONS, later] });
    await newer.close();
    const known = MIGRATIONS.length;
    const message = `the database has version ${known + 1} (9999-later), this program knows up to ${known}`;
    await expect(openDatabase(folder.path(), { nowMs: NOW_MS })).rejects.toThrow(message);
    await expect(openDatabaseReadOnly(folder.path())).rejects.toThrow(SchemaMismatch);
  });

  it('of another program is refused by its path, and left as it is to the last byte', async () => {
    const path = folder.path('trades.sqlite');
    new SqliteDatabase(path).exec('create table trades (id integer); insert into trades values (1)').close();
    const before = readFileSync(path);
    await expect(openDatabase(path, { nowMs: NOW_MS })).rejects.toThrow(
      `${path}: this file is not a database of trueup: expected none, an empty one or one with a schema version, found tables such as "trades"`,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('of another history is refused', async () => {
    const other = [{ name: '0001-other', statements: [] }];
    await (await openDatabase(folder.path(), { nowMs: NOW_MS, migrations: other })).close();
    await expect(openDatabase(folder.path(), { nowMs: NOW_MS })).rejects.toThrow(
      'step 1 of the database is 0001-other, expected 0001-book',
    );
  });

  it('keeps nothing of a step that fails', async () => {
    const broken = [{ name: '0001-broken', statements: ['create table kept (id integer)', 'nonsense'] }];
    await expect(openDatabase(folder.path(), { nowMs: NOW_MS, migrations: broken })).rejects.toMatchObject(
      saying(/nonsense/),
    );
    const { db } = await folder.file();
    const { rows } = await sql`select name from sqlite_master where name = 'kept'`.execute(db);
    expect(rows).toEqual([]);
  });

  it('opened to read changes nothing and sees what the owner commits', async () => {
    const owner = await folder.file();
    const reader = folder.keep(await openDatabaseReadOnly(folder.path()));
    await setDueTime(owner.db, 'poll', NOW_MS);
    expect(await readDueTimes(reader.db)).toEqual(new Map([['poll', NOW_MS]]));
    await expect(setDueTime(reader.db, 'poll', 0)).rejects.toMatchObject(saying(/readonly/));
  });

  it('that is older is not read, but asks for the service to be started once', async () => {
    await (await openDatabase(folder.path(), { nowMs: NOW_MS, migrations: MIGRATIONS.slice(0, 1) })).close();
    await expect(openDatabaseReadOnly(folder.path())).rejects.toThrow(
      `has version 1, expected ${MIGRATIONS.length}: start the service once`,
    );
  });

  it('that is none of ours is not read', async () => {
    const absent = openDatabaseReadOnly(folder.path('absent.sqlite'));
    await expect(absent).rejects.toMatchObject(saying(/unable to open/));
    new SqliteDatabase(folder.path('other.sqlite')).exec('create table other (id integer)').close();
    const other = openDatabaseReadOnly(folder.path('other.sqlite'));
    await expect(other).rejects.toThrow('this file is not a database of trueup');
  });
});

describe('a transaction', () => {
  it('that fails leaves no trace', async () => {
    const { db } = await folder.memory();
    const failure = new Error('failure');
    const work = inTransaction(db, async (trx) => {
      await setDueTime(trx, 'poll', NOW_MS);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await readDueTimes(db)).toEqual(new Map());
  });

  it('inside another one is part of it', async () => {
    const { db } = await folder.memory();
    const outer = inTransaction(db, async (trx) => {
      await inTransaction(trx, (inner) => setDueTime(inner, 'poll', NOW_MS));
      throw new Error('failure');
    });
    await expect(outer).rejects.toThrow('failure');
    expect(await readDueTimes(db)).toEqual(new Map());
  });

  it('that reads before it writes is not disturbed by another process that writes in between', async () => {
    const owner = await folder.file();
    const other = await folder.file();
    await inTransaction(owner.db, async (trx) => {
      await readDueTimes(trx);
      await sql`pragma busy_timeout = 0`.execute(other.db);
      await expect(setDueTime(other.db, 'theirs', 1)).rejects.toMatchObject(saying(/locked/));
      await setDueTime(trx, 'ours', 2);
    });
    expect(await readDueTimes(other.db)).toEqual(new Map([['ours', 2]]));
  });
});
