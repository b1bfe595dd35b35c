// What a plan goes for: every group's target, or, where groups have bands, the weights to which those outside are
// brought while the others stay.
//
// Invariants, each held by a property test of the same name:
// 1. The weights that are gone for sum to exactly 1, after what trading there costs.
// 2. No group inside its band moves, unless the others do not sum to 1 without it.
// 3. From there nothing is gone for any more: what is at its destination stays.

import { assert } from '../assert.ts';
import {
  type Amount,
  absolute,
  add,
  amount,
  divide,
  isLess,
  isMore,
  isNegative,
  maximum,
  minimum,
  multiply,
  ONE,
  round,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import { type Destination, destinationBounds, distanceOf, type WeightBounds } from './bands/destination.ts';
import { type GroupBand, groupBands } from './bands/group-bands.ts';
import { type BandedGroup, projectToBands } from './bands/project-to-bands.ts';
import type { PlanInput } from './plan-input.ts';
import { type AssetGroup, CASH } from './targets.ts';
import type { Valuation } from './valuation.ts';

/** The band of one group, and what follows for it. Fractions of the portfolio. */
export interface PlanBand {
  readonly target: Amount;
  readonly halfWidth: Amount;
  /** How far from its target the group is brought where it is outside. */
  readonly distance: Amount;
  readonly source: GroupBand['source'];
  /** Why the band is as wide as it is. */
  readonly reason: string;
  /** `moved`: inside, and still traded, since the others do not sum to 1 without it. */
  readonly state: 'inside' | 'outside' | 'moved';
}

/** What a plan with bands goes for. */
export interface PlanDestination {
  /** After what trading costs, so that they sum to 1 over what is left. */
  readonly weights: Readonly<Record<AssetGroup, Amount>>;
  readonly bands: Readonly<Record<AssetGroup, PlanBand>>;
}

export interface Aim {
  /** The portfolio, with what is gone for in the place of the targets. */
  readonly valuation: Valuation;
  /** Null where every group is traded to its target. */
  readonly destination: PlanDestination | null;
}

const DECIMALS = 20;
/** Values are in dollars. */
const VALUE_DECIMALS = 12;
/** Costs are some per cent of what is traded: every round brings a hundredth of the error of the one before. */
const ROUNDS_MAX = 60;
/** A weight beyond its band by less is at its edge. */
const ROUNDING = amount('0.000000001');
const SETTLED = amount('0.000000001');

/**
 * What a checked input goes for. Groups outside their bands are clamped to their destination, and what is then missing
 * or too much is absorbed at least cost inside the others' bands: REBALANCING.md §3b, "Destination". Weights are those
 * of what is left once trading has paid for itself (§3c), so that a plan that was carried out is followed by none.
 */
export function aimOf(input: PlanInput, wanted: Valuation): Aim {
  const { valuation, destination } = bandedAim(input, wanted);
  return {
    valuation: input.scope?.kind === 'reduceOnly' ? reducedTo(valuation) : valuation,
    destination,
  };
}

/**
 * What only reduces goes for no more of any group than giving up what is held of it, long or short, can lead to. What
 * is sold stays as cash, which then has no target that would speak against it.
 */
function reducedTo(valuation: Valuation): Valuation {
  const { groups, valueByGroup, targetValueByGroup, markets } = valuation;
  const entries = groups
    .filter((group) => group !== CASH)
    .map((group): readonly [AssetGroup, Amount] => {
      const [value, goal] = [valueByGroup[group] ?? ZERO, targetValueByGroup[group] ?? ZERO];
      const positions = markets
        .filter((market) => market.group === group)
        .map(({ held, mid }) => multiply(held, mid));
      const lowest = subtract(value, sum(positions.filter((worth) => !isNegative(worth))));
      const highest = subtract(value, sum(positions.filter(isNegative)));
      return [group, minimum(highest, maximum(lowest, goal))];
    });
  const all = sum(groups.map((group) => targetValueByGroup[group] ?? ZERO));
  const cash = subtract(all, sum(entries.map(([, value]) => value)));
  return { ...valuation, targetValueByGroup: { ...Object.fromEntries(entries), [CASH]: cash } };
}

function bandedAim(input: PlanInput, wanted: Valuation): Aim {
  const { bands: rules, destination } = input;
  if (rules === undefined) return { valuation: wanted, destination: null };
  const bands = groupBands(rules, input, wanted);
  const held = weightsOf(wanted, wanted.nav);
  const allowed = wanted.groups.map((group) =>
    boundsOf(bandOf(bands, group), {
      weight: held[group] ?? ZERO,
      destination,
      weightMax: rules.weightsMax?.[group] ?? ONE,
    }),
  );
  const settled = settle({ wanted, bands, allowed });
  const entries = wanted.groups.map((group, index): [AssetGroup, PlanBand] => {
    const band = bandOf(bands, group);
    const isStaying = group === CASH || settled.values[group] === wanted.valueByGroup[group];
    const isInside = allowed[index]?.isInside === true;
    return [
      group,
      {
        target: band.target,
        halfWidth: band.halfWidth,
        distance: distanceOf(band, destination),
        source: band.source,
        reason: band.reason,
        state: !isInside ? 'outside' : isStaying ? 'inside' : 'moved',
      },
    ];
  });
  return {
    valuation: { ...wanted, targetByGroup: settled.weights, targetValueByGroup: settled.values },
    destination: { weights: settled.weights, bands: Object.fromEntries(entries) },
  };
}

/**
 * From which distance on a group is worth a plan: the half width of its band, and at least the smallest order more than
 * where it is brought to. Without bands, five points or a quarter of the target. The portfolio is worth something.
 */
export function triggerWidths(input: PlanInput, wanted: Valuation): Readonly<Record<AssetGroup, Amount>> {
  const { bands: rules, destination } = input;
  if (rules === undefined) return {};
  return Object.fromEntries(
    Object.entries(groupBands(rules, input, wanted)).map(([group, band]) => [
      group,
      maximum(band.halfWidth, add(distanceOf(band, destination), band.minTrade)),
    ]),
  );
}

interface Allowed extends WeightBounds {
  readonly isInside: boolean;
}

function boundsOf(
  band: GroupBand,
  at: { readonly weight: Amount; readonly destination: Destination; readonly weightMax: Amount },
): Allowed {
  const within = capped(destinationBounds(band.target, band, 'edge'), band.target, at.weightMax);
  const isInside =
    !isLess(add(at.weight, ROUNDING), within.low) && !isMore(subtract(at.weight, ROUNDING), within.high);
  if (isInside)
    return { low: minimum(within.low, at.weight), high: maximum(within.high, at.weight), isInside };
  return {
    ...capped(destinationBounds(band.target, band, at.destination), band.target, at.weightMax),
    isInside,
  };
}

/** A limit ends a band, and never below the target, which is within the limits. */
const capped = ({ low, high }: WeightBounds, target: Amount, weightMax: Amount): WeightBounds => ({
  low,
  high: maximum(target, minimum(high, weightMax)),
});

interface Settled {
  readonly weights: Readonly<Record<AssetGroup, Amount>>;
  readonly values: Readonly<Record<AssetGroup, Amount>>;
}

/** What groups may weigh, and what moving them costs. Which of them are inside is settled before. */
interface Terms {
  readonly wanted: Valuation;
  readonly bands: Readonly<Record<AssetGroup, GroupBand>>;
  readonly allowed: readonly Allowed[];
}

/** The weights and values at which the trades that lead there are paid for. */
function settle(terms: Terms): Settled {
  const { nav } = terms.wanted;
  let left = nav;
  let settled = settledAt(left, terms);
  for (let rounds = 0; rounds < ROUNDS_MAX; rounds += 1) {
    const next = subtract(nav, costOf(settled, terms));
    const isEnough = !isMore(absolute(subtract(next, left)), multiply(nav, SETTLED));
    if (isEnough) break;
    left = next;
    settled = settledAt(left, terms);
  }
  return settled;
}

/** Weights are of what is `left`; a group that does not move keeps its value to the last digit, and cash has the rest. */
function settledAt(left: Amount, { wanted, bands, allowed }: Terms): Settled {
  const held = weightsOf(wanted, left);
  const projection = projectToBands(
    wanted.groups.map((group, index): BandedGroup => {
      const { target, buyCost, sellCost } = bandOf(bands, group);
      const { low, high } = allowed[index] ?? { low: target, high: target };
      return { group, weight: held[group] ?? ZERO, target, low, high, buyCost, sellCost };
    }),
  );
  assert(projection.state === 'projected', 'targets sum to 1, and each is within its bounds');
  const { weights } = projection;
  const others = wanted.groups
    .filter((group) => group !== CASH)
    .map((group): readonly [AssetGroup, Amount] => {
      const weight = weights[group] ?? ZERO;
      const isStaying = weight === held[group];
      const value = isStaying ? (wanted.valueByGroup[group] ?? ZERO) : multiply(weight, left);
      return [group, isStaying ? value : round(value, VALUE_DECIMALS)];
    });
  const cash = subtract(left, sum(others.map(([, value]) => value)));
  return { weights, values: { ...Object.fromEntries(others), [CASH]: cash } };
}

/** What the trades to these values cost. What no market trades is not traded, and costs nothing. */
function costOf({ values }: Settled, { wanted, bands }: Terms): Amount {
  const costs = wanted.groups.map((group) => {
    const { buyCost, sellCost, isTradable } = bandOf(bands, group);
    const move = subtract(values[group] ?? ZERO, wanted.valueByGroup[group] ?? ZERO);
    if (group === CASH || !isTradable) return ZERO;
    return multiply(absolute(move), isNegative(move) ? sellCost : buyCost);
  });
  return round(sum(costs), VALUE_DECIMALS);
}

/** Cash is what the others leave, so that weights sum to exactly 1. Costs are paid from cash. */
function weightsOf({ groups, valueByGroup }: Valuation, nav: Amount): Readonly<Record<AssetGroup, Amount>> {
  const others = groups
    .filter((group) => group !== CASH)
    .map((group) => [group, divide(valueByGroup[group] ?? ZERO, nav, DECIMALS, 'half')] as const);
  const cash = subtract(ONE, sum(others.map(([, weight]) => weight)));
  return { ...Object.fromEntries(others), [CASH]: cash };
}

function bandOf(bands: Readonly<Record<AssetGroup, GroupBand>>, group: AssetGroup): GroupBand {
  const band = bands[group];
  assert(band !== undefined, `every group has a band: ${group}`);
  return band;
}
