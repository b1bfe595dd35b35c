// Whether a group is at the edge of its band.
//
// Invariants, each held by a property test of the same name:
// 1. A band is never as wide as its target: at a weight of zero it has fired, unless the target itself is dust.
// 2. What is held without a target has always fired, and dust never has.
// 3. A wider band never fires where a narrower one does not.

import {
  type Amount,
  absolute,
  amount,
  isLess,
  isZero,
  minimum,
  multiply,
  subtract,
  ZERO,
} from '../../money/amount.ts';
import type { AssetGroup } from '../targets.ts';
import type { Drift, GroupDrift } from './drift.ts';
import type { BandTrigger } from './trigger.ts';
import { FULL, type JudgedTrigger } from './trigger-decision.ts';

export const FIVE_POINTS: Amount = amount('0.05');
export const QUARTER: Amount = amount('0.25');
/** A band as wide as the target would never fire downwards (OctoBot documents the trap). */
export const BAND_SHARE_MAX: Amount = amount('0.9');

type Crossing = Pick<JudgedTrigger, 'hasFired' | 'metric' | 'threshold' | 'group' | 'reason'>;

/** The group that is farthest beyond its band; where none is beyond, the one that is nearest to it. Dust is a weight. */
export function judgeBands(drift: Drift, trigger: BandTrigger, dust: Amount): JudgedTrigger {
  let first: Crossing = {
    hasFired: false,
    metric: ZERO,
    threshold: ZERO,
    group: null,
    reason: 'there is no group with a target or a weight',
  };
  let firstExcess: Amount | null = null;
  for (const group of drift.groups) {
    const crossing = crossingOf(group, trigger, dust);
    const excess = subtract(crossing.metric, crossing.threshold);
    const isFurther =
      firstExcess === null ||
      (crossing.hasFired === first.hasFired ? isLess(firstExcess, excess) : crossing.hasFired);
    if (!isFurther) continue;
    first = crossing;
    firstExcess = excess;
  }
  return { state: 'judged', kind: trigger.kind, scope: FULL, ...first };
}

/** Half the width of a group's band as a fraction of the portfolio, never more than nine tenths of its target. */
export function bandWidthOf(group: AssetGroup, target: Amount, trigger: BandTrigger): Amount {
  return minimum(wantedWidth(group, target, trigger), multiply(BAND_SHARE_MAX, target));
}

/** Five points or a quarter of the target, whichever is less. */
export const hybridWidth = (target: Amount): Amount => minimum(FIVE_POINTS, multiply(QUARTER, target));

function wantedWidth(group: AssetGroup, target: Amount, trigger: BandTrigger): Amount {
  switch (trigger.kind) {
    case 'absolute':
      return trigger.halfWidth;
    case 'relative':
      return multiply(trigger.share, target);
    case 'hybrid525':
      return hybridWidth(target);
    case 'bands':
      return trigger.halfWidths[group] ?? hybridWidth(target);
  }
}

function crossingOf(drift: GroupDrift, trigger: BandTrigger, dust: Amount): Crossing {
  const { group, target, weight } = drift;
  const metric = absolute(drift.deviation);
  const threshold = bandWidthOf(group, target, trigger);
  const found = { metric, threshold, group };
  const isHeld = !isLess(absolute(weight), dust) && !isZero(weight);
  if (isZero(target)) {
    if (!isHeld)
      return { ...found, hasFired: false, reason: `${group} is not wanted, and no more than dust` };
    return { ...found, hasFired: true, reason: `${group} has no target and a weight of ${weight}` };
  }
  if (!isHeld && isLess(target, dust))
    return {
      ...found,
      hasFired: false,
      reason: `${group} is wanted at ${target}, which is no more than dust`,
    };
  if (!isHeld) return { ...found, hasFired: true, reason: `${group} is wanted at ${target} and not there` };
  const hasFired = !isLess(metric, threshold);
  const compared = hasFired ? 'at least' : 'less than';
  return {
    ...found,
    hasFired,
    reason: `${group} is ${metric} from its target of ${target}, ${compared} its band of ${threshold}`,
  };
}
