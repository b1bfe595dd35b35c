import {
  type Amount,
  absolute,
  amount,
  divide,
  isLess,
  isPositive,
  isZero,
  minimum,
  multiply,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import { type AssetGroup, type TargetWeights, weightFraction } from './targets.ts';

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

export type Trigger =
  /** Some group is at least `halfWidth` away from its target ("0.05" is five points). */
  | { readonly kind: 'absolute'; readonly halfWidth: Amount }
  /** Five points or a quarter of the target, whichever is less. */
  | { readonly kind: 'hybrid525' }
  | { readonly kind: 'total'; readonly threshold: Amount };

/** What happened before this check. Times are epoch milliseconds. */
export interface TriggerHistory {
  readonly nowMs: number;
  /** The checks just before this one at which the trigger fired too, newest last. */
  readonly firedAtMs: readonly number[];
  /** Null when there was none. */
  readonly lastRebalanceAtMs: number | null;
}

export interface TriggerRules {
  /** Checks in a row that must fire, this one included. */
  readonly confirmations: number;
  /** Checks closer together than this count as one. */
  readonly confirmationSpacingMs: number;
  readonly minIntervalMs: number;
}

export const DEFAULT_TRIGGER_RULES: TriggerRules = {
  confirmations: 2,
  confirmationSpacingMs: 60_000,
  minIntervalMs: 86_400_000,
};

export interface TriggerResult {
  /** The threshold is crossed. */
  readonly hasFired: boolean;
  /** And it is confirmed, and long enough after the last rebalance. */
  readonly isDue: boolean;
  readonly metric: Amount;
  readonly threshold: Amount;
  readonly group: AssetGroup | null;
  readonly reason: string;
}

const FIVE_POINTS = amount('0.05');
const QUARTER = amount('0.25');
/** A band as wide as the target would never fire downwards. */
const BAND_SHARE_MAX = amount('0.9');

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

/** Whether a rebalance is due, and which group says so. */
export function isRebalanceDue(
  weights: Readonly<Record<AssetGroup, Amount>>,
  targets: TargetWeights,
  trigger: Trigger,
  history: TriggerHistory,
  rules: TriggerRules = DEFAULT_TRIGGER_RULES,
): TriggerResult {
  const drift = measureDrift(weights, targets);
  const crossing =
    trigger.kind === 'total' ? totalCrossing(drift, trigger.threshold) : groupCrossing(drift, trigger);
  if (!crossing.hasFired) return { ...crossing, isDue: false, reason: 'within its bands' };
  const reason = whyNotYet(history, rules);
  return { ...crossing, isDue: reason === null, reason: reason ?? describe(crossing) };
}

type Crossing = Omit<TriggerResult, 'isDue' | 'reason'>;

const totalCrossing = (drift: Drift, threshold: Amount): Crossing => ({
  hasFired: isPositive(drift.total) && !isLess(drift.total, threshold),
  metric: drift.total,
  threshold,
  group: null,
});

/** The group that is farthest beyond its band; where none is beyond, the farthest from its target. */
function groupCrossing(drift: Drift, trigger: Exclude<Trigger, { kind: 'total' }>): Crossing {
  let farthest: Crossing = { hasFired: false, metric: ZERO, threshold: ZERO, group: null };
  for (const g of drift.groups) {
    const metric = absolute(g.deviation);
    const threshold = bandOf(g, trigger);
    const isExitOrEntry = isPositive(metric) && (isZero(g.target) || isZero(g.weight));
    const hasFired = isPositive(metric) && (isExitOrEntry || !isLess(metric, threshold));
    const isFarther = farthest.hasFired === hasFired ? isLess(farthest.metric, metric) : hasFired;
    if (isFarther) farthest = { hasFired, metric, threshold, group: g.group };
  }
  return farthest;
}

function bandOf(g: GroupDrift, trigger: Exclude<Trigger, { kind: 'total' }>): Amount {
  const band =
    trigger.kind === 'absolute' ? trigger.halfWidth : minimum(FIVE_POINTS, multiply(QUARTER, g.target));
  return minimum(band, multiply(BAND_SHARE_MAX, g.target));
}

function whyNotYet(history: TriggerHistory, rules: TriggerRules): string | null {
  const { nowMs, lastRebalanceAtMs } = history;
  if (lastRebalanceAtMs !== null && nowMs - lastRebalanceAtMs < rules.minIntervalMs) {
    return `the last rebalance was ${nowMs - lastRebalanceAtMs} ms ago, at least ${rules.minIntervalMs} ms are kept`;
  }
  const confirmed = confirmationsIn(history, rules);
  return confirmed < rules.confirmations ? `confirmed ${confirmed} times of ${rules.confirmations}` : null;
}

/** Counted backwards from now, each at least the spacing before the one counted last. */
function confirmationsIn(history: TriggerHistory, rules: TriggerRules): number {
  let count = 1;
  let lastMs = history.nowMs;
  for (const firedAtMs of [...history.firedAtMs].reverse()) {
    if (lastMs - firedAtMs < rules.confirmationSpacingMs) continue;
    count++;
    lastMs = firedAtMs;
  }
  return count;
}

const describe = (crossing: Crossing): string =>
  `${crossing.group ?? 'total drift'} is ${crossing.metric} from its target, at ${crossing.threshold} it is due`;
