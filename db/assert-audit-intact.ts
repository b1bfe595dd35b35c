import { readAuditHeads } from './audit-head-file.ts';
import type { AuditKeeping } from './audit-keeper.ts';
import type { OpenDatabase } from './database.ts';
import { type AuditEvidence, type BrokenAudit, type SoundAudit, verifyAudit } from './verify-audit.ts';

/** The audit log is not as it was written. Nothing may be done on the word of such a database. */
export class AuditBrokenError extends Error {
  override readonly name = 'AuditBrokenError';
  readonly verdict: BrokenAudit;

  constructor(verdict: BrokenAudit) {
    super(`the audit log does not verify: entry ${verdict.sequence}: ${verdict.problem}`);
    this.verdict = verdict;
  }
}

/**
 * Verifies the audit log with everything that its owner was told to keep: the head file, where there is one, and the
 * public keys, once the log is known to be signed.
 *
 * @throws {AuditBrokenError} naming the first bad row.
 */
export async function assertAuditIntact(database: OpenDatabase): Promise<SoundAudit> {
  const evidence = database.audit ? await evidenceOf(database, database.audit) : {};
  const verdict = await verifyAudit(database.db, evidence);
  if (!verdict.verified) throw new AuditBrokenError(verdict);
  return verdict;
}

async function evidenceOf({ db }: OpenDatabase, keeping: AuditKeeping): Promise<AuditEvidence> {
  const heads = (keeping.headFile === null ? null : readAuditHeads(keeping.headFile))?.heads ?? [];
  const { signingKey, publicKeys } = keeping;
  const known = signingKey ? [...publicKeys, signingKey.publicKey] : publicKeys;
  if (known.length === 0) return { heads };
  // A log that has never been signed, with a key that is new, is nothing to stop for.
  const signed = await db
    .selectFrom('audit_checkpoint')
    .select('sequence')
    .where('key_id', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  const isSigned = signed !== undefined || heads.some(({ signature }) => signature !== null);
  return isSigned ? { heads, publicKeys: known } : { heads };
}
