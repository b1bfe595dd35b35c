import { type OpenDatabase, openDatabase } from '../../db/database.ts';
import type { Clock } from '../platform/clock.ts';
import { auditKeepingOf } from './audit-configuration.ts';
import type { Configuration } from './configuration.ts';
import { openOnSoundAudit } from './open-on-sound-audit.ts';
import { assertUnowned, takeOwnership } from './owner-lock.ts';

/** Whoever changes a book where no service runs. `onProblem` is told of what does not end the work. */
export interface LonePorts {
  /** "person:…" as in the audit log. */
  readonly by: string;
  readonly clock: Clock;
  readonly onProblem: (problem: string) => void;
}

/**
 * Takes the book for the moment, where no service runs, and gives it back, whatever becomes of the work. Opens no venue.
 *
 * @throws {BookOwnedError} while a service does run; {AuditBrokenError} where the audit log does not verify.
 */
export async function withOwnedBook<Result>(
  { audit, database: path }: Configuration,
  { clock, onProblem }: LonePorts,
  work: (database: OpenDatabase) => Promise<Result>,
): Promise<Result> {
  const nowMs = clock.now();
  assertUnowned(path, nowMs);
  const database = await openDatabase(path, { nowMs, audit: auditKeepingOf(audit, path, onProblem) });
  try {
    await openOnSoundAudit(database, nowMs);
    const ownership = await takeOwnership(database, { clock, processId: process.pid, onLost: onProblem });
    try {
      return await work(database);
    } finally {
      await ownership.release();
    }
  } finally {
    await database.close();
  }
}
