import { type Amount, add, amount, divide, isZero, multiply, subtract, sum, ZERO } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { feeRateAt } from './market-terms.ts';
import type { PlanInput, PlanMarket, PlanVenue } from './plan-input.ts';
import { type AssetGroup, CASH, WEIGHT_TOTAL_PPM } from './targets.ts';

/** A market that has prices, with what planning derives from them. */
export interface PricedMarket {
  readonly venue: PlanVenue;
  readonly market: PlanMarket;
  readonly group: AssetGroup;
  readonly bid: Amount;
  readonly ask: Amount;
  readonly mid: Amount;
  readonly held: Amount;
  /** A fraction: "0.006" is 60 basis points. */
  readonly feeRate: Amount;
}

/** Something held or tradable that the plan leaves alone, and why. */
export interface LeftAlone {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly reason: string;
}

/** The portfolio at mid prices: what counts, what it is worth, and where each group should be. */
export interface Valuation {
  readonly nav: Amount;
  /** Groups with a target that can be valued, sorted; `CASH` is always one of them. */
  readonly groups: readonly AssetGroup[];
  readonly valueByGroup: Readonly<Record<AssetGroup, Amount>>;
  /** Fractions of `nav`; they sum to 1 over `groups`. */
  readonly targetByGroup: Readonly<Record<AssetGroup, Amount>>;
  /** What each group should be worth. */
  readonly targetValueByGroup: Readonly<Record<AssetGroup, Amount>>;
  readonly valueByVenue: Readonly<Record<VenueId, Amount>>;
  readonly markets: readonly PricedMarket[];
  readonly leftAlone: readonly LeftAlone[];
}

const HALF = amount('0.5');
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Values an input that has been checked. A held group without a price is outside the value and its target is
 * spread over the others in proportion: its weight is not known, and is taken to be what was wanted.
 */
export function valuePortfolio(input: PlanInput): Valuation {
  const venues = [...input.venues].sort((a, b) => byText(a.id, b.id));
  const mids = midsOf(venues);
  const prices = midByAsset(input, venues, mids);
  const leftAlone: LeftAlone[] = [];
  const value: Record<AssetGroup, Amount> = { [CASH]: ZERO };
  const valueByVenue: Record<VenueId, Amount> = {};
  const frozen = new Set<AssetGroup>();
  for (const group of Object.keys(input.targets)) value[group] = ZERO;
  for (const venue of venues) {
    value[CASH] = add(value[CASH] ?? ZERO, venue.cash);
    let ofVenue = venue.cash;
    for (const [asset, quantity] of Object.entries(venue.holdings).sort(([a], [b]) => byText(a, b))) {
      if (isZero(quantity)) continue;
      const group = input.groups[asset] ?? asset;
      const mid =
        midAt(venue, asset, mids) ?? prices.get(asset) ?? (group === CASH ? amount('1') : undefined);
      const reason = whyOutside(input, group, mid);
      if (reason !== null) leftAlone.push({ venue: venue.id, asset, reason });
      if (mid === undefined && group in value) frozen.add(group);
      if (mid === undefined || !(group in value)) continue;
      const worth = multiply(quantity, mid);
      value[group] = add(value[group] ?? ZERO, worth);
      ofVenue = add(ofVenue, worth);
    }
    valueByVenue[venue.id] = ofVenue;
  }
  const groups = Object.keys(value)
    .filter((group) => !frozen.has(group))
    .sort(byText);
  const { markets, unpriced } = pricedMarkets(input, venues, { groups: new Set(groups), mids });
  const nav = sum(groups.map((group) => value[group] ?? ZERO));
  const targetByGroup = targetsOver(groups, input);
  return {
    nav,
    groups,
    valueByGroup: value,
    targetByGroup,
    targetValueByGroup: Object.fromEntries(
      groups.map((group) => [group, multiply(targetByGroup[group] ?? ZERO, nav)]),
    ),
    valueByVenue,
    markets,
    leftAlone: [
      ...leftAlone,
      ...unpriced.filter((u) => !leftAlone.some((l) => l.venue === u.venue && l.asset === u.asset)),
    ],
  };
}

function whyOutside(input: PlanInput, group: AssetGroup, mid: Amount | undefined): string | null {
  if (group === CASH) return null;
  if (input.targets[group] === undefined) return 'no target for its group: kept, and outside the plan';
  return mid === undefined
    ? 'frozen: no price at any venue; kept at its quantity, and outside the value'
    : null;
}

/** The middle of every market that has prices. */
function midsOf(venues: readonly PlanVenue[]): ReadonlyMap<PlanMarket, Amount> {
  const mids = new Map<PlanMarket, Amount>();
  for (const { markets } of venues) {
    for (const market of markets) {
      const { bid, ask } = market;
      if (bid !== null && ask !== null) mids.set(market, multiply(add(bid, ask), HALF));
    }
  }
  return mids;
}

/** A holding is worth what its own venue says; lots of it move the value by the same price. */
function midAt(venue: PlanVenue, asset: AssetId, mids: ReadonlyMap<PlanMarket, Amount>): Amount | undefined {
  const market = venue.markets.find((candidate) => candidate.asset === asset);
  return market === undefined ? undefined : mids.get(market);
}

/** Mid by asset, for where its own venue has none: the first price of the asset, else of its group, by venue. */
function midByAsset(
  input: PlanInput,
  venues: readonly PlanVenue[],
  mids: ReadonlyMap<PlanMarket, Amount>,
): ReadonlyMap<AssetId, Amount> {
  const byAsset = new Map<AssetId, Amount>();
  const byGroup = new Map<AssetGroup, Amount>();
  for (const venue of venues) {
    for (const market of venue.markets) {
      const mid = mids.get(market);
      if (mid === undefined) continue;
      const group = input.groups[market.asset] ?? market.asset;
      if (!byAsset.has(market.asset)) byAsset.set(market.asset, mid);
      if (!byGroup.has(group)) byGroup.set(group, mid);
    }
  }
  for (const [asset, group] of Object.entries(input.groups)) {
    const mid = group === CASH ? undefined : byGroup.get(group);
    if (mid !== undefined && !byAsset.has(asset)) byAsset.set(asset, mid);
  }
  return byAsset;
}

function pricedMarkets(
  input: PlanInput,
  venues: readonly PlanVenue[],
  known: { readonly groups: ReadonlySet<AssetGroup>; readonly mids: ReadonlyMap<PlanMarket, Amount> },
): { readonly markets: readonly PricedMarket[]; readonly unpriced: readonly LeftAlone[] } {
  const markets: PricedMarket[] = [];
  const unpriced: LeftAlone[] = [];
  for (const venue of venues) {
    for (const market of [...venue.markets].sort((a, b) => byText(a.asset, b.asset))) {
      const group = input.groups[market.asset] ?? market.asset;
      if (group === CASH || input.targets[group] === undefined) continue;
      const { bid, ask } = market;
      const mid = known.mids.get(market);
      if (bid === null || ask === null || mid === undefined) {
        unpriced.push({ venue: venue.id, asset: market.asset, reason: 'frozen: no price at this venue' });
        continue;
      }
      if (!known.groups.has(group)) continue;
      markets.push({
        venue,
        market,
        group,
        bid,
        ask,
        mid,
        held: venue.holdings[market.asset] ?? ZERO,
        feeRate: feeRateAt(venue, market),
      });
    }
  }
  return { markets, unpriced };
}

/** The last group takes what rounding leaves, so that the fractions sum to exactly 1. */
function targetsOver(groups: readonly AssetGroup[], input: PlanInput): Readonly<Record<AssetGroup, Amount>> {
  const totalPpm = groups.reduce((total, group) => total + (input.targets[group] ?? 0), 0);
  if (totalPpm === 0)
    return Object.fromEntries(groups.map((group) => [group, group === CASH ? amount('1') : ZERO]));
  const total = amount(String(totalPpm));
  const decimals = totalPpm === WEIGHT_TOTAL_PPM ? 6 : 20;
  const targets = new Map<AssetGroup, Amount>();
  for (const group of groups)
    targets.set(group, divide(amount(String(input.targets[group] ?? 0)), total, decimals));
  const residue = subtract(amount('1'), sum(targets.values()));
  targets.set(CASH, add(targets.get(CASH) ?? ZERO, residue));
  return Object.fromEntries(targets);
}
