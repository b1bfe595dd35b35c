import { assert } from '../assert.ts';
import type { AssetGroup } from '../rebalancing/targets.ts';
import { apportion } from './apportion.ts';

/** Twice as fine as a millionth needs: more than a double holds of a number below one. */
const RESOLUTION = 2 ** 52;

/**
 * Millionths in proportion to the doubles of a statistic: the one place where a statistic becomes a weight. They sum to
 * exactly `totalPpm`, by largest remainder. Fails on what is negative or no number, and where all are zero.
 */
export function shareOut(
  shares: readonly (readonly [AssetGroup, number])[],
  totalPpm: number,
): Readonly<Record<AssetGroup, number>> {
  const largest = Math.max(0, ...shares.map(([, share]) => share));
  for (const [group, share] of shares)
    assert(share >= 0 && Number.isFinite(share), `a share is a number of zero or more: ${group} ${share}`);
  const parts = shares.map(([id, share]) => ({
    id,
    part: largest === 0 ? 0n : BigInt(Math.round((share / largest) * RESOLUTION)),
  }));
  const ppm = [...apportion(parts, BigInt(totalPpm))];
  return Object.fromEntries(ppm.map(([group, units]) => [group, Number(units)]));
}
