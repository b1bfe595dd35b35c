import {
  type Amount,
  add,
  amount,
  ceilToStep,
  divide,
  floorToStep,
  multiply,
  ONE,
  round,
  subtract,
} from '../../domain/money/amount.ts';
import { type PerpetualTerms, unknownTerms } from '../../domain/venue/perpetual-terms.ts';
import type { AssetId, Fee, Market } from '../../domain/venue/venue.ts';
import { dydxTerms } from '../dydx/market-terms.ts';
import type { PriceFeed } from './simulated-venue.ts';

/** What a simulated market is made of: a `Market` without its present prices, and where those come from. */
export interface MarketRules extends Omit<Market, 'bid' | 'ask' | 'perpetualTerms'> {
  /** Fractions of notional; only for perpetuals. The venue's documents say them. */
  readonly initialMarginRate?: Amount;
  readonly maintenanceMarginRate?: Amount;
  /** Distance of bid and of ask from the middle, in basis points: "5" is 0.05 % on each side. */
  readonly spreadBps: Amount;
  /** The price feed's name of the base and of the quote. */
  readonly pricedAs: { readonly base: string; readonly quote: string };
  /** The asset that fees are taken in and its name in the price feed; the quote where none is given. */
  readonly feeIn?: { readonly asset: AssetId; readonly pricedAs: string };
}

/** Decimals of a price where the feed's prices of base and quote do not divide exactly. */
const PRICE_DECIMALS = 18;

/** The price between bid and ask: what a venue calls its oracle or index price. */
export function midPrice(rules: MarketRules, prices: PriceFeed, atMs: number): Amount {
  return crossPrice(prices, rules.pricedAs.base, rules.pricedAs.quote, atMs);
}

/** The market as it stands at a time: the bid rounded down to the tick, the ask rounded up. */
export function quoteMarket(rules: MarketRules, prices: PriceFeed, atMs: number): Market {
  const {
    spreadBps,
    pricedAs: _pricedAs,
    feeIn: _feeIn,
    initialMarginRate: _initial,
    maintenanceMarginRate: _maintenance,
    ...market
  } = rules;
  const middle = midPrice(rules, prices, atMs);
  const spread = divide(spreadBps, amount('10000'));
  return {
    ...market,
    bid: floorToStep(multiply(middle, subtract(ONE, spread)), rules.tick),
    ask: ceilToStep(multiply(middle, add(ONE, spread)), rules.tick),
    ...(rules.kind === 'perpetual' ? { perpetualTerms: termsOf(rules) } : {}),
  };
}

/** Of the initial margin, where the rules name no maintenance margin: 3 % of 5 %, as at the largest markets of dYdX. */
const MAINTENANCE_SHARE = amount('0.6');

/** Perpetuals are simulated as dYdX has them. */
function termsOf({ initialMarginRate, maintenanceMarginRate }: MarketRules): PerpetualTerms {
  if (initialMarginRate === undefined) return unknownTerms('the simulated market has no margins');
  return dydxTerms({
    initialMarginFraction: initialMarginRate,
    maintenanceMarginFraction: maintenanceMarginRate ?? multiply(initialMarginRate, MAINTENANCE_SHARE),
  });
}

export interface FeeTerms {
  readonly rules: MarketRules;
  readonly prices: PriceFeed;
  readonly atMs: number;
  /** Fees are rounded up to this many decimals; exact where null and the fee is taken in the quote. */
  readonly feeDecimals: number | null;
}

/** The taker's fee on a notional in the quote, in the asset that the market takes fees in. */
export function feeOn(notional: Amount, { rules, prices, atMs, feeDecimals }: FeeTerms): Fee {
  const inQuote = multiply(notional, rules.takerFeeRate);
  if (rules.feeIn === undefined) {
    return { asset: rules.quote, amount: feeDecimals === null ? inQuote : round(inQuote, feeDecimals, 'up') };
  }
  const price = crossPrice(prices, rules.feeIn.pricedAs, rules.pricedAs.quote, atMs);
  return { asset: rules.feeIn.asset, amount: divide(inQuote, price, feeDecimals ?? PRICE_DECIMALS, 'up') };
}

function crossPrice(prices: PriceFeed, base: string, quote: string, atMs: number): Amount {
  const quotePrice = prices.priceAt(quote, atMs);
  const basePrice = prices.priceAt(base, atMs);
  return quotePrice === ONE ? basePrice : divide(basePrice, quotePrice, PRICE_DECIMALS, 'half');
}
