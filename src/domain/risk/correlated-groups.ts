import type { AssetGroup } from '../rebalancing/targets.ts';
import type { Covariance } from '../rebalancing/triggers/drift.ts';

/** Groups that are correlated by more than this on average are one cluster; REBALANCING.md §3g. */
const CLUSTER_CORRELATION = 0.6;

/**
 * The cluster of each group, named after its members: average linkage over √((1 - ρ) / 2), REBALANCING.md §3g, cut where
 * ρ is `CLUSTER_CORRELATION`. Of two pairs as near, the one that is named first is joined first. What does not vary
 * moves with nothing. Cubic in the number of groups.
 */
export function correlatedGroups({ groups, matrix }: Covariance): Readonly<Record<AssetGroup, string>> {
  const cut = distanceAt(CLUSTER_CORRELATION);
  const distances = matrix.map((row, i) => row.map((_, j) => distanceAt(correlationOf(matrix, i, j))));
  let clusters: readonly (readonly number[])[] = groups.map((_, i) => [i]);
  for (;;) {
    const nearest = nearestPair(clusters, distances);
    if (nearest === null || nearest.distance >= cut) break;
    const { first, second } = nearest;
    const joined = [...(clusters[first] ?? []), ...(clusters[second] ?? [])].sort((a, b) => a - b);
    clusters = clusters.map((cluster, n) => (n === first ? joined : cluster)).filter((_, n) => n !== second);
  }
  return Object.fromEntries(
    clusters.flatMap((members) => {
      const names = members.map((member) => groups[member] ?? '');
      return names.map((name) => [name, names.join('+')] as const);
    }),
  );
}

interface Pair {
  readonly first: number;
  readonly second: number;
  readonly distance: number;
}

function nearestPair(
  clusters: readonly (readonly number[])[],
  distances: readonly (readonly number[])[],
): Pair | null {
  let nearest: Pair | null = null;
  for (let first = 0; first < clusters.length; first++) {
    for (let second = first + 1; second < clusters.length; second++) {
      const distance = averageDistance(clusters[first] ?? [], clusters[second] ?? [], distances);
      if (nearest === null || distance < nearest.distance) nearest = { first, second, distance };
    }
  }
  return nearest;
}

function averageDistance(
  some: readonly number[],
  others: readonly number[],
  distances: readonly (readonly number[])[],
): number {
  const between = some.flatMap((i) => others.map((j) => distances[i]?.[j] ?? Number.POSITIVE_INFINITY));
  return between.reduce((total, distance) => total + distance, 0) / between.length;
}

const distanceAt = (correlation: number): number => Math.sqrt((1 - correlation) / 2);

/** Rounding may take it beyond one. */
function correlationOf(matrix: Covariance['matrix'], i: number, j: number): number {
  const scale = Math.sqrt((matrix[i]?.[i] ?? 0) * (matrix[j]?.[j] ?? 0));
  if (scale === 0) return 0;
  return Math.max(-1, Math.min(1, (matrix[i]?.[j] ?? 0) / scale));
}
