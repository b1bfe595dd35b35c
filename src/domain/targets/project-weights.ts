// Weights brought within bounds: w = clip(λ·w, lower, upper) with the one λ that makes them sum to one.
//
// Invariants, each held by a property test of the same name:
// 1. No weight is above its cap or below its floor, and all sum to exactly 1 000 000.
// 2. Ratios are kept among the weights that are at no bound, to a millionth.
// 3. Of two weights under the same bounds the greater stays no smaller.
// 4. Weights that are within their bounds come back as they were, so that projecting twice is projecting once.
// 5. A weight is zero or at least the smallest position, whatever the bounds.

import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import {
  type AssetGroup,
  CASH,
  findTargetProblem,
  type TargetWeights,
  WEIGHT_TOTAL_PPM,
} from '../rebalancing/targets.ts';
import { byId } from './apportion.ts';
import { type Clipped, clipToTotal } from './clip-to-total.ts';

/** Bounds in parts per million, both included. What is absent is 0 and 1 000 000. */
export interface WeightBounds {
  readonly lowerPpm?: number;
  readonly upperPpm?: number;
}

export interface ProjectionRules {
  readonly bounds: Readonly<Record<AssetGroup, WeightBounds>>;
  /** For every group that `bounds` does not name, but not for CASH. */
  readonly others?: WeightBounds;
  /** A position is at least so large or none at all; CASH is no position. 0 where absent. */
  readonly positionMinPpm?: number;
  /** What the caps leave no room for: refused, or added to CASH as far as its own cap allows. */
  readonly excess: 'refuse' | 'cash';
}

export type Projection =
  | {
      readonly state: 'projected';
      readonly targets: TargetWeights;
      /** Groups that ended at a bound they would have crossed, and why. Sorted by group. */
      readonly bound: readonly BoundGroup[];
    }
  | { readonly state: 'refused'; readonly code: 'INFEASIBLE_TARGETS'; readonly problem: InputProblem }
  | { readonly state: 'refused'; readonly code: 'WRONG_INPUT'; readonly problem: InputProblem };

export interface BoundGroup {
  readonly group: AssetGroup;
  readonly reason: 'capped' | 'raised' | 'belowPositionMin';
}

/**
 * The weights under the rules. λ is found from the breakpoints of the sum, in integers, so the result is exact;
 * millionths that remain go by largest remainder. A weight of zero stays zero unless its floor raises it, whatever λ.
 * Positions below the smallest are dropped one by one, smallest weight first, ties by name, projecting again each time.
 * Never caps and then scales up. Refuses bounds that no weights meet, with the code INFEASIBLE_TARGETS.
 */
export function projectWeights(weights: TargetWeights, rules: ProjectionRules): Projection {
  const problem = findTargetProblem(weights) ?? findRulesProblem(rules);
  if (problem !== null) return { state: 'refused', code: 'WRONG_INPUT', problem };
  const dropped = new Set<AssetGroup>();
  const all = [...new Set([...Object.keys(weights), ...Object.keys(rules.bounds)])].sort(byId);
  for (;;) {
    const clipped = all.map((id) => clippedOf(id, weights[id] ?? 0, rules, dropped));
    const infeasible = findInfeasible(clipped, rules);
    if (infeasible !== null) return { state: 'refused', code: 'INFEASIBLE_TARGETS', problem: infeasible };
    const targets = fill(clipped);
    const small = smallestBelow(clipped, targets, rules.positionMinPpm ?? 0);
    if (small === null) return { state: 'projected', targets, bound: boundOf(clipped, targets, dropped) };
    dropped.add(small);
  }
}

const NONE: WeightBounds = {};

function clippedOf(
  id: AssetGroup,
  weight: number,
  rules: ProjectionRules,
  dropped: ReadonlySet<AssetGroup>,
): Clipped {
  const own = Object.hasOwn(rules.bounds, id) ? rules.bounds[id] : undefined;
  const { lowerPpm = 0, upperPpm = WEIGHT_TOTAL_PPM } = own ?? (id === CASH ? NONE : (rules.others ?? NONE));
  if (dropped.has(id)) return { id, weight: 0, lower: 0, upper: 0 };
  // What must be held is a position, so it is one of the smallest size at least.
  const isHeld = lowerPpm > 0 && id !== CASH;
  const lower = isHeld ? Math.max(lowerPpm, rules.positionMinPpm ?? 0) : lowerPpm;
  return { id, weight, lower, upper: upperPpm };
}

/** Every weight at its cap and the rest to CASH where the caps leave no other room; else clipped. */
function fill(clipped: readonly Clipped[]): TargetWeights {
  const reach = reachOf(clipped);
  if (reach >= WEIGHT_TOTAL_PPM) return Object.fromEntries(clipToTotal(clipped, WEIGHT_TOTAL_PPM));
  const atMost = Object.fromEntries(clipped.map((one) => [one.id, mostOf(one)]));
  return { ...atMost, [CASH]: (atMost[CASH] ?? 0) + WEIGHT_TOTAL_PPM - reach };
}

/** λ scales, so a weight of zero is never more than its floor. */
const mostOf = ({ weight, lower, upper }: Clipped): number => (weight > 0 ? upper : lower);
const reachOf = (clipped: readonly Clipped[]): number => clipped.reduce((sum, one) => sum + mostOf(one), 0);

function findInfeasible(clipped: readonly Clipped[], { excess }: ProjectionRules): InputProblem | null {
  for (const { id, lower, upper } of clipped) {
    if (lower > upper)
      return inputProblem(`bounds.${id}`, `a cap of at least its floor of ${lower} ppm`, upper);
  }
  const floors = clipped.reduce((sum, { lower }) => sum + lower, 0);
  if (floors > WEIGHT_TOTAL_PPM)
    return inputProblem('bounds', 'floors that sum to 1000000 ppm at most', floors);
  const reach = reachOf(clipped);
  if (reach >= WEIGHT_TOTAL_PPM) return null;
  const cash = clipped.find(({ id }) => id === CASH);
  const room = cash === undefined ? WEIGHT_TOTAL_PPM : cash.upper - mostOf(cash);
  if (excess === 'cash' && reach + room >= WEIGHT_TOTAL_PPM) return null;
  const expected = 'caps of weights above zero that sum to 1000000 ppm at least';
  return inputProblem('bounds', expected, excess === 'cash' ? reach + room : reach);
}

/** The position to drop next: the smallest original weight of those that came out too small. */
function smallestBelow(
  clipped: readonly Clipped[],
  targets: TargetWeights,
  positionMinPpm: number,
): AssetGroup | null {
  const small = clipped.filter(({ id }) => {
    const ppm = targets[id] ?? 0;
    return id !== CASH && ppm > 0 && ppm < positionMinPpm;
  });
  return small.toSorted((a, b) => a.weight - b.weight || byId(a.id, b.id))[0]?.id ?? null;
}

function boundOf(
  clipped: readonly Clipped[],
  targets: TargetWeights,
  dropped: ReadonlySet<AssetGroup>,
): readonly BoundGroup[] {
  return clipped.flatMap(({ id, weight, lower, upper }): BoundGroup[] => {
    const ppm = targets[id] ?? 0;
    if (dropped.has(id)) return [{ group: id, reason: 'belowPositionMin' }];
    if (weight > ppm && ppm === upper) return [{ group: id, reason: 'capped' }];
    return weight < ppm && ppm === lower ? [{ group: id, reason: 'raised' }] : [];
  });
}

function findRulesProblem({ bounds, others, positionMinPpm }: ProjectionRules): InputProblem | null {
  const places = Object.entries(bounds).map(([id, own]) => [`bounds.${id}`, own] as const);
  for (const [path, { lowerPpm = 0, upperPpm = WEIGHT_TOTAL_PPM }] of [
    ...places,
    ['others', others ?? NONE] as const,
  ]) {
    for (const [name, ppm] of [
      ['lowerPpm', lowerPpm],
      ['upperPpm', upperPpm],
    ] as const) {
      if (!isPpm(ppm)) return inputProblem(`${path}.${name}`, 'whole millionths from 0 to 1000000', ppm);
    }
  }
  return positionMinPpm === undefined || isPpm(positionMinPpm)
    ? null
    : inputProblem('positionMinPpm', 'whole millionths from 0 to 1000000', positionMinPpm);
}

const isPpm = (ppm: number): boolean => Number.isSafeInteger(ppm) && ppm >= 0 && ppm <= WEIGHT_TOTAL_PPM;
