// The weights nearest in proportion to those that are wanted, within bounds: w_i = clip(λ ŵ_i, l_i, u_i), Σ w_i = total.
//
// Invariants, each held by a property test of the same words:
// 1. Projected weights are whole, lie within their bounds and sum to exactly the total.
// 2. Weights between their bounds keep their proportions to within one unit.
// 3. Weights that lie within their bounds and sum to the total stay as they are.

import { assert } from '../assert.ts';

export interface WeightBounds {
  readonly lower: number;
  readonly upper: number;
}

export type Projection =
  | { readonly state: 'projected'; readonly weights: Readonly<Record<string, number>> }
  /** No λ reaches the total: `weights` come nearest, and `missing` is the total less their sum. */
  | {
      readonly state: 'infeasible';
      readonly weights: Readonly<Record<string, number>>;
      readonly missing: number;
    };

interface Item {
  readonly name: string;
  readonly wanted: bigint;
  readonly lower: bigint;
  readonly upper: bigint;
}

/** λ as a fraction. */
interface Ratio {
  readonly over: bigint;
  readonly under: bigint;
}

/**
 * Exact: λ is found between the breakpoints l_i/ŵ_i and u_i/ŵ_i in whole numbers, and what rounding down leaves goes to
 * the largest remainders, equal ones by name. A weight of zero stays at its lower bound. All numbers are whole and not
 * negative; a name without bounds has none but zero and the total. REBALANCING.md §3a.
 */
export function projectOntoBounds(
  wanted: Readonly<Record<string, number>>,
  bounds: Readonly<Record<string, WeightBounds>>,
  total: number,
): Projection {
  const items = Object.keys(wanted)
    .sort()
    .map((name): Item => {
      const { lower, upper } = bounds[name] ?? { lower: 0, upper: total };
      assert(lower <= upper, `a lower bound is not above the upper: ${name} ${lower} ${upper}`);
      return { name, wanted: BigInt(wanted[name] ?? 0), lower: BigInt(lower), upper: BigInt(upper) };
    });
  const lambda = lambdaFor(items, BigInt(total));
  if (lambda === null) {
    const most = items.map(({ wanted: weight, lower, upper }) => (weight === 0n ? lower : upper));
    const least = items.map(({ lower }) => lower);
    const nearest = sumOf(least) > BigInt(total) ? least : most;
    return { state: 'infeasible', weights: named(items, nearest), missing: total - Number(sumOf(nearest)) };
  }
  return { state: 'projected', weights: named(items, apportioned(items, lambda, BigInt(total))) };
}

/** The λ at which the clipped weights sum to the total; null where there is none. */
function lambdaFor(items: readonly Item[], total: bigint): Ratio | null {
  if (sumOf(items.map(({ lower }) => lower)) > total) return null;
  const breakpoints = items
    .filter(({ wanted }) => wanted > 0n)
    .flatMap(({ wanted, lower, upper }): Ratio[] => [
      { over: lower, under: wanted },
      { over: upper, under: wanted },
    ])
    .sort((a, b) => Number(sign(a.over * b.under - b.over * a.under)));
  let before: Ratio = { over: 0n, under: 1n };
  for (const at of breakpoints) {
    const reached = sumOf(items.map((item) => scaled(item, at)));
    if (reached === total * at.under) return at;
    if (reached > total * at.under) return between(items, before, total);
    before = at;
  }
  return sumOf(items.map((item) => scaled(item, before))) === total * before.under ? before : null;
}

/** Beyond `before` and short of the next breakpoint the same weights are free: they share what the others leave. */
function between(items: readonly Item[], before: Ratio, total: bigint): Ratio {
  const isFree = ({ wanted, lower, upper }: Item): boolean =>
    wanted > 0n &&
    lower * before.under <= wanted * before.over &&
    upper * before.under > wanted * before.over;
  const free = items.filter(isFree);
  const fixed = items.filter((item) => !isFree(item)).map((item) => scaled(item, before) / before.under);
  return { over: total - sumOf(fixed), under: sumOf(free.map(({ wanted }) => wanted)) };
}

/** clip(λ ŵ, l, u) times λ's denominator. */
function scaled({ wanted, lower, upper }: Item, { over, under }: Ratio): bigint {
  const value = wanted * over;
  if (value <= lower * under) return lower * under;
  if (value >= upper * under) return upper * under;
  return value;
}

/** Rounded down, then one more for the largest remainders until the total is reached. */
function apportioned(items: readonly Item[], lambda: Ratio, total: bigint): readonly bigint[] {
  const exact = items.map((item) => scaled(item, lambda));
  const weights = exact.map((value) => value / lambda.under);
  let left = total - sumOf(weights);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value % lambda.under }))
    .filter(({ remainder }) => remainder > 0n)
    .sort((a, b) => Number(sign(b.remainder - a.remainder)) || a.index - b.index);
  for (const { index } of byRemainder) {
    if (left === 0n) break;
    weights[index] = (weights[index] ?? 0n) + 1n;
    left -= 1n;
  }
  assert(left === 0n, 'remainders make up what rounding down leaves');
  return weights;
}

const named = (items: readonly Item[], weights: readonly bigint[]): Readonly<Record<string, number>> =>
  Object.fromEntries(items.map(({ name }, index) => [name, Number(weights[index] ?? 0n)]));

const sumOf = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const sign = (value: bigint): bigint => (value > 0n ? 1n : value < 0n ? -1n : 0n);
