import type {
  CertifiedReading,
  CommittedStep,
  MadePlan,
  RebalancingWork,
  StepOutcome,
} from '../../../actors/rebalancing-work.ts';
import { appendAudit } from '../../../db/audit-repository.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { findUnfinishedExecution, saveExecution } from '../../../db/execution-repository.ts';
import {
  allocateClientNumber,
  findIntent,
  recordIntent,
  recordOutcome,
  recordPrepared,
  recordSubmitting,
} from '../../../db/order-intent-repository.ts';
import { movePlan, savePlan } from '../../../db/plan-repository.ts';
import { newestCashEvent, readReserved } from '../../../db/venue-cash-repository.ts';
import { assert } from '../../domain/assert.ts';
import { holdingOf } from '../../domain/book/book-state.ts';
import { add, ZERO } from '../../domain/money/amount.ts';
import { applyExecutionEvent } from '../../domain/rebalancing/apply-execution-event.ts';
import type { Execution, ExecutionLeg } from '../../domain/rebalancing/execution.ts';
import { startExecution } from '../../domain/rebalancing/execution-start.ts';
import type { IntentStatus } from '../../domain/venue/intent-status.ts';
import type { OrderInstruction } from '../../domain/venue/order.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import type { ServiceSettings } from '../portfolio/service-settings.ts';
import { confirmedCashOf, keepReserved, takeReading, whyOutdated } from './cash-accounts.ts';
import { planWithinLimits } from './gated-plan.ts';
import { cashAssetAt } from './plan-input-of.ts';
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
    makePlan: (requestId) => makePlan(requestId, { database, settings, reading, now }),
    begin: (requestId, execution, readings) =>
      written((context) => beginExecution({ requestId, execution, readings }, context)),
    keepCertified: (requestId, execution, readings) =>
      written((context) => keepCertified({ requestId, execution, readings }, context)),
    keepAborted: (step, by) => written((context) => keepAborted(step, by, context)),
    setPlanStatus: (hash, from, to) =>
      inTransaction(db, (trx) => setPlanStatus({ hash, from, to }, { trx, settings, atMs: now() })),
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
  requestId: string,
  { database, settings, reading, now }: RebalancingContext,
): Promise<MadePlan> {
  const activity = await readOrderActivity(database, now());
  const reserved = await readReserved(database.db);
  const made = planWithinLimits(withReservedHeld(reading(), reserved), activity);
  const atMs = now();
  if (made.state === 'refused') {
    const { reason, risk } = made;
    if (risk !== null)
      await appendAudit(database.db, [
        { atMs, actor: 'rebalancing', kind: 'planRefused', body: { requestId, reason, risk } },
      ]);
    return { state: 'refused', reason };
  }
  const { plan, input, risk } = made;
  await inTransaction(database.db, async (trx) => {
    await savePlan(trx, {
      hash: plan.hash,
      atMs,
      mode: settings.mode,
      status: 'planned',
      body: { plan, input },
    });
    await appendAudit(trx, [
      { atMs, actor: 'rebalancing', kind: 'planMade', body: { requestId, plan, risk } },
    ]);
  });
  return { state: 'planned', plan, execution: startExecution(plan, input) };
}

/** Where a step is written down: one transaction. */
interface StepContext {
  readonly trx: OpenDatabase['db'];
  readonly settings: ServiceSettings;
  readonly atMs: number;
}

interface Readings {
  readonly requestId: string;
  readonly execution: Execution;
  readonly readings: readonly CertifiedReading[];
}

async function setPlanStatus(
  moved: { readonly hash: string; readonly from: string; readonly to: string },
  { trx, atMs }: StepContext,
): Promise<void> {
  await movePlan(trx, moved);
  await appendAudit(trx, [{ atMs, actor: 'rebalancing', kind: 'planMoved', body: moved }]);
}

/** The plan is under way, and its venues have what it was made with: together, or not at all. */
async function beginExecution(
  { requestId, execution, readings }: Readings,
  context: StepContext,
): Promise<StepOutcome> {
  const { trx, atMs } = context;
  for (const reading of readings) {
    const reason = await whyOutdated(reading, context);
    if (reason !== null) return { state: 'refused', reason };
  }
  for (const reading of readings) await takeReading(execution, reading, context);
  await setPlanStatus({ hash: execution.planHash, from: 'planned', to: 'executing' }, context);
  await saveExecution(trx, { requestId, execution, atMs });
  return { state: 'committed' };
}

async function keepCertified(
  { requestId, execution, readings }: Readings,
  context: StepContext,
): Promise<Execution> {
  const { trx, atMs } = context;
  let certified = execution;
  for (const reading of readings) {
    if ((await whyOutdated(reading, context)) !== null) continue;
    const { venue, revision } = reading;
    const confirmedCash = await confirmedCashOf(certified, reading, context);
    certified = applyExecutionEvent(certified, { type: 'venueCertified', venue, confirmedCash, revision });
    await takeReading(certified, reading, context);
  }
  await saveExecution(trx, { requestId, execution: certified, atMs });
  return certified;
}

async function keepAborted(
  step: Omit<CommittedStep, 'leg' | 'prepared'>,
  by: string,
  context: StepContext,
): Promise<void> {
  const { requestId, execution } = step;
  const { trx, atMs } = context;
  await keepReserved(step, context);
  await saveExecution(trx, { requestId, execution, atMs });
  const body = { planHash: execution.planHash, by, reason: execution.abortReason };
  await appendAudit(trx, [{ atMs, actor: by, kind: 'rebalanceAborted', body }]);
}

async function commitStep(step: CommittedStep, context: StepContext): Promise<StepOutcome> {
  const { execution, event, leg, requestId } = step;
  const { trx, atMs } = context;
  const reserved = await keepReserved(step, context);
  if (reserved.state === 'refused') return reserved;
  await saveExecution(trx, { requestId, execution, atMs });
  if (leg) await commitLeg(step, leg, context);
  const body = {
    planHash: execution.planHash,
    event: withoutFills(event),
    leg: leg && { sequence: leg.sequence, status: leg.status, filledQuantity: leg.filledQuantity },
  };
  await appendAudit(trx, [{ atMs, actor: 'rebalancing', kind: `order.${event.type}`, body }]);
  return reserved;
}

async function commitLeg(
  { execution, event, prepared }: CommittedStep,
  leg: ExecutionLeg,
  { trx, settings, atMs }: StepContext,
): Promise<void> {
  if (event.type === 'legIntended') {
    await recordIntent(trx, {
      instruction: await instructionOf(leg, event.quantity, { trx, settings }),
      planHash: execution.planHash,
      sequence: leg.sequence,
      fundedBy: leg.fundedBy,
      recordedAtMs: atMs,
    });
  }
  if (prepared) await recordPrepared(trx, prepared);
  if (event.type === 'legSubmitted') await recordSubmitting(trx, leg.intentId, atMs);
  const status = outcomeStatusOf(event, leg);
  if (status === null) return;
  const fills = event.type === 'orderSeen' && event.lookup.state === 'found' ? event.lookup.fills : null;
  await recordOutcome(trx, {
    intentId: leg.intentId,
    status,
    atMs,
    venueOrderId: leg.venueOrderId,
    detail: leg.reason ?? '',
    ...(fills && {
      filled: {
        quantity: leg.filledQuantity,
        quote: fills.reduce((total, fill) => add(total, fill.quoteAmount), ZERO),
        fees: fills.map(({ fee }) => fee),
      },
    }),
  });
}

/**
 * The same leg always gets the same instruction: what was recorded, or what follows from the plan. A number is counted
 * in the transaction that records the order with it: neither is ever there without the other.
 */
async function instructionOf(
  leg: ExecutionLeg,
  quantity: ExecutionLeg['quantity'],
  { trx, settings }: Pick<StepContext, 'trx' | 'settings'>,
): Promise<OrderInstruction> {
  const recorded = await findIntent(trx, leg.intentId);
  if (recorded) return recorded.instruction;
  const account = settings.venues.find(({ venue }) => venue === leg.venue)?.numberedAccount ?? null;
  return {
    intentId: leg.intentId,
    venue: leg.venue,
    market: leg.market,
    side: leg.side,
    quantity,
    limitPrice: leg.limitPrice,
    timeInForce: 'immediateOrCancel',
    reduceOnly: leg.reduceOnly,
    clientOrderId: account === null ? leg.clientOrderId : String(await allocateClientNumber(trx, account)),
  };
}

type OutcomeStatus = Exclude<IntentStatus, 'recorded' | 'prepared' | 'submitting'>;

/** What an event says of the intent's row; null where it says nothing of its outcome. */
function outcomeStatusOf({ type }: CommittedStep['event'], { status }: ExecutionLeg): OutcomeStatus | null {
  if (type !== 'submitOutcome' && type !== 'orderSeen' && type !== 'legDenied') return null;
  switch (status) {
    case 'unknown':
      return 'outcomeUnknown';
    case 'working':
      return 'open';
    case 'filled':
      return 'filled';
    case 'partlyFilled':
    case 'cancelled':
      return 'cancelled';
    case 'absent':
      return 'expired';
    case 'rejected':
    case 'deniedLocally':
      return status;
    default:
      return null;
  }
}

/** The audit log names fills by id; what they moved stands in the book. */
function withoutFills(event: CommittedStep['event']): unknown {
  if (event.type !== 'orderSeen' || event.lookup.state !== 'found') return event;
  const { fills, ...lookup } = event.lookup;
  return { ...event, lookup: { ...lookup, fillIds: fills.map(({ id }) => id) } };
}
