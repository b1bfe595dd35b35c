import type { CertifiedReading, CommittedStep, StepOutcome } from '../../../actors/rebalancing-work.ts';
import { appendAudit } from '../../../db/audit-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { saveExecution } from '../../../db/execution-repository.ts';
import {
  allocateClientNumber,
  findIntent,
  recordIntent,
  recordOutcome,
  recordPrepared,
  recordSubmitting,
} from '../../../db/order-intent-repository.ts';
import { assert } from '../../domain/assert.ts';
import { add, ZERO } from '../../domain/money/amount.ts';
import { applyExecutionEvent } from '../../domain/rebalancing/apply-execution-event.ts';
import type { Execution, ExecutionLeg } from '../../domain/rebalancing/execution.ts';
import type { IntentStatus } from '../../domain/venue/intent-status.ts';
import type { OrderInstruction } from '../../domain/venue/order.ts';
import type { ServiceSettings } from '../portfolio/service-settings.ts';
import { confirmedCashOf, keepReserved, takeReading, whyOutdated } from './cash-accounts.ts';

/** Where a step is written down: one transaction. */
export interface StepContext {
  readonly trx: OpenDatabase['db'];
  readonly settings: ServiceSettings;
  readonly atMs: number;
}

export interface Readings {
  readonly requestId: string;
  readonly execution: Execution;
  readonly readings: readonly CertifiedReading[];
}

/** The first state of an execution, and what its venues have confirmed. Refused where that is not so any more. */
export async function beginExecution(
  { requestId, execution, readings }: Readings,
  context: StepContext,
): Promise<StepOutcome> {
  const { trx, atMs } = context;
  for (const reading of readings) {
    const reason = await whyOutdated(reading, context);
    if (reason !== null) return { state: 'refused', reason };
  }
  for (const reading of readings) await takeReading(execution, reading, context);
  await saveExecution(trx, { requestId, execution, atMs });
  return { state: 'committed' };
}

/** What the venues' readings have confirmed; one that something happened after is left out. */
export async function keepCertified(
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

const DECIDED_KINDS = {
  abortRequested: 'rebalanceAborted',
  pauseRequested: 'rebalancePaused',
  resumeRequested: 'rebalanceResumed',
  outdated: 'rebalanceOutdated',
} as const;

/** What was decided of an execution as a whole, with who decided it. */
export async function keepDecided(
  step: Omit<CommittedStep, 'leg' | 'prepared'>,
  by: string,
  context: StepContext,
): Promise<void> {
  const { requestId, execution, event } = step;
  const { trx, atMs } = context;
  assert(event.type in DECIDED_KINDS, `an execution as a whole is not decided by ${event.type}`);
  const kind = DECIDED_KINDS[event.type as keyof typeof DECIDED_KINDS];
  await keepReserved(step, context);
  await saveExecution(trx, { requestId, execution, atMs });
  for (const { sequence, intentId, status, reason } of execution.legs) {
    const was = step.before.legs.find((leg) => leg.sequence === sequence)?.status;
    if (status !== 'deniedLocally' || was === status) continue;
    await recordOutcome(trx, { intentId, status, atMs, venueOrderId: null, detail: reason ?? '' });
  }
  const body = { planHash: execution.planHash, by, reason: 'reason' in event ? event.reason : '' };
  await appendAudit(trx, [{ atMs, actor: by, kind, body }]);
}

/** A step of an execution, with what it says of its order and what the order sets aside. */
export async function commitStep(step: CommittedStep, context: StepContext): Promise<StepOutcome> {
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

const TELLS_OUTCOME: ReadonlySet<CommittedStep['event']['type']> = new Set([
  'submitOutcome',
  'orderSeen',
  'legDenied',
  'legPrepareFailed',
]);

/** What an event says of the intent's row; null where it says nothing of its outcome. */
function outcomeStatusOf({ type }: CommittedStep['event'], { status }: ExecutionLeg): OutcomeStatus | null {
  if (!TELLS_OUTCOME.has(type)) return null;
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
