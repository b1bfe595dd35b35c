import {
  at,
  type Event,
  keyOf,
  type Limits,
  listed,
  minus,
  reachOf,
  type SolverResult,
  type Vector,
} from './solver-vector.ts';

/**
 * Looks for small solutions first: for each number of uncertain events, subsets of growing size. Every step takes
 * an event that touches the most constrained dimension still open, so that no subset is visited twice.
 */
export function searchBySize(events: readonly Event[], target: Vector, limits: Limits): SolverResult {
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
