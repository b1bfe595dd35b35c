// Finds the subsets of events that sum to a target exactly.
//
// Invariants, each held by a property test of the same name:
// 1. Every solution sums to the target exactly, in every dimension.
// 2. The solutions are the minimal ones: none contains another, and none is left out by an exhaustive search.
// 3. Work is limited by a count, and a search that hit its limit says so.
//
// A solution of one event does not rule out another of two: both account for the target, and which of them happened
// is not for arithmetic to say. Fewer suppositions and fewer events only come first in the list.
//
// Scaled integers live in the solver alone (here, subset-search, subset-sums and solver-vector): inside the search
// exact sums are compared millions of times.

import { assert } from '../assert.ts';
import { type Amount, toAtoms } from '../money/amount.ts';
import { type Event, isNothing, isWithinReachOf, type Vector, withoutUseless } from './solver-vector.ts';
import { searchSubsets } from './subset-search.ts';

export interface SolverEvent {
  /** One amount for each dimension of the target. */
  readonly amounts: readonly Amount[];
  /** An event on the venue's own record is listed before any that is only supposed. */
  readonly isCertain: boolean;
}

export interface SolverInput {
  readonly target: readonly Amount[];
  readonly events: readonly SolverEvent[];
  readonly nodesMax: number;
  readonly solutionsMax: number;
}

export interface SolverResult {
  /** Minimal solutions as ascending indices of events, the preferred first; at most `solutionsMax`. */
  readonly solutions: readonly (readonly number[])[];
  /** False when the limit ended the search: there may be others, or smaller ones. */
  readonly isExhaustive: boolean;
  readonly nodes: number;
}

/** Searches for all minimal exact subsets. A target of zeros has the empty subset as its only solution. */
export function findExactSubsets(input: SolverInput): SolverResult {
  const { target, events } = scale(input);
  assert(
    events.every(({ vector }) => vector.length === target.length),
    'every event has one amount for each dimension of the target',
  );
  const useful = withoutUseless(events, target);
  if (!isWithinReachOf(useful, target)) return { solutions: [], isExhaustive: true, nodes: 0 };
  let nodes = 0;
  let solutions: readonly (readonly Event[])[] = [[]];
  let isExhaustive = true;
  for (const part of independentParts(useful, target)) {
    const searched = searchSubsets({ ...part, nodesMax: input.nodesMax - nodes });
    nodes += searched.nodes;
    if (searched.subsets.length === 0 && searched.isExhaustive)
      return { solutions: [], isExhaustive: true, nodes };
    isExhaustive &&= searched.isExhaustive;
    // The best of a product are among the products of the best.
    const best = inPreference(searched.subsets).slice(0, input.solutionsMax);
    const combined = solutions.flatMap((one) => best.map((other) => [...one, ...other]));
    solutions = inPreference(combined).slice(0, input.solutionsMax);
  }
  return { solutions: solutions.map((solution) => indicesOf(solution)), isExhaustive, nodes };
}

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

interface Part {
  readonly events: readonly Event[];
  readonly target: Vector;
}

/** Groups of events that share no dimension. Those whose target is nothing need no event and are left out. */
function independentParts(events: readonly Event[], target: Vector): readonly Part[] {
  const group = target.map((_, d) => d);
  const find = (d: number): number => {
    const parent = group[d] ?? d;
    return parent === d ? d : find(parent);
  };
  const dimensionsOf = (event: Event) => event.vector.flatMap((part, d) => (part === 0n ? [] : [d]));
  for (const event of events) {
    const [first, ...others] = dimensionsOf(event);
    for (const other of others) if (first !== undefined) group[find(other)] = find(first);
  }
  const roots = [...new Set(target.map((_, d) => find(d)))];
  return roots
    .map((root) => {
      const dimensions = target.flatMap((_, d) => (find(d) === root ? [d] : []));
      const within = (vector: Vector): Vector => dimensions.map((d) => vector[d] ?? 0n);
      return {
        target: within(target),
        events: events
          .filter((event) => find(dimensionsOf(event)[0] ?? -1) === root)
          .map((event) => ({ ...event, vector: within(event.vector) })),
      };
    })
    .filter((part) => !isNothing(part.target));
}

/** Fewest suppositions first, then fewest events, then in the order in which the events were given. */
function inPreference(subsets: readonly (readonly Event[])[]): readonly (readonly Event[])[] {
  const ranked = subsets.map((subset) => ({
    subset,
    uncertain: subset.filter(({ isCertain }) => !isCertain).length,
    indices: indicesOf(subset),
  }));
  ranked.sort(
    (a, b) =>
      a.uncertain - b.uncertain || a.indices.length - b.indices.length || inOrder(a.indices, b.indices),
  );
  return ranked.map(({ subset }) => subset);
}

const indicesOf = (subset: readonly Event[]): readonly number[] =>
  subset.map(({ index }) => index).sort((a, b) => a - b);

function inOrder(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((value, position) => value !== b[position]);
  return place < 0 ? 0 : (a[place] ?? 0) - (b[place] ?? 0);
}
