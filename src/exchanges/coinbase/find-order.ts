import { round, sum } from '../../domain/money/amount.ts';
import { CLOCK_SKEW_MAX_MS, unknown } from '../../domain/venue/observation.ts';
import type { OrderLookup, PreparedOrder } from '../../domain/venue/order.ts';
import type { Fill } from '../../domain/venue/venue.ts';
import { OPEN_ORDERS, ordersList, readFills, readOrderRows } from './coinbase-lists.ts';
import { ORDER_TOKEN_LIFE_MS } from './order-commands.ts';
import { type CoinbaseOrder, readOrder } from './order-rows.ts';
import { readClockSkew } from './server-clock.ts';
import type { SignedRequests } from './signed-requests.ts';
import type { TokenTime } from './token-time.ts';

/**
 * An order that complete lists do not hold this long after it was last sent can no longer appear: the token of
 * a request that is still under way has expired, and the venue refuses it. The clocks may have drifted from one end
 * of what is believed to the other since the token was dated.
 */
export const ABSENCE_PROVEN_AFTER_MS = ORDER_TOKEN_LIFE_MS + 2 * CLOCK_SKEW_MAX_MS;

/** The venue dates orders by its own clock. How far that is off is not known when the order is made: this is plenty. */
const LOOK_BACK_MS = 60 * 60 * 1_000;

/** Money of the venue has at most so many decimals where it adds up executions. */
const VALUE_DECIMALS = 8;

interface Venue {
  readonly requests: SignedRequests;
  readonly now: () => number;
  readonly tokenTime: TokenTime;
}

interface Search {
  readonly order: PreparedOrder;
  /** The latest time at which the order can have been sent. */
  readonly lastSentAtMs: number;
}

/**
 * Looks an order up by its client order id among all orders since it was prepared, with its executions.
 *
 * It is not asked for by market, because the venue lists some markets under another one's name. Absence is proven by
 * three complete lists, begun when no request of it can be alive: all orders, open ones, and all again, so that none
 * slips through between open and ended; and by the venue's clock, which says when a token expires. Throws `CoinbaseTrouble`.
 */
export async function findSpotOrder(venue: Venue, search: Search, signal: AbortSignal): Promise<OrderLookup> {
  const { requests, now } = venue;
  const { clientOrderId, side } = search.order.instruction;
  const sinceSentMs = now() - search.lastSentAtMs;
  const all = ordersList(since(search.order.reference));
  let count = 0;
  for (const list of [all, OPEN_ORDERS, all]) {
    const found = await readOrderRows(requests, { list, clientOrderId }, signal);
    count = found.count;
    const [row, ...others] = found.own;
    if (row === undefined) continue;
    if (others.length > 0)
      return unknown('incoherent', `${others.length + 1} orders carry the client order id ${clientOrderId}`);
    const order = readOrder(row.row, row.place);
    if (order.side !== side)
      return unknown('incoherent', `the order ${order.id} is a ${order.side}, a ${side} was sent`);
    return withFills(requests, { order, clientOrderId }, signal);
  }
  const where = `not among ${count} orders, ${sinceSentMs} ms after it was last sent at the latest`;
  if (sinceSentMs <= ABSENCE_PROVEN_AFTER_MS) return { state: 'absent', isProven: false, detail: where };
  const skewMs = await readClockSkew(venue, signal);
  const isClockGood = skewMs !== null && Math.abs(skewMs) <= CLOCK_SKEW_MAX_MS;
  const clock =
    skewMs === null ? 'the venue does not tell its time' : `the venue's clock is ${skewMs} ms off`;
  return { state: 'absent', isProven: isClockGood, detail: `${where}; ${clock}` };
}

async function withFills(
  requests: SignedRequests,
  { order, clientOrderId }: { readonly order: CoinbaseOrder; readonly clientOrderId: string },
  signal: AbortSignal,
): Promise<OrderLookup> {
  const fills = await readFills(requests, [['order_ids', order.id]], signal);
  const own = fills.values.filter((fill) => fill.orderId === order.id);
  const lacking = order.isSizedInQuote ? lackingInQuote(order, own) : lackingInBase(order, own);
  if (lacking !== null) return unknown('incoherent', `the order ${order.id} says ${lacking}`);
  return {
    state: 'found',
    venueOrderId: order.id,
    status: order.status,
    filledQuantity: order.filledQuantity,
    fills: own.map((fill) => ({ ...fill, clientOrderId })),
  };
}

function lackingInBase(order: CoinbaseOrder, fills: readonly Fill[]): string | null {
  const filled = sum(fills.map((fill) => fill.quantity));
  return filled === order.filledQuantity ? null : `${order.filledQuantity} filled, its fills ${filled}`;
}

/** The base of these fills is derived and rounded: their number tells, or else the quote that they moved. */
function lackingInQuote({ fillCount, filledValue }: CoinbaseOrder, fills: readonly Fill[]): string | null {
  if (fillCount !== null)
    return fills.length === fillCount ? null : `${fillCount} fills, and ${fills.length} are listed`;
  if (filledValue === null) return 'neither how many fills it has nor what they moved';
  const moved = sum(fills.map((fill) => fill.quoteAmount));
  const isAll = round(moved, VALUE_DECIMALS) === round(filledValue, VALUE_DECIMALS);
  return isAll ? null : `${filledValue} of quote filled, its fills ${moved}`;
}

function since(reference: string | null): readonly (readonly [string, string])[] {
  const atMs = reference === null ? Number.NaN : Date.parse(reference);
  return Number.isNaN(atMs) ? [] : [['start_date', new Date(atMs - LOOK_BACK_MS).toISOString()]];
}
