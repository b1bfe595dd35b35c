import type { CorrelationRisk, RiskLevel } from './correlation-risk.ts';
import type { ClusterReport } from './describe-clusters.ts';

/** What to do about it, in a sentence or two that hold the figures which say so. */
export function recommendDiversification(
  { level, measures }: CorrelationRisk,
  clusters: readonly ClusterReport[],
): string {
  const largest = clusters.reduce<ClusterReport | null>(
    (most, cluster) => (most === null || (cluster.riskShare ?? 0) > (most.riskShare ?? 0) ? cluster : most),
    null,
  );
  const bets = `${measures.effectiveBets.toFixed(1)} effective bets`;
  const implied =
    measures.impliedCorrelation === null
      ? ''
      : `, a correlation of ${measures.impliedCorrelation.toFixed(2)} weighted by risk`;
  if (largest === null) return `${OPENING[level]}: ${bets}${implied}.`;
  const whole = `${largest.members.join(', ')} ${largest.members.length === 1 ? 'brings' : 'bring'} ${percent(
    largest.riskShare ?? 0,
  )} of the risk with ${percent(largest.weight)} of the weight`;
  const found = `${OPENING[level]}: ${whole}; ${bets}${implied}.`;
  if (level === 'low') return found;
  const remedy =
    largest.members.length === 1
      ? `reduce ${largest.members.join()}`
      : `reduce the cluster, which ${largest.representative} stands for`;
  const verb = level === 'high' ? 'To spread the risk,' : 'Before adding to it,';
  return `${found} ${verb} ${remedy}, or add what moves apart from it.`;
}

const OPENING: Readonly<Record<RiskLevel, string>> = {
  high: 'Highly concentrated',
  medium: 'Concentrated',
  low: 'Diversified',
};

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
