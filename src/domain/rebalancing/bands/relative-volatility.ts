import { toNumber } from '../../money/amount.ts';
import { type AssetGroup, CASH, type TargetWeights, weightFraction } from '../targets.ts';
import type { Covariance } from '../triggers/drift.ts';

/**
 * A year's volatility of each group against the rest of the portfolio as it is wanted: what moves its weight. The rest
 * is weighted by its targets; cash does not vary. Groups of which a variance is missing, their own or one of the rest,
 * and those without a rest, are left out.
 */
export function relativeVolatilities(
  targets: TargetWeights,
  covariance: Omit<Covariance, 'source'>,
): Readonly<Record<AssetGroup, number>> {
  const rowOf = new Map(covariance.groups.map((group, index) => [group, index]));
  const wanted = Object.entries(targets).filter(([, ppm]) => ppm > 0);
  return Object.fromEntries(
    wanted.flatMap(([group, ppm]) => {
      const share = 1 - toNumber(weightFraction(ppm));
      if (share <= 0) return [];
      const against = new Map(
        wanted.map(([other, otherPpm]) => [
          other,
          other === group ? 1 : -toNumber(weightFraction(otherPpm)) / share,
        ]),
      );
      const varying = [...against].filter(([each]) => each !== CASH || rowOf.has(CASH));
      const variance = varying.reduce(
        (total, [a, weightA]) =>
          varying.reduce(
            (sum, [b, weightB]) =>
              sum +
              weightA * weightB * (covariance.matrix[rowOf.get(a) ?? -1]?.[rowOf.get(b) ?? -1] ?? Number.NaN),
            total,
          ),
        0,
      );
      return Number.isFinite(variance) && variance >= 0
        ? [[group, Math.sqrt(variance * covariance.periodsPerYear)]]
        : [];
    }),
  );
}
