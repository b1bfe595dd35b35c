// Targets that the limits let a plan reach.
//
// Invariants, each held by a property test of the same words:
// 1. Clipped targets sum to exactly 1 000 000, and none is negative.
// 2. No clipped target is above what the limits allow of its group and its cluster.
// 3. What is in breach already, or may only be reduced, gets no target above what is held.
// 4. Targets within every limit stay as they are.

import { assert } from '../assert.ts';
import {
  type Amount,
  add,
  divide,
  isPositive,
  maximum,
  multiply,
  subtract,
  sum,
  toNumber,
  ZERO,
} from '../money/amount.ts';
import { midOf } from '../rebalancing/market-terms.ts';
import { type AssetGroup, CASH, type TargetWeights, WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import { ALL_REQUIRED, type IsRequired } from './assessment.ts';
import { percentOf } from './bounded.ts';
import { cashFloorAt } from './cash-limits.ts';
import { clustering } from './concentration-limits.ts';
import { type BeforePlan, evaluateBeforePlan } from './evaluate-before-plan.ts';
import { type Exposure, exposureOf, groupOf, shareBase } from './exposure.ts';
import { projectOntoBounds, type WeightBounds } from './project-onto-bounds.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { RiskState } from './risk-state.ts';

export interface ClippedTargets {
  readonly targets: TargetWeights;
  /** The groups whose weight is another than was wanted, sorted. */
  readonly changes: readonly {
    readonly group: AssetGroup;
    readonly wantedPpm: number;
    readonly ppm: number;
  }[];
}

/** What bounds are made from. */
interface Clipping {
  readonly state: RiskState;
  readonly limits: RiskLimits;
  readonly exposure: Exposure;
  readonly before: BeforePlan;
  readonly navUsd: Amount;
  /** What the planner's weights are shares of: priced groups with a target, at the venues that trade. */
  readonly plannedUsd: Amount;
  readonly groups: readonly AssetGroup[];
}

type Bounds = Readonly<Record<AssetGroup, WeightBounds>>;

const PPM = '1000000' as Amount;

/**
 * Wanted weights projected onto the bounds of position, cluster, venue and cash; proportions are kept where bounds let
 * them, and what nothing may take goes to cash. Weights are the planner's, of what it trades; the limits' shares are of
 * the whole portfolio. A cap is lower by one lot, so that rounding does not break it. Where the portfolio's value is not
 * known the targets stay, and `gatePlan` refuses. Venue limits bind groups that trade nowhere else.
 */
export function clipTargets(
  targets: TargetWeights,
  state: RiskState,
  limits: RiskLimits,
  isRequired: IsRequired = ALL_REQUIRED,
): ClippedTargets {
  const clipping = clippingOf(targets, state, limits, isRequired);
  if (clipping === null) return { targets, changes: [] };
  const { groups } = clipping;
  const wanted = Object.fromEntries(groups.map((group) => [group, targets[group] ?? 0]));
  const clipped = withinClusters(wanted, boxOf(clipping), clipping);
  const changes = groups
    .map((group) => ({ group, wantedPpm: wanted[group] ?? 0, ppm: clipped[group] ?? 0 }))
    .filter(({ wantedPpm, ppm }) => wantedPpm !== ppm);
  return changes.length === 0 ? { targets, changes } : { targets: clipped, changes };
}

/**
 * The most that the limits allow of each group by itself, in millionths of the planner's weights; clusters are bounded
 * by their sum alone. Nothing where the portfolio's value is not known.
 */
export function weightCaps(
  targets: TargetWeights,
  state: RiskState,
  limits: RiskLimits,
  isRequired: IsRequired = ALL_REQUIRED,
): TargetWeights {
  const clipping = clippingOf(targets, state, limits, isRequired);
  if (clipping === null) return {};
  const box = boxOf(clipping);
  return Object.fromEntries(clipping.groups.map((group) => [group, box[group]?.upper ?? WEIGHT_TOTAL_PPM]));
}

/** Null where the portfolio's value is not known. */
function clippingOf(
  targets: TargetWeights,
  state: RiskState,
  limits: RiskLimits,
  isRequired: IsRequired,
): Clipping | null {
  const exposure = exposureOf(state);
  const base = shareBase(exposure);
  const groups = [...new Set([...Object.keys(targets), CASH])].sort();
  const plannedUsd = plannedValue(groups, exposure, state);
  if (base.state === 'unknown' || !isPositive(plannedUsd)) return null;
  const before = evaluateBeforePlan(state, limits, isRequired);
  return { state, limits, exposure, before, navUsd: base.value, plannedUsd, groups };
}

/** Bounds of each group by itself. */
function boxOf(clipping: Clipping): Bounds {
  const { state, limits, exposure, plannedUsd, navUsd, groups } = clipping;
  const floors = sum(state.venues.map(({ id }) => cashFloorAt(exposure, limits, id)));
  const cashLower = Math.min(WEIGHT_TOTAL_PPM, ppmOf(floors, plannedUsd, 'up'));
  const isReduced = reducedGroups(clipping);
  return Object.fromEntries(
    groups.map((group): [AssetGroup, WeightBounds] => {
      if (group === CASH) return [group, { lower: cashLower, upper: WEIGHT_TOTAL_PPM }];
      const cap =
        limits.maxPositionPct === undefined
          ? WEIGHT_TOTAL_PPM
          : capOf(percentOf(limits.maxPositionPct, navUsd), [group], clipping);
      const held = ppmOf(heldInPlan(group, exposure, state), plannedUsd, 'down');
      return [group, { lower: 0, upper: isReduced(group) ? Math.min(cap, held) : cap }];
    }),
  );
}

/** Projects onto the box, and narrows it to the cap of each cluster that is above its own, until none is. */
function withinClusters(wanted: TargetWeights, box: Bounds, clipping: Clipping): TargetWeights {
  const { limits, navUsd, groups, state } = clipping;
  const { maxClusterPct } = limits;
  let bounds = box;
  let weights = projected(wanted, bounds);
  if (maxClusterPct === undefined || state.clusters.state === 'unknown') return weights;
  const clusterOf = clustering(state.clusters.value);
  const clusters = [...new Set(groups.filter((group) => group !== CASH).map(clusterOf))];
  for (let narrowed = 0; narrowed <= clusters.length; narrowed++) {
    const above = clusters
      .map((cluster) => {
        const members = groups.filter((group) => group !== CASH && clusterOf(group) === cluster);
        const held = members.reduce((total, group) => total + (weights[group] ?? 0), 0);
        return { members, held, cap: capOf(percentOf(maxClusterPct, navUsd), members, clipping) };
      })
      .find(({ held, cap }) => held > cap);
    if (above === undefined) return weights;
    const { members, cap } = above;
    const within = projectOntoBounds(
      Object.fromEntries(members.map((group) => [group, weights[group] ?? 0])),
      Object.fromEntries(members.map((group) => [group, { lower: 0, upper: bounds[group]?.upper ?? 0 }])),
      cap,
    ).weights;
    const narrower = members.map((group) => [group, { lower: 0, upper: within[group] ?? 0 }] as const);
    bounds = { ...bounds, ...Object.fromEntries(narrower) };
    weights = projected(wanted, bounds);
  }
  assert(false, 'each cluster is narrowed once at the most');
}

/** What no group may take is cash; where cash has to be more than all, it is all. */
function projected(wanted: TargetWeights, bounds: Bounds): TargetWeights {
  const projection = projectOntoBounds(wanted, bounds, WEIGHT_TOTAL_PPM);
  if (projection.state === 'projected') return projection.weights;
  return { ...projection.weights, [CASH]: (projection.weights[CASH] ?? 0) + projection.missing };
}

/** Whether a group may only shrink: everything may, its cluster is in breach, it cannot be valued, or no venue may buy it. */
function reducedGroups({ before, state }: Clipping): (group: AssetGroup) => boolean {
  const { findings, mode } = before;
  const named = new Set(
    findings.flatMap(({ action, subject }) =>
      action === 'clip' && subject.kind !== 'portfolio'
        ? [
            subject.kind === 'cluster'
              ? `cluster ${subject.cluster}`
              : subject.kind === 'group'
                ? subject.group
                : '',
          ]
        : [],
    ),
  );
  const closed = new Set(
    findings.flatMap(({ action, subject }) =>
      action === 'noBuysAtVenue' && subject.kind === 'venue' ? [subject.venue] : [],
    ),
  );
  const clusterOf = state.clusters.state === 'known' ? clustering(state.clusters.value) : null;
  return (group) => {
    if (mode !== 'trade' || named.has(group)) return true;
    if (clusterOf !== null && named.has(`cluster ${clusterOf(group)}`)) return true;
    const markets = state.venues.filter((venue) =>
      venue.markets.some(({ asset }) => groupOf(state, asset) === group),
    );
    return markets.length > 0 && markets.every(({ id }) => closed.has(id));
  };
}

/** A cap in USD as the planner's weight: less what is held where it does not trade, less one lot of each group. */
function capOf(capUsd: Amount, groups: readonly AssetGroup[], clipping: Clipping): number {
  const { state, exposure, plannedUsd } = clipping;
  const elsewhere = sum(
    groups.map((group) =>
      maximum(ZERO, subtract(exposure.valueByGroup.get(group) ?? ZERO, heldInPlan(group, exposure, state))),
    ),
  );
  const lots = sum(groups.map((group) => largestLot(group, state)));
  const ppm = ppmOf(subtract(capUsd, elsewhere), plannedUsd, 'down') - ppmOf(lots, plannedUsd, 'up');
  return Math.min(WEIGHT_TOTAL_PPM, Math.max(0, ppm));
}

function largestLot(group: AssetGroup, state: RiskState): Amount {
  const lots = state.venues.flatMap(({ markets }) =>
    markets
      .filter(({ asset }) => groupOf(state, asset) === group)
      .map((market) => multiply(market.step, midOf(market) ?? ZERO)),
  );
  return lots.reduce(maximum, ZERO);
}

/** The value of a group at the venues that trade. */
function heldInPlan(group: AssetGroup, exposure: Exposure, state: RiskState): Amount {
  const elsewhere = state.elsewhere
    .filter(({ asset }) => groupOf(state, asset) === group)
    .map(({ venue, asset, quantity }) => {
      const held = exposure.held.find(
        (each) => each.venue === venue && each.asset === asset && each.quantity === quantity,
      );
      return held?.valueUsd ?? ZERO;
    });
  return subtract(exposure.valueByGroup.get(group) ?? ZERO, sum(elsewhere));
}

const plannedValue = (groups: readonly AssetGroup[], exposure: Exposure, state: RiskState): Amount =>
  groups.map((group) => heldInPlan(group, exposure, state)).reduce(add, ZERO);

/** A part of the planned value in parts per million; not below zero. */
function ppmOf(part: Amount, plannedUsd: Amount, rounding: 'up' | 'down'): number {
  return toNumber(divide(multiply(maximum(ZERO, part), PPM), plannedUsd, 0, rounding));
}
