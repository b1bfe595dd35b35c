import { at, entry, type SquareMatrix } from './square-matrix.ts';

export interface ClusterReport {
  readonly members: readonly string[];
  /** Of the portfolio, 0 to 1. */
  readonly weight: number;
  /** Of the variance; null where the portfolio has none or it is not known. */
  readonly riskShare: number | null;
  /** Plain mean over its pairs; null for one member. */
  readonly meanCorrelation: number | null;
  /** The member that is most correlated with the others on average, the first of equals. */
  readonly representative: string;
}

export interface DescribedPortfolio {
  readonly names: readonly string[];
  readonly correlation: SquareMatrix;
  readonly weights: readonly number[];
  readonly riskContributions: readonly number[] | null;
}

/** What each cluster is of a portfolio; clusters hold indices of names. */
export function describeClusters(
  clusters: readonly (readonly number[])[],
  { names, correlation, weights, riskContributions }: DescribedPortfolio,
): readonly ClusterReport[] {
  const totalOf = (members: readonly number[], values: readonly number[]) =>
    members.reduce((sum, member) => sum + at(values, member), 0);
  return clusters.map((members) => {
    const means = members.map((member) => meanWithOthers(member, members, correlation));
    const nearest = means.reduce((best, value, n) => (value > at(means, best) ? n : best), 0);
    return {
      members: members.map((member) => names[member] ?? ''),
      weight: totalOf(members, weights),
      riskShare: riskContributions && totalOf(members, riskContributions),
      meanCorrelation:
        members.length < 2 ? null : means.reduce((sum, value) => sum + value, 0) / means.length,
      representative: names[members[nearest] ?? -1] ?? '',
    };
  });
}

function meanWithOthers(member: number, members: readonly number[], correlation: SquareMatrix): number {
  const others = members.filter((other) => other !== member);
  return others.reduce((sum, other) => sum + entry(correlation, member, other), 0) / others.length;
}
