import { type Amount, compare, sum, ZERO } from '../../domain/money/amount.ts';
import type { OrderLookup, OrderStatus, PreparedOrder } from '../../domain/venue/order.ts';
import type { DydxIndexer } from './dydx-indexer.ts';
import type { FillRow, HeightRow, OrderRow } from './dydx-rows.ts';
import { openIndexerSession, orUnknown, readFailed } from './indexer-session.ts';
import { type OrderPayload, parsePayload, SHORT_TERM } from './order-payload.ts';
import { fillOf, readFills } from './read-fills.ts';
import { readHeight } from './read-height.ts';
import { readOrderPage } from './read-orders.ts';
import { PAGE_ROWS } from './read-pages.ts';

/**
 * Looks an order up by its client id, and by the id that the indexer derives from it.
 *
 * The height is read before the lists: once it is past the order's own expiry, lists read after it without the order
 * prove that there is none and that none can come.
 */
export async function findDydxOrder(
  indexer: DydxIndexer,
  order: PreparedOrder,
  signal: AbortSignal,
): Promise<OrderLookup> {
  const payload = parsePayload(order.payload);
  return orUnknown<OrderLookup>(async () => {
    const session = openIndexerSession(indexer, signal);
    const height = await readHeight(session);
    const isExpired = isPast(payload, height);
    const rows = await readOrderPage(session, {
      address: payload.address,
      subaccountNumber: payload.subaccountNumber,
      ticker: payload.market,
      ...(payload.orderFlags === SHORT_TERM ? { goodTilBlockBeforeOrAt: payload.goodTilBlock } : {}),
    });
    const named = rows.filter((row) => namesOrder(row, payload));
    const row = named.find((one) => isSameOrder(one, payload)) ?? null;
    if (row === null && named.length > 0) {
      return absent(
        false,
        `client id ${payload.clientId} names an order of another time in ${payload.market}`,
      );
    }
    const orderId = row?.id ?? order.reference;
    const list = await readFills(session, payload, (fill) => fill.createdAtHeight < payload.preparedAtHeight);
    const fills = list.rows.filter((fill) => fill.orderId === orderId);
    if (row === null && fills.length === 0) {
      const isComplete = rows.length < PAGE_ROWS;
      return absent(
        isExpired && isComplete,
        isExpired
          ? `not listed at height ${height.height}, past its expiry`
          : `not listed at height ${height.height}, before its expiry`,
      );
    }
    return found({
      row,
      fills,
      orderId: orderId ?? '',
      payload,
      isExpired,
      quantity: order.instruction.quantity,
    });
  });
}

function found(seen: {
  readonly row: OrderRow | null;
  readonly fills: readonly FillRow[];
  readonly orderId: string;
  readonly payload: OrderPayload;
  readonly isExpired: boolean;
  readonly quantity: Amount;
}): OrderLookup {
  const { row, fills, orderId, payload, isExpired, quantity } = seen;
  const filledQuantity = sum(fills.map((fill) => fill.size));
  const reported = row?.totalFilled ?? (row === null ? filledQuantity : ZERO);
  if (reported !== filledQuantity) {
    // The order and its fills come to the indexer's two stores at different moments.
    throw readFailed(
      'incoherent',
      `order ${orderId}: ${reported} filled, its fills add up to ${filledQuantity}`,
    );
  }
  if (compare(filledQuantity, quantity) > 0) {
    throw readFailed('suspectSource', `order ${orderId} of ${quantity}: ${filledQuantity} filled`);
  }
  const status = row === null ? (filledQuantity === quantity ? 'FILLED' : 'OPEN') : row.status;
  return {
    state: 'found',
    venueOrderId: orderId,
    status: statusOf(status, isExpired),
    filledQuantity,
    fills: fills.map((fill) => fillOf(fill, String(payload.clientId))),
  };
}

/** A best-effort cancel is one node's view: until its expiry the order may still fill. */
function statusOf(status: OrderRow['status'], isExpired: boolean): OrderStatus {
  switch (status) {
    case 'FILLED':
      return 'filled';
    case 'CANCELED':
      return 'cancelled';
    case 'BEST_EFFORT_CANCELED':
      return isExpired ? 'cancelled' : 'open';
    case 'ERROR':
      return 'rejected';
    case 'OPEN':
    case 'BEST_EFFORT_OPENED':
    case 'UNTRIGGERED':
      return isExpired ? 'expired' : 'open';
  }
}

const namesOrder = (row: OrderRow, payload: OrderPayload): boolean =>
  row.clientId === String(payload.clientId) &&
  row.ticker === payload.market &&
  row.orderFlags === String(payload.orderFlags);

/** The same client id may have been used before, or after: the good-til tells which order it is. */
function isSameOrder(row: OrderRow, payload: OrderPayload): boolean {
  if (payload.orderFlags === SHORT_TERM)
    return (row.goodTilBlock ?? payload.goodTilBlock) === payload.goodTilBlock;
  return (row.goodTilBlockTime ?? payload.goodTilBlockTime * 1_000) === payload.goodTilBlockTime * 1_000;
}

function isPast(payload: OrderPayload, height: HeightRow): boolean {
  if (payload.orderFlags === SHORT_TERM) return height.height > payload.goodTilBlock;
  return height.time > payload.goodTilBlockTime * 1_000;
}

const absent = (isProven: boolean, detail: string): OrderLookup => ({ state: 'absent', isProven, detail });
