import { ONE } from '../../domain/money/amount.ts';
import type { PriceOf, PriceUsed } from '../../domain/valuation/valuation.ts';
import { CASH_GROUP, midOf } from '../../domain/venue/prices.ts';
import { groupsOf, memoryOf } from '../portfolio/read-standing.ts';
import type { RoundContext } from '../portfolio/round-context.ts';

/** An older price says nothing of now: what has no other one has none. */
export const PRICE_AGE_MAX_MS = 3_600_000;

/**
 * The mid of the market that was read last, of those of an asset's group that are quoted in cash, with which market it
 * was and when. What counts as cash is one dollar.
 */
export function presentPrices({ state, settings, nowMs, change }: RoundContext): PriceOf {
  const group = groupsOf(settings);
  const prices = new Map<string, PriceUsed>();
  for (const { venue } of settings.venues) {
    const memory = memoryOf(state, venue);
    const { markets, marketsAtMs } = change.markets.get(venue) ?? memory;
    if (marketsAtMs === null || nowMs - marketsAtMs > PRICE_AGE_MAX_MS) continue;
    for (const { market, base, quote, bid, ask } of markets) {
      const price = midOf({ bid, ask });
      if (price === null || group(quote) !== CASH_GROUP) continue;
      if ((prices.get(group(base))?.atMs ?? 0) > marketsAtMs) continue;
      prices.set(group(base), { price, source: `${venue} ${market}`, atMs: marketsAtMs });
    }
  }
  return (asset) =>
    group(asset) === CASH_GROUP
      ? { price: ONE, source: 'cash', atMs: nowMs }
      : (prices.get(group(asset)) ?? null);
}
