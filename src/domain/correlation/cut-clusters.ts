import type { Merge } from './link-clusters.ts';

/**
 * The leaves of each cluster that was joined below a height, ascending, clusters by their first leaf. What is joined at
 * the height itself stays apart, as pairs at a bound do. (SciPy's fcluster joins it.)
 */
export function cutClusters(
  merges: readonly Merge[],
  leaves: number,
  height: number,
): readonly (readonly number[])[] {
  const clusters = new Map<number, readonly number[]>(Array.from({ length: leaves }, (_, i) => [i, [i]]));
  for (const [k, [first, second, joinedAt]] of merges.entries()) {
    if (joinedAt >= height) break;
    const members = [...(clusters.get(first) ?? []), ...(clusters.get(second) ?? [])];
    clusters.delete(first);
    clusters.delete(second);
    clusters.set(
      leaves + k,
      members.toSorted((a, b) => a - b),
    );
  }
  return [...clusters.values()].toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}

/** Leaves as a tree that is drawn without crossings has them, the first cluster of each merge on the left, as SciPy. */
export function leafOrder(merges: readonly Merge[], leaves: number): readonly number[] {
  const orders: (readonly number[])[] = Array.from({ length: leaves }, (_, i) => [i]);
  for (const [first, second] of merges) orders.push([...(orders[first] ?? []), ...(orders[second] ?? [])]);
  return orders.at(-1) ?? [];
}
