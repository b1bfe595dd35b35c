import { assert } from '../assert.ts';
import {
  type Amount,
  absolute,
  add,
  fromAtoms,
  isMore,
  isNegative,
  isPositive,
  isZero,
  negate,
  subtract,
  sum,
  toAtoms,
  ZERO,
} from '../money/amount.ts';
import { apportion, byId } from '../targets/apportion.ts';
import type { StrategyId } from './strategy-allocation.ts';

/** As many decimals as an amount of foreign text can have. */
const DECIMALS_MAX = 60;

/** By strategy; what is absent has no part. */
export type StrategyAmounts = ReadonlyMap<StrategyId, Amount>;

/**
 * An amount of either sign in proportion to parts of zero or more, in whole steps by largest remainder; what is left
 * of less than a step goes to the largest share, of equal ones to the name that sorts first. Sums to the amount exactly.
 * Some part must be above zero, unless the amount is zero.
 */
export function splitAmount(total: Amount, parts: StrategyAmounts, step: Amount): StrategyAmounts {
  assert(isPositive(step), `a step is positive: ${step}`);
  const decimals = Math.max(...[total, step, ...parts.values()].map(decimalsOf));
  const size = toAtoms(absolute(total), decimals);
  const stepSize = toAtoms(step, decimals);
  const steps = apportion(
    [...parts].map(([id, part]) => ({ id, part: toAtoms(part, decimals) })),
    size / stepSize,
  );
  const rest = size % stepSize;
  const largest = rest === 0n ? null : largestOf(parts);
  const shares = [...steps].map(([id, count]): readonly [StrategyId, Amount] => {
    const share = fromAtoms(count * stepSize + (id === largest ? rest : 0n), decimals);
    return [id, isNegative(total) ? negate(share) : share];
  });
  const result = new Map(shares);
  assert(sum(result.values()) === total, `shares sum to ${total}`);
  return result;
}

export interface FillSplit {
  readonly shares: StrategyAmounts;
  /** What nobody asked for: a venue filled more than was ordered. Of the fill's sign. */
  readonly unassigned: Amount;
}

/**
 * A fill of a netted order, split back to the strategies that it was netted from. `remaining` is what each still has to
 * get, of the fill's sign; give what is left after the fills before, so that many small fills come out as one large.
 * Pro rata by largest remainder at the step; where the fill is all that remains, everyone gets theirs to the digit.
 */
export function splitFill(fill: Amount, remaining: StrategyAmounts, step: Amount): FillSplit {
  const wanted = new Map(
    [...remaining].filter(([, part]) => !isZero(part) && isNegative(part) === isNegative(fill)),
  );
  const total = sum(wanted.values());
  if (!isMore(absolute(total), absolute(fill))) return { shares: wanted, unassigned: subtract(fill, total) };
  const parts = new Map([...wanted].map(([id, part]) => [id, absolute(part)]));
  return { shares: splitAmount(fill, parts, step), unassigned: ZERO };
}

/** What is still to get after some was got. */
export const remainingAfter = (remaining: StrategyAmounts, got: StrategyAmounts): StrategyAmounts =>
  new Map([...remaining].map(([id, part]) => [id, subtract(part, got.get(id) ?? ZERO)]));

/** Two amounts of each strategy, added. */
export function addAmounts(one: StrategyAmounts, other: StrategyAmounts): StrategyAmounts {
  const result = new Map(one);
  for (const [id, value] of other) result.set(id, add(result.get(id) ?? ZERO, value));
  return result;
}

/** Whether amounts are coarse enough to be split: a product of two amounts of foreign text may not be. */
export const canSplit = (amounts: Iterable<Amount>): boolean =>
  [...amounts].every((value) => (value.split('.')[1]?.length ?? 0) <= DECIMALS_MAX);

/** The step that splits amounts exactly whatever they are: one unit of the last digit that any of them has. */
export const finestStep = (amounts: Iterable<Amount>): Amount =>
  fromAtoms(1n, Math.max(0, ...[...amounts].map(decimalsOf)));

function decimalsOf(value: Amount): number {
  const decimals = value.split('.')[1]?.length ?? 0;
  assert(decimals <= DECIMALS_MAX, `an amount has at most ${DECIMALS_MAX} decimals: ${value}`);
  return decimals;
}

const largestOf = (parts: StrategyAmounts): StrategyId | null =>
  [...parts].sort(([a, one], [b, other]) =>
    one === other ? byId(a, b) : isMore(one, other) ? -1 : 1,
  )[0]?.[0] ?? null;
