import { correlationDistance, correlationDistances } from './correlation-distance.ts';
import { cutClusters } from './cut-clusters.ts';
import { effectiveBets, minimumTorsionShares } from './effective-bets.ts';
import { linkClusters } from './link-clusters.ts';
import { nearestCorrelation } from './nearest-correlation.ts';
import { type HeldRisk, impliedCorrelation, riskContributions } from './portfolio-risk.ts';
import { at, type SquareMatrix } from './square-matrix.ts';

export const RISK_LEVELS = ['low', 'medium', 'high'] as const;
export type RiskLevel = (typeof RISK_LEVELS)[number];

/** Clusters are of what correlates by more than this on average; REBALANCING.md §3g. */
export const CLUSTER_CORRELATION = 0.6;

/** What the level goes by, each weighted by risk. */
export interface RiskMeasures {
  /** Null where fewer than two bring risk. */
  readonly impliedCorrelation: number | null;
  /** Of the cluster that brings most of the variance. */
  readonly largestClusterRiskShare: number;
  /** By minimum torsion. */
  readonly effectiveBets: number;
}

/** REBALANCING.md §3g: beyond one of these is enough. */
const BOUNDS = {
  high: { impliedCorrelation: 0.7, largestClusterRiskShare: 0.6, effectiveBets: 1.5 },
  medium: { impliedCorrelation: 0.5, largestClusterRiskShare: 0.4, effectiveBets: 2.5 },
} as const;

export interface RiskLevelInput extends HeldRisk {
  /** The 95 % bounds of each correlation; null where nobody knows on how many returns they rest. */
  readonly bounds: { readonly lower: SquareMatrix; readonly upper: SquareMatrix } | null;
  /** The level that was told last; null at first. */
  readonly previous: RiskLevel | null;
}

export interface CorrelationRisk {
  readonly level: RiskLevel;
  readonly measures: RiskMeasures;
}

/**
 * How much of a portfolio is one bet. The level rises only as far as it would if every correlation were at the lower end
 * of its 95 % interval, and falls only as far as it would at the upper end, so that noise does not move it to and fro;
 * without a level before, or without intervals, the correlations themselves decide. Null for a portfolio without a variance.
 */
export function judgeCorrelationRisk(input: RiskLevelInput): CorrelationRisk | null {
  const measures = measureRisk(input);
  if (measures === null) return null;
  const { bounds, previous } = input;
  const level = levelOf(measures);
  if (previous === null) return { level, measures };
  const levelAt = (correlation: SquareMatrix): RiskLevel => {
    const there = measureRisk({ ...input, correlation: nearestCorrelation(correlation).correlation });
    return there === null ? level : levelOf(there);
  };
  const lowest = bounds === null ? level : levelAt(bounds.lower);
  if (rank(lowest) > rank(previous)) return { level: lowest, measures };
  const highest = bounds === null ? level : levelAt(bounds.upper);
  return { level: rank(highest) < rank(previous) ? highest : previous, measures };
}

/** The level of these numbers alone. */
export function levelOf(measures: RiskMeasures): RiskLevel {
  const isBeyond = (bounds: (typeof BOUNDS)['high' | 'medium']): boolean =>
    (measures.impliedCorrelation ?? Number.NEGATIVE_INFINITY) > bounds.impliedCorrelation ||
    measures.largestClusterRiskShare > bounds.largestClusterRiskShare ||
    measures.effectiveBets < bounds.effectiveBets;
  if (isBeyond(BOUNDS.high)) return 'high';
  return isBeyond(BOUNDS.medium) ? 'medium' : 'low';
}

/** Null for a portfolio without a variance. */
export function measureRisk(held: HeldRisk): RiskMeasures | null {
  const contributions = riskContributions(held);
  const shares = minimumTorsionShares(held);
  if (contributions === null || shares === null) return null;
  const clusterShares = averageClusters(held.correlation, CLUSTER_CORRELATION).map((members) =>
    members.reduce((sum, member) => sum + at(contributions, member), 0),
  );
  return {
    impliedCorrelation: impliedCorrelation(held),
    largestClusterRiskShare: Math.max(...clusterShares),
    effectiveBets: effectiveBets(shares),
  };
}

/** Clusters by average linkage, cut at a correlation. */
export const averageClusters = (
  correlation: SquareMatrix,
  cutCorrelation: number,
): readonly (readonly number[])[] =>
  cutClusters(
    linkClusters(correlationDistances(correlation), 'average'),
    correlation.length,
    correlationDistance(cutCorrelation),
  );

const rank = (level: RiskLevel): number => RISK_LEVELS.indexOf(level);
