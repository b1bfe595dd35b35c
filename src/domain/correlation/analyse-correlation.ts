import { correlationDistance, correlationDistances } from './correlation-distance.ts';
import {
  averageClusters,
  CLUSTER_CORRELATION,
  judgeCorrelationRisk,
  type RiskLevel,
} from './correlation-risk.ts';
import { cutClusters } from './cut-clusters.ts';
import { type ClusterReport, describeClusters } from './describe-clusters.ts';
import { effectiveBets, principalShares } from './effective-bets.ts';
import type { PairFigures } from './estimate-correlation.ts';
import { judgeLegacyCorrelationRisk } from './legacy-correlation-risk.ts';
import { type Linkage, linkClusters, type Merge } from './link-clusters.ts';
import { type NearestCorrelation, nearestCorrelation } from './nearest-correlation.ts';
import {
  averageCorrelation,
  diversificationRatio,
  effectiveAssets,
  type HeldRisk,
  impliedCorrelation,
  portfolioVolatility,
  riskContributions,
} from './portfolio-risk.ts';
import { recommendDiversification } from './recommend-diversification.ts';
import { at, part, type SquareMatrix } from './square-matrix.ts';
import { usableNames } from './usable-names.ts';

/** How an analysis is made; what is left out is as the comment says. */
export interface AnalysisOptions {
  /** "average". */
  readonly linkage?: Linkage | undefined;
  /** Clusters are of what correlates by more; 0.6. */
  readonly cutCorrelation?: number | undefined;
  /** The level that was told last, which noise does not move; none. */
  readonly previousLevel?: RiskLevel | null | undefined;
  /** The older rule for level, clusters and recommendation; false. */
  readonly legacyCompat?: boolean | undefined;
}

/** What was measured or given, each list by the index of names. */
export interface MeasuredCorrelation {
  readonly names: readonly string[];
  /** Null for a pair of which nothing is known, and for all of a name that does not vary. */
  readonly correlation: PairFigures;
  /** 95 % bounds of each correlation; null where nobody knows on how many returns they rest. */
  readonly bounds: { readonly lower: PairFigures; readonly upper: PairFigures } | null;
  /** Of one period; null where it is not known. */
  readonly volatilities: readonly (number | null)[];
  /** Names that do not vary: they bring no risk. */
  readonly constant: readonly string[];
  /** Sum to 1, none below 0. */
  readonly weights: readonly number[];
}

/** Null figures have their reason under `reasons`, by the name of the figure. */
export interface CorrelationAnalysis {
  readonly names: readonly string[];
  readonly correlation: PairFigures;
  readonly linkage: Linkage;
  /** As SciPy's linkage matrix: ids below the number of names are names, names.length + k is the k-th merge. */
  readonly merges: readonly Merge[];
  /** Cut at `cutCorrelation`: of the linkage, or of the average one for Ward's, whose heights are no correlations. */
  readonly clusters: readonly ClusterReport[];
  readonly cutCorrelation: number;
  readonly weights: readonly number[];
  readonly volatilities: readonly (number | null)[];
  /** Of the same period as the volatilities. */
  readonly portfolioVolatility: number | null;
  /** Shares of the variance, together 1. */
  readonly riskContributions: readonly number[] | null;
  readonly diversificationRatio: number | null;
  /** By minimum torsion, 1 to the number of names. */
  readonly effectiveBets: number | null;
  readonly effectiveBetsByPrincipalComponents: number | null;
  /** 1/Σw², by weight alone. */
  readonly effectiveAssets: number;
  /** Weighted by risk. */
  readonly impliedCorrelation: number | null;
  /** Plain, over all pairs that are known. */
  readonly averageCorrelation: number | null;
  readonly riskLevel: RiskLevel | null;
  /** By which rule level, clusters and recommendation are. */
  readonly levelRule: 'riskWeighted' | 'legacy';
  readonly recommendation: string | null;
  /** Names in no cluster, and why. */
  readonly excluded: readonly { readonly name: string; readonly reason: string }[];
  /** Where the correlations together were those of no portfolio: what was done to them for the risk figures. */
  readonly adjusted: Omit<NearestCorrelation, 'correlation'> | null;
  readonly reasons: Readonly<Record<string, string>>;
}

/** Everything that REBALANCING.md §3g tells of correlations and of what is held. The input is checked already. */
export function analyseMeasured(
  measured: MeasuredCorrelation,
  options: AnalysisOptions = {},
): CorrelationAnalysis {
  const { linkage = 'average', cutCorrelation = CLUSTER_CORRELATION, legacyCompat = false } = options;
  const { names, weights } = measured;
  const { used, excluded } = usableNames(measured);
  // Every pair of what is used is known.
  const correlation = part(measured.correlation, used) as SquareMatrix;
  const usedNames = used.map((i) => names[i] ?? '');
  const usedWeights = used.map((i) => at(weights, i));
  const nearest = used.length === 0 ? null : nearestCorrelation(correlation);
  const held = heldRisk(measured, { used, correlation: nearest?.correlation ?? [], excluded });
  const contributions = typeof held === 'string' ? null : riskContributions(held);
  const merges = linkClusters(correlationDistances(correlation), linkage);
  const legacy = legacyCompat ? judgeLegacyCorrelationRisk(correlation, usedNames) : null;
  const cut =
    linkage === 'ward'
      ? averageClusters(correlation, cutCorrelation)
      : cutClusters(merges, used.length, correlationDistance(cutCorrelation));
  const clusters = describeClusters(legacy?.clusters ?? cut, {
    names: usedNames,
    correlation,
    weights: usedWeights,
    riskContributions: contributions,
  });
  const shown = {
    names,
    correlation: measured.correlation,
    linkage,
    merges: merges.map((merge) => renumbered(merge, used, names.length)),
    clusters,
    cutCorrelation,
    weights,
    volatilities: measured.volatilities,
    effectiveAssets: effectiveAssets(weights),
    averageCorrelation: averageCorrelation(correlation),
    excluded,
    adjusted: nearest === null || nearest.largestChange === 0 ? null : withoutMatrix(nearest),
  };
  const figures = riskFigures(measured, held, { used, contributions, clusters, options });
  const levelRule: CorrelationAnalysis['levelRule'] = legacyCompat ? 'legacy' : 'riskWeighted';
  const level = legacy === null ? {} : { riskLevel: legacy.level, recommendation: legacy.recommendation };
  const all = { ...shown, ...figures.values, ...level, levelRule };
  return { ...all, reasons: reasonsOf(all, figures.reason) };
}

const withoutMatrix = ({ smallestEigenvalue, largestChange }: NearestCorrelation) => ({
  smallestEigenvalue,
  largestChange,
});

/** What brings risk, or why that is not known. */
function heldRisk(
  { names, weights, volatilities, constant }: MeasuredCorrelation,
  {
    used,
    correlation,
    excluded,
  }: {
    readonly used: readonly number[];
    readonly correlation: SquareMatrix;
    readonly excluded: CorrelationAnalysis['excluded'];
  },
): HeldRisk | string {
  const missing = excluded.find(
    ({ name }) => !constant.includes(name) && at(weights, names.indexOf(name)) > 0,
  );
  if (missing !== undefined) return `${missing.name} is held, and ${missing.reason}`;
  const risks = used.map((i) => volatilities[i] ?? null);
  const nameless = risks.indexOf(null);
  if (nameless >= 0) return `the volatility of ${names[used[nameless] ?? -1]} is not known`;
  return {
    correlation,
    volatilities: risks.filter((risk) => risk !== null),
    weights: used.map((i) => at(weights, i)),
  };
}

function riskFigures(
  { names, bounds }: MeasuredCorrelation,
  held: HeldRisk | string,
  {
    used,
    contributions,
    clusters,
    options,
  }: {
    readonly used: readonly number[];
    readonly contributions: readonly number[] | null;
    readonly clusters: readonly ClusterReport[];
    readonly options: AnalysisOptions;
  },
) {
  if (typeof held === 'string') return { values: NO_FIGURES, reason: held };
  const risk = judgeCorrelationRisk({
    ...held,
    bounds: bounds && {
      lower: part(bounds.lower, used) as SquareMatrix,
      upper: part(bounds.upper, used) as SquareMatrix,
    },
    previous: options.previousLevel ?? null,
  });
  const shares = principalShares(held);
  if (contributions === null || risk === null || shares === null)
    return { values: NO_FIGURES, reason: 'nothing that is held varies' };
  const values = {
    portfolioVolatility: portfolioVolatility(held),
    // What is left out does not vary, or is not held.
    riskContributions: names.map((_, i) => (used.includes(i) ? at(contributions, used.indexOf(i)) : 0)),
    diversificationRatio: diversificationRatio(held),
    effectiveBets: risk.measures.effectiveBets,
    effectiveBetsByPrincipalComponents: effectiveBets(shares),
    impliedCorrelation: impliedCorrelation(held),
    riskLevel: risk.level,
    recommendation: recommendDiversification(risk, clusters),
  };
  return { values, reason: 'fewer than two of what is held bring risk' };
}

const NO_FIGURES = {
  portfolioVolatility: null,
  riskContributions: null,
  diversificationRatio: null,
  effectiveBets: null,
  effectiveBetsByPrincipalComponents: null,
  impliedCorrelation: null,
  riskLevel: null,
  recommendation: null,
};

/** Why each figure that is null is. */
function reasonsOf(
  figures: Omit<CorrelationAnalysis, 'reasons'>,
  reason: string,
): Readonly<Record<string, string>> {
  const missing = (Object.keys(NO_FIGURES) as (keyof typeof NO_FIGURES)[]).filter(
    (key) => figures[key] === null,
  );
  const reasons = missing.map((key) => [key, reason] as const);
  const average =
    figures.averageCorrelation === null
      ? [['averageCorrelation', 'there are fewer than two names that can be compared'] as const]
      : [];
  return Object.fromEntries([...reasons, ...average]);
}

/** From the ids of what is used to those of all names. */
function renumbered([first, second, height, size]: Merge, used: readonly number[], names: number): Merge {
  const id = (of: number): number => used[of] ?? names + of - used.length;
  return [id(first), id(second), height, size];
}
