import { appendAudit } from '../../db/audit-repository.ts';
import { inTransaction, openDatabase } from '../../db/database.ts';
import { readKillSwitch, saveKillSwitch } from '../../db/kill-switch-repository.ts';
import { pullKillSwitch, rearmKillSwitch } from '../domain/risk/kill-switch.ts';
import type { Clock } from '../platform/clock.ts';
import { auditKeepingOf } from './audit-configuration.ts';
import type { Configuration } from './configuration.ts';
import { openOnSoundAudit } from './open-on-sound-audit.ts';
import { takeOwnership } from './owner-lock.ts';
import { rearmKeptDrawdown } from './portfolio/rearm-drawdown.ts';
import type { DecisionAnswer } from './portfolio-api.ts';

/**
 * Stops trading, or lets it go on, where no service runs: what starts next finds it so. Takes the book for the moment,
 * and opens no venue.
 *
 * @throws {BookOwnedError} while a service does run; {AuditBrokenError} where the audit log does not verify.
 */
export async function turnSwitchAlone(
  { audit, database: path }: Configuration,
  { kind, reason: why }: { readonly kind: 'haltTrading' | 'rearmTrading'; readonly reason: string },
  ports: { readonly by: string; readonly clock: Clock; readonly onProblem: (problem: string) => void },
): Promise<DecisionAnswer> {
  const { by, clock, onProblem } = ports;
  const atMs = clock.now();
  const database = await openDatabase(path, { nowMs: atMs, audit: auditKeepingOf(audit, path, onProblem) });
  try {
    await openOnSoundAudit(database, atMs);
    const ownership = await takeOwnership(database, { clock, processId: process.pid, onLost: onProblem });
    try {
      return await inTransaction(database.db, async (trx) => {
        const turn = kind === 'haltTrading' ? pullKillSwitch : rearmKillSwitch;
        const outcome = turn(await readKillSwitch(trx), { by, atMs, reason: why });
        const losses =
          kind === 'haltTrading' ? null : await rearmKeptDrawdown(trx, { by, atMs, reason: why });
        if (losses?.state === 'refused') return { status: 'refused', reason: losses.reason };
        if (outcome.state === 'turned') await saveKillSwitch(trx, outcome.killSwitch);
        else if (losses?.state !== 'rearmed') return { status: 'refused', reason: outcome.reason };
        const reason =
          kind === 'haltTrading'
            ? 'trading is stopped, until somebody re-arms it: no service runs, and the next one finds it so'
            : 'trading may go on, once a service runs';
        const answer = { status: 'done', reason } as const;
        const body = { requestId: null, decision: { kind, reason: why }, answer };
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
