import {
  type Amount,
  add,
  ceilToStep,
  divide,
  floorToStep,
  isLess,
  isMore,
  multiply,
  ONE,
  subtract,
  ZERO,
} from '../money/amount.ts';
import type { VenueId } from '../venue/venue.ts';
import { inPercent, percentOf } from './bounded.ts';
import { marketAt } from './exposure.ts';
import { breach, notKnown, type RiskEvaluation, type RiskSubject, within } from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { RiskOrder } from './risk-order.ts';
import type { RiskState } from './risk-state.ts';

const BPS = '10000' as Amount;

/** maxOrderUsd: an order's value at mid. */
export function evaluateOrderSize(order: RiskOrder, { maxOrderUsd: bound }: RiskLimits): RiskEvaluation[] {
  if (bound === undefined) return [];
  const subject = subjectOf(order);
  const value = order.notionalUsd;
  if (!isMore(value, bound)) return [within('maxOrderUsd', subject, { value, bound })];
  const reason = `order ${order.sequence} is worth ${value}, at most ${bound} may be`;
  return [
    breach('maxOrderUsd', subject, {
      value,
      bound,
      severity: 'warning',
      action: 'slice',
      reason,
      orders: [order.sequence],
    }),
  ];
}

/** What was traded in a market within 24 hours; null where the venue does not tell. */
export const volumeAt = (
  { volumes }: Pick<RiskState, 'volumes'>,
  venue: VenueId,
  market: string,
): Amount | null => volumes.find((each) => each.venue === venue && each.market === market)?.dayUsd ?? null;

/** maxOrderPctADV: an order's value over the volume of 24 hours in its market. Where nothing was traded, none is within. */
export function evaluateOrderShare(
  order: Pick<RiskOrder, 'sequence' | 'venue' | 'market' | 'notionalUsd'>,
  state: Pick<RiskState, 'volumes'>,
  { maxOrderPctADV: bound }: RiskLimits,
): RiskEvaluation[] {
  if (bound === undefined) return [];
  const subject = subjectOf(order);
  const orders = [order.sequence];
  const place = `${order.market} at ${order.venue}`;
  const volume = volumeAt(state, order.venue, order.market);
  if (volume === null) {
    const missing = `the volume of 24 hours of ${place}`;
    return [notKnown('maxOrderPctADV', subject, { missing, action: 'slice', orders })];
  }
  const broken = (value: string, reason: string): RiskEvaluation =>
    breach('maxOrderPctADV', subject, { value, bound, severity: 'warning', action: 'slice', reason, orders });
  if (!isMore(volume, ZERO)) return [broken('no volume', `nothing was traded within 24 hours in ${place}`)];
  const value = inPercent(order.notionalUsd, volume);
  if (!isMore(order.notionalUsd, percentOf(bound, volume)))
    return [within('maxOrderPctADV', subject, { value, bound })];
  const reason = `an order of ${order.notionalUsd} is ${value} % of the volume of 24 hours of ${place}, at most ${bound} % may be`;
  return [broken(value, reason)];
}

/** maxSlippageBps: how far the limit price lies beyond the touch; the next tick beyond the bound is still within. */
export function evaluateSlippage(
  order: RiskOrder,
  state: RiskState,
  { maxSlippageBps: bound }: RiskLimits,
): RiskEvaluation[] {
  if (bound === undefined) return [];
  const subject = subjectOf(order);
  const orders = [order.sequence];
  const market = marketAt(state, order.venue, order.asset);
  const touch = order.side === 'buy' ? market?.ask : market?.bid;
  if (market === undefined || touch === undefined || touch === null) {
    const missing = `the price of ${order.asset} at ${order.venue}`;
    return [notKnown('maxSlippageBps', subject, { missing, action: 'capPrice', orders })];
  }
  const slippage = divide(bound, BPS, 40);
  const isBuy = order.side === 'buy';
  const farthest = isBuy
    ? ceilToStep(multiply(touch, add(ONE, slippage)), market.tick)
    : floorToStep(multiply(touch, subtract(ONE, slippage)), market.tick);
  const beyond = isBuy ? subtract(order.limitPrice, touch) : subtract(touch, order.limitPrice);
  const value = divide(multiply(beyond, BPS), touch, 4, 'up');
  const isBeyond = isBuy ? isMore(order.limitPrice, farthest) : isLess(order.limitPrice, farthest);
  if (!isBeyond) return [within('maxSlippageBps', subject, { value, bound })];
  const reason = `order ${order.sequence} may trade ${value} basis points beyond the market, at most ${bound} may be`;
  return [
    breach('maxSlippageBps', subject, {
      value,
      bound,
      severity: 'warning',
      action: 'capPrice',
      reason,
      orders,
    }),
  ];
}

const subjectOf = ({ sequence }: Pick<RiskOrder, 'sequence'>): RiskSubject => ({ kind: 'order', sequence });
