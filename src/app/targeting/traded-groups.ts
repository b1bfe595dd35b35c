import { CASH } from '../../domain/rebalancing/targets.ts';
import { perpetualAsset } from '../../domain/venue/venue.ts';
import { createTokenRegistry } from '../../exchanges/solana/token-registry.ts';
import { type AssetGroups, groupOf } from '../asset-groups.ts';
import type { VenueConfiguration } from '../venue-configuration.ts';

/** The groups of which a configuration names a market: symbol in capitals → group. Cash is none of them. */
export function tradedGroups(
  venues: readonly VenueConfiguration[],
  groups: AssetGroups,
  tokens: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const registry = createTokenRegistry(
    Object.fromEntries(Object.entries(tokens).map(([mint, symbol]) => [mint, { symbol }])),
  );
  const found = venues.flatMap((venue) =>
    venue.markets.map((market): readonly [string, string] => {
      const symbol = market.split(/[-/]/)[0] ?? market;
      if (venue.kind === 'dydx') return [symbol, groupOf(groups, perpetualAsset(market))];
      return [
        symbol,
        groupOf(groups, venue.kind === 'solana' ? (registry.assetOf(symbol) ?? symbol) : symbol),
      ];
    }),
  );
  return Object.fromEntries(
    found.filter(([, group]) => group !== CASH).map(([symbol, group]) => [symbol.toUpperCase(), group]),
  );
}
