import { divide, multiply } from '../../domain/money/amount.ts';
import type { Fill } from '../../domain/venue/venue.ts';
import { malformed } from './coinbase-trouble.ts';
import { DERIVED_SIZE_DECIMALS, sideAt } from './order-rows.ts';
import {
  amountAt,
  optionalFlagAt,
  optionalTextAt,
  positiveAmountAt,
  type Row,
  textAt,
  timeAt,
  unsignedAmountAt,
} from './row-reader.ts';
import { spotProduct } from './spot-product.ts';

/**
 * An execution. Where the venue states the size in quote, that is the exact quote moved and the quantity is derived.
 *
 * Adjusted executions (reversals, corrections) are refused: what they undo is not documented well enough to book.
 */
export function readFill(row: Row, place: string): Fill {
  const tradeType = optionalTextAt(row, 'trade_type', place) ?? 'FILL';
  if (tradeType !== 'FILL')
    throw malformed(`${place}.trade_type: expected FILL, found ${tradeType.slice(0, 40)}`);
  const market = textAt(row, 'product_id', place);
  const product = spotProduct(market);
  if (product === null)
    throw malformed(`${place}.product_id: expected a spot product, found ${market.slice(0, 40)}`);
  const price = positiveAmountAt(row, 'price', place);
  const size = unsignedAmountAt(row, 'size', place);
  const isInQuote = optionalFlagAt(row, 'size_in_quote', place) === true;
  return {
    id: textAt(row, 'trade_id', place),
    orderId: textAt(row, 'order_id', place),
    clientOrderId: optionalTextAt(row, 'client_order_id', place),
    market,
    base: product.base,
    quote: product.quote,
    side: sideAt(row, place),
    quantity: isInQuote ? divide(size, price, DERIVED_SIZE_DECIMALS) : size,
    price,
    quoteAmount: isInQuote ? size : multiply(size, price),
    fee: { asset: product.quote, amount: amountAt(row, 'commission', place) },
    atMs: timeAt(row, 'trade_time', place),
  };
}
