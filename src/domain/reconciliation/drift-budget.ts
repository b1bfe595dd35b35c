// Salami: differences that are each too small to matter, and add up.
//
// Invariants, each held by a property test of the same name:
// 1. A level that merely persists is not added again.
// 2. A loss and a surplus of one size are treated alike.
// 3. A bias raises an alarm before three tolerances have accumulated; noise of half a tolerance never does.

import { divide, isPositive, ZERO } from '../money/amount.ts';
import type { AssetId } from '../venue/venue.ts';
import type { Comparison, Difference } from './compare.ts';
import type { Tolerances } from './tolerance.ts';

/** How one asset's small differences have moved, in tolerances: a statistic, never an amount of anything. */
export interface DriftBudget {
  /** The difference that the last read showed. */
  readonly level: number;
  /** Signed sum of the small movements, of which every day takes its share away. */
  readonly sum: number;
  readonly atMs: number;
}

const DAY_MS = 86_400_000;
/** The share of the sum that a day takes: drifts slower than an eighth of a tolerance a day stay within the budget. */
const LOST_PER_DAY = 0.05;
/** Below three, so that decay and noise together cannot hide the third tolerance. */
export const DRIFT_LIMIT = 2.5;

/**
 * Takes one read's difference, in tolerances; null where the asset had none so far. A movement of clearly more
 * than one tolerance at once is no salami: it is weighed on its own, and only its level is remembered.
 */
export function advanceDrift(before: DriftBudget | null, level: number, atMs: number): DriftBudget {
  if (before === null) return { level, sum: isSmall(level) ? level : 0, atMs };
  const goneShare = ((atMs - before.atMs) / DAY_MS) * LOST_PER_DAY;
  const kept = goneShare < 1 ? before.sum * (1 - goneShare) : 0;
  const moved = level - before.level;
  return { level, sum: isSmall(moved) ? kept + moved : kept, atMs };
}

/** Noise of half a tolerance to either side moves by one, and a bias by a little more. */
const SMALL = 1.25;
const isSmall = (moved: number): boolean => moved >= -SMALL && moved <= SMALL;

/** Whether small movements have added up to something that has to be looked at. */
export const isDriftAlarming = ({ sum }: DriftBudget): boolean => sum > DRIFT_LIMIT || sum < -DRIFT_LIMIT;

/** The budgets of a venue after a comparison, and the comparison with what they raise. Assets without a tolerance have none. */
export function weighDrift(
  comparison: Comparison,
  tolerances: Tolerances,
  before: DriftBudgets,
): { readonly drift: DriftBudgets; readonly comparison: Comparison } {
  const drift = new Map<AssetId, DriftBudget>();
  const totals = new Map(comparison.differences.filter(isTotal).map(({ asset, delta }) => [asset, delta]));
  for (const asset of new Set([...before.keys(), ...totals.keys()])) {
    const tolerance = tolerances.absolute.get(asset) ?? tolerances.absoluteDefault;
    if (!isPositive(tolerance)) continue;
    const level = Number(divide(totals.get(asset) ?? ZERO, tolerance, LEVEL_DECIMALS, 'half'));
    const budget = advanceDrift(before.get(asset) ?? null, level, comparison.observedAtMs);
    if (budget.level !== 0 || Math.abs(budget.sum) > FORGOTTEN) drift.set(asset, budget);
  }
  const differences = comparison.differences.map((difference) => {
    const budget = isTotal(difference) ? drift.get(difference.asset) : undefined;
    return budget && isDriftAlarming(budget) && !difference.isMaterial ? raised(difference) : difference;
  });
  return { drift, comparison: { ...comparison, differences } };
}

export type DriftBudgets = ReadonlyMap<AssetId, DriftBudget>;

const LEVEL_DECIMALS = 6;
/** A sum below this is no news of anything. */
const FORGOTTEN = 0.001;

const isTotal = ({ bucket }: Difference): boolean => bucket === 'total';

/** Small as it is, it has to be explained like any other. */
const raised = (difference: Difference): Difference => ({
  ...difference,
  class: difference.class === 'pending' ? 'pending' : 'quantityMismatch',
  settledClass: 'quantityMismatch',
  severity: 'warning',
  isMaterial: true,
});
