import type { Fill } from '../../domain/venue/venue.ts';
import { type CoinbaseAccount, readAccount } from './account-rows.ts';
import { trouble } from './coinbase-trouble.ts';
import { readFill } from './fill-rows.ts';
import { type CoinbaseOrder, readOrder, sideAt, statusAt } from './order-rows.ts';
import { type PagedList, type ReadList, readPages } from './read-pages.ts';
import { optionalTextAt, textAt } from './row-reader.ts';
import type { SignedRequests } from './signed-requests.ts';
import { isDerivative } from './spot-product.ts';

/** The most rows that the venue gives on one page of each list. */
const ACCOUNTS_PER_PAGE = '250';
const ORDERS_PER_PAGE = '250';
const FILLS_PER_PAGE = '100';
/** As the venue documents it. */
const OPEN_ORDERS_MAX = 1_000;

export interface ParsedList<T> extends Omit<ReadList, 'rows'> {
  readonly values: readonly T[];
}

export type Query = readonly (readonly [string, string])[];

export const ACCOUNTS: PagedList = {
  path: '/api/v3/brokerage/accounts',
  query: [['limit', ACCOUNTS_PER_PAGE]],
  rowsKey: 'accounts',
  identityOf: (row, place) => textAt(row, 'uuid', place),
};

export const ordersList = (query: Query): PagedList => ({
  path: '/api/v3/brokerage/orders/historical/batch',
  query: [...query, ['limit', ORDERS_PER_PAGE]],
  rowsKey: 'orders',
  identityOf: (row, place) => textAt(row, 'order_id', place),
});

export const OPEN_ORDERS: PagedList = {
  ...ordersList([['order_status', 'OPEN']]),
  rowsMax: OPEN_ORDERS_MAX,
};

export const fillsList = (query: Query): PagedList => ({
  path: '/api/v3/brokerage/orders/historical/fills',
  query: [...query, ['limit', FILLS_PER_PAGE]],
  rowsKey: 'fills',
  identityOf: (row, place) => textAt(row, 'trade_id', place),
});

export async function readAccounts(
  requests: SignedRequests,
  signal: AbortSignal,
): Promise<ParsedList<CoinbaseAccount>> {
  const { rows, ...rest } = await readPages(requests, ACCOUNTS, signal);
  return { ...rest, values: rows.map(({ row, place }) => readAccount(row, place)) };
}

/** Spot rows of a list in which futures platforms have theirs too. */
export interface SpotList<T> extends ParsedList<T> {
  /** Products of the rows that were left out. */
  readonly futuresProducts: readonly string[];
}

/**
 * The open spot orders. Rows in other states, which an answer may hold too, are read only as far as proves their state.
 *
 * A market order for an amount of quote is open for as long as it executes, and what is left of it in base nobody
 * knows meanwhile: incoherent, to be read again.
 */
export async function readOpenOrders(
  requests: SignedRequests,
  signal: AbortSignal,
): Promise<SpotList<CoinbaseOrder>> {
  const { rows, ...rest } = await readPages(requests, OPEN_ORDERS, signal);
  const open = rows.filter(({ row, place }) => {
    sideAt(row, place);
    return statusAt(row, place) === 'open';
  });
  const { spot, futuresProducts } = apart(open);
  const values = spot.map(({ row, place }) => readOrder(row, place));
  const executing = values.find((order) => order.isSizedInQuote && order.limitPrice === null);
  if (executing !== undefined)
    throw trouble('incoherent', `the market order ${executing.id} for an amount of quote is executing`);
  return { ...rest, values, futuresProducts };
}

/** The rows of a list of orders that carry a client order id, whatever they trade. */
export async function readOrderRows(
  requests: SignedRequests,
  search: { readonly list: PagedList; readonly clientOrderId: string },
  signal: AbortSignal,
): Promise<{ readonly own: ReadList['rows']; readonly count: number }> {
  const { rows } = await readPages(requests, search.list, signal);
  const own = rows.filter(
    ({ row, place }) => optionalTextAt(row, 'client_order_id', place) === search.clientOrderId,
  );
  return { own, count: rows.length };
}

/** Spot executions, newest first as the venue gives them. */
export async function readFills(
  requests: SignedRequests,
  query: Query,
  signal: AbortSignal,
): Promise<SpotList<Fill>> {
  const { rows, ...rest } = await readPages(requests, fillsList(query), signal);
  const { spot, futuresProducts } = apart(rows);
  return { ...rest, values: spot.map(({ row, place }) => readFill(row, place)), futuresProducts };
}

function apart(rows: ReadList['rows']): {
  readonly spot: ReadList['rows'];
  readonly futuresProducts: readonly string[];
} {
  const productOf = ({ row, place }: ReadList['rows'][number]) => textAt(row, 'product_id', place);
  return {
    spot: rows.filter((one) => !isDerivative(productOf(one))),
    futuresProducts: [...new Set(rows.map(productOf).filter(isDerivative))],
  };
}
