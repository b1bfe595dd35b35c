// Finds the subsets of events that sum to a target exactly.
//
// Invariants, each held by a property test of the same name:
// 1. Every solution sums to the target exactly, in every dimension.
// 2. The solutions are the minimal ones: the fewest uncertain events, then the fewest events.
// 3. Work is limited by a count, and a search that hit its limit says so.
//
// Scaled integers live in this file alone: inside the search exact sums are compared millions of times.

import { assert } from '../assert.ts';
import { type Amount, toAtoms } from '../money/amount.ts';

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

export interface SolverResult {
  /** Minimal solutions as ascending indices of events, in lexicographic order; at most `solutionsMax`. */
  readonly solutions: readonly (readonly number[])[];
  /** False when the limit ended the search: there may be others, or smaller ones. */
  readonly isExhaustive: boolean;
  readonly nodes: number;
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

type Vector = readonly bigint[];

interface Event {
  readonly index: number;
  readonly vector: Vector;
  readonly isCertain: boolean;
}

interface Limits {
  readonly nodesMax: number;
  readonly solutionsMax: number;
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

function reachOf(events: readonly Event[], dimensions: number): { least: bigint[]; most: bigint[] } {
  const least = new Array<bigint>(dimensions).fill(0n);
  const most = new Array<bigint>(dimensions).fill(0n);
  for (const { vector } of events) {
    for (let d = 0; d < dimensions; d += 1) {
      const own = at(vector, d);
      if (own < 0n) least[d] = at(least, d) + own;
      else most[d] = at(most, d) + own;
    }
  }
  return { least, most };
}

const at = (vector: Vector, index: number): bigint => vector[index] ?? 0n;
const plus = (a: Vector, b: Vector): Vector => a.map((part, d) => part + at(b, d));
const minus = (a: Vector, b: Vector): Vector => a.map((part, d) => part - at(b, d));
const keyOf = (vector: Vector): string => vector.join(',');

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

/**
 * Looks for small solutions first: for each number of uncertain events, subsets of growing size. Every step takes
 * an event that touches the most constrained dimension still open, so that no subset is visited twice.
 */
function searchBySize(events: readonly Event[], target: Vector, limits: Limits): SolverResult {
  const byVector = new Map<string, Event[]>();
  for (const event of events)
    byVector.set(keyOf(event.vector), [...(byVector.get(keyOf(event.vector)) ?? []), event]);
  const search: Search = { target, limits, byVector, nodes: 0, solutions: [], wasCut: false };
  const uncertainAll = events.filter(({ isCertain }) => !isCertain).length;
  let isExhaustive = true;
  for (let uncertain = 0; uncertain <= uncertainAll; uncertain += 1) {
    // The certain alone may not use up everything, or a single supposed event would never be looked at.
    const share = uncertain === 0 ? limits.nodesMax / 2 : limits.nodesMax;
    for (let size = Math.max(1, uncertain); size <= events.length; size += 1) {
      search.wasCut = false;
      const isComplete = descend(search, {
        open: events,
        residual: target,
        chosen: [],
        size,
        uncertain,
        nodesMax: share,
      });
      if (search.solutions.length > 0) {
        return {
          solutions: listed(search.solutions, limits.solutionsMax),
          isExhaustive: isExhaustive && isComplete,
          nodes: search.nodes,
        };
      }
      if (!isComplete) {
        isExhaustive = false;
        break;
      }
      if (!search.wasCut) break;
    }
    if (search.nodes >= limits.nodesMax) break;
  }
  return { solutions: [], isExhaustive, nodes: search.nodes };
}

interface Search {
  readonly target: Vector;
  readonly limits: Limits;
  readonly byVector: ReadonlyMap<string, readonly Event[]>;
  nodes: number;
  readonly solutions: number[][];
  /** Some branch ended because it was too large, not because nothing was left to try. */
  wasCut: boolean;
}

interface Node {
  readonly open: readonly Event[];
  readonly residual: Vector;
  readonly chosen: readonly number[];
  /** How many events may still be chosen, and how many of those may be uncertain. */
  readonly size: number;
  readonly uncertain: number;
  readonly nodesMax: number;
}

/** False when the limit on nodes ended it. */
function descend(search: Search, node: Node): boolean {
  const { residual, chosen, size, uncertain, nodesMax } = node;
  search.nodes += 1;
  // Reached before its size: a smaller round has found it already, and what contains it is not minimal.
  if (residual.every((part) => part === 0n)) return true;
  if (search.nodes >= nodesMax) return false;
  // Enough of them to tell that it is ambiguous.
  if (search.solutions.length >= search.limits.solutionsMax) return true;
  const open = node.open.filter(({ isCertain }) => isCertain || uncertain > 0);
  const reach = reachOf(open, residual.length);
  if (residual.some((part, d) => part < at(reach.least, d) || part > at(reach.most, d))) {
    // With more uncertain events allowed it might be within reach; that is another round of the same search.
    return true;
  }
  if (size === 0 || size < uncertain) {
    search.wasCut = true;
    return true;
  }
  if (size === 1) {
    // The last event is looked up by what is still open, rather than tried one by one.
    const fitting = (search.byVector.get(keyOf(residual)) ?? []).filter((event) => open.includes(event));
    for (const event of fitting) {
      if (uncertain === (event.isCertain ? 0 : 1)) search.solutions.push([...chosen, event.index]);
    }
    search.wasCut ||= open.length > fitting.length;
    return true;
  }
  const dimension = mostConstrained(open, residual);
  let left: readonly Event[] = open;
  for (const event of open) {
    if (at(event.vector, dimension) === 0n) continue;
    left = left.filter((other) => other !== event);
    const isComplete = descend(search, {
      open: left,
      residual: minus(residual, event.vector),
      chosen: [...chosen, event.index],
      size: size - 1,
      uncertain: uncertain - (event.isCertain ? 0 : 1),
      nodesMax,
    });
    if (!isComplete) return false;
  }
  return true;
}

function mostConstrained(open: readonly Event[], residual: Vector): number {
  let best = -1;
  let fewest = Number.POSITIVE_INFINITY;
  residual.forEach((part, d) => {
    if (part === 0n) return;
    const touching = open.reduce((count, { vector }) => count + (at(vector, d) === 0n ? 0 : 1), 0);
    if (touching < fewest) [best, fewest] = [d, touching];
  });
  return best;
}

/** In one order whatever order they were found in. */
function listed(
  solutions: readonly (readonly number[])[],
  solutionsMax: number,
): readonly (readonly number[])[] {
  const ascending = solutions.map((solution) => [...solution].sort((a, b) => a - b));
  const inOrder = (a: readonly number[], b: readonly number[]): number => {
    const index = a.findIndex((value, position) => value !== b[position]);
    return index < 0 ? a.length - b.length : (a[index] ?? 0) - (b[index] ?? -1);
  };
  return ascending.sort(inOrder).slice(0, solutionsMax);
}
