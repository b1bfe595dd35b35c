import type { Amount } from '../money/amount.ts';

/**
 * What a venue asks of who holds a perpetual, and the most that it takes from them at one payment of funding. Where a
 * venue does not tell one of them, all of it is unknown: neither margin nor funding is ever taken to be zero.
 */
export type PerpetualTerms =
  | ({ readonly state: 'known' } & KnownPerpetualTerms)
  /** `detail` says what is missing, such as "the venue gives no maintenance margin". */
  | { readonly state: 'unknown'; readonly detail: string };

/** Rates are fractions of notional: "0.05" is 5 %. */
export interface KnownPerpetualTerms {
  /** What opening and keeping free collateral takes; at most 1. */
  readonly initialMarginRate: Amount;
  /** Below it a position is liquidated; at most the initial one. */
  readonly maintenanceMarginRate: Amount;
  readonly funding: FundingTerms;
}

export interface FundingTerms {
  /** From one payment to the next; they fall due at its multiples since 1970. */
  readonly intervalMs: number;
  /** The most that one payment takes, either way, of the notional at the venue's own price. */
  readonly rateMax: Amount;
}

export const unknownTerms = (detail: string): PerpetualTerms => ({ state: 'unknown', detail });
