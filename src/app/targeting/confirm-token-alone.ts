import { appendAudit } from '../../../db/audit-repository.ts';
import { inTransaction } from '../../../db/database.ts';
import type { Configuration } from '../configuration.ts';
import type { Answer } from '../portfolio/answer.ts';
import { groupsOf } from '../portfolio/read-standing.ts';
import { serviceSettingsOf } from '../settings-of-configuration.ts';
import { type LonePorts, withOwnedBook } from '../with-owned-book.ts';
import { confirmIn, type StrategyToken } from './confirm-token.ts';
import { keepTokenMap } from './infer-token-map.ts';

/**
 * Confirms a token where no service runs: brings the map up to the configuration first, as a start would.
 *
 * @throws as `withOwnedBook` does.
 */
export function confirmTokenAlone(
  configuration: Configuration,
  token: StrategyToken,
  ports: LonePorts,
): Promise<Answer> {
  return withOwnedBook(configuration, ports, async (database) => {
    const { by } = ports;
    const atMs = ports.clock.now();
    const settings = serviceSettingsOf(configuration, 'paper');
    await keepTokenMap(database, settings.targeting, { nowMs: atMs, groupOf: groupsOf(settings) });
    return inTransaction(database.db, async (trx) => {
      const { answer } = await confirmIn(trx, token, { by, atMs });
      const body = { decision: { kind: 'confirmToken', ...token }, answer };
      await appendAudit(trx, [{ atMs, actor: by, kind: 'decisionMade', body }]);
      return answer;
    });
  });
}
