import { type Amount, compare, sum, ZERO } from '../../domain/money/amount.ts';
import type { OrderLookup, OrderStatus, PreparedOrder } from '../../domain/venue/order.ts';
import { expiryOf, type SpentSequences } from './absence-proof.ts';
import type { DydxChain } from './dydx-chain.ts';
import type { DydxIndexer } from './dydx-indexer.ts';
import type { FillRow, OrderRow } from './dydx-rows.ts';
import { type IndexerSession, openIndexerSession, orUnknown, readFailed } from './indexer-session.ts';
import { indexerOrderId } from './order-id.ts';
import { type OrderPayload, parsePayload, SHORT_TERM } from './order-payload.ts';
import { fillOf, readFills } from './read-fills.ts';
import { readHeight } from './read-height.ts';
import { readOrder, readOrderPage } from './read-orders.ts';
import { PAGE_ROWS } from './read-pages.ts';
import { alone, type SubaccountGroup } from './subaccount-group.ts';
import type { Validator } from './validator-status.ts';

export interface OrderLookups {
  readonly indexer: DydxIndexer;
  readonly validator: Validator;
  readonly chain: Pick<DydxChain, 'account'>;
  readonly spentSequences: SpentSequences;
}

/**
 * Looks an order up by its client id, and by the id that the indexer derives from it.
 *
 * Heights are read before the lists and the indexer's again after them: once chain and indexer are past the order's own
 * expiry, lists read in between without the order prove that there is none and that none can come. A long-term order is
 * proven absent earlier where the chain has spent its sequence and the indexer, past that, lists no such order.
 */
export async function findDydxOrder(
  venue: OrderLookups,
  order: PreparedOrder,
  signal: AbortSignal,
): Promise<OrderLookup> {
  const payload = parsePayload(order.payload);
  const group = alone(payload.address, payload.subaccountNumber);
  return orUnknown<OrderLookup>(async () => {
    const session = openIndexerSession(venue.indexer, signal);
    const isUnspent = payload.account === undefined || !(await isSpent(venue, payload.account, signal));
    const chain = await venue.validator.status(signal);
    const height = await readHeight(session);
    const before = expiryOf(payload, height, chain);
    const named = await readNamed(session, group, { payload, reference: order.reference });
    const row = named.find((one) => isSameOrder(one, payload)) ?? null;
    if (row === null && named.length > 0) {
      return absent(
        false,
        `client id ${payload.clientId} names an order of another time in ${payload.market}`,
      );
    }
    const orderId = row?.id ?? order.reference;
    const list = await readFills(session, group, (fill) => fill.createdAtHeight < payload.preparedAtHeight);
    const fills = list.rows.filter((fill) => fill.orderId === orderId);
    // A replica that is behind may have answered in between: both ends of the reading have to be past the expiry.
    const expiry = before.isPast ? expiryOf(payload, await readHeight(session), chain) : before;
    if (row === null && fills.length === 0) {
      if (expiry.isPast) return absent(true, expiry.detail);
      const spentAt = isUnspent || chain.state === 'unknown' ? null : chain.height;
      const isNeverTaken = venue.spentSequences.isProven(order.payload, spentAt, height.height);
      return isNeverTaken
        ? absent(true, `not listed at height ${height.height}, after the chain took another of its sequence`)
        : absent(false, expiry.detail);
    }
    return found({
      row,
      fills,
      orderId: orderId ?? '',
      payload,
      isExpired: expiry.isPast,
      quantity: order.instruction.quantity,
    });
  });
}

/** Orders with the client id. Where the list is as long as it may be, the order is asked for by its own id as well. */
async function readNamed(
  session: IndexerSession,
  group: SubaccountGroup,
  order: { readonly payload: OrderPayload; readonly reference: string | null },
): Promise<readonly OrderRow[]> {
  const { payload, reference } = order;
  const rows = await readOrderPage(session, {
    group,
    ticker: payload.market,
    ...(payload.orderFlags === SHORT_TERM ? { goodTilBlockBeforeOrAt: payload.goodTilBlock } : {}),
  });
  const named = rows.filter((row) => namesOrder(row, payload));
  if (named.length > 0 || rows.length < PAGE_ROWS) return named;
  const row = await readOrder(session, group, reference ?? indexerOrderId(payload));
  if (row === null) return [];
  if (!namesOrder(row, payload)) throw readFailed('malformed', `order ${row.id} is not what its id says`);
  return [row];
}

/** Whether the chain has taken a transaction with the order's sequence: this order's, or another's. */
async function isSpent(
  venue: OrderLookups,
  account: NonNullable<OrderPayload['account']>,
  signal: AbortSignal,
): Promise<boolean> {
  const read = await venue.chain.account(signal);
  return read.state === 'read' && read.sequence > account.sequence;
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

const absent = (isProven: boolean, detail: string): OrderLookup => ({ state: 'absent', isProven, detail });
