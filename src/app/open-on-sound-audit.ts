import { AuditBrokenError, assertAuditIntact } from '../../db/assert-audit-intact.ts';
import { inTransaction, type OpenDatabase } from '../../db/database.ts';
import { closeGates } from '../../db/gate-repository.ts';
import { readVenueStates, setVenueMode } from '../../db/venue-state-repository.ts';
import { decideGates } from '../domain/reconciliation/gate.ts';

/**
 * Verifies the audit log before anything is posted. Where it does not verify, every venue is halted, so that whoever
 * reads the database sees it, and nothing starts.
 *
 * @throws {AuditBrokenError} naming the first bad row.
 */
export async function openOnSoundAudit(database: OpenDatabase, nowMs: number): Promise<void> {
  try {
    await assertAuditIntact(database);
  } catch (error) {
    if (error instanceof AuditBrokenError) await haltVenues(database, nowMs);
    throw error;
  }
}

async function haltVenues({ db }: OpenDatabase, nowMs: number): Promise<void> {
  await inTransaction(db, async (trx) => {
    for (const { venue, opening } of await readVenueStates(trx)) {
      const { mode, reason } = decideGates({
        venue,
        isOpened: opening.state !== 'unopened',
        lastCertifiedAtMs: null,
        nowMs,
        timeLimitMs: 0,
        discrepancies: [],
        navUsd: null,
        isAuditBroken: true,
      });
      await setVenueMode(trx, { venue, mode, reason, atMs: nowMs });
      await closeGates(trx, { venue, reason, atMs: nowMs });
    }
  });
}
