import {
  type Amount,
  absolute,
  amount,
  divide,
  isLess,
  isMore,
  isZero,
  multiply,
  subtract,
  ZERO,
} from '../money/amount.ts';
import { midOf } from '../venue/prices.ts';
import type { AssetId, Side, VenueId } from '../venue/venue.ts';
import type { PlanInput, PlanVenue } from './plan-input.ts';

/** What of an order matters here: where it trades, and what it needs there. */
export interface OrderPlace {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly side: Side;
}

const BPS = amount('10000');

/**
 * Why a plan does not fit the world any more, in words; null while it does. Less of what its orders spend than they were
 * planned with is too little at any size; more cash, and a price, may have moved by `moveMaxBps`, of the cash and of the
 * price as they were.
 */
export function whyMoved(
  orders: readonly OrderPlace[],
  { planned, now }: { readonly planned: PlanInput; readonly now: PlanInput },
  moveMaxBps: Amount,
): string | null {
  return (
    firstOf([...new Set(orders.map(({ venue }) => venue))], (venue) =>
      whyCashMoved(venueIn(planned, venue), venueIn(now, venue), moveMaxBps),
    ) ??
    firstOf(orders, (order) => whyHoldingMoved(order, planned, now)) ??
    whyPricesMoved(orders, { planned, now }, moveMaxBps)
  );
}

/** The same of prices alone: what an execution's own orders do not move. A price that is gone has moved. */
export function whyPricesMoved(
  orders: readonly OrderPlace[],
  { planned, now }: { readonly planned: PlanInput; readonly now: PlanInput },
  moveMaxBps: Amount,
): string | null {
  return firstOf(orders, ({ venue, asset }) => {
    const before = priceAt(planned, venue, asset);
    const after = priceAt(now, venue, asset);
    if (before === null) return null;
    if (after === null) return `${asset} at ${venue} has no price any more`;
    const bps = movedBps(before, after);
    return isMore(bps, moveMaxBps)
      ? `${asset} at ${venue} has moved by ${bps} bps, from ${before} to ${after}`
      : null;
  });
}

function whyCashMoved(
  planned: PlanVenue | undefined,
  now: PlanVenue | undefined,
  moveMaxBps: Amount,
): string | null {
  if (planned === undefined || now === undefined) return null;
  const { id, cash } = planned;
  const isTooMuch = isMore(now.cash, cash) && isMore(movedBps(cash, now.cash), moveMaxBps);
  return isLess(now.cash, cash) || isTooMuch ? `cash at ${id} was ${cash} and is ${now.cash}` : null;
}

function whyHoldingMoved(
  { venue, asset, side }: OrderPlace,
  planned: PlanInput,
  now: PlanInput,
): string | null {
  if (side === 'buy') return null;
  const before = venueIn(planned, venue)?.holdings[asset] ?? ZERO;
  const after = venueIn(now, venue)?.holdings[asset] ?? ZERO;
  return isLess(after, before) ? `${asset} at ${venue} was ${before} and is ${after}` : null;
}

/** Rounded down to a hundredth. From nothing, anything is beyond every bound. */
function movedBps(before: Amount, after: Amount): Amount {
  if (isZero(before)) return isZero(after) ? ZERO : BPS;
  return absolute(divide(multiply(subtract(after, before), BPS), before, 2, 'down'));
}

const venueIn = (input: PlanInput, id: VenueId): PlanVenue | undefined =>
  input.venues.find((venue) => venue.id === id);

function priceAt(input: PlanInput, venue: VenueId, asset: AssetId): Amount | null {
  const market = venueIn(input, venue)?.markets.find((each) => each.asset === asset);
  if (!market?.bid || !market.ask) return null;
  return midOf({ bid: market.bid, ask: market.ask });
}

function firstOf<T>(all: readonly T[], find: (each: T) => string | null): string | null {
  for (const each of all) {
    const found = find(each);
    if (found !== null) return found;
  }
  return null;
}
