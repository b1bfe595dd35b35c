import { sum } from '../../domain/money/amount.ts';
import { CLOCK_SKEW_MAX_MS, unknown } from '../../domain/venue/observation.ts';
import type { OrderLookup, PreparedOrder } from '../../domain/venue/order.ts';
import { readFills, readOrders } from './coinbase-lists.ts';
import { ORDER_TOKEN_LIFE_MS } from './order-commands.ts';
import type { SignedRequests } from './signed-requests.ts';

/**
 * An order that a complete list does not hold this long after it was last sent can no longer appear: the token of
 * a request that is still under way has expired, and the venue refuses it.
 */
export const ABSENCE_PROVEN_AFTER_MS = ORDER_TOKEN_LIFE_MS + CLOCK_SKEW_MAX_MS;

/**
 * Looks an order up by its client order id among the market's orders since it was prepared, with its executions.
 *
 * `lastSentAtMs` is the latest time at which the order can have been sent. Throws `CoinbaseTrouble`.
 */
export async function findSpotOrder(
  requests: SignedRequests,
  search: { readonly order: PreparedOrder; readonly lastSentAtMs: number; readonly startedAtMs: number },
  signal: AbortSignal,
): Promise<OrderLookup> {
  const { instruction, reference } = search.order;
  const orders = await readOrders(
    requests,
    [['product_ids', instruction.market], ...since(reference)],
    signal,
  );
  const found = orders.values.find((order) => order.clientOrderId === instruction.clientOrderId);
  if (found === undefined) {
    const sinceSentMs = search.startedAtMs - search.lastSentAtMs;
    return {
      state: 'absent',
      isProven: sinceSentMs > ABSENCE_PROVEN_AFTER_MS,
      detail: `not among ${orders.values.length} orders of ${instruction.market}, ${sinceSentMs} ms after it was last sent at the latest`,
    };
  }
  const fills = await readFills(requests, [['order_ids', found.id]], signal);
  const own = fills.values.filter((fill) => fill.orderId === found.id);
  const filled = sum(own.map((fill) => fill.quantity));
  if (filled !== found.filledQuantity && !found.isSizedInQuote) {
    return unknown(
      'incoherent',
      `the order ${found.id} says ${found.filledQuantity} filled, its fills ${filled}`,
    );
  }
  return {
    state: 'found',
    venueOrderId: found.id,
    status: found.status,
    filledQuantity: found.filledQuantity,
    fills: own.map((fill) => ({ ...fill, clientOrderId: instruction.clientOrderId })),
  };
}

/** The venue dates orders by its own clock, which may be behind ours by what is tolerated. */
function since(reference: string | null): readonly (readonly [string, string])[] {
  const atMs = reference === null ? Number.NaN : Date.parse(reference);
  return Number.isNaN(atMs) ? [] : [['start_date', new Date(atMs - CLOCK_SKEW_MAX_MS).toISOString()]];
}
