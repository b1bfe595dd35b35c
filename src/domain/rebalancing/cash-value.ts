// What cash is worth where, from the linear relaxation: cash at a venue that could buy what is missing there is worth
// more than cash that has nothing left to do. Advice alone: nothing here moves anything.

import { type Amount, amount, round, ZERO } from '../money/amount.ts';
import type { VenueId } from '../venue/venue.ts';
import type { LotProblem } from './lot-problem.ts';
import { type Relaxed, relax } from './relaxation.ts';

export interface TransferAdvice {
  readonly transfers: readonly {
    readonly fromVenue: VenueId;
    readonly toVenue: VenueId;
    readonly amountUsd: Amount;
  }[];
  /** How much lower the objective could be with all of them: what they may cost, time and risk included. */
  readonly gainUsd: Amount;
  readonly reason: string;
}

export interface CashValue {
  /**
   * Dollars by which the objective falls for each dollar more that a venue could spend; zero where cash binds nothing,
   * null where the relaxation has no optimum to tell it from.
   */
  readonly shadowPrices: Readonly<Record<VenueId, Amount | null>>;
  /** Null where no transfer would bring a basis point. */
  readonly transferAdvice: TransferAdvice | null;
}

/** How much more cash a venue is given to see what it is worth, and what counts as left over, as shares of the portfolio. */
const PROBE = 1e-4;
const LEFT_OVER = 1e-6;
/** Below a basis point of the portfolio a transfer is not worth its trouble. */
const GAIN_MIN = 1e-4;
const PRICE_DECIMALS = 6;
const CENTS = 2;

const TERMS = { cashAt: 'touch', hasCosts: true } as const;

/**
 * Shadow prices by REBALANCING.md §3a, as differences of the relaxation's optimum, and the transfers between venues
 * that would lower it most, were they free. `venues` are in the problem's order; `bound` is the relaxation itself.
 */
export function cashValueOf(
  problem: LotProblem,
  venues: readonly VenueId[],
  bound: Relaxed | null,
): CashValue {
  const none = Object.fromEntries(venues.map((venue) => [venue, null]));
  if (bound === null) return { shadowPrices: none, transferAdvice: null };
  const prices = venues.map((_, venue) => shadowPriceAt(problem, venue, bound));
  return {
    shadowPrices: Object.fromEntries(
      venues.map((venue, index) => {
        const price = prices[index] ?? null;
        return [venue, price === null ? null : decimal(price, PRICE_DECIMALS)];
      }),
    ),
    transferAdvice: prices.some((price) => price !== null && price > 0)
      ? adviceFor(problem, venues, bound)
      : null,
  };
}

function shadowPriceAt(problem: LotProblem, venue: number, { objective, cashLeft }: Relaxed): number | null {
  if ((cashLeft[venue] ?? 0) > LEFT_OVER * problem.nav) return 0;
  const probe = PROBE * problem.nav;
  const venueCash = problem.venueCash.map((cash, index) => (index === venue ? cash + probe : cash));
  const richer = relax({ ...problem, venueCash }, TERMS);
  return richer === null ? null : Math.max(0, (objective - richer.objective) / probe);
}

function adviceFor(
  problem: LotProblem,
  venues: readonly VenueId[],
  { objective }: Relaxed,
): TransferAdvice | null {
  const free = relax(problem, { ...TERMS, hasTransfers: true });
  const gain = objective - (free?.objective ?? objective);
  if (free === null || gain < GAIN_MIN * problem.nav) return null;
  const transfers = free.transfers
    .map(({ from, to, usd }) => ({
      fromVenue: venues[from] ?? '',
      toVenue: venues[to] ?? '',
      amountUsd: decimal(usd, CENTS),
    }))
    .filter(({ amountUsd }) => amountUsd !== ZERO);
  const gainUsd = decimal(gain, CENTS);
  const moves = transfers.map((each) => `${each.amountUsd} USD from ${each.fromVenue} to ${each.toVenue}`);
  const reason = `moving ${moves.join(' and ')} would bring the portfolio ${gainUsd} USD nearer to its targets: worth it where fees, time and risk of the transfer cost less`;
  return transfers.length === 0 ? null : { transfers, gainUsd, reason };
}

const decimal = (value: number, places: number): Amount =>
  round(amount(value.toFixed(places + 2)), places, 'down');
