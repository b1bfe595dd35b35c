import { type Amount, add, amount, divide, isPositive, multiply, ONE, ZERO } from '../money/amount.ts';
import type { AssetId, Market } from './venue.ts';

/** The group whose assets are worth one unit of the reporting currency each. */
export const CASH_GROUP = 'CASH';

/** Present prices by group of assets, in the reporting currency. A group without a price is not in the map. */
export type GroupPrices = ReadonlyMap<string, Amount>;

const TWO = amount('2');

/** The price between bid and ask; null where the market shows none. */
export function midOf(market: Pick<Market, 'bid' | 'ask'>): Amount | null {
  if (!isPositive(market.bid) || !isPositive(market.ask)) return null;
  return divide(add(market.bid, market.ask), TWO, 20, 'half');
}

/** Prices with what these markets show now; only markets quoted in cash say something of value. */
export function withMarkets(
  prices: GroupPrices,
  markets: readonly Market[],
  groupOf: (asset: AssetId) => string,
): GroupPrices {
  const next = new Map(prices);
  for (const market of markets) {
    const mid = midOf(market);
    if (mid !== null && groupOf(market.quote) === CASH_GROUP) next.set(groupOf(market.base), mid);
  }
  return next;
}

/** The price of one unit of an asset; null where nobody says, which is never zero. */
export function priceIn(
  prices: GroupPrices,
  groupOf: (asset: AssetId) => string,
  asset: AssetId,
): Amount | null {
  const group = groupOf(asset);
  return group === CASH_GROUP ? ONE : (prices.get(group) ?? null);
}

export interface Valued {
  readonly totalUsd: Amount;
  /** By group, without those that have no price. */
  readonly byGroup: ReadonlyMap<string, Amount>;
  /** Held, but without a price: they are in no total. */
  readonly unpriced: readonly AssetId[];
}

/** Adds up holdings at present prices. A perpetual counts with its signed notional: its collateral carries the other side. */
export function valueHoldings(
  holdings: Iterable<readonly [AssetId, Amount]>,
  prices: GroupPrices,
  groupOf: (asset: AssetId) => string,
): Valued {
  const byGroup = new Map<string, Amount>();
  const unpriced = new Set<AssetId>();
  let totalUsd = ZERO;
  for (const [asset, quantity] of holdings) {
    if (quantity === ZERO) continue;
    const price = priceIn(prices, groupOf, asset);
    if (price === null) {
      unpriced.add(asset);
      continue;
    }
    const value = multiply(quantity, price);
    totalUsd = add(totalUsd, value);
    byGroup.set(groupOf(asset), add(byGroup.get(groupOf(asset)) ?? ZERO, value));
  }
  return { totalUsd, byGroup, unpriced: [...unpriced].sort() };
}
