import { type Kysely, sql } from 'kysely';
import { assert } from '../src/domain/assert.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { sha256Hex } from '../src/domain/hash.ts';
import { type Amount, amount, sum } from '../src/domain/money/amount.ts';
import type {
  PortfolioAfter,
  RebalanceApproval,
  RebalanceOrigin,
  UnsentState,
} from '../src/domain/rebalancing/history/rebalance.ts';
import type { Fact } from '../src/domain/rebalancing/triggers/fact.ts';
import { inTransaction } from './database.ts';
import type { RebalanceTable } from './rebalance-table.ts';
import type { Database } from './tables.ts';

/** Who approves as a policy does. */
export const POLICY = 'policy';

export interface NewRebalance {
  readonly requestId: string;
  readonly mode: RebalanceTable['mode'];
  readonly origin: RebalanceOrigin;
  readonly reason: string;
  readonly approval: RebalanceApproval;
  readonly requestedAtMs: number;
  /** Null where no plan was made. */
  readonly plan: { readonly hash: string; readonly plannedUsd: Amount } | null;
  readonly stands:
    | { readonly state: 'waiting'; readonly reason: string }
    | {
        readonly state: 'planned' | 'refused' | 'aborted';
        readonly reason: string;
        readonly endedAtMs: number;
      };
}

/** An end without an order. `by` is the person who wanted it; null where nobody did. */
export interface UnsentEnd {
  readonly state: UnsentState;
  readonly reason: string;
  readonly by: string | null;
  readonly atMs: number;
}

/** What was never known of a portfolio, as text of a row. */
const NOT_SENT = canonicalJson({ state: 'unknown', reason: 'no order was sent' });
const UNDER_WAY = canonicalJson({ state: 'unknown', reason: 'it is under way' });

/** Writes down a rebalance that was asked for. The same request asked for again is another one. */
export function recordRebalance(db: Kysely<Database>, rebalance: NewRebalance): Promise<void> {
  const { requestId, mode, origin, reason, approval, requestedAtMs, plan, stands } = rebalance;
  return inTransaction(db, async (trx) => {
    const { last } = await trx
      .selectFrom('rebalance')
      .select(({ fn }) => fn.max('sequence').as('last'))
      .executeTakeFirstOrThrow();
    const sequence = (last ?? 0) + 1;
    await trx
      .insertInto('rebalance')
      .values({
        sequence,
        id: sha256Hex(canonicalJson({ requestId, sequence })),
        request_id: requestId,
        mode,
        origin: canonicalJson(origin),
        reason,
        approval,
        requested_at_ms: requestedAtMs,
        plan_hash: plan?.hash ?? null,
        planned_usd: plan?.plannedUsd ?? null,
        decided_by: null,
        decided_at_ms: null,
        begun_at_ms: null,
        ended_at_ms: stands.state === 'waiting' ? null : stands.endedAtMs,
        state: stands.state,
        state_reason: stands.reason,
        after: stands.state === 'waiting' ? UNDER_WAY : NOT_SENT,
      })
      .execute();
  });
}

/** From here on its orders may be sent: to be committed with the execution's first state. */
export const beginRebalance = (
  db: Kysely<Database>,
  requestId: string,
  { by, atMs }: { readonly by: string; readonly atMs: number },
): Promise<void> =>
  change(db, requestId, 'waiting', {
    state: 'executing',
    state_reason: '',
    decided_by: by,
    decided_at_ms: atMs,
    begun_at_ms: atMs,
  });

/** Ends one that was carried out: to be committed with the end of its plan. */
export const endRebalance = (
  db: Kysely<Database>,
  requestId: string,
  end: {
    readonly state: 'done' | 'aborted' | 'needsPerson';
    readonly reason: string;
    readonly after: Fact<PortfolioAfter>;
    readonly atMs: number;
  },
): Promise<void> =>
  change(db, requestId, 'executing', {
    state: end.state,
    state_reason: end.reason,
    ended_at_ms: end.atMs,
    after: canonicalJson(end.after),
  });

/** One that was left to a person goes on. */
export const reopenRebalance = (db: Kysely<Database>, requestId: string): Promise<void> =>
  change(db, requestId, 'needsPerson', {
    state: 'executing',
    state_reason: '',
    ended_at_ms: null,
    after: UNDER_WAY,
  });

/** Ends one that waits for its approval, and sends nothing. */
export const endUnsent = (db: Kysely<Database>, requestId: string, end: UnsentEnd): Promise<void> =>
  change(db, requestId, 'waiting', {
    state: end.state,
    state_reason: end.reason,
    ended_at_ms: end.atMs,
    after: NOT_SENT,
    ...(end.by !== null && { decided_by: end.by, decided_at_ms: end.atMs }),
  });

/** Those that wait for an approval that nobody can give any more; says how many. */
export async function expireWaiting(
  db: Kysely<Database>,
  { reason, atMs }: { readonly reason: string; readonly atMs: number },
): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('rebalance')
    .set({ state: 'expired', state_reason: reason, ended_at_ms: atMs, after: NOT_SENT })
    .where('state', '=', 'waiting')
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** The value of all plans that the policy has approved, and that have begun, since a time. */
export async function readApprovedByPolicyUsd(db: Kysely<Database>, sinceMs: number): Promise<Amount> {
  const rows = await db
    .selectFrom('rebalance')
    .select('planned_usd')
    .where('decided_by', '=', POLICY)
    .where('decided_at_ms', '>=', sinceMs)
    .execute();
  return sum(
    rows.map(({ planned_usd }) => {
      assert(planned_usd !== null, 'what the policy approved is a plan with a value');
      return amount(planned_usd);
    }),
  );
}

/** Changes the newest rebalance of a request, which is in the state that is given. */
async function change(
  db: Kysely<Database>,
  requestId: string,
  from: RebalanceTable['state'],
  changes: Partial<RebalanceTable>,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('rebalance')
    .set(changes)
    .where('state', '=', from)
    .where('sequence', '=', (sub) =>
      sub
        .selectFrom('rebalance')
        .select(sql<number>`max(sequence)`.as('newest'))
        .where('request_id', '=', requestId),
    )
    .executeTakeFirstOrThrow();
  assert(numUpdatedRows === 1n, `the rebalance of ${requestId} is ${from} when it moves on`);
}

/** Hashes of the plans that wait for a person, the oldest first: those that a policy has approved wait for nobody. */
export async function readWaitingPlans(db: Kysely<Database>): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('rebalance')
    .select('plan_hash')
    .where('state', '=', 'waiting')
    .where('state_reason', '!=', '')
    .where('plan_hash', 'is not', null)
    .orderBy('sequence')
    .execute();
  return rows.flatMap(({ plan_hash }) => plan_hash ?? []);
}
