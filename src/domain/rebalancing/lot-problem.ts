import {
  type Amount,
  add,
  amount,
  ceilToStep,
  divide,
  floorToStep,
  isNegative,
  isPositive,
  maximum,
  minimum,
  multiply,
  negate,
  ONE,
  subtract,
  toNumber,
  ZERO,
} from '../money/amount.ts';
import type { VenueId } from '../venue/venue.ts';
import { fundingPerUnit } from './perpetual-reserve.ts';
import { CASH_UNIT_DEFAULT, type PlanInput, type PlanVenue } from './plan-input.ts';
import type { SaleTax } from './sale-tax.ts';
import { CASH } from './targets.ts';
import type { PricedMarket, Valuation } from './valuation.ts';
import { fundingKeptAt, knownTermsAt, whyNoBuys } from './venue-reserve.ts';

/** One market as the solver sees it: whole lots of one step, in dollars as doubles. */
export interface LotMarket {
  readonly venue: number;
  readonly group: number;
  readonly lotValue: number;
  /** Cash that one lot moves at the touch, fee included. */
  readonly buyCash: number;
  readonly sellCash: number;
  /** Cash that one lot moves at the limit price, with its share of the rounding allowance. */
  readonly buyCashWorst: number;
  readonly sellCashWorst: number;
  /** Rounding allowance of an order whatever its size. */
  readonly orderAllowance: number;
  readonly lotsMin: number;
  /** How many lots can be sold: what is held and free. */
  readonly lotsHeld: number;
  /** How many lots may be bought, where not every order may be made. */
  readonly buysMax?: number;
  /** The most lots that one plan may trade here: as many slices of the largest order as a plan may have. */
  readonly lotsMax: number;
  /** The most lots of one order, only where the smallest is so large that not every number above it can be cut. */
  readonly sliceMax?: number;
  /**
   * Signed value held, initial margin, and the share that the mark may move against a position before the next payment
   * of funding: for venues where a position is short.
   */
  readonly heldValue: number;
  readonly marginRate: number;
  readonly markMove: number;
  /** Only where the plan heeds tax. */
  readonly saleTax?: SaleTax;
}

/** Choose signed whole lots per market: the problem of REBALANCING.md §3d with one kind of variable. */
export interface LotProblem {
  readonly nav: number;
  readonly groupValues: readonly number[];
  readonly groupTargets: readonly number[];
  readonly cashGroup: number;
  /** Cash above what must stay, by venue. */
  readonly venueCash: readonly number[];
  /** Venues where a position is short, so that margin is more than cash. */
  readonly hasShort: readonly boolean[];
  readonly markets: readonly LotMarket[];
}

/** Exact prices and sizes of one market's orders. */
export interface MarketTerms {
  readonly priced: PricedMarket;
  readonly buyLimit: Amount;
  readonly sellLimit: Amount;
  readonly cashUnit: Amount;
  /** The worst funding of a unit that is bought, until the next payment; zero where none is opened. */
  readonly fundingPerUnit: Amount;
  /** The smallest order value that is worth sending; zero where nothing asks for one. */
  readonly notionalMin: Amount;
  /** The smallest order in whole steps, at least one. */
  readonly lotsMin: Amount;
}

/** Factors rather than divisors: a product is exact, and takes a tenth of the time. */
const BASIS_POINT = amount('0.0001');
const PER_CENT = amount('0.01');
/** An order must be worth this much more than the venue's smallest, because its price moves before it arrives. */
const MINIMUM_MARGIN = amount('1.1');
/** A market trades at most this many slices in one plan; more would take hours, in which prices move. */
export const SLICES_MAX = 50;

export const venueIds = (input: PlanInput): readonly VenueId[] =>
  input.venues.map((venue) => venue.id).sort((a, b) => (a < b ? -1 : 1));

/** Worst prices: a buy never pays more than `buyLimit`, a sell never takes less than `sellLimit`. */
export function termsOf(priced: PricedMarket, input: PlanInput): MarketTerms {
  const slippage = multiply(input.limits.maxSlippageBps ?? ZERO, BASIS_POINT);
  const tick = priced.market.tick;
  const notionalMin = notionalMinOf(priced, input);
  const lowest = floorToStep(multiply(priced.bid, subtract(ONE, slippage)), tick);
  const sellLimit = isPositive(lowest) ? lowest : tick;
  const buyLimit = ceilToStep(multiply(priced.ask, add(ONE, slippage)), tick);
  return {
    priced,
    buyLimit,
    sellLimit,
    cashUnit: priced.venue.cashUnit ?? CASH_UNIT_DEFAULT,
    fundingPerUnit: fundingOfBuy(priced, buyLimit),
    notionalMin,
    lotsMin: lotsMinOf(priced, notionalMin, sellLimit),
  };
}

/** A buy that closes a short opens nothing: what is held back for the short is given back by it. */
function fundingOfBuy({ venue, market, held }: PricedMarket, limit: Amount): Amount {
  const known = knownTermsAt(venue, market.asset);
  return known === null || isNegative(held) ? ZERO : fundingPerUnit(limit, known);
}

/** What buys must leave at a venue: its floor, and above it the worst funding of what is open (P6). */
export const cashKeptOf = (venue: PlanVenue, input: PlanInput, valuation: Valuation): Amount =>
  add(cashFloorOf(venue, input, valuation), fundingKeptAt(venue));

/** The cash that must stay at a venue: the largest of its own minimum and the limits'. */
export function cashFloorOf(venue: PlanVenue, input: PlanInput, valuation: Valuation): Amount {
  const worth = maximum(ZERO, valuation.valueByVenue[venue.id] ?? ZERO);
  const share = multiply(worth, multiply(input.limits.minCashPct ?? ZERO, PER_CENT));
  return maximum(maximum(venue.minCash, input.limits.minCashUsd ?? ZERO), share);
}

function notionalMinOf(priced: PricedMarket, input: PlanInput): Amount {
  return maximum(multiply(MINIMUM_MARGIN, priced.market.minNotional), input.limits.minTradeUsd ?? ZERO);
}

/** A venue values a sell at its limit price: where that lies far below the bid, the margin does not cover it. */
function lotsMinOf({ market, bid, held }: PricedMarket, notionalMin: Amount, sellLimit: Amount): Amount {
  const { step, minQuantity, minNotional } = market;
  const byNotional = divide(notionalMin, multiply(bid, step), 0, 'up');
  const byLimit = isPositive(held) ? divide(minNotional, multiply(sellLimit, step), 0, 'up') : ZERO;
  return maximum(ONE, maximum(divide(minQuantity, step, 0, 'up'), maximum(byNotional, byLimit)));
}

/** Whole lots that the largest order may have, at least one; without a limit, as many as can be counted. */
export function lotsPerOrder(terms: MarketTerms, input: PlanInput): number {
  const max = orderMaxOf(terms, input);
  return max === null ? Number.MAX_SAFE_INTEGER : Math.max(1, lotsWithin(max, terms));
}

/** The largest value of an order in a market: the smaller of its own and that of all markets; null without either. */
export function orderMaxOf({ priced }: MarketTerms, { limits }: PlanInput): Amount | null {
  const [max, ...others] = [limits.maxOrderUsd, priced.market.orderMaxUsd].filter(
    (each) => each !== undefined,
  );
  return max === undefined ? null : others.reduce(minimum, max);
}

/** Whether the largest order of a market is smaller than its smallest: then none can be made in it. */
export function isOrderTooLarge(terms: MarketTerms, input: PlanInput): boolean {
  const max = orderMaxOf(terms, input);
  return max !== null && lotsWithin(max, terms) < toNumber(terms.lotsMin);
}

const lotsWithin = (valueUsd: Amount, { priced }: MarketTerms): number =>
  toNumber(divide(valueUsd, multiply(priced.market.step, priced.mid), 0, 'down'));

/** The venue-constrained problem in doubles. Only the solver uses it; what it finds is checked exactly. */
export function lotProblem(
  input: PlanInput,
  valuation: Valuation,
  terms: readonly MarketTerms[],
): LotProblem {
  const ids = venueIds(input);
  const venues = ids.map((id) => input.venues.find((venue) => venue.id === id) as PlanVenue);
  return {
    nav: toNumber(valuation.nav),
    groupValues: valuation.groups.map((group) => toNumber(valuation.valueByGroup[group] ?? ZERO)),
    groupTargets: valuation.groups.map((group) => toNumber(valuation.targetValueByGroup[group] ?? ZERO)),
    cashGroup: valuation.groups.indexOf(CASH),
    venueCash: venues.map((venue) => toNumber(subtract(venue.cash, cashKeptOf(venue, input, valuation)))),
    hasShort: ids.map((id) => terms.some((t) => t.priced.venue.id === id && isNegative(t.priced.held))),
    markets: terms.map((t) =>
      lotMarket(t, input, { venue: ids.indexOf(t.priced.venue.id), groups: valuation.groups }),
    ),
  };
}

function lotMarket(
  terms: MarketTerms,
  input: PlanInput,
  place: { readonly venue: number; readonly groups: readonly string[] },
): LotMarket {
  const { priced } = terms;
  const step = toNumber(priced.market.step);
  const feeRate = toNumber(priced.feeRate);
  const [bid, ask, mid] = [toNumber(priced.bid), toNumber(priced.ask), toNumber(priced.mid)];
  const unit = toNumber(terms.cashUnit);
  const { minQuantity, minNotional } = priced.market;
  const fillsPerLot = Math.min(share(step, toNumber(minQuantity)), share(step * bid, toNumber(minNotional)));
  const perLot = priced.venue.partialFillsMax === undefined ? 2 * unit * fillsPerLot : 0;
  const funding = step * toNumber(terms.fundingPerUnit);
  const known = knownTermsAt(priced.venue, priced.market.asset);
  const marginRate = known === null ? 0 : toNumber(known.initialMarginRate);
  const [lotsMin, perOrder] = [toNumber(terms.lotsMin), lotsPerOrder(terms, input)];
  const fixed = priced.venue.partialFillsMax === undefined ? 2 : 2 * priced.venue.partialFillsMax;
  return {
    venue: place.venue,
    group: place.groups.indexOf(priced.group),
    lotValue: step * mid,
    buyCash: step * ask * (1 + feeRate),
    sellCash: step * bid * (1 - feeRate),
    buyCashWorst: step * toNumber(terms.buyLimit) * (1 + feeRate) + perLot + funding,
    sellCashWorst: step * toNumber(terms.sellLimit) * (1 - feeRate) - perLot,
    orderAllowance: (fixed + 2) * unit,
    lotsMin,
    lotsHeld: isPositive(priced.held) && maySell(input) ? lotsIn(priced, priced.held) : 0,
    ...buysMaxOf(priced, input),
    lotsMax: isOrderTooLarge(terms, input) ? 0 : perOrder * SLICES_MAX,
    ...(2 * lotsMin > perOrder + 1 ? { sliceMax: perOrder } : {}),
    heldValue: toNumber(priced.held) * mid,
    marginRate,
    markMove: marginRate,
  };
}

const lotsIn = ({ market }: PricedMarket, quantity: Amount): number =>
  toNumber(divide(quantity, market.step, 0));

const maySell = ({ scope }: PlanInput): boolean => scope?.kind !== 'flowFirst' || scope.side === 'sellsOnly';

/**
 * Nothing is bought where only sells are made, nor where nobody knows what perpetuals of the venue may take. What is
 * short is bought back to nothing at the most: an order that turned it would be two, of which the first alone reduces.
 */
function buysMaxOf(priced: PricedMarket, { scope }: PlanInput): { readonly buysMax?: number } {
  if (whyNoBuys(priced.venue) !== null) return { buysMax: 0 };
  if (scope?.kind === 'flowFirst' && scope.side === 'sellsOnly') return { buysMax: 0 };
  if (isNegative(priced.held)) return { buysMax: lotsIn(priced, negate(priced.held)) };
  return scope?.kind === 'reduceOnly' ? { buysMax: 0 } : {};
}

/** Fills per lot where a rule bounds the smallest fill; without a rule every step may be a fill. */
const share = (part: number, smallest: number): number => (smallest > 0 ? part / smallest : 1);
