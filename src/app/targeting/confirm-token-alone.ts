import { appendAudit } from '../../../db/audit-repository.ts';
import { inTransaction, openDatabase } from '../../../db/database.ts';
import type { Clock } from '../../platform/clock.ts';
import { auditKeepingOf } from '../audit-configuration.ts';
import type { Configuration } from '../configuration.ts';
import { openOnSoundAudit } from '../open-on-sound-audit.ts';
import { takeOwnership } from '../owner-lock.ts';
import type { Answer } from '../portfolio/answer.ts';
import { groupsOf } from '../portfolio/read-standing.ts';
import { serviceSettingsOf } from '../settings-of-configuration.ts';
import { confirmIn, type StrategyToken } from './confirm-token.ts';
import { keepTokenMap } from './infer-token-map.ts';

/**
 * Confirms a token where no service runs: takes the book for the moment, brings the map up to the configuration as a
 * start would, and opens no venue.
 *
 * @throws {BookOwnedError} while a service does run; {AuditBrokenError} where the audit log does not verify.
 */
export async function confirmTokenAlone(
  configuration: Configuration,
  token: StrategyToken,
  ports: { readonly by: string; readonly clock: Clock; readonly onProblem: (problem: string) => void },
): Promise<Answer> {
  const { by, clock, onProblem } = ports;
  const { audit, database: path } = configuration;
  const database = await openDatabase(path, {
    nowMs: clock.now(),
    audit: auditKeepingOf(audit, path, onProblem),
  });
  try {
    await openOnSoundAudit(database, clock.now());
    const ownership = await takeOwnership(database, { clock, processId: process.pid, onLost: onProblem });
    try {
      const settings = serviceSettingsOf(configuration, 'paper');
      const atMs = clock.now();
      await keepTokenMap(database, settings.targeting, { nowMs: atMs, groupOf: groupsOf(settings) });
      return await inTransaction(database.db, async (trx) => {
        const { answer } = await confirmIn(trx, token, { by, atMs });
        const body = { decision: { kind: 'confirmToken', ...token }, answer };
        await appendAudit(trx, [{ atMs, actor: by, kind: 'decisionMade', body }]);
        return answer;
      });
    } finally {
      await ownership.release();
    }
  } finally {
    await database.close();
  }
}
