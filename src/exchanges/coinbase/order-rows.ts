import {
  type Amount,
  add,
  divide,
  isNegative,
  isZero,
  multiply,
  subtract,
  ZERO,
} from '../../domain/money/amount.ts';
import type { OrderStatus } from '../../domain/venue/order.ts';
import type { OpenOrder, Side } from '../../domain/venue/venue.ts';
import { malformed } from './coinbase-trouble.ts';
import {
  optionalAmountAt,
  optionalTextAt,
  optionalUnsignedAmountAt,
  type Row,
  rowAt,
  textAt,
  unsignedAmountAt,
} from './row-reader.ts';

export interface CoinbaseOrder extends OpenOrder {
  readonly status: OrderStatus;
  readonly filledQuantity: Amount;
  readonly isSizedInQuote: boolean;
  /** Quote moved by its fills, for an order sized in quote, and their number; null where the venue does not say. */
  readonly filledValue: Amount | null;
  readonly fillCount: number | null;
}

/** Decimals of the venue's own base sizes where it derives them from a quote size: 0.5770494951509377. */
export const DERIVED_SIZE_DECIMALS = 16;

const STATUSES: ReadonlyMap<string, OrderStatus> = new Map(
  Object.entries({
    PENDING: 'open',
    OPEN: 'open',
    QUEUED: 'open',
    CANCEL_QUEUED: 'open',
    EDIT_QUEUED: 'open',
    FILLED: 'filled',
    CANCELLED: 'cancelled',
    EXPIRED: 'expired',
    FAILED: 'rejected',
  } as const),
);

/** An order of the list. A partly filled one is still open at this venue, and so is one that waits to be cancelled. */
export function readOrder(row: Row, place: string): CoinbaseOrder {
  const configuration = configurationOf(row, place);
  const limitPrice = optionalUnsignedAmountAt(configuration, 'limit_price', place);
  const filledQuantity = unsignedAmountAt(row, 'filled_size', place);
  const baseSize = optionalUnsignedAmountAt(configuration, 'base_size', place);
  const quantity = baseSize ?? quantityOfQuoteSize({ row, configuration, limitPrice, filledQuantity, place });
  const remaining = subtract(quantity, filledQuantity);
  return {
    id: textAt(row, 'order_id', place),
    clientOrderId: optionalTextAt(row, 'client_order_id', place),
    market: textAt(row, 'product_id', place),
    side: sideAt(row, place),
    remaining: isNegative(remaining) ? ZERO : remaining,
    limitPrice,
    status: statusAt(row, place),
    filledQuantity,
    isSizedInQuote: baseSize === null,
    filledValue: baseSize === null ? optionalAmountAt(row, 'filled_value', place) : null,
    fillCount: countOf(row.number_of_fills),
  };
}

export function statusAt(row: Row, place: string): OrderStatus {
  const text = textAt(row, 'status', place);
  const status = STATUSES.get(text);
  if (status === undefined)
    throw malformed(
      `${place}.status: expected ${[...STATUSES.keys()].join(', ')}, found ${text.slice(0, 40)}`,
    );
  return status;
}

export function sideAt(row: Row, place: string): Side {
  const text = textAt(row, 'side', place);
  if (text === 'BUY') return 'buy';
  if (text === 'SELL') return 'sell';
  throw malformed(`${place}.side: expected BUY or SELL, found ${text.slice(0, 40)}`);
}

const countOf = (value: unknown): number | null =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : null;

/** The one variant that the order has: limit_limit_gtc, sor_limit_ioc, market_market_ioc, trigger_bracket_gtc … */
function configurationOf(row: Row, place: string): Row {
  const variants = Object.entries(rowAt(row.order_configuration, `${place}.order_configuration`)).filter(
    ([, variant]) => variant !== null && variant !== undefined,
  );
  const [variant] = variants;
  if (variant === undefined || variants.length !== 1) {
    throw malformed(`${place}.order_configuration: expected one variant, found ${variants.length}`);
  }
  return rowAt(variant[1], `${place}.order_configuration.${variant[0]}`);
}

/**
 * An order for an amount of quote has no base size of its own. With a limit, the rest of the quote buys at least
 * that much; without one it is a market order, whose base size is what it has filled.
 */
function quantityOfQuoteSize(order: {
  readonly row: Row;
  readonly configuration: Row;
  readonly limitPrice: Amount | null;
  readonly filledQuantity: Amount;
  readonly place: string;
}): Amount {
  const quoteSize = unsignedAmountAt(order.configuration, 'quote_size', order.place);
  if (order.limitPrice === null || isZero(order.limitPrice)) return order.filledQuantity;
  const spent =
    optionalAmountAt(order.row, 'filled_value', order.place) ??
    multiply(order.filledQuantity, order.limitPrice);
  const rest = divide(subtract(quoteSize, spent), order.limitPrice, DERIVED_SIZE_DECIMALS);
  return add(order.filledQuantity, rest);
}
