// Between which valuations something was booked.
//
// Invariants, each held by a property test of the same words:
// 1. Up to any valuation what was placed is what that valuation has and the first has not.

/** What a valuation knows of: everything up to a transaction of the book, or everything that had happened before its time. */
export interface Knowing {
  readonly atMs: number;
  readonly transactionSequence: number | null;
}

export interface Placeable {
  /** Null where only its time is known. */
  readonly sequence: number | null;
  readonly atMs: number;
}

export interface Placed<T> {
  readonly flow: T;
  /** The place of the valuation that has not got it and after which it comes. */
  readonly after: number;
  /** -1 where the next valuation has not got what the one before had: one was reckoned from what was told later. */
  readonly sign: 1 | -1;
  /** When it counts: its own time, but neither before the valuation that it follows nor after the next. */
  readonly atMs: number;
}

/**
 * Places everything that came between two of the valuations, which follow each other in time. What the first of them has,
 * and what the last has not, is left out.
 */
export function placeFlows<T extends Placeable>(
  valuations: readonly Knowing[],
  flows: readonly T[],
): readonly Placed<T>[] {
  const recorded = placesOf(valuations, (each) => each.transactionSequence !== null);
  const reckoned = placesOf(valuations, (each) => each.transactionSequence === null);
  const placed: Placed<T>[] = [];
  for (const flow of flows) {
    const knows = ({ transactionSequence, atMs }: Knowing): boolean =>
      transactionSequence === null || flow.sequence === null
        ? flow.atMs < atMs
        : flow.sequence <= transactionSequence;
    const spans = [recorded, reckoned].map((places) => spanOfChange(places, valuations, knows));
    // Before the first of both nobody knows of it, and behind the last everybody there is does.
    const from = Math.min(...spans.map((span) => span.first));
    const to = Math.min(Math.max(...spans.map((span) => span.last)), valuations.length - 1);
    for (let place = Math.max(1, from); place <= to; place++) {
      const [before, next] = [valuations[place - 1], valuations[place]];
      if (!before || !next || knows(before) === knows(next)) continue;
      const atMs = Math.min(Math.max(flow.atMs, before.atMs), next.atMs - 1);
      placed.push({ flow, after: place - 1, sign: knows(next) ? 1 : -1, atMs });
    }
  }
  return placed;
}

const placesOf = (valuations: readonly Knowing[], isOf: (each: Knowing) => boolean): readonly number[] =>
  valuations.flatMap((each, place) => (isOf(each) ? [place] : []));

/**
 * Valuations of one kind know more and more: the first that knows is found by halving. Where none does, `first` is Infinity
 * and `last` just behind the last that does not.
 */
function spanOfChange(
  places: readonly number[],
  valuations: readonly Knowing[],
  knows: (each: Knowing) => boolean,
): { readonly first: number; readonly last: number } {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const each = valuations[places[middle] ?? 0];
    if (each && knows(each)) high = middle;
    else low = middle + 1;
  }
  const first = places[low];
  if (first !== undefined) return { first, last: first };
  return { first: Number.POSITIVE_INFINITY, last: (places.at(-1) ?? -1) + 1 };
}
