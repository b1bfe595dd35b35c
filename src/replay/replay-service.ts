import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenDatabase, openDatabase } from '../../db/database.ts';
import { stateHash } from '../../db/state-hash.ts';
import type { ServiceSettings } from '../app/portfolio/service-settings.ts';
import { type Service, startService } from '../app/service.ts';
import { journalLines } from './journal-lines.ts';
import { portExchange } from './ported-exchange.ts';
import {
  type ReplayedService,
  type ReplayPorts,
  type ReplayResult,
  replayJournal,
} from './replay-journal.ts';

export interface ReplayOptions {
  /**
   * The database as it was when the journal began; it is copied and stays as it is. Without, the service begins on
   * an empty one, and a journal that did not is found to differ at its first line.
   */
  readonly database?: string;
}

/**
 * Runs the service again on a journal: settings, answers of venues, time and draws come from the file alone.
 *
 * @throws the error of the operating system where a file cannot be read.
 */
export async function replayService(journal: string, options: ReplayOptions = {}): Promise<ReplayResult> {
  const folder = mkdtempSync(join(tmpdir(), 'trueup-replay-'));
  try {
    const database = options.database === undefined ? ':memory:' : copyInto(folder, options.database);
    return await replayLines(journalLines(journal), database);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same for lines from anywhere, on a database that the replay may change; an empty one in memory without. */
export function replayLines(lines: Iterable<string>, database = ':memory:'): Promise<ReplayResult> {
  return replayJournal(lines, async ({ atMs }) =>
    replayedService(await openDatabase(database, { nowMs: atMs })),
  );
}

function replayedService(database: OpenDatabase): ReplayedService {
  let service: Service | null = null;
  return {
    start: async (ports) => {
      const settings = ports.service as ServiceSettings;
      service = await startService({ ...ports, database, exchanges: exchangesOf(settings, ports) }, settings);
    },
    stateHash: () => stateHash(database.db),
    stop: async () => {
      await service?.stop();
      await database.close();
    },
  };
}

/** Venues that are asked in vain: their answers come from the journal. */
const exchangesOf = ({ venues }: ServiceSettings, { intake }: ReplayPorts) =>
  new Map(
    venues.map(({ venue, kind, numberedAccount }) => {
      const clientOrderIds = numberedAccount === null ? 'text' : 'uint32';
      return [venue, portExchange({ venue, kind, clientOrderIds }, intake, null)];
    }),
  );

/** SQLite keeps what was committed last beside the file. */
function copyInto(folder: string, database: string): string {
  const copy = join(folder, 'copy.sqlite');
  copyFileSync(database, copy);
  if (existsSync(`${database}-wal`)) copyFileSync(`${database}-wal`, `${copy}-wal`);
  return copy;
}
