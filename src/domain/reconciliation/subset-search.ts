import {
  type Event,
  isNothing,
  isWithinReachOf,
  minus,
  sumOf,
  type Vector,
  withoutUseless,
} from './solver-vector.ts';
import { exactSubsetsBySize } from './subset-sizes.ts';
import { costOfHalves, exactSubsetsByHalves } from './subset-sums.ts';

export interface SearchedSubsets {
  /** None contains another. Truly minimal whenever the search was exhaustive, and otherwise where it could be proven. */
  readonly subsets: readonly (readonly Event[])[];
  readonly isExhaustive: boolean;
  readonly nodes: number;
}

/** Below this many events meeting in the middle costs next to nothing: 2 × 2^10 sums. */
const HALVES_AT_ONCE = 20;
/** Of larger subsets nobody proves that they are minimal: 2 × 2^12 sums. */
const PROVEN_MAX = 24;

/**
 * All subsets that sum to a target which is not nothing and of which none contains another. One dimension after the
 * other is decided, the one that the fewest events touch first: few choices fit it exactly, and each leaves less to
 * decide. Where too many events touch every dimension, small subsets and those that lack few events are looked for.
 */
export function searchSubsets(input: {
  readonly events: readonly Event[];
  readonly target: Vector;
  readonly nodesMax: number;
}): SearchedSubsets {
  const search: Search = { nodesMax: input.nodesMax, nodes: 0, isExhaustive: true, found: [] };
  descend(search, { open: input.events, residual: input.target, chosen: [] });
  const subsets = search.found.map(({ subset }) => subset);
  return {
    subsets: search.isExhaustive ? subsets : minimalOf(subsets),
    isExhaustive: search.isExhaustive,
    nodes: search.nodes,
  };
}

interface Search {
  readonly nodesMax: number;
  nodes: number;
  isExhaustive: boolean;
  /** None contains another. */
  found: { readonly subset: readonly Event[]; readonly mask: bigint }[];
}

interface Node {
  readonly open: readonly Event[];
  readonly residual: Vector;
  readonly chosen: readonly Event[];
}

function descend(search: Search, { open, residual, chosen }: Node): void {
  if (!spend(search, 1)) return;
  // Whatever is added to what fits already is not minimal.
  if (isNothing(residual)) {
    keep(search, chosen);
    return;
  }
  const useful = withoutUseless(open, residual);
  if (!isWithinReachOf(useful, residual)) return;
  const touching = fewestTouching(useful, residual);
  const wholeCost = costOfHalves(useful.length);
  const partCost = costOfHalves(touching.events.length);
  const left = search.nodesMax - search.nodes;
  if (useful.length <= HALVES_AT_ONCE || partCost >= wholeCost) {
    if (wholeCost > left) {
      lookForSome(search, { open: useful, residual, chosen });
      return;
    }
    search.nodes += wholeCost;
    for (const subset of exactSubsetsByHalves(useful, residual)) {
      if (!spend(search, 1)) return;
      keep(search, [...chosen, ...subset]);
    }
    return;
  }
  if (partCost > left) {
    lookForSome(search, { open: useful, residual, chosen });
    return;
  }
  search.nodes += partCost;
  const byIndex = new Map(useful.map((event) => [event.index, event]));
  const untouched = useful.filter(({ vector }) => vector[touching.dimension] === 0n);
  const only = (vector: Vector): Vector => [vector[touching.dimension] ?? 0n];
  const projected = touching.events.map((event) => ({ ...event, vector: only(event.vector) }));
  for (const part of exactSubsetsByHalves(projected, only(residual))) {
    if (search.nodes >= search.nodesMax) {
      search.isExhaustive = false;
      return;
    }
    const subset = part.flatMap(({ index }) => byIndex.get(index) ?? []);
    descend(search, {
      open: untouched,
      residual: minus(residual, sumOf(subset, residual.length)),
      chosen: [...chosen, ...subset],
    });
  }
}

/** False, and the search is not exhaustive, when the limit is reached. */
function spend(search: Search, nodes: number): boolean {
  if (search.nodes + nodes > search.nodesMax) {
    search.isExhaustive = false;
    return false;
  }
  search.nodes += nodes;
  return true;
}

function lookForSome(search: Search, { open, residual, chosen }: Node): void {
  search.isExhaustive = false;
  const { subsets, nodes } = exactSubsetsBySize(open, residual, search.nodesMax - search.nodes);
  search.nodes += nodes;
  for (const subset of subsets) keep(search, [...chosen, ...subset]);
}

/** Keeps a subset unless it contains one that is known, in the place of those that contain it. */
function keep(search: Search, subset: readonly Event[]): void {
  const mask = subset.reduce((bits, { index }) => bits | (1n << BigInt(index)), 0n);
  if (search.found.some((known) => (known.mask & mask) === known.mask)) return;
  search.found = [...search.found.filter((known) => (known.mask & mask) !== mask), { subset, mask }];
}

function fewestTouching(
  events: readonly Event[],
  residual: Vector,
): { readonly dimension: number; readonly events: readonly Event[] } {
  let best: { dimension: number; events: readonly Event[] } = { dimension: 0, events };
  residual.forEach((_, dimension) => {
    const touching = events.filter(({ vector }) => vector[dimension] !== 0n);
    if (touching.length > 0 && touching.length < best.events.length) best = { dimension, events: touching };
  });
  return best;
}

/** Takes out of each subset what sums to nothing, and drops what is then the same as another. */
function minimalOf(subsets: readonly (readonly Event[])[]): readonly (readonly Event[])[] {
  const search: Search = { nodesMax: 0, nodes: 0, isExhaustive: true, found: [] };
  for (const subset of subsets) keep(search, withoutNothing(subset));
  return search.found.map(({ subset }) => subset);
}

function withoutNothing(subset: readonly Event[]): readonly Event[] {
  const [first] = subset;
  if (first === undefined || subset.length > PROVEN_MAX) return subset;
  const nothing = first.vector.map(() => 0n);
  for (const vain of exactSubsetsByHalves(subset, nothing)) {
    if (vain.length > 0) return withoutNothing(subset.filter((event) => !vain.includes(event)));
  }
  return subset;
}
