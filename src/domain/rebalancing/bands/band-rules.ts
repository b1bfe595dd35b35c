import { type Amount, isDecimalText, isLess, isNegative, isPositive, ONE } from '../../money/amount.ts';
import { type InputProblem, inputProblem } from '../input-problem.ts';
import type { AssetGroup, TargetWeights } from '../targets.ts';

/** How far each group may wander before it is traded. Widths are fractions of the portfolio: "0.05" is five points. */
export interface BandRules {
  /**
   * `optimal`: the half width that loses least. `hybrid`: five points or a quarter of the target, whichever is less,
   * which also stands where the optimal one cannot be told. By group: its own; a group that is not named has the
   * hybrid's.
   */
  readonly widths: 'optimal' | 'hybrid' | Readonly<Record<AssetGroup, Amount | 'optimal'>>;
  /** Relative risk aversion (gamma). */
  readonly riskAversion: Amount;
  /** What one rebalance of a group costs whatever its size (K, in USD). */
  readonly fixedCostUsd: Amount;
  /** How often weights are looked at; as if at every moment where it is absent. */
  readonly monitoring?: BandMonitoring;
  /** The most that a limit allows of a group. What may be held of it ends there, whatever its band. */
  readonly weightsMax?: Readonly<Record<AssetGroup, Amount>>;
}

export interface BandMonitoring {
  readonly intervalMs: number;
  /** A year's volatility of a group against the rest of the portfolio, where it is known. */
  readonly volatility: Readonly<Record<AssetGroup, number>>;
}

/** What is wrong with bands for these targets, or null. */
export function findBandProblem(
  { widths, riskAversion, fixedCostUsd, monitoring }: BandRules,
  targets: TargetWeights,
): InputProblem | null {
  if (!isDecimalText(riskAversion) || !isPositive(riskAversion))
    return inputProblem('bands.riskAversion', 'an amount above 0', riskAversion);
  if (!isDecimalText(fixedCostUsd) || isNegative(fixedCostUsd))
    return inputProblem('bands.fixedCostUsd', 'an amount that is not negative', fixedCostUsd);
  if (monitoring !== undefined && !(monitoring.intervalMs > 0))
    return inputProblem('bands.monitoring.intervalMs', 'a time above 0', monitoring.intervalMs);
  if (typeof widths === 'string') return null;
  for (const [group, width] of Object.entries(widths)) {
    const path = `bands.${group}`;
    if (targets[group] === undefined) return inputProblem(path, 'a group with a target', 'none');
    if (width === 'optimal') continue;
    if (!isDecimalText(width) || isNegative(width) || !isLess(width, ONE))
      return inputProblem(path, '"optimal", or a half width from 0 to below 1', width);
  }
  return null;
}
