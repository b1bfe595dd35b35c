import { appendAudit } from '../../db/audit-repository.ts';
import { openDatabase } from '../../db/database.ts';
import type { Clock } from '../platform/clock.ts';
import { auditKeepingOf } from './audit-configuration.ts';
import type { Configuration } from './configuration.ts';
import { type NewNote, noteEntry } from './note-entry.ts';
import { openOnSoundAudit } from './open-on-sound-audit.ts';
import { takeOwnership } from './owner-lock.ts';

/**
 * Keeps a note where no service runs: takes the book for the moment, and opens no venue.
 *
 * @throws {BookOwnedError} while a service does run; {AuditBrokenError} where the audit log does not verify.
 */
export async function addNoteAlone(
  { audit, database: path }: Configuration,
  note: NewNote,
  ports: { readonly by: string; readonly clock: Clock; readonly onProblem: (problem: string) => void },
): Promise<void> {
  const { by, clock, onProblem } = ports;
  const database = await openDatabase(path, {
    nowMs: clock.now(),
    audit: auditKeepingOf(audit, path, onProblem),
  });
  try {
    await openOnSoundAudit(database, clock.now());
    const ownership = await takeOwnership(database, { clock, processId: process.pid, onLost: onProblem });
    try {
      const outcome = await noteEntry(database.db, note, { by, atMs: clock.now() });
      if (outcome.status === 'refused') throw new Error(outcome.reason);
      await appendAudit(database.db, [outcome.entry]);
    } finally {
      await ownership.release();
    }
  } finally {
    await database.close();
  }
}
