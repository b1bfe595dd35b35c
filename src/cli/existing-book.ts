import type { Command } from 'commander';
import type { OpenDatabase } from '../../db/database.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { readConfiguration, venueWithId } from './read-configuration.ts';

export interface BookOptions {
  readonly config?: string;
  readonly database?: string;
  readonly venue?: string;
}

export interface ExistingBook {
  readonly path: string;
  readonly db: OpenDatabase['db'];
}

/** The two ways to name a book that is only read. */
export const withBookOptions = (command: Command): Command =>
  command
    .option('--config <file>', 'the configuration that names the database')
    .option('--database <file>', 'the database itself');

/** Reads a book beside its owner, and closes it. Ends the command where there is none, or it has no such venue. */
export async function withExistingBook<T>(
  options: BookOptions,
  context: CommandContext,
  work: (book: ExistingBook) => Promise<T>,
): Promise<T> {
  const path = await pathOf(options, context);
  const { openExisting } = await import('./open-existing.ts');
  const { db, close } = await openExisting(path);
  try {
    if (options.config === undefined && options.venue !== undefined) await assertKnown(db, options.venue);
    return await work({ path, db });
  } finally {
    await close();
  }
}

async function pathOf({ config, database, venue }: BookOptions, context: CommandContext): Promise<string> {
  if (database !== undefined && config === undefined) return database;
  if (config === undefined || database !== undefined) {
    const found = config === undefined ? 'neither' : 'both';
    throw new CommandFailure('usage', `expected --config or --database, found ${found}`);
  }
  const configuration = await readConfiguration(config, context);
  if (venue !== undefined) venueWithId(configuration, venue);
  return configuration.database;
}

async function assertKnown(db: OpenDatabase['db'], venue: string): Promise<void> {
  const { readKnownVenues } = await import('../../db/venue-state-repository.ts');
  const known = await readKnownVenues(db);
  if (known.includes(venue)) return;
  const expected = known.map((id) => JSON.stringify(id)).join(', ') || 'an id; no venue was ever read';
  throw new CommandFailure('usage', `--venue: expected ${expected}, found ${JSON.stringify(venue)}`);
}
