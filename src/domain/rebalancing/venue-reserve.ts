import { type Amount, add, ZERO } from '../money/amount.ts';
import type { KnownPerpetualTerms } from '../venue/perpetual-terms.ts';
import type { AssetId } from '../venue/venue.ts';
import {
  type PerpetualReserve,
  type PlanPerpetual,
  perpetualReserveOf,
  shortOfCash,
  whyUnknown,
} from './perpetual-reserve.ts';
import type { PlanVenue } from './plan-input.ts';

/** What the open perpetuals of a venue take at worst before the next payment of funding is over. */
export const reserveAt = (venue: PlanVenue): PerpetualReserve =>
  perpetualReserveOf({
    cash: venue.cash,
    sizes: { ...venue.holdings, ...openSizesAt(venue) },
    perpetuals: venue.perpetuals ?? [],
    fundingOwed: venue.fundingOwed ?? ZERO,
  });

/** Signed sizes of the perpetuals that a venue names, with what is not free of them. */
export const openSizesAt = ({ holdings, perpetuals = [] }: PlanVenue): Readonly<Record<AssetId, Amount>> =>
  Object.fromEntries(
    perpetuals.map(({ asset, onHold = ZERO }) => [asset, add(holdings[asset] ?? ZERO, onHold)]),
  );

/** Why nothing may be bought at a venue, in words; null where it may. */
export function whyNoBuys(venue: PlanVenue): string | null {
  const reserve = reserveAt(venue);
  if (reserve.state === 'unknown') return reserve.reason;
  for (const { asset, kind } of venue.markets) {
    if (kind !== 'perpetual') continue;
    const perpetual = perpetualAt(venue, asset);
    if (perpetual?.terms.state !== 'known') return whyUnknown(asset, perpetual);
  }
  return null;
}

/** Worst funding alone, which stays whatever is traded. Of unknown terms none is told: nothing is bought there. */
export function fundingKeptAt(venue: PlanVenue): Amount {
  const reserve = reserveAt(venue);
  return reserve.state === 'known' ? reserve.funding : ZERO;
}

/** Of the cash, what is not free for buys: worst funding, and what free collateral is short of it. */
export function heldAt(venue: PlanVenue): Amount {
  const reserve = reserveAt(venue);
  return reserve.state === 'known'
    ? add(reserve.funding, shortOfCash(reserve.freeCollateral, venue.cash))
    : ZERO;
}

/** What a perpetual asks; null for what is none, and where nobody knows. */
export function knownTermsAt(venue: PlanVenue, asset: AssetId): KnownPerpetualTerms | null {
  const terms = perpetualAt(venue, asset)?.terms;
  return terms?.state === 'known' ? terms : null;
}

const perpetualAt = ({ perpetuals = [] }: PlanVenue, asset: AssetId): PlanPerpetual | undefined =>
  perpetuals.find((each) => each.asset === asset);
