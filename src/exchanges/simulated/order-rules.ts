import {
  type Amount,
  absolute,
  floorToStep,
  isLess,
  isPositive,
  minimum,
  multiply,
  ZERO,
} from '../../domain/money/amount.ts';
import type { Market, Position } from '../../domain/venue/venue.ts';
import type { SimulatedOrderRequest } from './simulated-venue.ts';

/** Why a venue refuses an order whatever the account holds; null where it does not. */
export function refusalOf(
  request: SimulatedOrderRequest,
  market: Market,
  position: Position | null,
): string | null {
  const { quantity, limitPrice } = request;
  if (!market.isTradable) return 'the market is not tradable';
  if (!isPositive(quantity)) return 'the quantity is not positive';
  if (!isPositive(limitPrice)) return 'the limit price is not positive';
  if (floorToStep(quantity, market.step) !== quantity)
    return `the quantity is not a multiple of ${market.step}`;
  if (floorToStep(limitPrice, market.tick) !== limitPrice)
    return `the limit price is not a multiple of ${market.tick}`;
  if (isLess(quantity, market.minQuantity))
    return `the quantity is below the minimum of ${market.minQuantity}`;
  if (isLess(multiply(quantity, limitPrice), market.minNotional)) {
    return `the order's value is below the minimum of ${market.minNotional}`;
  }
  if (market.kind === 'perpetual' && request.reduceOnly && !opposes(request, position)) {
    return 'the order would not reduce a position';
  }
  return null;
}

/** The price at which an order meets the market now; null where its limit does not allow it. */
export function takerPrice(request: SimulatedOrderRequest, market: Market): Amount | null {
  if (request.side === 'buy') return isLess(request.limitPrice, market.ask) ? null : market.ask;
  return isLess(market.bid, request.limitPrice) ? null : market.bid;
}

/** How much of a quantity may fill: all of it, or what a reduce-only order finds to reduce. */
export function fillableQuantity(
  request: SimulatedOrderRequest,
  market: Market,
  position: Position | null,
): Amount {
  if (market.kind !== 'perpetual' || !request.reduceOnly) return request.quantity;
  return position !== null && opposes(request, position)
    ? minimum(request.quantity, absolute(position.size))
    : ZERO;
}

function opposes(request: SimulatedOrderRequest, position: Position | null): boolean {
  return position !== null && (position.side === 'long') === (request.side === 'sell');
}
