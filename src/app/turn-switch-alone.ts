import { appendAudit } from '../../db/audit-repository.ts';
import { inTransaction } from '../../db/database.ts';
import { readKillSwitch } from '../../db/kill-switch-repository.ts';
import type { Configuration } from './configuration.ts';
import { type Answer, done, refused } from './portfolio/answer.ts';
import { saveSwitchTurn } from './portfolio/save-switch-turn.ts';
import { type LonePorts, withOwnedBook } from './with-owned-book.ts';

/**
 * Stops trading, or lets it go on, where no service runs: what starts next finds it so.
 *
 * @throws as `withOwnedBook` does.
 */
export function turnSwitchAlone(
  configuration: Configuration,
  { kind, reason }: { readonly kind: 'haltTrading' | 'rearmTrading'; readonly reason: string },
  ports: LonePorts,
): Promise<Answer> {
  const to = kind === 'haltTrading' ? 'on' : 'off';
  return withOwnedBook(configuration, ports, ({ db }) =>
    inTransaction(db, async (trx) => {
      const { by } = ports;
      const atMs = ports.clock.now();
      const saved = await saveSwitchTurn(trx, await readKillSwitch(trx), to, { by, atMs, reason });
      if (saved.state === 'refused') return refused(saved.reason);
      const answer = done(
        to === 'on'
          ? 'trading is stopped, until somebody re-arms it: no service runs, and the next one finds it so'
          : 'trading may go on, once a service runs',
      );
      const body = { requestId: null, decision: { kind, reason }, answer };
      await appendAudit(trx, [{ atMs, actor: by, kind: 'decisionMade', body }]);
      return answer;
    }),
  );
}
