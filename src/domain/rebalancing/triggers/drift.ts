import { type Amount, absolute, amount, divide, subtract, sum, toNumber, ZERO } from '../../money/amount.ts';
import { type AssetGroup, CASH, type TargetWeights, weightFraction } from '../targets.ts';
import { type Fact, known, unknown } from './fact.ts';

export interface GroupDrift {
  readonly group: AssetGroup;
  readonly weight: Amount;
  readonly target: Amount;
  /** Weight less target: 0.05 is five points too much. */
  readonly deviation: Amount;
}

export interface Drift {
  /** Half the sum of absolute deviations: the share of the portfolio that must change hands. */
  readonly total: Amount;
  readonly groups: readonly GroupDrift[];
}

/** How returns of groups move together, over one period. Statistics: doubles. */
export interface Covariance {
  /** The file whose returns it is of. */
  readonly source: string;
  readonly groups: readonly AssetGroup[];
  /** Row and column by the index in `groups`. */
  readonly matrix: readonly (readonly number[])[];
  /** 365 for daily returns of what trades every day; 1 where the matrix is annual already. */
  readonly periodsPerYear: number;
}

/** Of a group that a covariance does not name. */
export const withoutReturns = ({ source }: Pick<Covariance, 'source'>, group: AssetGroup) =>
  unknown(`${source}: expected daily returns of ${group}, found none`);

/** Variances below zero by less than this share of their terms are zero but for rounding. */
const ROUNDING = 1e-9;
/** Decimals of a tracking error, beyond which its double is not to be trusted. */
const DECIMALS = 12;

/** How far weights are from targets. A group that only one of them names counts as zero in the other. */
export function measureDrift(weights: Readonly<Record<AssetGroup, Amount>>, targets: TargetWeights): Drift {
  const names = [...new Set([...Object.keys(weights), ...Object.keys(targets)])].sort();
  const groups = names.map((group) => {
    const weight = weights[group] ?? ZERO;
    const target = weightFraction(targets[group] ?? 0);
    return { group, weight, target, deviation: subtract(weight, target) };
  });
  const turnover = sum(groups.map((g) => absolute(g.deviation)));
  return { total: divide(turnover, amount('2'), 40), groups };
}

/**
 * The volatility, a year, of the return by which the portfolio differs from its targets: sqrt(A d' S d).
 * As `PTE_Rebalance` of bt has it. Cash is what is measured in and does not vary. Unknown where a group that deviates
 * has no row, or where the matrix is none of a covariance.
 */
export function trackingError(drift: Drift, covariance: Covariance): Fact<Amount> {
  const rowOf = new Map(covariance.groups.map((group, index) => [group, index]));
  const deviating = drift.groups.filter((g) => g.deviation !== ZERO && (g.group !== CASH || rowOf.has(CASH)));
  const missing = deviating.find((g) => !rowOf.has(g.group));
  if (missing !== undefined) return withoutReturns(covariance, missing.group);
  let variance = 0;
  let size = 0;
  for (const a of deviating) {
    for (const b of deviating) {
      const covered = covariance.matrix[rowOf.get(a.group) ?? -1]?.[rowOf.get(b.group) ?? -1] ?? Number.NaN;
      const term = toNumber(a.deviation) * toNumber(b.deviation) * covered * covariance.periodsPerYear;
      variance += term;
      size += Math.abs(term);
    }
  }
  if (!Number.isFinite(variance) || variance < -ROUNDING * size)
    return unknown(`the covariance gives a variance of ${variance}`);
  return known(amount(Math.sqrt(Math.max(0, variance)).toFixed(DECIMALS)));
}
