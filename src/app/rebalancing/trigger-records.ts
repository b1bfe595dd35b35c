import type { RebalancingRequested } from '../../../actors/messages/rebalancing-messages.ts';
import { appendAudit } from '../../../db/audit-repository.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { findUnfinishedExecution } from '../../../db/execution-repository.ts';
import {
  readLastRebalanceAtMs,
  readLastTriggeredAtMs,
  readTriggerCheck,
  saveTriggerCheck,
} from '../../../db/trigger-repository.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';

import type { Amount } from '../../domain/money/amount.ts';
import type { FiredTrigger } from '../../domain/rebalancing/history/rebalance.ts';
import type { AssetGroup } from '../../domain/rebalancing/targets.ts';
import { checkTriggers, firstMemory } from '../../domain/rebalancing/triggers/check-triggers.ts';
import type { Trigger } from '../../domain/rebalancing/triggers/trigger.ts';
import type { TriggerDecision } from '../../domain/rebalancing/triggers/trigger-decision.ts';

import type { Reading } from '../portfolio/read-standing.ts';
import type { TriggerSettings } from '../portfolio/service-settings.ts';
import { readTriggerReads, triggerFactsOf, unreconciledVenues } from './trigger-facts.ts';

export interface TriggerContext {
  readonly database: OpenDatabase;
  readonly settings: TriggerSettings;
  readonly reading: () => Reading;
  readonly startedAtMs: number;
}

/**
 * Checks the triggers as they stand, and keeps what the next check must know in one transaction with what is told of
 * it: a request, and every change between quiet, held and undecidable, go into the audit log.
 */
export async function checkTriggersOf(context: TriggerContext): Promise<RebalancingRequested | null> {
  const { database, settings, startedAtMs } = context;
  const reading = context.reading();
  const { nowMs } = reading;
  const kept = await readTriggerCheck(database.db);
  const lastRebalanceAtMs = await readLastRebalanceAtMs(database.db);
  const before = kept?.memory ?? firstMemory(startedAtMs);
  // A time of the calendar is answered by a plan: a request that was lost or refused has not been one.
  const plannedAtMs = (await readLastTriggeredAtMs(database.db)) ?? before.calendarAnsweredAtMs;
  const answeredAtMs = Math.max(before.calendarAnsweredAtMs, plannedAtMs);
  const { facts, halfWidths } = triggerFactsOf(reading, await readTriggerReads(database, nowMs), startedAtMs);
  const { decisions, outcome, memory } = checkTriggers({
    policy: { ...settings, triggers: withHalfWidths(settings.triggers, halfWidths) },
    facts,
    memory: { ...before, calendarAnsweredAtMs: answeredAtMs, lastRebalanceAtMs },
    unreconciledVenues: unreconciledVenues(reading),
    isPlanInFlight:
      reading.state.isRebalanceUnderWay || (await findUnfinishedExecution(database.db)) !== null,
  });
  const isDue = outcome.state === 'due';
  // What has been asked for is confirmed anew before it is asked for again.
  const next = {
    memory: {
      calendarAnsweredAtMs: isDue ? answeredAtMs : memory.calendarAnsweredAtMs,
      firings: isDue ? {} : memory.firings,
    },
    state: outcome.state,
  };
  if (kept === null || canonicalJson(kept) !== canonicalJson(next)) {
    await inTransaction(database.db, async (trx) => {
      await saveTriggerCheck(trx, next);
      if (!isDue && kept?.state === outcome.state) return;
      const body = { outcome, decisions };
      await appendAudit(trx, [{ atMs: nowMs, actor: 'triggers', kind: 'triggersChecked', body }]);
    });
  }
  if (outcome.state !== 'due') return null;
  const { scope, reason } = outcome;
  return {
    type: 'rebalancing.requested',
    requestId: `trigger-${nowMs}`,
    approval: settings.approval.kind,
    reason,
    origin: { kind: 'triggers', fired: firedOf(decisions) },
    ...(scope.kind === 'full' ? {} : { scope }),
  };
}

/** Bands follow from costs and from what the portfolio is worth, which nobody knows when triggers are configured. */
const withHalfWidths = (
  triggers: readonly Trigger[],
  halfWidths: Readonly<Record<AssetGroup, Amount>>,
): readonly Trigger[] =>
  triggers.map((trigger) => (trigger.kind === 'bands' ? { ...trigger, halfWidths } : trigger));

const firedOf = (decisions: readonly TriggerDecision[]): readonly FiredTrigger[] =>
  decisions.flatMap((each) => {
    if (each.state !== 'judged' || !each.hasFired) return [];
    const { kind, metric, threshold, group } = each;
    return [{ kind, metric, threshold, group }];
  });
