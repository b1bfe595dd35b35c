import { assert } from '../assert.ts';
import {
  type Amount,
  absolute,
  add,
  isMore,
  isNegative,
  isZero,
  maximum,
  multiply,
  negate,
  ONE,
  subtract,
  ZERO,
} from '../money/amount.ts';
import { feeRateAt } from '../rebalancing/market-terms.ts';
import type { PlanOrder } from '../rebalancing/plan.ts';
import type { VenueId } from '../venue/venue.ts';
import type { Increase } from './bounded.ts';
import { marketAt } from './exposure.ts';
import type { RiskState } from './risk-state.ts';

/** What limits need to know of an order of a plan. `notionalUsd` is quantity at the mid that the state values with. */
export type RiskOrder = Pick<
  PlanOrder,
  | 'sequence'
  | 'venue'
  | 'market'
  | 'asset'
  | 'group'
  | 'side'
  | 'quantity'
  | 'limitPrice'
  | 'notionalUsd'
  | 'fundedBy'
>;

/** Cash that a full fill at the limit price moves, fee included: negative for a buy. */
export function cashAtLimit(order: RiskOrder, state: RiskState): Amount {
  const gross = multiply(order.quantity, order.limitPrice);
  const rate = feeRateOf(order, state);
  return order.side === 'buy'
    ? negate(multiply(gross, add(ONE, rate)))
    : multiply(gross, subtract(ONE, rate));
}

/** What a full fill at the limit price takes from the portfolio's value; not below zero. */
export function costAtLimit(order: RiskOrder, state: RiskState): Amount {
  const value = order.side === 'buy' ? order.notionalUsd : negate(order.notionalUsd);
  return maximum(ZERO, negate(add(value, cashAtLimit(order, state))));
}

/** A venue's cash with all of these orders that are there filled at their limits. */
export const cashAfter = (
  venue: VenueId,
  cash: Amount,
  orders: readonly RiskOrder[],
  state: RiskState,
): Amount =>
  orders
    .filter((order) => order.venue === venue)
    .reduce((left, order) => add(left, cashAtLimit(order, state)), cash);

/**
 * The orders of one thing that can make its absolute value larger, whichever of them fill. Those of the side that it
 * is held on, and the others too where together they are worth more than is held, so that they can cross zero.
 */
export function increasesOf(valueUsd: Amount, orders: readonly RiskOrder[]): readonly Increase[] {
  const adding = isNegative(valueUsd) ? 'sell' : 'buy';
  const against = orders
    .filter(({ side }) => side !== adding)
    .reduce((total, { notionalUsd }) => add(total, notionalUsd), ZERO);
  const canCross = isMore(against, absolute(valueUsd));
  return orders
    .filter(({ side }) => side === adding || canCross)
    .map(({ sequence, notionalUsd }) => ({ sequence, by: notionalUsd }));
}

/** The orders that do not only reduce what their venue holds of their asset, with the orders before them counted. */
export function notReducing(
  orders: readonly Pick<RiskOrder, 'sequence' | 'venue' | 'asset' | 'side' | 'quantity'>[],
  state: RiskState,
): readonly number[] {
  const left = new Map<string, Amount>();
  return orders.flatMap((order) => {
    const key = JSON.stringify([order.venue, order.asset]);
    const held = left.get(key) ?? heldAt(order, state);
    const closingSide = isNegative(held) ? 'buy' : 'sell';
    const isReducing = !isZero(held) && order.side === closingSide && !isMore(order.quantity, absolute(held));
    if (!isReducing) return [order.sequence];
    left.set(key, order.side === 'buy' ? add(held, order.quantity) : subtract(held, order.quantity));
    return [];
  });
}

const heldAt = ({ venue, asset }: Pick<RiskOrder, 'venue' | 'asset'>, state: RiskState): Amount =>
  state.venues.find(({ id }) => id === venue)?.holdings[asset] ?? ZERO;

function feeRateOf(order: RiskOrder, state: RiskState): Amount {
  const venue = state.venues.find(({ id }) => id === order.venue);
  const market = marketAt(state, order.venue, order.asset);
  assert(
    venue !== undefined && market !== undefined,
    `an order is in a market of the state that it is judged by: ${order.venue} ${order.asset}`,
  );
  return feeRateAt(venue, market);
}
