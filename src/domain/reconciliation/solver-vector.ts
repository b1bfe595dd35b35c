// Vectors of scaled integers, for the exact solver and nobody else.

export type Vector = readonly bigint[];

/** An event of the search, by its place among those that were given. */
export interface Event {
  readonly index: number;
  readonly vector: Vector;
  readonly isCertain: boolean;
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

/** Drops, until nothing changes, events whose part in some dimension no choice of the others could make up for. */
export function withoutUseless(events: readonly Event[], target: Vector): readonly Event[] {
  const reach = reachOf(events, target.length);
  const kept = events.filter(({ vector }) =>
    vector.every((own, d) => {
      const least = at(reach.least, d) - (own < 0n ? own : 0n) + own;
      const most = at(reach.most, d) - (own > 0n ? own : 0n) + own;
      return own === 0n || (least <= at(target, d) && at(target, d) <= most);
    }),
  );
  return kept.length === events.length ? kept : withoutUseless(kept, target);
}

/** Whether some choice of the events may sum to the target, as far as each dimension for itself can tell. */
export function isWithinReachOf(events: readonly Event[], target: Vector): boolean {
  const reach = reachOf(events, target.length);
  return target.every((part, d) => at(reach.least, d) <= part && part <= at(reach.most, d));
}

export const at = (vector: Vector, index: number): bigint => vector[index] ?? 0n;
export const minus = (a: Vector, b: Vector): Vector => a.map((part, d) => part - at(b, d));
export const isNothing = (vector: Vector): boolean => vector.every((part) => part === 0n);
export const sumOf = (events: readonly Event[], dimensions: number): Vector =>
  events.reduce<Vector>(
    (total, { vector }) => total.map((part, d) => part + at(vector, d)),
    new Array<bigint>(dimensions).fill(0n),
  );
