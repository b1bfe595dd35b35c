import { averageClusters, CLUSTER_CORRELATION } from '../correlation/correlation-risk.ts';
import type { AssetGroup } from '../rebalancing/targets.ts';
import type { Covariance } from '../rebalancing/triggers/drift.ts';

/**
 * The cluster of each group, named after its members: average linkage, REBALANCING.md §3g, cut where ρ is
 * `CLUSTER_CORRELATION`. Of two pairs as near, the one that is named first is joined first. What does not vary moves with
 * nothing. Cubic in the number of groups.
 */
export function correlatedGroups({
  groups,
  matrix,
}: Pick<Covariance, 'groups' | 'matrix'>): Readonly<Record<AssetGroup, string>> {
  const correlation = matrix.map((row, i) => row.map((_, j) => (i === j ? 1 : correlationOf(matrix, i, j))));
  return Object.fromEntries(
    averageClusters(correlation, CLUSTER_CORRELATION).flatMap((members) => {
      const names = members.map((member) => groups[member] ?? '');
      return names.map((name) => [name, names.join('+')] as const);
    }),
  );
}

/** Rounding may take it beyond one. */
function correlationOf(matrix: Covariance['matrix'], i: number, j: number): number {
  const scale = Math.sqrt((matrix[i]?.[i] ?? 0) * (matrix[j]?.[j] ?? 0));
  if (scale === 0) return 0;
  return Math.max(-1, Math.min(1, (matrix[i]?.[j] ?? 0) / scale));
}
