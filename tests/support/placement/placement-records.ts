import type { RebalancingWork } from '../../../actors/rebalancing-work.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { readIntentsOfPlan, type StoredIntent } from '../../../db/order-intent-repository.ts';
import { findPlan, savePlan } from '../../../db/plan-repository.ts';
import { recordRebalance } from '../../../db/rebalance-repository.ts';
import { type ReservedAmount, readReserved } from '../../../db/venue-cash-repository.ts';
import type { ServiceSettings } from '../../../src/app/portfolio/service-settings.ts';
import { rebalancingRecords } from '../../../src/app/rebalancing/rebalancing-records.ts';
import type { Amount } from '../../../src/domain/money/amount.ts';
import { plannedUsdOf } from '../../../src/domain/rebalancing/approval-policy.ts';
import type { Execution, ExecutionLeg } from '../../../src/domain/rebalancing/execution.ts';
import type { Plan } from '../../../src/domain/rebalancing/plan.ts';
import type { OrderInstruction, PreparedOrder } from '../../../src/domain/venue/order.ts';
import { idleReading } from '../idle-reading.ts';
import { waitingFor } from '../waiting-for.ts';
import { withReadings } from '../with-readings.ts';

/** What outlives a process. */
export interface PlacementRecords {
  readonly work: Omit<RebalancingWork, 'makePlan' | 'availableAt' | 'whyOutdated' | 'whyPricesMoved'>;
  keepPlan(plan: Plan): Promise<void>;
  planStatus(): Promise<string>;
  /** Null where no rows of single orders are kept. */
  intents(): Promise<readonly StoredIntent[] | null>;
  /** What accounts have set aside; null where no accounts are kept. */
  reserved(): Promise<readonly ReservedAmount[] | null>;
}

/** The service's own records, every step a transaction. */
export function recordsInDatabase(
  database: OpenDatabase,
  {
    plan,
    settings,
    now,
  }: { readonly plan: Plan; readonly settings: ServiceSettings; readonly now: () => number },
): PlacementRecords {
  const { db } = database;
  // A run brings its own plan and its own book: a service would know nothing of them.
  const reading = () => idleReading(settings, now());
  return {
    work: rebalancingRecords({ database, settings, now, reading }),
    keepPlan: async ({ hash, orders }) => {
      await savePlan(db, { hash, atMs: now(), mode: 'demo', status: 'planned', body: plan });
      await recordRebalance(db, {
        ...waitingFor(hash),
        requestId: hash,
        requestedAtMs: now(),
        plan: { hash, plannedUsd: plannedUsdOf(orders) },
      });
    },
    planStatus: async () => (await findPlan(db, plan.hash))?.status ?? 'none',
    intents: () => readIntentsOfPlan(db, plan.hash),
    reserved: () => readReserved(db),
  };
}

/** A stand-in for them that keeps the execution, what was prepared and the client ids, and takes a tenth of the time. */
export function recordsInMemory(hasNumbers: boolean): PlacementRecords {
  const kept: { status: string; requestId: string; execution: Execution | null } = {
    status: 'none',
    requestId: '',
    execution: null,
  };
  const instructions = new Map<string, OrderInstruction>();
  const prepared = new Map<string, PreparedOrder>();
  let numbers = 0;
  const keep = (requestId: string, execution: Execution): void => {
    kept.requestId = requestId;
    kept.execution = execution;
  };
  const instructionOf = (leg: ExecutionLeg, quantity: Amount): OrderInstruction => {
    const { intentId, venue, market, side, limitPrice, reduceOnly } = leg;
    if (hasNumbers) numbers += 1;
    return {
      intentId,
      venue,
      market,
      side,
      quantity,
      limitPrice,
      timeInForce: 'immediateOrCancel',
      reduceOnly,
      clientOrderId: hasNumbers ? String(numbers) : leg.clientOrderId,
    };
  };
  return {
    work: {
      begin: async (requestId, execution) => {
        if (kept.status !== 'planned') throw new Error(`the plan is ${kept.status}`);
        kept.status = 'executing';
        keep(requestId, execution);
        return { state: 'committed' };
      },
      reopen: async () => {
        kept.status = 'executing';
      },
      end: async (_requestId, { phase }) => {
        kept.status = phase;
      },
      keepUnsent: async () => {},
      findUnfinished: async () => {
        const { status, requestId, execution } = kept;
        return status === 'executing' && execution !== null
          ? { requestId, execution: structuredClone(execution) }
          : null;
      },
      commit: async ({ requestId, execution, event, leg, prepared: order }) => {
        keep(requestId, execution);
        if (event.type === 'legIntended' && leg && !instructions.has(leg.intentId))
          instructions.set(leg.intentId, instructionOf(leg, event.quantity));
        if (order) prepared.set(order.instruction.intentId, order);
        return { state: 'committed' };
      },
      keepCertified: async (requestId, execution, readings) => {
        const certified = withReadings(execution, readings);
        keep(requestId, certified);
        return certified;
      },
      keepDecided: async ({ requestId, execution }) => keep(requestId, execution),
      findLeftToPerson: async () => null,
      newestCashEvent: () => 0,
      findInstruction: async (intentId) => {
        const found = instructions.get(intentId);
        if (found === undefined) throw new Error(`intent ${intentId} was recorded`);
        return found;
      },
      findPrepared: async (intentId) => {
        const found = prepared.get(intentId);
        if (found === undefined) throw new Error(`intent ${intentId} was prepared`);
        return found;
      },
      cashAssetAt: () => 'USD',
    },
    keepPlan: async () => {
      kept.status = 'planned';
    },
    planStatus: async () => kept.status,
    intents: async () => null,
    reserved: async () => null,
  };
}
