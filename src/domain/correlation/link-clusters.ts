import { agnes, type Cluster } from 'ml-hclust';
import { entry, mapMatrix, type SquareMatrix } from './square-matrix.ts';

export const LINKAGES = ['single', 'complete', 'average', 'ward'] as const;
export type Linkage = (typeof LINKAGES)[number];

/**
 * One merge, as a row of SciPy's linkage matrix: the two clusters that become one, the lower id first, the distance at
 * which they do, and how many leaves it has. Leaves are 0 to n - 1; the cluster of the k-th merge is n + k.
 */
export type Merge = readonly [first: number, second: number, height: number, size: number];

/** What ml-hclust calls them. "ward2" updates squared distances, as SciPy's "ward" and R's "ward.D2" do. */
const METHODS = { single: 'single', complete: 'complete', average: 'average', ward: 'ward2' } as const;

/**
 * Hierarchical clustering of symmetric distances: n - 1 merges in ascending height. Heights are SciPy's: the least,
 * the greatest or the mean distance between the members of the two, or for Ward √(2ab/(a + b)) times the distance of
 * their centroids. Of distances that are equal, within 1e-9, the pair that is named first (0,1; 0,2; … 1,2) counts as
 * nearer, so that the result depends on nothing else. Cubic in the number of leaves.
 */
export function linkClusters(distances: SquareMatrix, linkage: Linkage): readonly Merge[] {
  const leaves = distances.length;
  if (leaves < 2) return [];
  const tree = agnes(toldApart(distances), { method: METHODS[linkage], isDistanceMatrix: true });
  const joints = jointsOf(tree, distances, linkage);
  // Twice, and both keep the order of equals: a cluster comes after those that it is made of.
  const ordered = joints.toSorted((a, b) => a.order - b.order).toSorted((a, b) => a.height - b.height);
  const idOf = new Map(ordered.map(({ cluster }, k) => [cluster, leaves + k]));
  const id = (cluster: Cluster): number =>
    cluster.isLeaf ? cluster.index : (idOf.get(cluster) ?? Number.NaN);
  return ordered.map(({ cluster, height, members }): Merge => {
    const [a, b] = cluster.children.map(id) as [number, number];
    return [Math.min(a, b), Math.max(a, b), height, members.length];
  });
}

/** Nearer distances are equal: it is a difference in correlation that no sample has. */
const EQUAL_WITHIN = 1e-9;

/**
 * Distances of which no two are equal: each has its pair's place in the order of names added, scaled to far below what
 * is told apart otherwise. The library's own choice among equals depends on what it joined before.
 */
function toldApart(distances: SquareMatrix): number[][] {
  const leaves = distances.length;
  const step = EQUAL_WITHIN / ((leaves * (leaves - 1)) / 2);
  const place = (i: number, j: number): number => i * leaves - (i * (i + 1)) / 2 + j - i;
  return mapMatrix(distances, (distance, i, j) =>
    i === j ? 0 : distance + step * place(Math.min(i, j), Math.max(i, j)),
  ).map((row) => [...row]);
}

interface Joint {
  readonly cluster: Cluster;
  readonly members: readonly number[];
  /** By the library, of the distances that were told apart. */
  readonly order: number;
  /** By definition, of the distances themselves. */
  readonly height: number;
  /** Σ of squared distances of all pairs of members. */
  readonly within: number;
}

/** Every merge of a tree, those that a merge is made of before it. Rounding makes none lower than those. */
function jointsOf(tree: Cluster, distances: SquareMatrix, linkage: Linkage): readonly Joint[] {
  const joints: Joint[] = [];
  const visit = (cluster: Cluster): Joint => {
    if (cluster.isLeaf) return { cluster, members: [cluster.index], order: 0, height: 0, within: 0 };
    const [one, other] = cluster.children.map(visit) as [Joint, Joint];
    const between = one.members.flatMap((i) => other.members.map((j) => entry(distances, i, j)));
    const squares = between.reduce((sum, distance) => sum + distance ** 2, 0);
    const joint: Joint = {
      cluster,
      members: [...one.members, ...other.members],
      order: cluster.height,
      height: Math.max(one.height, other.height, heightOf(linkage, between, one, other)),
      within: one.within + other.within + squares,
    };
    joints.push(joint);
    return joint;
  };
  visit(tree);
  return joints;
}

function heightOf(linkage: Linkage, between: readonly number[], one: Joint, other: Joint): number {
  switch (linkage) {
    case 'single':
      return Math.min(...between);
    case 'complete':
      return Math.max(...between);
    case 'average':
      return between.reduce((sum, distance) => sum + distance, 0) / between.length;
    case 'ward': {
      const a = one.members.length;
      const b = other.members.length;
      const apart = between.reduce((sum, distance) => sum + distance ** 2, 0) / (a * b);
      const centroids = apart - one.within / a ** 2 - other.within / b ** 2;
      return Math.sqrt(((2 * a * b) / (a + b)) * Math.max(0, centroids));
    }
  }
}
