import type { RebalancingWork } from '../../../actors/rebalancing-work.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { findExecutionLeftToPerson, findUnfinishedExecution } from '../../../db/execution-repository.ts';
import { findIntent } from '../../../db/order-intent-repository.ts';
import { findPlan } from '../../../db/plan-repository.ts';
import { expireWaiting } from '../../../db/rebalance-repository.ts';
import { newestCashEvent, readReserved } from '../../../db/venue-cash-repository.ts';
import { assert } from '../../domain/assert.ts';
import { holdingOf } from '../../domain/book/book-state.ts';
import type { Plan } from '../../domain/rebalancing/plan.ts';
import type { PlanInput } from '../../domain/rebalancing/plan-input.ts';
import { whyMoved, whyPricesMoved } from '../../domain/rebalancing/plan-movement.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import { executionSettingsOf, type ServiceSettings } from '../portfolio/service-settings.ts';
import { commitStep, keepCertified, keepDecided, type StepContext } from './keep-execution.ts';
import { makePlan } from './make-plan.ts';
import { cashAssetAt, planInputOf } from './plan-input-of.ts';
import { rebalanceCourse } from './rebalance-course.ts';
import { withReservedHeld } from './reserved-as-held.ts';
import { whyForbiddenNow } from './why-forbidden-now.ts';

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
  return {
    makePlan: (request) => makePlan(request, { database, settings, reading, now }),
    ...rebalanceCourse({ database, settings, reading, now }, written),
    keepCertified: (requestId, execution, readings) =>
      written((context) => keepCertified({ requestId, execution, readings }, context)),
    keepDecided: (step, by) => written((context) => keepDecided(step, by, context)),
    whyOutdated: async (planHash) => {
      const planned = await plannedBefore(db, planHash);
      const reserved = await readReserved(db);
      const readiness = planInputOf(withReservedHeld(reading(), reserved));
      if (readiness.state === 'notReady') return readiness.reason;
      const inputs = { planned: planned.input, now: readiness.input };
      return whyMoved(planned.plan.orders, inputs, priceMoveMaxBps);
    },
    whyPricesMoved: async (planHash, legs) => {
      const { input } = await plannedBefore(db, planHash);
      const readiness = planInputOf(reading());
      // While a venue is being looked into, present prices are as good as they were; the limit of the order is hard.
      if (readiness.state === 'notReady') return null;
      return whyPricesMoved(legs, { planned: input, now: readiness.input }, priceMoveMaxBps);
    },
    findLeftToPerson: () => findExecutionLeftToPerson(db),
    findUnfinished: async () => {
      cashEvent = await newestCashEvent(db);
      await expireWaiting(db, { reason: 'the service ended before anybody decided', atMs: now() });
      return findUnfinishedExecution(db);
    },
    newestCashEvent: () => cashEvent,
    commit: (step) =>
      written((context) => {
        const reason = whyForbiddenNow(step, reading);
        return reason === null ? commitStep(step, context) : Promise.resolve({ state: 'refused', reason });
      }),
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

/** A plan as it was kept, with what it was made from. */
async function plannedBefore(
  db: OpenDatabase['db'],
  planHash: string,
): Promise<{ readonly plan: Plan; readonly input: PlanInput }> {
  const stored = await findPlan(db, planHash);
  assert(stored, `plan ${planHash} was kept when it was made`);
  return stored.body as { readonly plan: Plan; readonly input: PlanInput };
}
