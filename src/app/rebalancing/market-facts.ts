import type { PlanInput } from '../../domain/rebalancing/plan-input.ts';
import { type AssetGroup, CASH } from '../../domain/rebalancing/targets.ts';
import type { LastPrice, RiskQuote, RiskState } from '../../domain/risk/risk-state.ts';
import { earlierPriceOf, newestOf } from '../../domain/venue/price-readings.ts';
import type { AssetId, Market, VenueId } from '../../domain/venue/venue.ts';
import { groupsOf, memoryOf, type Reading } from '../portfolio/read-standing.ts';

/** What the markets of all venues say that limits look at. */
export type MarketFacts = Pick<RiskState, 'quotes' | 'lastPrices' | 'volumes'>;

/**
 * From what the venues' markets have shown since the start. A venue is one source of an asset's price: by the market
 * that is planned in, else by the first one that quotes it in cash. Nobody is asked for anything.
 */
export function marketFactsOf(reading: Reading, venues: PlanInput['venues']): MarketFacts {
  const traded = tradedGroups(reading);
  const isIlliquid = (group: AssetGroup): boolean => traded !== null && !traded.has(group);
  return {
    quotes: quotesOf(reading, venues, isIlliquid),
    lastPrices: lastPricesOf(reading, isIlliquid),
    volumes: volumesOf(reading, venues),
  };
}

/**
 * The groups that a plan can trade at some venue, whether or not just now. Null while a venue with markets has not been
 * read: what trades there is not known, and nothing is taken to be illiquid for it.
 */
function tradedGroups({ state, settings }: Reading): ReadonlySet<AssetGroup> | null {
  const group = groupsOf(settings);
  const groups = new Set<AssetGroup>();
  for (const { venue, cashAsset, markets: names } of settings.venues) {
    if (cashAsset === null || names.length === 0) continue;
    const { markets, marketsAtMs } = memoryOf(state, venue);
    if (marketsAtMs === null) return null;
    for (const { market, base, quote } of markets)
      if (names.includes(market) && quote === cashAsset) groups.add(group(base));
  }
  return groups;
}

function quotesOf(
  { state, settings }: Reading,
  venues: PlanInput['venues'],
  isIlliquid: (group: AssetGroup) => boolean,
): readonly RiskQuote[] {
  const group = groupsOf(settings);
  return settings.venues.flatMap(({ venue }) => {
    const planned = venues.find(({ id }) => id === venue)?.markets.map(({ market }) => market) ?? [];
    const { markets, readings } = memoryOf(state, venue);
    const inCash = markets.filter(({ quote }) => group(quote) === CASH);
    const byAsset = new Map<AssetId, Market>();
    for (const market of [...inCash.filter((each) => planned.includes(each.market)), ...inCash])
      if (!byAsset.has(market.base)) byAsset.set(market.base, market);
    return [...byAsset.values()].flatMap(({ market, base }): readonly RiskQuote[] => {
      const seen = readings.get(market);
      if (seen === undefined) return [];
      const { price, atMs } = newestOf(seen.readings);
      return [
        {
          venue,
          asset: base,
          price,
          observedAtMs: atMs,
          isIlliquid: isIlliquid(group(base)),
          earlier: earlierPriceOf(seen),
        },
      ];
    });
  });
}

/** The newest price of each group, wherever it was read; of equally new ones the first venue's. */
function lastPricesOf(
  { state, settings }: Reading,
  isIlliquid: (group: AssetGroup) => boolean,
): Readonly<Record<AssetGroup, LastPrice>> {
  const group = groupsOf(settings);
  const last = new Map<AssetGroup, LastPrice>();
  for (const { venue } of settings.venues) {
    for (const { base, quote, readings } of memoryOf(state, venue).readings.values()) {
      if (group(quote) !== CASH) continue;
      const { price, atMs } = newestOf(readings);
      const name = group(base);
      const before = last.get(name);
      if (before !== undefined && before.observedAtMs >= atMs) continue;
      last.set(name, { price, observedAtMs: atMs, isIlliquid: isIlliquid(name) });
    }
  }
  return Object.fromEntries(last);
}

/** Of the markets that are planned in; they are quoted in cash, a unit of which is a dollar. */
function volumesOf({ state }: Reading, venues: PlanInput['venues']): RiskState['volumes'] {
  return venues.flatMap(({ id, markets }) => volumesAt(id, markets, memoryOf(state, id).markets));
}

function volumesAt(
  venue: VenueId,
  planned: PlanInput['venues'][number]['markets'],
  markets: readonly Market[],
): RiskState['volumes'] {
  return planned.flatMap(({ market }) => {
    const dayUsd = markets.find((each) => each.market === market)?.dayQuoteVolume;
    return dayUsd === undefined ? [] : [{ venue, market, dayUsd }];
  });
}
