import type { RiskLevel } from './correlation-risk.ts';
import { averageCorrelation } from './portfolio-risk.ts';
import { entry, type SquareMatrix } from './square-matrix.ts';

export interface LegacyCorrelationRisk {
  readonly level: RiskLevel;
  readonly recommendation: string;
  /** Indices of the members of clusters of two and more. */
  readonly clusters: readonly (readonly number[])[];
  /** Pairs above 0.7. */
  readonly highPairs: readonly (readonly [number, number])[];
  readonly averageCorrelation: number | null;
}

const HIGH_PAIR = 0.7;
const CLUSTER_LINK = 0.6;

/**
 * The older rule, for those who compare with it (REBALANCING.md A.2): high where the plain average is above 0.7 or more
 * than half as many pairs as assets are above 0.7; medium where it is above 0.5 or one pair is; else low. Clusters are
 * stars around the first member in the order of the list. What is held does not matter, and the order of names does.
 */
export function judgeLegacyCorrelationRisk(
  correlation: SquareMatrix,
  names: readonly string[],
): LegacyCorrelationRisk {
  const average = averageCorrelation(correlation);
  const highPairs = correlation.flatMap((row, i) =>
    row.flatMap((value, j) => (j > i && value > HIGH_PAIR ? [[i, j] as const] : [])),
  );
  const clusters = starClusters(correlation);
  const level = legacyLevel(average ?? 0, highPairs.length, correlation.length);
  return {
    level,
    recommendation: legacyWords(
      level,
      clusters.map((members) => members.map((i) => names[i] ?? '')),
    ),
    clusters,
    highPairs,
    averageCorrelation: average,
  };
}

function legacyLevel(average: number, highPairs: number, assets: number): RiskLevel {
  if (average > 0.7 || highPairs > Math.floor(assets / 2)) return 'high';
  return average > 0.5 || highPairs > 0 ? 'medium' : 'low';
}

function starClusters(correlation: SquareMatrix): readonly (readonly number[])[] {
  const taken = new Set<number>();
  const clusters: number[][] = [];
  for (const first of correlation.keys()) {
    if (taken.has(first)) continue;
    const others = [...correlation.keys()].filter(
      (other) => other > first && !taken.has(other) && entry(correlation, first, other) > CLUSTER_LINK,
    );
    for (const member of [first, ...others]) taken.add(member);
    if (others.length > 0) clusters.push([first, ...others]);
  }
  return clusters;
}

function legacyWords(level: RiskLevel, clusters: readonly (readonly string[])[]): string {
  if (level === 'high')
    return 'Diversify: these move together so much that holding several of them adds little.';
  if (level === 'medium' && clusters.length > 0)
    return `Watch for concentration in ${clusters.map((members) => members.join(', ')).join(' and in ')}.`;
  return 'The portfolio is diversified.';
}
