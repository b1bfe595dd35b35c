import { openDatabase, openDatabaseReadOnly } from '../../../db/database.ts';
import { readFirstHappenedAt } from '../../../db/external-flow-repository.ts';
import type { PricePoint } from '../../domain/valuation/price-history.ts';
import type { Clock } from '../../platform/clock.ts';
import { auditKeepingOf } from '../audit-configuration.ts';
import type { Configuration } from '../configuration.ts';
import { openOnSoundAudit } from '../open-on-sound-audit.ts';
import { assertUnowned, takeOwnership } from '../owner-lock.ts';
import { carriesNotional, groupsOf } from '../portfolio/read-standing.ts';
import { serviceSettingsOf } from '../settings-of-configuration.ts';
import { type Backfilled, backfillValuations } from './backfill-valuations.ts';

export interface WantedBackfill {
  /** Null: from the first that a book can have. */
  readonly fromMs: number | null;
  /** Null: up to now. */
  readonly toMs: number | null;
  readonly prices: readonly PricePoint[];
  readonly isAnew: boolean;
}

/**
 * Backfills valuations where no service runs: takes the book for as long as that takes, and opens no venue.
 *
 * @throws {BookOwnedError} while a service does run; {AuditBrokenError} where the audit log does not verify.
 */
export async function backfillAlone(
  configuration: Configuration,
  { fromMs, toMs, prices, isAnew }: WantedBackfill,
  ports: {
    readonly by: string;
    readonly clock: Clock;
    readonly onProblem: (problem: string) => void;
    readonly onProgress: (reached: { readonly atMs: number; readonly added: number }) => void;
  },
): Promise<Backfilled> {
  const { by, clock, onProblem, onProgress } = ports;
  const { audit, database: path } = configuration;
  const nowMs = clock.now();
  assertUnowned(path, nowMs);
  const database = await openDatabase(path, { nowMs, audit: auditKeepingOf(audit, path, onProblem) });
  try {
    await openOnSoundAudit(database, nowMs);
    const ownership = await takeOwnership(database, { clock, processId: process.pid, onLost: onProblem });
    const reader = await openDatabaseReadOnly(path);
    try {
      const settings = serviceSettingsOf(configuration, 'paper');
      const request = {
        fromMs: fromMs ?? (await readFirstHappenedAt(reader.db)) ?? nowMs,
        toMs: Math.min(toMs ?? nowMs, nowMs),
        prices,
        isAnew,
        groupOf: groupsOf(settings),
        carriesNotional: (venue: string) => carriesNotional(settings, venue),
        by,
        nowMs,
      };
      return await backfillValuations({ db: database.db, read: reader.db }, request, onProgress);
    } finally {
      await reader.close();
      await ownership.release();
    }
  } finally {
    await database.close();
  }
}
