import { type Amount, add, divide, isZero, ONE, sum, ZERO } from '../../money/amount.ts';
import type { AssetId, Fee, Side, VenueId } from '../../venue/venue.ts';
import { type ExecutionLeg, isLive, type LegStatus } from '../execution.ts';
import { feeRateAt, midOf } from '../market-terms.ts';
import type { PlanOrder } from '../plan.ts';
import type { PlanInput } from '../plan-input.ts';
import { CASH } from '../targets.ts';
import { type Fact, known, unknown } from '../triggers/fact.ts';
import {
  type BookedFill,
  expectedCost,
  NO_COST,
  type PlanningPrices,
  realisedCost,
  type TradingCost,
} from './order-cost.ts';

/** One order of a rebalance, from its plan to its last fill. */
export interface RecordedOrder {
  readonly sequence: number;
  readonly venue: VenueId;
  readonly market: string;
  readonly asset: AssetId;
  readonly side: Side;
  /** Null where it was never written down to be sent. */
  readonly clientOrderId: string | null;
  readonly plannedQuantity: Amount;
  /** Less than planned where confirmed cash allowed no more; null where it was never written down to be sent. */
  readonly orderedQuantity: Amount | null;
  readonly limitPrice: Amount;
  /** At planning, between bid and ask. */
  readonly midPrice: Amount;
  /** What the venue has shown. Unknown while nobody knows what has become of the order. */
  readonly filledQuantity: Fact<Amount>;
  /** Of the fills in the book; null where nothing has filled. */
  readonly averageFillPrice: Fact<Amount | null>;
  /** Of the fills in the book, one for each asset, sorted. */
  readonly fees: Fact<readonly Fee[]>;
  /** `planned`: the plan was not carried out. */
  readonly status: LegStatus | 'planned';
  /** Empty where there is nothing to say. */
  readonly reason: string;
  /** Of the planned quantity, filled at the touch. */
  readonly expectedCost: TradingCost;
  /** The same of what has filled: what the realised cost is to be compared with. */
  readonly expectedCostOfFilled: Fact<TradingCost>;
  readonly realisedCost: Fact<TradingCost>;
}

/** What the database has of an order besides its plan. */
export interface OrderFacts {
  /** Null where the plan was not carried out. */
  readonly leg: ExecutionLeg | null;
  readonly clientOrderId: string | null;
  /** Of the order, as the book has them; each once. */
  readonly fills: readonly BookedFill[];
}

const PRICE_DECIMALS = 12;

/** Puts together what became of one order. `input` is the one that the plan was made from. */
export function recordOrder(order: PlanOrder, input: PlanInput, facts: OrderFacts): RecordedOrder {
  const { leg, clientOrderId, fills } = facts;
  const { sequence, venue, market, asset, side, limitPrice } = order;
  const prices = pricesAt(input, venue, asset);
  const filledQuantity = filledQuantityOf(leg);
  const booked = bookedFills(filledQuantity, fills);
  return {
    sequence,
    venue,
    market,
    asset,
    side,
    clientOrderId,
    plannedQuantity: order.quantity,
    orderedQuantity: clientOrderId === null ? null : (leg?.quantity ?? null),
    limitPrice,
    midPrice: prices.mid,
    filledQuantity,
    averageFillPrice: map(booked, averagePriceOf),
    fees: map(booked, feesOf),
    status: leg?.status ?? 'planned',
    reason: leg?.reason ?? '',
    expectedCost: expectedCost(side, order.quantity, prices),
    expectedCostOfFilled: map(filledQuantity, (quantity) => expectedCost(side, quantity, prices)),
    realisedCost:
      booked.state === 'unknown'
        ? booked
        : booked.value.length === 0
          ? known(NO_COST)
          : realisedCost(side, booked.value, {
              mid: prices.mid,
              priceOf: (feeAsset) => valueAtPlanning(input, venue, feeAsset),
            }),
  };
}

/** An order that may be at the venue without anybody having seen it may have filled. */
function filledQuantityOf(leg: ExecutionLeg | null): Fact<Amount> {
  if (leg === null) return known(ZERO);
  return isLive(leg) && leg.status !== 'working'
    ? unknown('what has become of the order is not known yet')
    : known(leg.filledQuantity);
}

/** The fills, where they are all of what the venue has shown: a fill that is not in the book has a price all the same. */
function bookedFills(filled: Fact<Amount>, fills: readonly BookedFill[]): Fact<readonly BookedFill[]> {
  if (filled.state === 'unknown') return filled;
  const quantity = sum(fills.map((fill) => fill.quantity));
  if (quantity === filled.value) return known(fills);
  return unknown(`the book has fills of ${quantity}, the venue has shown ${filled.value}`);
}

function averagePriceOf(fills: readonly BookedFill[]): Amount | null {
  const quantity = sum(fills.map((fill) => fill.quantity));
  if (isZero(quantity)) return null;
  return divide(sum(fills.map(({ quoteAmount }) => quoteAmount)), quantity, PRICE_DECIMALS, 'half');
}

function feesOf(fills: readonly BookedFill[]): readonly Fee[] {
  const byAsset = new Map<AssetId, Amount>();
  for (const { fee } of fills) byAsset.set(fee.asset, add(byAsset.get(fee.asset) ?? ZERO, fee.amount));
  return [...byAsset]
    .map(([asset, paid]) => ({ asset, amount: paid }))
    .sort((a, b) => (a.asset < b.asset ? -1 : 1));
}

/** Prices of the market that an order was planned for. */
function pricesAt(input: PlanInput, venueId: VenueId, asset: AssetId): PlanningPrices {
  const venue = input.venues.find(({ id }) => id === venueId);
  const market = venue?.markets.find((each) => each.asset === asset);
  const { bid = null, ask = null } = market ?? {};
  const mid = midOf({ bid, ask });
  if (venue === undefined || market === undefined || bid === null || ask === null || mid === null)
    throw new Error(`an order was planned at the prices of its input: ${asset} at ${venueId}`);
  const feeRate = feeRateAt(venue, market);
  return { bid, ask, mid, feeRate };
}

/** Cash counts one for one, as in a plan; anything else by its own venue's mid price, else by the first that has one. */
function valueAtPlanning(input: PlanInput, venueId: VenueId, asset: AssetId): Amount | null {
  if ((input.groups[asset] ?? asset) === CASH) return ONE;
  const own = input.venues.filter(({ id }) => id === venueId);
  for (const { markets } of [...own, ...input.venues]) {
    for (const market of markets) {
      const mid = market.asset === asset ? midOf(market) : null;
      if (mid !== null) return mid;
    }
  }
  return null;
}

const map = <T, R>(fact: Fact<T>, change: (value: T) => R): Fact<R> =>
  fact.state === 'unknown' ? fact : known(change(fact.value));
