import {
  type Amount,
  absolute,
  add,
  amount,
  compare,
  divide,
  floorToStep,
  isLess,
  isMore,
  isNegative,
  isPositive,
  maximum,
  multiply,
  negate,
  ONE,
  subtract,
  sum,
  toNumber,
  ZERO,
} from '../money/amount.ts';
import type { Side, VenueId } from '../venue/venue.ts';
import { cashKeptOf, lotsPerOrder, type MarketTerms } from './lot-problem.ts';
import { worstCollateral } from './perpetual-reserve.ts';
import type { PlanInput, PlanVenue } from './plan-input.ts';
import { fillsMaxOf, type OrderTerms, reservationFor, worstProceeds } from './reservation.ts';
import type { Valuation } from './valuation.ts';
import { openSizesAt } from './venue-reserve.ts';

/** An order with its exact sizes, before it has a number and a reason. */
export interface OrderDraft {
  readonly terms: MarketTerms;
  readonly side: Side;
  readonly quantity: Amount;
  readonly limitPrice: Amount;
  /** Quantity at mid. */
  readonly notionalUsd: Amount;
  /** What must be reserved for a buy, the worst funding of what it opens included, or what a sell brings at worst. */
  readonly worstCash: Amount;
  /** Cash that a full fill at the touch moves; positive either way. */
  readonly touchCash: Amount;
}

/** Shrinking stops here: each step removes a whole lot or more, so this is never reached in practice. */
const SHRINKS_MAX = 1_000;

/**
 * Exact orders for whole lots, sells first, cut into slices. Cash is checked exactly; where doubles allowed too much,
 * the last buy of the venue shrinks.
 */
export function draftOrders(
  lots: readonly number[],
  terms: readonly MarketTerms[],
  input: PlanInput,
  valuation: Valuation,
): readonly OrderDraft[] {
  const drafts = lots.flatMap((count, index) => {
    const ofMarket = terms[index];
    return ofMarket === undefined || count === 0 ? [] : slices(count, ofMarket, input);
  });
  return keepAffordable([...drafts].sort(inSequence), input, valuation);
}

/**
 * Orders that every venue can pay for above its floor, at limit prices and with its margin kept: where they cost more,
 * the last buys of the venue shrink, or go where what is left of one is too small. What a draft has beside its sizes
 * stays with it.
 */
export function keepAffordable<Draft extends OrderDraft>(
  drafts: readonly Draft[],
  input: PlanInput,
  valuation: Valuation,
): readonly Draft[] {
  return input.venues.reduce((kept, venue) => {
    const floor = cashKeptOf(venue, input, valuation);
    return affordableAt(venue, kept, subtract(venue.cash, floor));
  }, drafts);
}

/** The draft that an order was made from. */
export function draftOf(
  terms: MarketTerms,
  { side, quantity }: { readonly side: Side; readonly quantity: Amount },
): OrderDraft {
  return draft(terms, side, toNumber(divide(quantity, terms.priced.market.step, 0)));
}

/** Cash above the floor that is left when every sell fills at its limit and every buy costs its reservation. */
export function worstCashAfter(drafts: readonly OrderDraft[], venue: VenueId, cash: Amount): Amount {
  return drafts
    .filter((draft) => draft.terms.priced.venue.id === venue)
    .reduce(
      (left, draft) => (draft.side === 'sell' ? add(left, draft.worstCash) : subtract(left, draft.worstCash)),
      cash,
    );
}

function slices(count: number, terms: MarketTerms, input: PlanInput): readonly OrderDraft[] {
  const side: Side = count > 0 ? 'buy' : 'sell';
  const lots = Math.abs(count);
  const lotsMin = toNumber(terms.lotsMin);
  const lotsMax = lotsPerOrder(terms, input);
  const parts = Math.max(1, Math.min(Math.ceil(lots / lotsMax), Math.floor(lots / lotsMin)));
  const base = Math.floor(lots / parts);
  const rest = lots - base * parts;
  return Array.from({ length: parts }, (_, index) => draft(terms, side, base + (index < rest ? 1 : 0)));
}

function draft(terms: MarketTerms, side: Side, lots: number): OrderDraft {
  const { priced } = terms;
  const quantity = multiply(priced.market.step, amount(String(lots)));
  const limitPrice = side === 'buy' ? terms.buyLimit : terms.sellLimit;
  const order = orderTerms(terms, quantity, limitPrice);
  const touch = multiply(quantity, side === 'buy' ? priced.ask : priced.bid);
  const factor = side === 'buy' ? add(ONE, priced.feeRate) : subtract(ONE, priced.feeRate);
  return {
    terms,
    side,
    quantity,
    limitPrice,
    notionalUsd: multiply(quantity, priced.mid),
    worstCash:
      side === 'buy'
        ? add(reservationFor(order), multiply(quantity, terms.fundingPerUnit))
        : worstProceeds(order),
    touchCash: multiply(touch, factor),
  };
}

function orderTerms(terms: MarketTerms, quantity: Amount, limitPrice: Amount): OrderTerms {
  const { market, venue } = terms.priced;
  const fillsMax = fillsMaxOf({
    quantity,
    notional: multiply(quantity, limitPrice),
    minQuantity: maximum(market.minQuantity, market.step),
    minNotional: market.minNotional,
    partialFillsMax: venue.partialFillsMax,
  });
  return { quantity, limitPrice, feeRate: terms.priced.feeRate, cashUnit: terms.cashUnit, fillsMax };
}

function affordableAt<Draft extends OrderDraft>(
  venue: PlanVenue,
  drafts: readonly Draft[],
  cash: Amount,
): readonly Draft[] {
  let kept = drafts;
  for (let shrinks = 0; shrinks < SHRINKS_MAX; shrinks++) {
    const buys = kept.filter((d) => d.side === 'buy' && d.terms.priced.venue.id === venue.id);
    if (buys.length === 0) return kept;
    const cashShort = negate(worstCashAfter(kept, venue.id, cash));
    const collateralShort = negate(collateralAfter(kept, venue, cash));
    const [last, short] = isPositive(cashShort)
      ? [buys.at(-1), cashShort]
      : // What closes a short gives collateral back, and is not held up for the want of it.
        [buys.findLast((buy) => !closesShort(buy)), collateralShort];
    if (last === undefined || !isPositive(short)) return kept;
    kept = kept.flatMap((d) => (d === last ? shrunk(d, short) : [d]));
  }
  return kept.filter((d) => d.side === 'sell' || d.terms.priced.venue.id !== venue.id);
}

/** The order less the lots that cost what is short, or nothing where what is left is too small. */
function shrunk<Draft extends OrderDraft>(order: Draft, short: Amount): readonly Draft[] {
  const { priced, fundingPerUnit } = order.terms;
  const lotCost = multiply(priced.market.step, add(order.limitPrice, fundingPerUnit));
  const lots = divide(order.quantity, priced.market.step, 0);
  const left = subtract(lots, maximum(ONE, divide(short, lotCost, 0, 'up')));
  return isLess(left, order.terms.lotsMin)
    ? []
    : [{ ...order, ...draft(order.terms, 'buy', toNumber(left)) }];
}

/**
 * What buys that open something leave of free collateral above the floor at the worst marks, as it is when sells have
 * filled and nothing else has; plain cash where there are no perpetuals.
 */
function collateralAfter(drafts: readonly OrderDraft[], venue: PlanVenue, cash: Amount): Amount {
  const after = worstCashAfter(
    drafts.filter((draft) => !closesShort(draft)),
    venue.id,
    cash,
  );
  const open = openSizesAt(venue);
  const parts = (venue.perpetuals ?? []).map(({ asset, price, terms }) => {
    // Nothing is bought where one that is open has no price or no terms.
    if (price === null || terms.state === 'unknown') return ZERO;
    const sold = drafts.filter(
      ({ side, terms: { priced } }) =>
        side === 'sell' && priced.venue.id === venue.id && priced.market.asset === asset,
    );
    const size = sold.reduce((left, { quantity }) => subtract(left, quantity), open[asset] ?? ZERO);
    return worstCollateral(size, price, terms);
  });
  return add(after, sum(parts));
}

const closesShort = ({ side, terms }: OrderDraft): boolean => side === 'buy' && isNegative(terms.priced.held);

/** Sells before buys; by venue; the most valuable first; then by asset. */
function inSequence(a: OrderDraft, b: OrderDraft): number {
  if (a.side !== b.side) return a.side === 'sell' ? -1 : 1;
  const [venueA, venueB] = [a.terms.priced.venue.id, b.terms.priced.venue.id];
  if (venueA !== venueB) return venueA < venueB ? -1 : 1;
  const byValue = compare(b.notionalUsd, a.notionalUsd);
  if (byValue !== 0) return byValue;
  return a.terms.priced.market.asset < b.terms.priced.market.asset ? -1 : 1;
}

/**
 * The sells that each buy needs: buys take a venue's cash in their order, first what is there, then the proceeds of
 * the sells in theirs. Index into `drafts` by index into `drafts`.
 */
export function fundingOf(
  drafts: readonly OrderDraft[],
  venue: VenueId,
  cash: Amount,
): ReadonlyMap<number, readonly number[]> {
  const funding = new Map<number, readonly number[]>();
  const numbered = drafts
    .map((order, index) => ({ order, index }))
    .filter(({ order }) => order.terms.priced.venue.id === venue);
  let needed: Amount = isNegative(cash) ? absolute(cash) : ZERO;
  const present = isNegative(cash) ? ZERO : cash;
  const sells = numbered.filter(({ order }) => order.side === 'sell');
  const reachedAfter: Amount[] = [];
  for (const { order } of sells) reachedAfter.push(add(reachedAfter.at(-1) ?? present, order.worstCash));
  let first = 0;
  for (const buy of numbered.filter(({ order }) => order.side === 'buy')) {
    const from = needed;
    needed = add(needed, buy.order.worstCash);
    // What reaches no further than where this buy begins is used up by the buys before it, and by this one's successors.
    while (first < sells.length && !isMore(reachedAfter[first] ?? ZERO, from)) first += 1;
    const used: number[] = [];
    for (let sell = first; sell < sells.length; sell += 1) {
      if (!isMore(needed, sell === 0 ? present : (reachedAfter[sell - 1] ?? ZERO))) break;
      used.push((sells[sell] as (typeof sells)[number]).index);
    }
    funding.set(buy.index, used);
  }
  return funding;
}

/** The most lots of a market that an amount of cash buys under the reservation, floored to the step; zero if none. */
export function quantityAffordable(
  cash: Amount,
  limits: {
    readonly wanted: Amount;
    readonly step: Amount;
    readonly reserve: (quantity: Amount) => Amount;
  },
): Amount {
  let quantity = floorToStep(limits.wanted, limits.step);
  for (let tries = 0; tries < SHRINKS_MAX && isPositive(quantity); tries++) {
    const needed = limits.reserve(quantity);
    if (!isMore(needed, cash)) return quantity;
    if (!isPositive(cash)) return ZERO;
    const share = divide(multiply(quantity, cash), needed, 40);
    const next = floorToStep(share, limits.step);
    quantity = isLess(next, quantity) ? next : subtract(quantity, limits.step);
  }
  return ZERO;
}
