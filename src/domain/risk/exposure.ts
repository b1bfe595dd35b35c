import { type Amount, absolute, add, isNegative, isZero, multiply, ONE, ZERO } from '../money/amount.ts';
import { midOf } from '../rebalancing/market-terms.ts';
import type { PlanMarket } from '../rebalancing/plan-input.ts';
import { type AssetGroup, CASH } from '../rebalancing/targets.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { known, type Measured, missing, type RiskState } from './risk-state.ts';

/** One thing held, with its value if anything says what it is worth. */
export interface Held {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly group: AssetGroup;
  readonly quantity: Amount;
  /** Null where there is no price, now or before. */
  readonly valueUsd: Amount | null;
  /** Valued at a price of before, or not at all. */
  readonly isFrozen: boolean;
}

/** The portfolio by what limits count. */
export interface Exposure {
  /** At least this: what is held long without a price is left out. Unknown where a short has none, or nothing is left. */
  readonly navUsd: Measured<Amount>;
  readonly held: readonly Held[];
  /** Signed value of each group, cash included, without what has no price. */
  readonly valueByGroup: ReadonlyMap<AssetGroup, Amount>;
  /** Groups of which something has no price. */
  readonly unpricedGroups: ReadonlySet<AssetGroup>;
  readonly valueByVenue: ReadonlyMap<VenueId, Amount>;
  /** Cash that a plan may spend, at the venues that trade. */
  readonly cashByVenue: ReadonlyMap<VenueId, Amount>;
  /** Σ|value| of everything but cash. */
  readonly grossUsd: Amount;
}

/** Values a state at mid prices: a holding at its venue's own, else at the first of its asset, else of its group. */
export function exposureOf(state: RiskState): Exposure {
  const held = heldIn(state);
  const valueByGroup = new Map<AssetGroup, Amount>();
  const valueByVenue = new Map<VenueId, Amount>();
  const cashByVenue = new Map<VenueId, Amount>();
  let grossUsd = ZERO;
  for (const venue of state.venues) {
    cashByVenue.set(venue.id, venue.cash);
    increase(valueByGroup, CASH, venue.cash);
    increase(valueByVenue, venue.id, venue.cash);
  }
  for (const { venue, group, valueUsd } of held) {
    if (valueUsd === null) continue;
    increase(valueByGroup, group, valueUsd);
    increase(valueByVenue, venue, valueUsd);
    if (group !== CASH) grossUsd = add(grossUsd, absolute(valueUsd));
  }
  const unpriced = held.filter(({ valueUsd }) => valueUsd === null);
  return {
    navUsd: navOf(valueByVenue, unpriced),
    held,
    valueByGroup,
    unpricedGroups: new Set(unpriced.map(({ group }) => group)),
    valueByVenue,
    cashByVenue,
    grossUsd,
  };
}

/** The value that shares are shares of; unknown where it is not above zero. */
export function shareBase({ navUsd }: Exposure): Measured<Amount> {
  if (navUsd.state === 'unknown' || (!isNegative(navUsd.value) && !isZero(navUsd.value))) return navUsd;
  return missing('a portfolio that is worth more than nothing');
}

/** The market of an asset at a venue, if it trades there. */
export const marketAt = (state: RiskState, venue: VenueId, asset: AssetId): PlanMarket | undefined =>
  state.venues.find(({ id }) => id === venue)?.markets.find((market) => market.asset === asset);

export const groupOf = (state: RiskState, asset: AssetId): AssetGroup => state.groups[asset] ?? asset;

function navOf(valueByVenue: ReadonlyMap<VenueId, Amount>, unpriced: readonly Held[]): Measured<Amount> {
  const short = unpriced.find(({ quantity }) => isNegative(quantity));
  if (short !== undefined) return missing(`a price of ${short.asset}, which is held short at ${short.venue}`);
  return known([...valueByVenue.values()].reduce(add, ZERO));
}

function heldIn(state: RiskState): readonly Held[] {
  const prices = pricesOf(state);
  const traded = state.venues.flatMap((venue) =>
    Object.entries(venue.holdings).map(([asset, quantity]) => ({ venue: venue.id, asset, quantity })),
  );
  return [...traded, ...state.elsewhere]
    .filter(({ quantity }) => !isZero(quantity))
    .map(({ venue, asset, quantity }) => {
      const group = groupOf(state, asset);
      const own = marketAt(state, venue, asset);
      const ownPrice = own === undefined ? null : midOf(own);
      const live =
        ownPrice ??
        prices.byAsset.get(asset) ??
        (group === CASH ? ONE : undefined) ??
        prices.byGroup.get(group);
      const price = live ?? state.lastPrices[group]?.price;
      const valueUsd = price === undefined ? null : multiply(quantity, price);
      return { venue, asset, group, quantity, valueUsd, isFrozen: live === undefined };
    });
}

function pricesOf(state: RiskState): {
  readonly byAsset: ReadonlyMap<AssetId, Amount>;
  readonly byGroup: ReadonlyMap<AssetGroup, Amount>;
} {
  const byAsset = new Map<AssetId, Amount>();
  const byGroup = new Map<AssetGroup, Amount>();
  for (const venue of [...state.venues].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    for (const market of venue.markets) {
      const mid = midOf(market);
      if (mid === null) continue;
      const group = groupOf(state, market.asset);
      if (!byAsset.has(market.asset)) byAsset.set(market.asset, mid);
      if (!byGroup.has(group)) byGroup.set(group, mid);
    }
  }
  return { byAsset, byGroup };
}

const increase = <K>(totals: Map<K, Amount>, key: K, by: Amount): Map<K, Amount> =>
  totals.set(key, add(totals.get(key) ?? ZERO, by));
