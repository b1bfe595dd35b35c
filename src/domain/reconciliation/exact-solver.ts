// Finds the subsets of events that sum to a target exactly.
//
// Invariants, each held by a property test of the same name:
// 1. Every solution sums to the target exactly, in every dimension.
// 2. The solutions are the minimal ones: the fewest uncertain events, then the fewest events.
// 3. Work is limited by a count, and a search that hit its limit says so.
//
// Scaled integers live in the solver alone (here, search-by-size and solver-vector): inside the search exact sums
// are compared millions of times.

import { assert } from '../assert.ts';
import { type Amount, toAtoms } from '../money/amount.ts';
import { searchBySize } from './search-by-size.ts';
import {
  at,
  type Event,
  keyOf,
  type Limits,
  listed,
  minus,
  plus,
  reachOf,
  type SolverResult,
  type Vector,
} from './solver-vector.ts';

export interface SolverEvent {
  /** One amount for each dimension of the target. */
  readonly amounts: readonly Amount[];
  /** An event on the venue's own record comes before any that is only supposed. */
  readonly isCertain: boolean;
}

export interface SolverInput {
  readonly target: readonly Amount[];
  readonly events: readonly SolverEvent[];
  readonly nodesMax: number;
  readonly solutionsMax: number;
  /** Up to this many events every subset is visited by halves; above it a bounded search looks for small ones. */
  readonly halvesMax?: number;
}

/** 2 × 2^13 partial sums: a fraction of the node limit, and some twenty milliseconds at worst. */
const HALVES_MAX = 26;

/** Searches for all minimal exact subsets. A target of zeros has the empty subset as its only solution. */
export function findExactSubsets(input: SolverInput): SolverResult {
  const { target, events } = scale(input);
  assert(
    events.every(({ vector }) => vector.length === target.length),
    'every event has one amount for each dimension of the target',
  );
  if (target.every((part) => part === 0n)) return { solutions: [[]], isExhaustive: true, nodes: 0 };
  const useful = withoutUseless(events, target);
  const limits = { nodesMax: input.nodesMax, solutionsMax: input.solutionsMax };
  if (useful.length <= (input.halvesMax ?? HALVES_MAX)) return searchByHalves(useful, target, limits);
  return searchBySize(useful, target, limits);
}

/** Fewest uncertain events first, then fewest events, as one number. */
const UNCERTAIN_COST = 1_000;
const costOf = (event: Event): number => (event.isCertain ? 1 : UNCERTAIN_COST + 1);

function scale({ target, events }: SolverInput): { target: Vector; events: readonly Event[] } {
  const decimalsOf = (amount: Amount): number => {
    const point = amount.indexOf('.');
    return point < 0 ? 0 : amount.length - point - 1;
  };
  let decimals = 0;
  for (const amounts of [target, ...events.map((event) => event.amounts)]) {
    for (const amount of amounts) decimals = Math.max(decimals, decimalsOf(amount));
  }
  const scaled = (amounts: readonly Amount[]): Vector => amounts.map((amount) => toAtoms(amount, decimals));
  return {
    target: scaled(target),
    events: events.map(({ amounts, isCertain }, index) => ({ index, vector: scaled(amounts), isCertain })),
  };
}

/** Drops, until nothing changes, events whose part in some dimension no choice of the others could make up for. */
function withoutUseless(events: readonly Event[], target: Vector): readonly Event[] {
  const dimensions = target.map((_, dimension) => dimension);
  const reach = reachOf(events, target.length);
  const kept = events.filter(({ vector }) =>
    dimensions.every((d) => {
      const own = at(vector, d);
      const least = at(reach.least, d) - (own < 0n ? own : 0n) + own;
      const most = at(reach.most, d) - (own > 0n ? own : 0n) + own;
      return own === 0n || (least <= at(target, d) && at(target, d) <= most);
    }),
  );
  return kept.length === events.length ? kept : withoutUseless(kept, target);
}

interface Sums {
  readonly cost: number;
  /** Subsets of this cost with this sum: enough of them to tell one from several. */
  readonly subsets: readonly (readonly number[])[];
}

/** Meets in the middle: all sums of the one half, looked up by what the sums of the other half leave open. */
function searchByHalves(events: readonly Event[], target: Vector, limits: Limits): SolverResult {
  const middle = events.length >> 1;
  const zero = target.map(() => 0n);
  const left = cheapestSums(events.slice(0, middle), zero, limits.solutionsMax);
  const right = cheapestSums(events.slice(middle), zero, limits.solutionsMax);
  let best = Number.POSITIVE_INFINITY;
  let solutions: number[][] = [];
  for (const { sum, sums } of right.values()) {
    const match = left.get(keyOf(minus(target, sum)));
    if (match === undefined || match.sums.cost + sums.cost > best) continue;
    if (match.sums.cost + sums.cost < best) solutions = [];
    best = match.sums.cost + sums.cost;
    for (const a of match.sums.subsets) for (const b of sums.subsets) solutions.push([...a, ...b]);
  }
  const nodes = 2 ** middle + 2 ** (events.length - middle);
  return { solutions: listed(solutions, limits.solutionsMax), isExhaustive: true, nodes };
}

function cheapestSums(
  events: readonly Event[],
  zero: Vector,
  subsetsMax: number,
): Map<string, { readonly sum: Vector; readonly sums: Sums }> {
  const found = new Map<string, { sum: Vector; sums: Sums }>();
  const visit = (position: number, sum: Vector, cost: number, chosen: readonly number[]): void => {
    const event = events[position];
    if (event !== undefined) {
      visit(position + 1, plus(sum, event.vector), cost + costOf(event), [...chosen, event.index]);
      visit(position + 1, sum, cost, chosen);
      return;
    }
    const key = keyOf(sum);
    const known = found.get(key);
    if (known === undefined || cost < known.sums.cost)
      found.set(key, { sum, sums: { cost, subsets: [chosen] } });
    else if (cost === known.sums.cost && known.sums.subsets.length < subsetsMax) {
      found.set(key, { sum, sums: { cost, subsets: [...known.sums.subsets, chosen] } });
    }
  };
  visit(0, zero, 0, []);
  return found;
}
