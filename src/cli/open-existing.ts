import { existsSync, statSync } from 'node:fs';
import { type OpenDatabase, openDatabaseReadOnly } from '../../db/database.ts';
import { CommandFailure } from './command-failure.ts';

/** Opens a database to read, beside its owner. Ends the command where there is none, or it is of another version. */
export async function openExisting(path: string): Promise<OpenDatabase> {
  try {
    return await openDatabaseReadOnly(path);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: string };
    if (code === 'SQLITE_CANTOPEN')
      throw new CommandFailure('failed', `there is no database at ${path}`, [], { cause: error });
    if (existsSync(path) && statSync(path).isDirectory())
      throw new CommandFailure('failed', `${path}: expected a database, found a folder`, [], {
        cause: error,
      });
    if (code === 'SQLITE_NOTADB')
      throw new CommandFailure('failed', `${path}: ${message}`, [], { cause: error });
    throw error;
  }
}
