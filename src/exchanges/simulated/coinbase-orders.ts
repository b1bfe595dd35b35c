// Orders as the wire has them, read into what the simulated venue understands.

import {
  type Amount,
  add,
  amount,
  divide,
  floorToStep,
  isAmountText,
  multiply,
  ONE,
} from '../../domain/money/amount.ts';
import type { Market } from '../../domain/venue/venue.ts';
import type { SimulatedOrderRequest } from './simulated-venue.ts';

type Document = Readonly<Record<string, unknown>>;

/** The three kinds of order that this venue takes here; null where a field is missing or no decimal text. */
export function orderRequestOf(document: Document, markets: readonly Market[]): SimulatedOrderRequest | null {
  const { client_order_id: clientOrderId, product_id: market, side } = document;
  if (typeof clientOrderId !== 'string' || clientOrderId === '' || typeof market !== 'string') return null;
  if (side !== 'BUY' && side !== 'SELL') return null;
  const common = { clientOrderId, market, side: side === 'BUY' ? 'buy' : 'sell', reduceOnly: false } as const;
  const quoteSize = quoteSizeOf(document);
  if (quoteSize !== null) {
    const quoted = markets.find((one) => one.market === market);
    return side === 'BUY' && quoted !== undefined ? { ...common, ...marketBuyOf(quoteSize, quoted) } : null;
  }
  const configuration = configurationOf(document);
  const size = configuration?.sor_limit_ioc ?? configuration?.limit_limit_gtc;
  const quantity = amountOf(size?.base_size);
  const limitPrice = amountOf(size?.limit_price);
  if (quantity === null || limitPrice === null) return null;
  const isImmediate = configuration?.sor_limit_ioc !== undefined;
  return {
    ...common,
    quantity,
    limitPrice,
    timeInForce: isImmediate ? 'immediateOrCancel' : 'goodTilCancelled',
  };
}

/** The amount of quote of a market order that was placed for one; null for any other order. */
export const quoteSizeOf = (document: Document): Amount | null =>
  amountOf(configurationOf(document)?.market_market_ioc?.quote_size);

/** As much as the amount buys now with the fee on top, at what is asked now. */
function marketBuyOf(quoteSize: Amount, { ask, step, takerFeeRate }: Market) {
  const priceWithFee = multiply(ask, add(ONE, takerFeeRate));
  const quantity = floorToStep(divide(quoteSize, priceWithFee, 40), step);
  return { quantity, limitPrice: ask, timeInForce: 'immediateOrCancel' } as const;
}

const configurationOf = (document: Document) =>
  document.order_configuration as Readonly<Record<string, Document>> | undefined;

const amountOf = (value: unknown): Amount | null => (isAmountText(value) ? amount(value) : null);
