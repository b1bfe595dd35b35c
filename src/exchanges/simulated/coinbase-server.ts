import type { KeyObject } from 'node:crypto';
import type { Amount } from '../../domain/money/amount.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import {
  accountDocument,
  accountId,
  bookDocument,
  failureOf,
  feesDocument,
  fillDocument,
  ledgerDocuments,
  orderDocument,
  permissionsDocument,
  productDocument,
  timeDocument,
} from './coinbase-documents.ts';
import { orderRequestOf, quoteSizeOf } from './coinbase-orders.ts';
import { breakRow, claimMore, pageOf } from './coinbase-pages.ts';
import { tokenChecker } from './coinbase-tokens.ts';
import { type FaceAnswer, type FaceRequest, serveHttp } from './http-face.ts';
import type { SimulatedVenue, VenueServer } from './simulated-venue.ts';

export interface CoinbaseServerOptions {
  readonly venue: SimulatedVenue;
  readonly clock: Clock;
  readonly portfolio: string;
  readonly keyName: string;
  readonly publicKey: KeyObject;
  /** Another key of the same account, such as one for orders. */
  readonly secondKey?: { readonly keyName: string; readonly publicKey: KeyObject };
  /** The machine's clock, which dates tokens. */
  readonly machineNow?: () => number;
  /** As `TokenCheckerOptions` has it. */
  readonly clockToleranceSeconds?: number;
  /** Pages are never longer than this, whatever is asked for: 250 unless told otherwise. */
  readonly rowsPerPageMax?: number;
  /** Sees every answer before it leaves, may change it, and may make things happen between two requests. */
  readonly intercept?: (answer: FaceAnswer, request: FaceRequest) => FaceAnswer;
}

const API = '/api/v3/brokerage';

/** Advanced Trade on loopback: accounts, orders, fills, products, fees and ledgers of one simulated venue. `urls.baseUrl`. */
export async function serveCoinbase(options: CoinbaseServerOptions): Promise<VenueServer> {
  const { venue, portfolio, clockToleranceSeconds, rowsPerPageMax = 250 } = options;
  const { intercept = (answer) => answer } = options;
  const tolerance = clockToleranceSeconds !== undefined && { clockToleranceSeconds };
  const machineNow = options.machineNow ?? systemClock.now;
  const { keyName, publicKey, secondKey } = options;
  const checkers = [{ keyName, publicKey }, ...(secondKey === undefined ? [] : [secondKey])].map((key) =>
    tokenChecker({ ...key, machineNow, claim: 'uri', ...tolerance }),
  );
  /** By client order id, of market orders for an amount of quote. */
  const quoteSizes = new Map<string, Amount>();
  const face = await serveHttp({
    name: 'simulated Coinbase',
    clock: options.clock,
    handle: (request) => intercept(handle(request), request),
    droppedPage: claimMore,
    malformedRow: breakRow,
    rateLimitedBody: JSON.stringify({ error: 'RATE_LIMIT_EXCEEDED', code: 8, message: 'too many requests' }),
    serverErrorBody: JSON.stringify({ error: 'INTERNAL', code: 13, message: 'internal error' }),
  });

  function handle(request: FaceRequest): FaceAnswer {
    const { method, path } = request;
    if (path === `${API}/time`) return json(timeDocument(options.clock.now()));
    const uri = `${method} ${request.headers.host ?? ''}${path}`;
    const refusals = checkers.map((checker) => checker.refusalOf(request.headers.authorization, uri));
    const [refusal = ''] = refusals;
    if (refusal !== null && !refusals.includes(null)) return failure(401, 'UNAUTHENTICATED', refusal);
    if (method === 'POST') return command(request);
    if (path === `${API}/accounts`) return listAccounts(request);
    if (path === `${API}/orders/historical/batch`) return listOrders(request);
    if (path === `${API}/orders/historical/fills`) return listFills(request);
    if (path === `${API}/transaction_summary`) return json(feesDocument(venue));
    if (path === `${API}/key_permissions`) return json(permissionsDocument(portfolio));
    if (path === `${API}/best_bid_ask`) return listBooks(request);
    if (path.startsWith(`${API}/products/`))
      return product(decodeURIComponent(path.slice(`${API}/products/`.length)));
    const ledger = /^\/v2\/accounts\/([^/]+)\/transactions$/.exec(path);
    if (ledger !== null) return listLedger(request, ledger[1] ?? '');
    return failure(404, 'NOT_FOUND', `there is no ${method} ${path}`);
  }

  function listAccounts({ query }: FaceRequest): FaceAnswer {
    const rows = venue.balances().map((balance) => accountDocument(venue.venue, portfolio, balance));
    const page = pageOf(rows, { ...paging(query), idOf: (row) => row.uuid });
    if (page === null) return invalidCursor();
    return json({
      accounts: page.rows,
      has_next: page.next !== null,
      cursor: page.next ?? '',
      size: page.rows.length,
    });
  }

  function listOrders({ query }: FaceRequest): FaceAnswer {
    const statuses = query.getAll('order_status');
    const products = query.getAll('product_ids');
    const startedAtMs = query.has('start_date') ? Date.parse(query.get('start_date') ?? '') : 0;
    if (Number.isNaN(startedAtMs)) return failure(400, 'INVALID_ARGUMENT', 'start_date is not a time');
    const fills = venue.fills();
    const rows = venue
      .orders()
      .filter((order) => products.length === 0 || products.includes(order.market))
      .filter((order) => order.createdAtMs >= startedAtMs)
      .map((order) =>
        orderDocument(order, fills, { portfolio, quoteSize: quoteSizes.get(order.clientOrderId) }),
      )
      .filter((row) => statuses.length === 0 || statuses.includes(row.status));
    const page = pageOf(rows, { ...paging(query), idOf: (row) => row.order_id });
    if (page === null) return invalidCursor();
    return json({ orders: page.rows, sequence: '0', has_next: page.next !== null, cursor: page.next ?? '' });
  }

  function listFills({ query }: FaceRequest): FaceAnswer {
    const orders = query.getAll('order_ids');
    const since = query.get('start_sequence_timestamp');
    const sinceMs = since === null ? 0 : Date.parse(since);
    if (Number.isNaN(sinceMs))
      return failure(400, 'INVALID_ARGUMENT', 'start_sequence_timestamp is not a time');
    const rows = venue
      .fills()
      .filter((fill) => orders.length === 0 || orders.includes(fill.orderId))
      .filter((fill) => fill.atMs >= sinceMs)
      .map((fill) => fillDocument(fill, { portfolio, isInQuote: quoteSizes.has(fill.clientOrderId ?? '') }));
    const page = pageOf(rows, { ...paging(query), idOf: (row) => row.trade_id });
    return page === null ? invalidCursor() : json({ fills: page.rows, cursor: page.next ?? '' });
  }

  function listLedger({ query, path }: FaceRequest, uuid: string): FaceAnswer {
    const balance = venue.balances().find(({ asset }) => accountId(venue.venue, asset) === uuid);
    if (balance === undefined) return failure(404, 'NOT_FOUND', 'there is no such account');
    const { limit } = paging(query);
    const rows = ledgerDocuments(venue, balance.asset);
    const page = pageOf(rows, { cursor: query.get('starting_after'), limit, idOf: (row) => row.id });
    if (page === null) return invalidCursor();
    const nextUri =
      page.next === null ? null : `${path}?limit=${limit}&order=desc&starting_after=${page.next}`;
    const pagination = {
      ending_before: null,
      starting_after: null,
      limit,
      order: 'desc',
      previous_uri: null,
      next_uri: nextUri,
    };
    return json({ pagination, data: page.rows });
  }

  function listBooks({ query }: FaceRequest): FaceAnswer {
    const wanted = query.getAll('product_ids');
    const markets = venue.markets().filter(({ market }) => wanted.length === 0 || wanted.includes(market));
    return json({ pricebooks: markets.map((market) => bookDocument(market, venue.now())) });
  }

  function product(productId: string): FaceAnswer {
    const market = venue.markets().find((one) => one.market === productId);
    return market === undefined
      ? failure(404, 'NOT_FOUND', 'product not found')
      : json(productDocument(market));
  }

  function command({ path, body }: FaceRequest): FaceAnswer {
    const document = parse(body);
    if (document === null) return failure(400, 'INVALID_ARGUMENT', 'the body is not a JSON object');
    if (path === `${API}/orders`) return createOrder(document);
    if (path === `${API}/orders/batch_cancel`) return cancelOrders(document);
    return failure(404, 'NOT_FOUND', `there is no POST ${path}`);
  }

  function createOrder(document: Readonly<Record<string, unknown>>): FaceAnswer {
    const request = orderRequestOf(document, venue.markets());
    if (request === null) return failure(400, 'INVALID_ARGUMENT', 'the order is not readable');
    const quoteSize = quoteSizeOf(document);
    if (quoteSize !== null) quoteSizes.set(request.clientOrderId, quoteSize);
    const order = venue.submit(request);
    const answer = { order_configuration: document.order_configuration };
    if (order.status === 'rejected') {
      const error = failureOf(order.rejectReason ?? '');
      const response = {
        error,
        message: order.rejectReason ?? '',
        error_details: '',
        new_order_failure_reason: error,
      };
      return json({
        ...answer,
        success: false,
        failure_reason: error,
        order_id: '',
        error_response: response,
      });
    }
    const response = {
      order_id: order.id,
      product_id: order.market,
      side: order.side.toUpperCase(),
      client_order_id: order.clientOrderId,
      attached_order_id: '',
    };
    return json({ ...answer, success: true, success_response: response });
  }

  function cancelOrders({ order_ids: orderIds }: Readonly<Record<string, unknown>>): FaceAnswer {
    if (!Array.isArray(orderIds)) return failure(400, 'INVALID_ARGUMENT', 'order_ids is not a list');
    const open = new Set(venue.orders().flatMap((order) => (order.status === 'open' ? [order.id] : [])));
    const results = orderIds.map((orderId: unknown) => {
      const success = typeof orderId === 'string' && open.has(orderId) && venue.cancel(orderId) !== null;
      return {
        success,
        failure_reason: success ? 'UNKNOWN_CANCEL_FAILURE_REASON' : 'UNKNOWN_CANCEL_ORDER',
        order_id: orderId,
      };
    });
    return json({ results });
  }

  function paging(query: URLSearchParams): { readonly cursor: string | null; readonly limit: number } {
    const limit = Number(query.get('limit') ?? rowsPerPageMax);
    const isUsable = Number.isInteger(limit) && limit > 0;
    return {
      cursor: query.get('cursor'),
      limit: isUsable ? Math.min(limit, rowsPerPageMax) : rowsPerPageMax,
    };
  }

  const { url, ...server } = face;
  return { ...server, urls: { baseUrl: url } };
}

function parse(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const json = (document: object): FaceAnswer => ({ status: 200, body: JSON.stringify(document) });
const invalidCursor = (): FaceAnswer => failure(400, 'INVALID_CURSOR', 'the cursor is not known');

function failure(status: number, error: string, message: string): FaceAnswer {
  return { status, body: JSON.stringify({ error, message, error_details: message }) };
}
