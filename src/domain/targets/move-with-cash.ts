// Changes of weights that are paid for by cash, within limits.
//
// Invariants, each held by a property test of the same name:
// 1. No moved weight is above its limit or below its floor, and all sum to exactly 1 000 000.
// 2. Nothing but cash pays for what is added, as long as floors alone do not ask for more than there is.

import { type AssetGroup, CASH, type TargetWeights, WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import { projectOntoBounds } from '../risk/project-onto-bounds.ts';
import { apportion } from './apportion.ts';
import type { WeightBounds } from './project-weights.ts';

export interface MoveLimits {
  /** Cash that additions leave alone. */
  readonly cashMinPpm: number;
  /** Of assets, both included; they sum to 1 000 000 at most at their floors. None without. */
  readonly bounds: Readonly<Record<AssetGroup, WeightBounds>>;
}

/**
 * Takes first, then adds what cash allows, all additions in proportion; each weight stays within its bounds, whatever it
 * was. Cash is the rest. Floors come before the floor of cash: where they ask for more than there is, the weights are
 * projected onto them.
 */
export function moveWithCash(
  base: TargetWeights,
  changes: readonly (readonly [AssetGroup, number])[],
  { cashMinPpm, bounds }: MoveLimits,
): TargetWeights {
  const changeOf = new Map(changes);
  const groups = [...new Set([...Object.keys(base), ...Object.keys(bounds)])].filter(
    (group) => group !== CASH,
  );
  const moves = groups.map((group): Move => {
    const before = weightOf(base, group);
    const { lowerPpm = 0, upperPpm = WEIGHT_TOTAL_PPM } =
      (Object.hasOwn(bounds, group) && bounds[group]) || {};
    const wanted = clip(before + (changeOf.get(group) ?? 0), lowerPpm, upperPpm);
    return {
      group,
      kept: clip(Math.min(before, wanted), lowerPpm, upperPpm),
      wanted,
      lower: lowerPpm,
      upper: upperPpm,
    };
  });
  const kept = moves.reduce((sum, move) => sum + move.kept, 0);
  if (kept > WEIGHT_TOTAL_PPM) return onFloors(moves);
  const additions = moves.map(({ group, wanted, kept: from }) => ({
    id: group,
    part: BigInt(wanted - from),
  }));
  const wantedPpm = Number(additions.reduce((sum, { part }) => sum + part, 0n));
  const addedPpm = Math.min(wantedPpm, Math.max(0, WEIGHT_TOTAL_PPM - kept - cashMinPpm));
  const added = apportion(additions, BigInt(addedPpm));
  const moved = moves.map((move) => [move.group, move.kept + Number(added.get(move.group) ?? 0n)] as const);
  return { ...base, ...Object.fromEntries(moved), [CASH]: WEIGHT_TOTAL_PPM - kept - addedPpm };
}

/** A weight; 0 for what has none, and for a name such as "constructor" that an object merely inherits. */
export const weightOf = (weights: TargetWeights, group: AssetGroup): number =>
  Object.hasOwn(weights, group) ? (weights[group] ?? 0) : 0;

interface Move {
  readonly group: AssetGroup;
  /** What it has before anything is added. */
  readonly kept: number;
  readonly wanted: number;
  readonly lower: number;
  readonly upper: number;
}

function onFloors(moves: readonly Move[]): TargetWeights {
  const { weights } = projectOntoBounds(
    Object.fromEntries(moves.map(({ group, kept }) => [group, kept])),
    Object.fromEntries(moves.map(({ group, lower, upper }) => [group, { lower, upper }])),
    WEIGHT_TOTAL_PPM,
  );
  return { ...weights, [CASH]: 0 };
}

const clip = (value: number, lower: number, upper: number): number => Math.min(upper, Math.max(lower, value));
