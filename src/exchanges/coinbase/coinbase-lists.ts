import type { Fill } from '../../domain/venue/venue.ts';
import { type CoinbaseAccount, readAccount } from './account-rows.ts';
import { readFill } from './fill-rows.ts';
import { type CoinbaseOrder, readOrder, sideAt, statusAt } from './order-rows.ts';
import { type PagedList, type ReadList, readPages } from './read-pages.ts';
import { type Row, textAt } from './row-reader.ts';
import type { SignedRequests } from './signed-requests.ts';
import { isDerivative } from './spot-product.ts';

/** The most rows that the venue gives on one page of each list. */
const ACCOUNTS_PER_PAGE = '250';
const ORDERS_PER_PAGE = '250';
const FILLS_PER_PAGE = '100';

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

export const OPEN_ORDERS: PagedList = ordersList([['order_status', 'OPEN']]);

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

/** Spot orders in every state; those of futures platforms are left out. */
export async function readOrders(
  requests: SignedRequests,
  query: Query,
  signal: AbortSignal,
): Promise<ParsedList<CoinbaseOrder>> {
  const { rows, ...rest } = await readPages(requests, ordersList(query), signal);
  return { ...rest, values: rows.filter(isSpotRow).map(({ row, place }) => readOrder(row, place)) };
}

/** The open spot orders. Rows in other states, which an answer may hold too, are read only as far as proves their state. */
export async function readOpenOrders(
  requests: SignedRequests,
  signal: AbortSignal,
): Promise<ParsedList<CoinbaseOrder>> {
  const { rows, ...rest } = await readPages(requests, OPEN_ORDERS, signal);
  const open = rows.filter(({ row, place }) => {
    sideAt(row, place);
    return statusAt(row, place) === 'open';
  });
  return { ...rest, values: open.filter(isSpotRow).map(({ row, place }) => readOrder(row, place)) };
}

/** Spot executions, newest first as the venue gives them; those of futures platforms are left out. */
export async function readFills(
  requests: SignedRequests,
  query: Query,
  signal: AbortSignal,
): Promise<ParsedList<Fill>> {
  const { rows, ...rest } = await readPages(requests, fillsList(query), signal);
  return { ...rest, values: rows.filter(isSpotRow).map(({ row, place }) => readFill(row, place)) };
}

const isSpotRow = ({ row, place }: { readonly row: Row; readonly place: string }): boolean =>
  !isDerivative(textAt(row, 'product_id', place));
