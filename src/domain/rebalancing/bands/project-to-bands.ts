// The cheapest way to bring every weight within its bounds.
//
// Invariants, each held by a property test of the same name:
// 1. The weights that come out sum to exactly 1 and lie within their bounds.
// 2. Nothing that is within its bounds moves, unless the others do not sum to 1 without it.
// 3. No other way costs less: it is as good as the linear program's.

import {
  type Amount,
  absolute,
  add,
  amount,
  compare,
  divide,
  isLess,
  isMore,
  isNegative,
  isPositive,
  isZero,
  maximum,
  minimum,
  multiply,
  negate,
  ONE,
  subtract,
  sum,
  ZERO,
} from '../../money/amount.ts';
import type { AssetGroup } from '../targets.ts';
import type { WeightBounds } from './destination.ts';

/** A group as it stands. Weights, bounds and costs are fractions: of the portfolio, and of what is traded. */
export interface BandedGroup extends WeightBounds {
  readonly group: AssetGroup;
  readonly weight: Amount;
  readonly target: Amount;
  /** Cost of buying one unit of weight, not negative. */
  readonly buyCost: Amount;
  /** Cost of selling one, not negative: with tax on a gain, the fee and the tax (REBALANCING.md §3b). */
  readonly sellCost: Amount;
}

const TWO = amount('2');

export type Projection =
  | {
      readonly state: 'projected';
      readonly weights: Readonly<Record<AssetGroup, Amount>>;
      /** What moving there costs, as a fraction of the portfolio. */
      readonly cost: Amount;
      /** Half the sum of all moves. */
      readonly turnover: Amount;
    }
  /** No weights within the bounds sum to 1. */
  | { readonly state: 'infeasible'; readonly lowest: Amount; readonly highest: Amount };

/**
 * Moves what is outside its bounds to the nearest one, and then the cheapest others, until all sum to 1: a fractional
 * knapsack, so that taking them in ascending cost is optimal. Equal costs: the group that is furthest from its target
 * by share first, then by name. Exact: no weight is rounded.
 */
export function projectToBands(groups: readonly BandedGroup[]): Projection {
  const [lowest, highest] = [sum(groups.map(({ low }) => low)), sum(groups.map(({ high }) => high))];
  const isCrossed = groups.some(({ low, high }) => isMore(low, high));
  if (isCrossed || isMore(lowest, ONE) || isLess(highest, ONE))
    return { state: 'infeasible', lowest, highest };
  const after = new Map(groups.map((each) => [each.group, clamped(each)]));
  let missing = subtract(ONE, sum(after.values()));
  const isBuying = isPositive(missing);
  const costOf = (each: BandedGroup): Amount => (isBuying ? each.buyCost : each.sellCost);
  const inTurn = [...groups].sort((a, b) => compare(costOf(a), costOf(b)) || byDistance(a, b));
  for (const each of inTurn) {
    if (isZero(missing)) break;
    const weight = after.get(each.group) ?? ZERO;
    const room = isBuying ? subtract(each.high, weight) : subtract(weight, each.low);
    const size = minimum(room, absolute(missing));
    const move = isBuying ? size : negate(size);
    after.set(each.group, add(weight, move));
    missing = subtract(missing, move);
  }
  const moves = groups.map((each) => subtract(after.get(each.group) ?? ZERO, each.weight));
  return {
    state: 'projected',
    weights: Object.fromEntries(after),
    cost: sum(groups.map((each, index) => costOfMove(each, moves[index] ?? ZERO))),
    turnover: divide(sum(moves.map(absolute)), TWO, 40),
  };
}

const clamped = ({ weight, low, high }: BandedGroup): Amount => minimum(high, maximum(low, weight));

const costOfMove = ({ buyCost, sellCost }: BandedGroup, move: Amount): Amount =>
  multiply(absolute(move), isNegative(move) ? sellCost : buyCost);

/** The furthest first: |w - t| / t compared across, so that a target of zero is further than any other. */
function byDistance(a: BandedGroup, b: BandedGroup): number {
  const [ofA, ofB] = [absolute(subtract(a.weight, a.target)), absolute(subtract(b.weight, b.target))];
  const byShare = compare(multiply(ofB, a.target), multiply(ofA, b.target));
  return byShare || (a.group < b.group ? -1 : 1);
}
