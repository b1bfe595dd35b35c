// What the portfolio is worth at one time: every holding at every venue, at prices that say where they are from.
//
// Invariants, each held by a property test of the same words:
// 1. A holding without a price is named with its quantity and has no value: it is never worth nothing.
// 2. The value is the sum of what has a price, and of nothing else.

import { type Amount, isZero, multiply, sum } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';

/** A price in USD, with who said it and when that was. */
export interface PriceUsed {
  readonly price: Amount;
  /** Such as "coinbase BTC-USD", a file, or "cash" for what counts as one dollar. */
  readonly source: string;
  readonly atMs: number;
}

/** Null where nobody says a price that is young enough. */
export type PriceOf = (asset: AssetId) => PriceUsed | null;

/** How far a venue's part of the book was checked against the venue. */
export interface ValuedVenue {
  readonly venue: VenueId;
  /** Whether book and venue agreed when this was taken. */
  readonly isCertified: boolean;
  /** When they last did; null where they never have, or where nothing was kept of it. */
  readonly certifiedAtMs: number | null;
}

/** Quantities are signed, what is on hold, in transit or owed included. */
export interface HeldAtVenue {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly quantity: Amount;
}

export interface HeldByStrategy {
  readonly strategy: string;
  readonly asset: AssetId;
  readonly quantity: Amount;
}

/** Both null where there is no price. */
interface Valued {
  readonly price: PriceUsed | null;
  readonly valueUsd: Amount | null;
}

export type ValuedHolding = HeldAtVenue & Valued;
export type ValuedShare = HeldByStrategy & Valued;

export interface Valuation {
  readonly atMs: number;
  readonly venues: readonly ValuedVenue[];
  readonly holdings: readonly ValuedHolding[];
  /** What each strategy holds of the holdings; the rest is nobody's. Empty where there are no strategies. */
  readonly strategies: readonly ValuedShare[];
  /** Of everything that has a price. */
  readonly valueUsd: Amount;
  /** Every holding has a price, and every venue was certified. */
  readonly isComplete: boolean;
}

export interface ToValue {
  readonly atMs: number;
  readonly venues: readonly ValuedVenue[];
  readonly holdings: readonly HeldAtVenue[];
  readonly strategies: readonly HeldByStrategy[];
}

/** Values what is held. Leaves out what is held of nothing; holdings come by venue and asset, shares by strategy and asset. */
export function makeValuation(held: ToValue, priceOf: PriceOf): Valuation {
  const valued = <T extends { readonly asset: AssetId; readonly quantity: Amount }>(one: T): T & Valued => {
    const price = priceOf(one.asset);
    return { ...one, price, valueUsd: price === null ? null : multiply(one.quantity, price.price) };
  };
  const isHeld = ({ quantity }: { readonly quantity: Amount }): boolean => !isZero(quantity);
  const holdings = held.holdings
    .filter(isHeld)
    .sort((a, b) => byText(a.venue, b.venue) || byText(a.asset, b.asset))
    .map(valued);
  const strategies = held.strategies
    .filter(isHeld)
    .sort((a, b) => byText(a.strategy, b.strategy) || byText(a.asset, b.asset))
    .map(valued);
  const values = holdings.map(({ valueUsd }) => valueUsd);
  return {
    atMs: held.atMs,
    venues: [...held.venues].sort((a, b) => byText(a.venue, b.venue)),
    holdings,
    strategies,
    valueUsd: sum(values.filter((value) => value !== null)),
    isComplete: !values.includes(null) && held.venues.every(({ isCertified }) => isCertified),
  };
}

/** Holdings that are in no value. */
export const unpricedOf = ({ holdings }: Pick<Valuation, 'holdings'>): readonly HeldAtVenue[] =>
  holdings.flatMap(({ venue, asset, quantity, price }) =>
    price === null ? [{ venue, asset, quantity }] : [],
  );

/** Venues whose part is as of their last certification. */
export const uncertifiedOf = ({ venues }: Pick<Valuation, 'venues'>): readonly ValuedVenue[] =>
  venues.filter(({ isCertified }) => !isCertified);

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
