import { type Amount, isNegative, subtract, ZERO } from '../../domain/money/amount.ts';
import type { OpenOrder, Side } from '../../domain/venue/venue.ts';
import { type OrderRow, orderRow, ordersBody } from './dydx-rows.ts';
import { type IndexerSession, isNotFound, readFailed } from './indexer-session.ts';
import { PAGE_ROWS } from './read-pages.ts';
import { assertMember } from './read-subaccounts.ts';
import { isFamily, type SubaccountGroup } from './subaccount-group.ts';

const ENDPOINT = 'GET /v4/orders';
/** Open in the indexer's words. A best-effort status is what its own node saw, before a block has said so. */
export const OPEN_STATUSES = ['OPEN', 'BEST_EFFORT_OPENED', 'UNTRIGGERED'] as const;
const isOpen = (order: OrderRow): boolean => (OPEN_STATUSES as readonly string[]).includes(order.status);
/** Largest good-til-block of a short-term order: 32 bits. */
const HEIGHT_MAX = 0xffff_ffff;
const PAGES_MAX = 50;

export interface OrderQuery {
  readonly group: SubaccountGroup;
  readonly ticker?: string;
  readonly status?: string;
  readonly goodTilBlockBeforeOrAt?: number;
  readonly goodTilBlockTimeBeforeOrAt?: string;
}

/** One answer of the order list, the latest first; the server's limit may cut it. */
export async function readOrderPage(
  session: IndexerSession,
  query: OrderQuery,
): Promise<readonly OrderRow[]> {
  const { group } = query;
  const rows = await session.read({
    endpoint: ENDPOINT,
    schema: ordersBody,
    call: (client) => {
      const { address, number } = group;
      const ticker = query.ticker === undefined ? undefined : encodeURIComponent(query.ticker);
      const cursor = [query.goodTilBlockBeforeOrAt, query.goodTilBlockTimeBeforeOrAt, true] as const;
      const { status } = query;
      const none = undefined;
      return isFamily(group)
        ? client.account.getParentSubaccountNumberOrders(
            address,
            number,
            ticker,
            none,
            status,
            none,
            PAGE_ROWS,
            ...cursor,
          )
        : client.account.getSubaccountOrders(
            address,
            number,
            ticker,
            none,
            none,
            status,
            none,
            PAGE_ROWS,
            ...cursor,
          );
    },
    rowsOf: (orders) => orders.length,
  });
  for (const row of rows) assertMember(ENDPOINT, row.subaccountNumber, group.members);
  return rows;
}

/** One order by the indexer's id; null where the venue knows no such order. */
export async function readOrder(
  session: IndexerSession,
  group: SubaccountGroup,
  id: string,
): Promise<OrderRow | null> {
  const endpoint = `${ENDPOINT}/${id}`;
  try {
    const row = await session.read({
      endpoint,
      schema: orderRow,
      call: ({ account }) => account.getOrder(encodeURIComponent(id)),
      rowsOf: () => 1,
    });
    if (row.id !== id) throw readFailed('wrongScope', `${endpoint}: found order ${row.id}`);
    assertMember(endpoint, row.subaccountNumber, group.members);
    return row;
  } catch (error) {
    if (isNotFound(error, endpoint)) return null;
    throw error;
  }
}

/** Every open order of a group, asked for status by status: the indexer filters after it has cut the list. */
export async function readOpenOrders(
  session: IndexerSession,
  group: SubaccountGroup,
): Promise<readonly OrderRow[]> {
  const orders = new Map<string, OrderRow>();
  for (const status of OPEN_STATUSES) {
    for (const order of await readStatus(session, { group, status })) {
      // Recorded answers may repeat a list for every status; two statuses at once mean that it moved.
      const known = orders.get(order.id);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(order)) {
        throw readFailed('incoherent', `${ENDPOINT}: order ${order.id} changed while it was read`);
      }
      if (isOpen(order)) orders.set(order.id, order);
    }
  }
  return [...orders.values()];
}

/**
 * The list knows no pages. Its order is: good-til-block-time, latest first, then good-til-block, latest first. So a full
 * answer is followed back along the expiry of its last row, first among stateful orders, then among short-term ones.
 */
async function readStatus(session: IndexerSession, query: OrderQuery): Promise<readonly OrderRow[]> {
  const first = await readOrderPage(session, query);
  if (first.length < PAGE_ROWS) return first;
  const stateful = await followExpiry(session, query, first, (last) =>
    last.goodTilBlockTime === undefined || last.goodTilBlockTime === null
      ? null
      : { goodTilBlockTimeBeforeOrAt: new Date(last.goodTilBlockTime).toISOString() },
  );
  const start = await readOrderPage(session, { ...query, goodTilBlockBeforeOrAt: HEIGHT_MAX });
  const shortTerm = await followExpiry(session, query, start, (last) =>
    last.goodTilBlock === undefined || last.goodTilBlock === null
      ? null
      : { goodTilBlockBeforeOrAt: last.goodTilBlock },
  );
  return [...stateful, ...shortTerm];
}

async function followExpiry(
  session: IndexerSession,
  query: OrderQuery,
  first: readonly OrderRow[],
  cursorOf: (last: OrderRow) => Partial<OrderQuery> | null,
): Promise<readonly OrderRow[]> {
  const orders = new Map(first.map((order) => [order.id, order]));
  let page = first;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const last = page.at(-1);
    const cursor = last === undefined ? null : cursorOf(last);
    if (page.length < PAGE_ROWS || cursor === null) return [...orders.values()];
    page = await readOrderPage(session, { ...query, ...cursor });
    const known = orders.size;
    for (const order of page) orders.set(order.id, order);
    if (orders.size === known && page.length >= PAGE_ROWS) break;
  }
  throw readFailed('incomplete', `${ENDPOINT}: more open orders than the list can be followed through`);
}

export const sideOf = (row: { readonly side: 'BUY' | 'SELL' }): Side => (row.side === 'BUY' ? 'buy' : 'sell');

export function openOrderOf(row: OrderRow): OpenOrder {
  return {
    id: row.id,
    clientOrderId: row.clientId,
    market: row.ticker,
    side: sideOf(row),
    remaining: remainingOf(row),
    // A conditional market order that has no limit of its own is reported with a price of zero.
    limitPrice: row.price === ZERO ? null : row.price,
  };
}

function remainingOf(row: OrderRow): Amount {
  // An order that no block has filled yet may come without the field; every other order has it.
  if (row.totalFilled === undefined && row.status !== 'BEST_EFFORT_OPENED') {
    throw readFailed('malformed', `${ENDPOINT}: order ${row.id} has no totalFilled`);
  }
  const remaining = subtract(row.size, row.totalFilled ?? ZERO);
  if (isNegative(remaining)) {
    throw readFailed(
      'malformed',
      `${ENDPOINT}: open order ${row.id} of ${row.size} has ${row.totalFilled} filled`,
    );
  }
  return remaining;
}
