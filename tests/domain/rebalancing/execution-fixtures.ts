import type { Amount } from '../../../src/domain/money/amount.ts';
import {
  add,
  amount,
  isMore,
  isNegative,
  isPositive,
  multiply,
  subtract,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import type {
  BuyRelease,
  Execution,
  ExecutionEvent,
  ExecutionLeg,
} from '../../../src/domain/rebalancing/execution.ts';
import { isLive, isTerminal } from '../../../src/domain/rebalancing/execution.ts';
import type { ExecutionAction } from '../../../src/domain/rebalancing/execution-actions.ts';
import { BUY_RELEASE_DEFAULT, startExecution } from '../../../src/domain/rebalancing/execution-start.ts';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';
import type { Fill } from '../../../src/domain/venue/venue.ts';
import { market, planned, venue } from './plan-fixtures.ts';

/** Two venues, each with one asset to sell and one to buy, where the buy needs the sell's proceeds. */
export const twoVenues: PlanInput = {
  asOf: 1,
  reportingCurrency: 'USD',
  venues: ['north', 'south'].map((id) =>
    venue({
      id,
      cash: '20',
      minCash: '20',
      takerFeeBps: '10',
      holdings: { A: '10' },
      markets: ['A', 'B'].map((asset) =>
        market({ asset, bid: '99', ask: '101', step: '1', minQuantity: '1', minNotional: '0' }),
      ),
    }),
  ),
  groups: { A: 'A', B: 'B', USD: 'CASH' },
  targets: { A: 0, B: 960_000, CASH: 40_000 },
  limits: {},
  destination: 'target',
};

export const startTwoVenues = (release: BuyRelease = BUY_RELEASE_DEFAULT): Execution =>
  startExecution(planned(twoVenues), twoVenues, release);

/** One venue with two assets to sell and two to buy, each buy worth less than half of what either sell brings. */
const oneVenue: PlanInput = {
  ...twoVenues,
  venues: [
    venue({
      id: 'north',
      cash: '20',
      minCash: '20',
      takerFeeBps: '10',
      holdings: { A: '4', C: '4' },
      markets: ['A', 'B', 'C', 'D'].map((asset) =>
        market({ asset, bid: '99', ask: '101', step: '1', minQuantity: '1', minNotional: '0' }),
      ),
    }),
  ],
  groups: { A: 'A', B: 'B', C: 'C', D: 'D', USD: 'CASH' },
  targets: { A: 0, B: 130_000, C: 0, D: 130_000, CASH: 740_000 },
};

export const startOneVenue = (release: BuyRelease): Execution =>
  startExecution(planned(oneVenue), oneVenue, release);

/** What a venue really holds of one order; null where it never arrived. */
export interface VenueOrder {
  readonly filled: Amount;
  readonly isEnded: boolean;
}

/** The truth outside: cash by venue and orders by leg. */
export interface World {
  readonly cash: Readonly<Record<string, Amount>>;
  readonly orders: Readonly<Record<number, VenueOrder>>;
}

export const startWorld = (execution: Execution): World => ({
  cash: Object.fromEntries(execution.venues.map((v) => [v.venue, v.confirmedCash])),
  orders: {},
});

/** The order reaches the venue and fills this much; an immediate order ends at once. */
export function place(world: World, leg: ExecutionLeg, filled: Amount): World {
  if (world.orders[leg.sequence] !== undefined) throw new Error(`leg ${leg.sequence} is sent twice`);
  const gross = multiply(filled, leg.limitPrice);
  const fee = multiply(gross, leg.rules.feeRate);
  const before = world.cash[leg.venue] ?? ZERO;
  const after = leg.side === 'buy' ? subtract(before, add(gross, fee)) : add(before, subtract(gross, fee));
  if (isNegative(after)) throw new Error(`cash at ${leg.venue} is ${after}`);
  return {
    cash: { ...world.cash, [leg.venue]: after },
    orders: { ...world.orders, [leg.sequence]: { filled, isEnded: true } },
  };
}

/** What a look-up truthfully finds; `expired` where the venue can no longer produce an order that it does not have. */
export function lookUp(world: World, leg: ExecutionLeg, isExpired: boolean): ExecutionEvent {
  const order = world.orders[leg.sequence];
  if (order === undefined) {
    const lookup = { state: 'absent', isProven: isExpired, detail: 'not in the record' } as const;
    return { type: 'orderSeen', leg: leg.sequence, lookup };
  }
  const status = isMore(leg.quantity, order.filled) ? 'cancelled' : 'filled';
  const lookup = {
    state: 'found',
    venueOrderId: `o${leg.sequence}`,
    status,
    filledQuantity: order.filled,
    fills: isPositive(order.filled) ? [fillOf(leg, order.filled)] : [],
  } as const;
  return { type: 'orderSeen', leg: leg.sequence, lookup };
}

/** All that filled, at once and at the limit, as `place` moves it. */
function fillOf(leg: ExecutionLeg, quantity: Amount): Fill {
  const { sequence, clientOrderId, market: name, asset, side, limitPrice, rules } = leg;
  const quoteAmount = multiply(quantity, limitPrice);
  return {
    id: `f${sequence}`,
    orderId: `o${sequence}`,
    clientOrderId,
    market: name,
    base: asset,
    quote: 'USD',
    side,
    quantity,
    price: limitPrice,
    quoteAmount,
    fee: { asset: 'USD', amount: multiply(quoteAmount, rules.feeRate) },
    atMs: 1,
  };
}

export const legOf = (execution: Execution, sequence: number): ExecutionLeg => {
  const leg = execution.legs.find((candidate) => candidate.sequence === sequence);
  if (leg === undefined) throw new Error(`no leg ${sequence}`);
  return leg;
};

/** What must hold in every state, whatever happened. Throws where it does not. */
export function checkExecution(execution: Execution): void {
  for (const leg of execution.legs) {
    const sells = execution.legs.filter((other) => other.venue === leg.venue && other.side === 'sell');
    const isSent =
      isLive(leg) || leg.status === 'prepared' || leg.status === 'intended' || leg.filledQuantity !== ZERO;
    const mayStream =
      execution.release === 'streaming' && (leg.quantity === leg.plannedQuantity || sells.every(isTerminal));
    const haveGone = sells.every((sell) => isTerminal(sell) || (mayStream && sell.sends > 0));
    if (leg.side === 'buy' && isSent && !haveGone) throw new Error(`leg ${leg.sequence} before its sells`);
    if (isMore(leg.quantity, leg.plannedQuantity))
      throw new Error(`leg ${leg.sequence} is larger than planned`);
    if (isLive(leg) && leg.side === 'buy' && leg.reservation === ZERO)
      throw new Error(`leg ${leg.sequence} without cash`);
  }
}

/** The events that our own commands commit before anything happens outside. */
export function committed(action: ExecutionAction): ExecutionEvent | null {
  switch (action.kind) {
    case 'intend':
      return {
        type: 'legIntended',
        leg: action.leg,
        quantity: action.quantity,
        reservation: action.reservation,
      };
    case 'skip':
      return { type: 'legSkipped', leg: action.leg, reason: action.reason };
    case 'prepare':
      return { type: 'legPrepared', leg: action.leg };
    case 'submit':
      return { type: 'legSubmitted', leg: action.leg };
    case 'resend':
      return { type: 'legResent', leg: action.leg };
    default:
      return null;
  }
}

export const partOf = (quantity: Amount, percent: number): Amount =>
  amount(String(Math.floor((Number(quantity) * percent) / 100)));
