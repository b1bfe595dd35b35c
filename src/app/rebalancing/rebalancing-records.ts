import type { MadePlan, RebalancingWork } from '../../../actors/rebalancing-work.ts';
import { appendAudit } from '../../../db/audit-repository.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { findExecutionLeftToPerson, findUnfinishedExecution } from '../../../db/execution-repository.ts';
import { findIntent } from '../../../db/order-intent-repository.ts';
import { findPlan, savePlan } from '../../../db/plan-repository.ts';
import { newestCashEvent, readReserved } from '../../../db/venue-cash-repository.ts';
import { assert } from '../../domain/assert.ts';
import { holdingOf } from '../../domain/book/book-state.ts';
import { startExecution } from '../../domain/rebalancing/execution-start.ts';
import type { Plan } from '../../domain/rebalancing/plan.ts';
import type { PlanInput } from '../../domain/rebalancing/plan-input.ts';
import { whyMoved, whyPricesMoved } from '../../domain/rebalancing/plan-movement.ts';
import type { RestrictedScope } from '../../domain/rebalancing/triggers/trigger-decision.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import { executionSettingsOf, type ServiceSettings } from '../portfolio/service-settings.ts';
import { planWithinLimits } from './gated-plan.ts';
import {
  beginExecution,
  commitStep,
  keepCertified,
  keepDecided,
  type PlanMove,
  type StepContext,
  setPlanStatus,
} from './keep-execution.ts';
import { cashAssetAt, planInputOf } from './plan-input-of.ts';
import { withReservedHeld } from './reserved-as-held.ts';
import { readOrderActivity } from './risk-state-of.ts';

export interface RebalancingContext {
  readonly database: OpenDatabase;
  readonly settings: ServiceSettings;
  readonly reading: () => Reading;
  readonly now: () => number;
}

/** What the rebalancing actor reads and writes. Every step of an execution is one transaction. */
export function rebalancingRecords({
  database,
  settings,
  reading,
  now,
}: RebalancingContext): RebalancingWork {
  const { db } = database;
  const { priceMoveMaxBps } = executionSettingsOf(settings);
  // Older than what others have written since, it makes a reading that knows of that one that is not taken: never wrong.
  let cashEvent = 0;
  const written = async <T>(write: (context: StepContext) => Promise<T>): Promise<T> => {
    const { result, newest } = await inTransaction(db, async (trx) => ({
      result: await write({ trx, settings, atMs: now() }),
      newest: await newestCashEvent(trx),
    }));
    cashEvent = newest;
    return result;
  };
  const movePlanTo = (moved: PlanMove): Promise<void> =>
    inTransaction(db, (trx) => setPlanStatus(moved, { trx, settings, atMs: now() }));
  return {
    makePlan: (requestId, scope) => makePlan({ requestId, scope }, { database, settings, reading, now }),
    begin: (requestId, execution, readings) =>
      written((context) => beginExecution({ requestId, execution, readings }, context)),
    keepCertified: (requestId, execution, readings) =>
      written((context) => keepCertified({ requestId, execution, readings }, context)),
    keepDecided: (step, by) => written((context) => keepDecided(step, by, context)),
    whyOutdated: async (planHash) => {
      const planned = await plannedBefore(db, planHash);
      const reserved = await readReserved(db);
      const readiness = planInputOf(withReservedHeld(reading(), reserved));
      const reason =
        readiness.state === 'notReady'
          ? readiness.reason
          : whyMoved(planned.plan.orders, { planned: planned.input, now: readiness.input }, priceMoveMaxBps);
      if (reason !== null) await movePlanTo({ hash: planHash, from: 'planned', to: 'outdated', reason });
      return reason;
    },
    whyPricesMoved: async (planHash, legs) => {
      const { input } = await plannedBefore(db, planHash);
      const readiness = planInputOf(reading());
      // While a venue is being looked into, present prices are as good as they were; the limit of the order is hard.
      if (readiness.state === 'notReady') return null;
      return whyPricesMoved(legs, { planned: input, now: readiness.input }, priceMoveMaxBps);
    },
    findLeftToPerson: () => findExecutionLeftToPerson(db),
    setPlanStatus: (hash, from, to) => movePlanTo({ hash, from, to }),
    findUnfinished: async () => {
      cashEvent = await newestCashEvent(db);
      return findUnfinishedExecution(db);
    },
    newestCashEvent: () => cashEvent,
    commit: (step) => written((context) => commitStep(step, context)),
    findInstruction: async (intentId) => {
      const intent = await findIntent(db, intentId);
      assert(intent, `intent ${intentId} was recorded before it is prepared`);
      return intent.instruction;
    },
    findPrepared: async (intentId) => {
      const intent = await findIntent(db, intentId);
      assert(intent?.prepared, `intent ${intentId} was prepared before it is sent or looked up`);
      return intent.prepared;
    },
    availableAt: (venue, asset) => holdingOf(reading().state.book, venue, asset).available,
    cashAssetAt: (venue) => cashAssetAt(settings.venues, venue),
  };
}

async function makePlan(
  { requestId, scope }: { readonly requestId: string; readonly scope: RestrictedScope | null },
  { database, settings, reading, now }: RebalancingContext,
): Promise<MadePlan> {
  const activity = await readOrderActivity(database, now());
  const reserved = await readReserved(database.db);
  const made = planWithinLimits(withReservedHeld(reading(), reserved), activity, scope);
  const atMs = now();
  if (made.state === 'refused') {
    const { reason, risk, code } = made;
    if (risk !== null || code !== null) {
      const body = { requestId, reason, ...(risk !== null && { risk }), ...(code !== null && { code }) };
      await appendAudit(database.db, [{ atMs, actor: 'rebalancing', kind: 'planRefused', body }]);
    }
    return { state: 'refused', reason };
  }
  const { plan, input, risk, targeting } = made;
  await inTransaction(database.db, async (trx) => {
    await savePlan(trx, {
      hash: plan.hash,
      atMs,
      mode: settings.mode,
      status: 'planned',
      body: { plan, input, targeting },
    });
    await appendAudit(trx, [
      { atMs, actor: 'rebalancing', kind: 'planMade', body: { requestId, plan, risk, targeting } },
    ]);
  });
  const { method, over, uncapped } = targeting;
  reading().state.targets.inForce = { method, over, uncapped };
  const { release } = executionSettingsOf(settings);
  return { state: 'planned', plan, execution: startExecution(plan, input, release) };
}

/** A plan as it was kept, with what it was made from. */
async function plannedBefore(
  db: OpenDatabase['db'],
  planHash: string,
): Promise<{ readonly plan: Plan; readonly input: PlanInput }> {
  const stored = await findPlan(db, planHash);
  assert(stored, `plan ${planHash} was kept when it was made`);
  return stored.body as { readonly plan: Plan; readonly input: PlanInput };
}
