import type { MadePlan, TakenRequest } from '../../../actors/rebalancing-work.ts';
import { appendAudit } from '../../../db/audit-repository.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { savePlan } from '../../../db/plan-repository.ts';
import {
  type NewRebalance,
  POLICY,
  readApprovedByPolicyUsd,
  recordRebalance,
} from '../../../db/rebalance-repository.ts';
import { readReserved } from '../../../db/venue-cash-repository.ts';
import { plannedUsdOf, whyNotByPolicy } from '../../domain/rebalancing/approval-policy.ts';
import { startExecution } from '../../domain/rebalancing/execution-start.ts';
import type { RebalanceOrigin } from '../../domain/rebalancing/history/rebalance.ts';
import type { Plan } from '../../domain/rebalancing/plan.ts';
import { DAY_MS } from '../../domain/risk/activity-limits.ts';
import { executionSettingsOf, type ServiceSettings } from '../portfolio/service-settings.ts';
import { readPlanTax } from '../tax/read-plan-tax.ts';
import { planWithinLimits } from './gated-plan.ts';
import type { RebalancingContext } from './rebalancing-records.ts';
import { withReservedHeld } from './reserved-as-held.ts';
import { readOrderActivity } from './risk-state-of.ts';

const BOT: RebalanceOrigin = { kind: 'bot' };

/** Who asked for it, as it is kept. */
export const originOf = ({ origin = BOT }: Pick<TakenRequest, 'origin'>): RebalanceOrigin => origin;

/** Plans within the limits, and keeps the plan with who asked for it, in one transaction with what is told of it. */
export async function makePlan(
  request: TakenRequest,
  { database, settings, reading, now }: RebalancingContext,
): Promise<MadePlan> {
  const { requestId } = request;
  const activity = await readOrderActivity(database, now());
  const reserved = await readReserved(database.db);
  const tax = await readPlanTax(database.db, settings, now());
  const { scope = null } = request;
  const made = planWithinLimits(withReservedHeld(reading(), reserved), activity, { tax, scope });
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
  const approval = await inTransaction(database.db, async (trx) => {
    const { hash } = plan;
    const decided = await approvalOf(request, plan, { trx, settings, atMs });
    await savePlan(trx, {
      hash,
      atMs,
      mode: settings.mode,
      status: 'planned',
      body: { plan, input, targeting },
    });
    const { approval: asked } = request;
    if (asked !== 'planOnly')
      await recordRebalance(trx, {
        requestId,
        mode: settings.mode,
        origin: originOf(request),
        reason: request.reason,
        approval: asked,
        requestedAtMs: request.takenAtMs,
        plan: { hash, plannedUsd: plannedUsdOf(plan.orders) },
        stands: standsAt(plan, settings, decided, atMs),
      });
    const body = { requestId, plan, risk, targeting, approval: decided };
    await appendAudit(trx, [{ atMs, actor: 'rebalancing', kind: 'planMade', body }]);
    return decided;
  });
  const { method, over, uncapped } = targeting;
  reading().state.targets.inForce = { method, over, uncapped };
  const execution = startExecution(plan, input, executionSettingsOf(settings).release);
  return { state: 'planned', plan, execution, approvedBy: approval.by };
}

interface Approval {
  /** Null where a person has to decide. */
  readonly by: string | null;
  /** Why a person has to; empty where nobody has to. */
  readonly reason: string;
}

async function approvalOf(
  request: TakenRequest,
  plan: Plan,
  {
    trx,
    settings,
    atMs,
  }: { readonly trx: OpenDatabase['db']; readonly settings: ServiceSettings; readonly atMs: number },
): Promise<Approval> {
  const { approval } = request;
  const origin = originOf(request);
  if (approval === 'approved') return { by: origin.kind === 'person' ? origin.by : 'bot', reason: '' };
  if (approval === 'planOnly') return { by: null, reason: 'only a plan was asked for' };
  if (approval === 'ask') return { by: null, reason: 'a person was asked for' };
  const policy = settings.triggers?.approval;
  // A policy without limits approves nothing.
  if (policy?.kind !== 'policy') return { by: null, reason: 'the policy has no limits' };
  const approvedWithinDayUsd = await readApprovedByPolicyUsd(trx, atMs - DAY_MS);
  const reason = whyNotByPolicy({ ...plan, approvedWithinDayUsd }, policy.limits);
  return reason === null ? { by: POLICY, reason: '' } : { by: null, reason };
}

function standsAt(
  plan: Plan,
  { mode }: ServiceSettings,
  { reason }: Approval,
  atMs: number,
): NewRebalance['stands'] {
  if (plan.orders.length === 0)
    return { state: 'planned', reason: 'nothing is to be traded', endedAtMs: atMs };
  if (mode === 'paper') return { state: 'planned', reason: 'paper mode sends no order', endedAtMs: atMs };
  return { state: 'waiting', reason };
}
