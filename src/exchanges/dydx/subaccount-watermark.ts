import { createHash } from 'node:crypto';
import type { Watermark } from '../../domain/venue/observation.ts';
import type { SubaccountRow } from './dydx-rows.ts';

/**
 * Where the subaccounts stood: the heights at which they last changed, or where an indexer does not say, their holdings.
 * The height is that of the indexer which answered last of all, so that nothing later is claimed.
 */
export function watermarkOf(
  subaccounts: readonly SubaccountRow[],
  newestFillIds: readonly string[],
  indexerHeight: number | null,
): Watermark {
  const heights = subaccounts.map((one) => one.latestProcessedBlockHeight ?? indexerHeight);
  const changes = subaccounts.map(
    (one) => `${one.subaccountNumber}:${one.updatedAtHeight ?? '-'}:${digestOfHoldings(one).slice(0, 16)}`,
  );
  return {
    activity: [...changes, ...newestFillIds.map((id) => `fill:${id}`)].join(' '),
    height: lowestOf(heights),
  };
}

/** Null where a part has no height: nothing is claimed of it. */
function lowestOf(heights: readonly (number | null)[]): number | null {
  const known = heights.filter((height) => height !== null);
  return known.length === heights.length ? Math.min(...known) : null;
}

function digestOfHoldings(subaccount: SubaccountRow): string {
  const lines = [
    ...Object.values(subaccount.assetPositions).map((one) => `${one.symbol} ${one.side} ${one.size}`),
    ...Object.values(subaccount.openPerpetualPositions).map((one) => `${one.market} ${one.side} ${one.size}`),
  ];
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
