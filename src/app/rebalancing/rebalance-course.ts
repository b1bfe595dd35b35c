import type { RebalancingWork } from '../../../actors/rebalancing-work.ts';
import { appendAudit } from '../../../db/audit-repository.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { findPlan, movePlan } from '../../../db/plan-repository.ts';
import {
  beginRebalance,
  endRebalance,
  endUnsent,
  recordRebalance,
  reopenRebalance,
} from '../../../db/rebalance-repository.ts';
import { assert } from '../../domain/assert.ts';
import { type Amount, absolute, amount, multiply, subtract, sum, ZERO } from '../../domain/money/amount.ts';
import { shortfallOf } from '../../domain/rebalancing/execution-end.ts';
import type { PortfolioAfter } from '../../domain/rebalancing/history/rebalance.ts';
import type { Plan } from '../../domain/rebalancing/plan.ts';
import { type Fact, known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import { crossForPlan } from '../targeting/cross-for-plan.ts';
import { beginExecution, type StepContext } from './keep-execution.ts';
import { originOf } from './make-plan.ts';
import type { RebalancingContext } from './rebalancing-records.ts';
import { weighPortfolio } from './trigger-facts.ts';

const HALF = amount('0.5');
const ACTOR = 'rebalancing';

type Course = Pick<RebalancingWork, 'begin' | 'end' | 'reopen' | 'keepUnsent'>;

/** One transaction, of which is remembered how far the accounts of cash have moved. */
type Written = <T>(write: (context: StepContext) => Promise<T>) => Promise<T>;

/** What is kept of a rebalance as a whole, from its plan to its end; each step is one transaction. */
export function rebalanceCourse(
  { database: { db }, settings, reading, now }: RebalancingContext,
  written: Written,
): Course {
  return {
    begin: (requestId, execution, { by, readings }) =>
      written(async (context) => {
        const { trx, atMs } = context;
        const begun = await beginExecution({ requestId, execution, readings }, context);
        if (begun.state === 'refused') return begun;
        await move(trx, { hash: execution.planHash, from: 'planned', to: 'executing', approvedBy: by }, atMs);
        await appendAudit(trx, await crossForPlan(trx, execution.planHash, atMs));
        await beginRebalance(trx, requestId, { by, atMs });
        return begun;
      }),
    reopen: (requestId, { planHash: hash }) =>
      inTransaction(db, async (trx) => {
        const atMs = now();
        await move(trx, { hash, from: 'needsPerson', to: 'executing' }, atMs);
        await reopenRebalance(trx, requestId);
      }),
    end: (requestId, execution) =>
      inTransaction(db, async (trx) => {
        const atMs = now();
        const { planHash: hash, phase } = execution;
        assert(
          phase === 'done' || phase === 'aborted' || phase === 'needsPerson',
          `an execution ends in one of its ends: ${phase}`,
        );
        const after =
          phase === 'needsPerson'
            ? unknown('what has become of an order is not known')
            : await portfolioAfter(trx, hash, reading());
        await move(trx, { hash, from: 'executing', to: phase }, atMs);
        await endRebalance(trx, requestId, { state: phase, reason: shortfallOf(execution), after, atMs });
      }),
    keepUnsent: (request, planHash, outcome) =>
      inTransaction(db, async (trx) => {
        const { requestId, approval, reason, takenAtMs } = request;
        // That a plan was asked for is no rebalance.
        if (approval === 'planOnly') return;
        const atMs = now();
        if (outcome.state === 'outdated' && planHash !== null)
          await move(trx, { hash: planHash, from: 'planned', to: 'outdated' }, atMs);
        if (planHash !== null) await endUnsent(trx, requestId, { ...outcome, atMs });
        else
          await recordRebalance(trx, {
            requestId,
            mode: settings.mode,
            origin: originOf(request),
            reason,
            approval,
            requestedAtMs: takenAtMs,
            plan: null,
            stands: {
              state: outcome.state === 'aborted' ? 'aborted' : 'refused',
              reason: outcome.reason,
              endedAtMs: atMs,
            },
          });
        const body = { requestId, planHash, state: outcome.state, reason: outcome.reason };
        await appendAudit(trx, [{ atMs, actor: outcome.by ?? ACTOR, kind: 'rebalanceUnsent', body }]);
      }),
  };
}

async function move(
  trx: OpenDatabase['db'],
  moved: { readonly hash: string; readonly from: string; readonly to: string; readonly approvedBy?: string },
  atMs: number,
): Promise<void> {
  const hasMoved = await movePlan(trx, moved);
  assert(hasMoved, `plan ${moved.hash} is ${moved.from} when it becomes ${moved.to}`);
  await appendAudit(trx, [{ atMs, actor: ACTOR, kind: 'planMoved', body: moved }]);
}

/**
 * What the book has once every venue was certified after the last order's end. Never what was expected: where a venue
 * is not certified or a price is missing, it is unknown.
 */
async function portfolioAfter(
  trx: OpenDatabase['db'],
  planHash: string,
  reading: Reading,
): Promise<Fact<PortfolioAfter>> {
  const { navUsd, weights } = weighPortfolio(reading);
  if (navUsd.state === 'unknown') return navUsd;
  if (weights.state === 'unknown') return weights;
  const stored = await findPlan(trx, planHash);
  assert(stored, `a plan that was carried out is kept: ${planHash}`);
  const { plan } = stored.body as { readonly plan: Plan };
  const drift = driftFrom(plan.weightsTarget, weights.value);
  if (drift === null) return unknown('other groups have a price than when it was planned');
  return known({ atMs: reading.nowMs, navUsd: navUsd.value, weights: weights.value, drift });
}

function driftFrom(
  targets: Readonly<Record<string, Amount>>,
  weights: Readonly<Record<string, Amount>>,
): Amount | null {
  const groups = Object.keys(targets);
  const isSame = groups.length === Object.keys(weights).length && groups.every((group) => group in weights);
  if (!isSame) return null;
  return multiply(
    HALF,
    sum(groups.map((group) => absolute(subtract(weights[group] ?? ZERO, targets[group] ?? ZERO)))),
  );
}
