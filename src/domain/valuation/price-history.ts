import type { AssetId } from '../venue/venue.ts';
import type { PriceOf, PriceUsed } from './valuation.ts';

/** A price of an asset, as somebody said it of a time. */
export type PricePoint = PriceUsed & { readonly asset: AssetId };

/**
 * Prices of the past by group of assets: at a time the newest that is not older than `ageMaxMs`, and of two of one time
 * the one that comes first in the list.
 */
export function priceHistory(
  points: readonly PricePoint[],
  { groupOf, ageMaxMs }: { readonly groupOf: (asset: AssetId) => string; readonly ageMaxMs: number },
): (atMs: number) => PriceOf {
  const byGroup = new Map<string, PriceUsed[]>();
  for (const { asset, price, source, atMs } of points) {
    const series = byGroup.get(groupOf(asset)) ?? [];
    series.push({ price, source, atMs });
    byGroup.set(groupOf(asset), series);
  }
  // Sorting is stable: turned round, the first of one time is the last, which is the one that is found.
  for (const series of byGroup.values()) series.reverse().sort((a, b) => a.atMs - b.atMs);
  return (atMs) => (asset) => {
    const found = lastUntil(byGroup.get(groupOf(asset)) ?? [], atMs);
    return found === null || atMs - found.atMs > ageMaxMs ? null : found;
  };
}

function lastUntil(series: readonly PriceUsed[], atMs: number): PriceUsed | null {
  let low = 0;
  let high = series.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((series[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return series[low - 1] ?? null;
}
