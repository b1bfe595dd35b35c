// Vectors of scaled integers, for the exact solver and nobody else.

export type Vector = readonly bigint[];

/** An event of the search, by its place among those that were given. */
export interface Event {
  readonly index: number;
  readonly vector: Vector;
  readonly isCertain: boolean;
}

export interface Limits {
  readonly nodesMax: number;
  readonly solutionsMax: number;
}

export interface SolverResult {
  /** Minimal solutions as ascending indices of events, in lexicographic order; at most `solutionsMax`. */
  readonly solutions: readonly (readonly number[])[];
  /** False when the limit ended the search: there may be others, or smaller ones. */
  readonly isExhaustive: boolean;
  readonly nodes: number;
}

/** The least and the most that any choice of the events can sum to, in each dimension. */
export function reachOf(events: readonly Event[], dimensions: number): { least: bigint[]; most: bigint[] } {
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

export const at = (vector: Vector, index: number): bigint => vector[index] ?? 0n;
export const plus = (a: Vector, b: Vector): Vector => a.map((part, d) => part + at(b, d));
export const minus = (a: Vector, b: Vector): Vector => a.map((part, d) => part - at(b, d));
export const keyOf = (vector: Vector): string => vector.join(',');

/** In one order whatever order they were found in. */
export function listed(
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
