import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { FillReported } from '../src/domain/book/book-event.ts';
import { multiply } from '../src/domain/money/amount.ts';
import type { Execution } from '../src/domain/rebalancing/execution.ts';
import type { BookedFill } from '../src/domain/rebalancing/history/order-cost.ts';
import type {
  PortfolioAfter,
  RebalanceEntry,
  RebalanceOrigin,
} from '../src/domain/rebalancing/history/rebalance.ts';
import type { RebalanceFacts } from '../src/domain/rebalancing/history/rebalance-record.ts';
import type { Plan } from '../src/domain/rebalancing/plan.ts';
import type { PlanInput } from '../src/domain/rebalancing/plan-input.ts';
import type { Fact } from '../src/domain/rebalancing/triggers/fact.ts';
import { inTransaction } from './database.ts';
import type { RebalanceTable } from './rebalance-table.ts';
import type { Database } from './tables.ts';

/** Rebalances that are in memory at a time, each with its plan, its execution and its fills. */
export const REBALANCES_PAGE = 20;
/** Sorts after every text that ids are made of. */
const LAST = '\u{10ffff}';

export interface RebalanceSpan {
  readonly order: 'newestFirst' | 'oldestFirst';
  /** Null: from the beginning. */
  readonly sinceMs: number | null;
  /** Null: all. */
  readonly limit: number | null;
}

/**
 * What is kept of each rebalance, those under way as well. Reads in pages of two queries each, one transaction a page:
 * what an order has filled and the fills that the book has of it are of the same moment.
 */
export async function* readRebalances(
  db: Kysely<Database>,
  span: RebalanceSpan,
): AsyncGenerator<RebalanceFacts> {
  const { order, sinceMs } = span;
  let left = span.limit ?? Number.POSITIVE_INFINITY;
  for (let after: number | null = null; left > 0; ) {
    const limit = Math.min(REBALANCES_PAGE, left);
    const from: number | null = after;
    const page: readonly StoredRebalance[] = await inTransaction(db, (trx) => {
      let query = selectRebalances(trx)
        .orderBy('rebalance.sequence', order === 'newestFirst' ? 'desc' : 'asc')
        .limit(limit);
      if (from !== null) query = query.where('rebalance.sequence', order === 'newestFirst' ? '<' : '>', from);
      if (sinceMs !== null)
        query = query.where(sql<number>`coalesce(rebalance.requested_at_ms, plan.at_ms)`, '>=', sinceMs);
      return withFills(trx, query);
    });
    for (const { facts } of page) yield facts;
    left -= page.length;
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    after = last.sequence;
  }
}

/** Rebalances whose id, or whose plan's hash, begins so, newest first; at most `limit`. */
export function findRebalancesBeginningWith(
  db: Kysely<Database>,
  { beginning, limit }: { readonly beginning: string; readonly limit: number },
): Promise<readonly RebalanceFacts[]> {
  const end = `${beginning}${LAST}`;
  return inTransaction(db, async (trx) => {
    const query = selectRebalances(trx)
      .where(({ or, and, eb }) =>
        or([
          and([eb('rebalance.id', '>=', beginning), eb('rebalance.id', '<', end)]),
          and([eb('rebalance.plan_hash', '>=', beginning), eb('rebalance.plan_hash', '<', end)]),
        ]),
      )
      .orderBy('rebalance.sequence', 'desc')
      .limit(limit);
    return (await withFills(trx, query)).map(({ facts }) => facts);
  });
}

interface JoinedRow extends RebalanceTable {
  readonly planned_at_ms: number | null;
  readonly plan_body: string | null;
  readonly execution_body: string | null;
}

interface StoredRebalance {
  readonly sequence: number;
  readonly facts: RebalanceFacts;
}

/** An execution belongs to a rebalance that was carried out: the same plan may have been made before and dropped. */
const selectRebalances = (trx: Kysely<Database>) =>
  trx
    .selectFrom('rebalance')
    .leftJoin('plan', 'plan.hash', 'rebalance.plan_hash')
    .leftJoin('plan_execution', (join) =>
      join
        .onRef('plan_execution.plan_hash', '=', 'rebalance.plan_hash')
        .on('rebalance.state', 'in', ['executing', 'done', 'needsPerson', 'aborted']),
    )
    .selectAll('rebalance')
    .select([
      'plan.at_ms as planned_at_ms',
      'plan.body as plan_body',
      'plan_execution.body as execution_body',
    ]);

async function withFills(
  trx: Kysely<Database>,
  query: SelectQueryBuilder<Database, keyof Database, JoinedRow>,
): Promise<readonly StoredRebalance[]> {
  const rows = await query.execute();
  const hashes = rows.flatMap(({ plan_hash, execution_body }) =>
    plan_hash !== null && execution_body !== null ? [plan_hash] : [],
  );
  const orders = await readOrders(trx, hashes);
  return rows.map((row) => {
    const ofPlan = row.execution_body === null ? undefined : orders.get(row.plan_hash ?? '');
    return { sequence: row.sequence, facts: factsFrom(row, ofPlan ?? NO_ORDERS) };
  });
}

type Orders = Pick<RebalanceFacts, 'clientOrderIds' | 'fills'>;
const NO_ORDERS: Orders = { clientOrderIds: new Map(), fills: new Map() };

/**
 * Client order ids of plans, and every fill that the book has of them, whoever reported it. The type stands in the
 * query as text, since SQLite would not use the index for a parameter.
 */
async function readOrders(
  trx: Kysely<Database>,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, Orders>> {
  const orders = new Map<
    string,
    { readonly clientOrderIds: Map<number, string>; readonly fills: Map<number, BookedFill[]> }
  >();
  if (hashes.length === 0) return orders;
  const { rows } = await ordersQuery(hashes).execute(trx);
  for (const { planHash, sequence, clientOrderId, body } of rows) {
    const ofPlan = orders.get(planHash) ?? { clientOrderIds: new Map(), fills: new Map() };
    orders.set(planHash, ofPlan);
    ofPlan.clientOrderIds.set(sequence, clientOrderId);
    if (body === null) continue;
    const fills = ofPlan.fills.get(sequence) ?? [];
    fills.push(fillFrom(body));
    ofPlan.fills.set(sequence, fills);
  }
  return orders;
}

interface OrderRow {
  readonly planHash: string;
  readonly sequence: number;
  readonly clientOrderId: string;
  readonly body: string | null;
}

export const ordersQuery = (hashes: readonly string[]) => sql<OrderRow>`
  select order_intent.plan_hash as "planHash", order_intent.sequence as sequence,
    order_intent.client_order_id as "clientOrderId", book_event.body as body
  from order_intent left join book_event
    on book_event.type = 'portfolio.fillReported'
    and book_event.venue = order_intent.venue
    and json_extract(book_event.body, '$.clientOrderId') = order_intent.client_order_id
  where order_intent.plan_hash in (${sql.join(hashes)})
  order by order_intent.plan_hash, order_intent.sequence, book_event.sequence`;

function fillFrom(body: string): BookedFill {
  const { fillId, quantity, price, quoteAmount, fee } = JSON.parse(body) as FillReported;
  return { fillId, quantity, quoteAmount: quoteAmount ?? multiply(quantity, price), fee };
}

function factsFrom(row: JoinedRow, orders: Orders): RebalanceFacts {
  const { plan_body, planned_at_ms, execution_body } = row;
  return {
    entry: entryFrom(row),
    made:
      plan_body === null || planned_at_ms === null
        ? null
        : { ...(JSON.parse(plan_body) as { plan: Plan; input: PlanInput }), atMs: planned_at_ms },
    execution: execution_body === null ? null : (JSON.parse(execution_body) as Execution),
    ...orders,
  };
}

const entryFrom = (row: RebalanceTable): RebalanceEntry => ({
  id: row.id,
  requestId: row.request_id,
  mode: row.mode,
  origin: row.origin === null ? null : (JSON.parse(row.origin) as RebalanceOrigin),
  reason: row.reason,
  approval: row.approval,
  requestedAtMs: row.requested_at_ms,
  planHash: row.plan_hash,
  decidedBy: row.decided_by,
  decidedAtMs: row.decided_at_ms,
  begunAtMs: row.begun_at_ms,
  endedAtMs: row.ended_at_ms,
  state: row.state,
  stateReason: row.state_reason,
  after: JSON.parse(row.after) as Fact<PortfolioAfter>,
});
