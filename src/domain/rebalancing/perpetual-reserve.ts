// What has to stay of a venue's cash for the sake of its open perpetuals (P6): debits that are no fills.
//
// Invariants, each held by a test of the same words:
// 1. After any move of the marks within the initial margin, and any funding up to the venue's own limit, what is left of
//    cash and of free collateral is not below the floor.
// 2. A larger position frees nothing.
// 3. What a venue does not tell is unknown, and never reserved for as if it were zero.

import {
  type Amount,
  absolute,
  add,
  isNegative,
  isZero,
  maximum,
  minimum,
  multiply,
  ONE,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import type { KnownPerpetualTerms, PerpetualTerms } from '../venue/perpetual-terms.ts';
import { type AssetId, isPerpetualAsset } from '../venue/venue.ts';

/** A perpetual that is open or trades at a venue, with what it asks. */
export interface PlanPerpetual {
  readonly asset: AssetId;
  /** Its price as it was last read, also where the plan may not trade it; null where nobody knows one. */
  readonly price: Amount | null;
  readonly terms: PerpetualTerms;
  /** Of the position, what an order of unknown outcome may still take: open all the same. Signed; absent where nothing is. */
  readonly onHold?: Amount;
}

/** What perpetuals are open against which cash. Sizes are signed. */
export interface PerpetualAccount {
  /** Confirmed: equity less the signed notional of the positions. */
  readonly cash: Amount;
  readonly sizes: Readonly<Record<AssetId, Amount>>;
  readonly perpetuals: readonly PlanPerpetual[];
  /** Funding that is due and not taken from the cash yet; never negative. */
  readonly fundingOwed: Amount;
}

export type PerpetualReserve =
  | {
      readonly state: 'known';
      /** Σ|size| · worst price · worst rate of the next payment, and what is owed already. */
      readonly funding: Amount;
      /** Σ|size| · worst price · initial margin rate. */
      readonly margin: Amount;
      /** Equity less margin, at the worst prices. */
      readonly freeCollateral: Amount;
    }
  | { readonly state: 'unknown'; readonly reason: string };

export const NO_PERPETUALS = { perpetuals: [], fundingOwed: ZERO } as const;

/**
 * The mark that is reckoned with: against the position by as much as the venue asks for initial margin, which is what it
 * reckons with itself. A long one is worth the least there, a short one owes the most.
 */
export function worstMark(price: Amount, rate: Amount, position: 'long' | 'short'): Amount {
  return multiply(price, position === 'long' ? subtract(ONE, rate) : add(ONE, rate));
}

/** The most that the next payment of funding takes for one unit, at the highest price that is reckoned with. */
export const fundingPerUnit = (price: Amount, { initialMarginRate, funding }: KnownPerpetualTerms): Amount =>
  multiply(multiply(price, add(ONE, initialMarginRate)), funding.rateMax);

/** What a position adds to free collateral at its worst mark: its signed value less its initial margin. */
export function worstCollateral(
  size: Amount,
  price: Amount,
  { initialMarginRate }: KnownPerpetualTerms,
): Amount {
  const value = multiply(size, worstMark(price, initialMarginRate, isNegative(size) ? 'short' : 'long'));
  return subtract(value, multiply(absolute(value), initialMarginRate));
}

/** The reserve of REBALANCING.md §3c P6 for everything that is open; what is closed takes nothing, whatever its terms. */
export function perpetualReserveOf(account: PerpetualAccount): PerpetualReserve {
  const { cash, sizes, perpetuals, fundingOwed } = account;
  const parts: { readonly funding: Amount; readonly margin: Amount; readonly collateral: Amount }[] = [];
  for (const [asset, size] of Object.entries(sizes)) {
    if (isZero(size)) continue;
    const perpetual = perpetuals.find((each) => each.asset === asset);
    if (perpetual === undefined && !isPerpetualAsset(asset)) continue;
    const reason = whyUnknown(asset, perpetual);
    if (reason !== null) return { state: 'unknown', reason: `${size} of ${asset} is open, and ${reason}` };
    const { price, terms } = perpetual as PlanPerpetual;
    if (price === null || terms.state === 'unknown') continue;
    const rate = terms.initialMarginRate;
    const notional = multiply(absolute(size), worstMark(price, rate, isNegative(size) ? 'short' : 'long'));
    parts.push({
      funding: multiply(absolute(size), fundingPerUnit(price, terms)),
      margin: multiply(notional, rate),
      collateral: worstCollateral(size, price, terms),
    });
  }
  return {
    state: 'known',
    funding: add(fundingOwed, sum(parts.map(({ funding }) => funding))),
    margin: sum(parts.map(({ margin }) => margin)),
    freeCollateral: add(cash, sum(parts.map(({ collateral }) => collateral))),
  };
}

/** What is free for buys above a floor: of cash and of free collateral the lesser, less the worst funding and the floor. */
export const freeForBuys = (
  { freeCollateral, funding }: Extract<PerpetualReserve, { readonly state: 'known' }>,
  { cash, floor }: { readonly cash: Amount; readonly floor: Amount },
): Amount => subtract(subtract(minimum(cash, freeCollateral), funding), floor);

/** What must stay above the floor, beside the worst funding, because free collateral is less than the cash. */
export const shortOfCash = (freeCollateral: Amount, cash: Amount): Amount =>
  maximum(ZERO, subtract(cash, freeCollateral));

/** Why nothing is known of what a perpetual asks; null where all of it is. */
export function whyUnknown(asset: AssetId, perpetual: PlanPerpetual | undefined): string | null {
  if (perpetual === undefined) return `what ${asset} asks is not known: its market is not read`;
  if (perpetual.terms.state === 'unknown')
    return `what ${asset} asks is not known: ${perpetual.terms.detail}`;
  return perpetual.price === null ? `${asset} has no price` : null;
}
