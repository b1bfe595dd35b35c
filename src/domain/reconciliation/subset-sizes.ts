import { type Event, isNothing, minus, sumOf, type Vector } from './solver-vector.ts';
import { addHashes, hashOf, indexOfHashes, subtractHashes } from './subset-sums.ts';

/** Subsets of more events than this would be too many to list: 64 events have 43 745 of up to three. */
const LISTED_SIZE_MAX = 3;
/** More than this many that fit tell nobody more than that there are several. */
const FOUND_MAX = 64;

/**
 * Exact subsets of up to twice the size that the budget allows to list, and those that lack that many of all events:
 * a few things that went wrong, or nearly everything that happened. Finds some, never proves that there are no others.
 */
export function exactSubsetsBySize(
  events: readonly Event[],
  target: Vector,
  nodesMax: number,
): { readonly subsets: readonly (readonly Event[])[]; readonly nodes: number } {
  const size = largestSize(events.length, nodesMax);
  if (size === 0) return { subsets: [], nodes: 0 };
  const listed = listSubsets(events.length, size);
  const own = events.map(({ vector }) => hashOf(vector));
  const hashes = new Float64Array(listed.length);
  listed.forEach((places, row) => {
    for (const place of places) hashes[row] = addHashes(hashes[row] ?? 0, own[place] ?? 0);
  });
  const index = indexOfHashes(hashes);
  const all = sumOf(events, target.length);
  const subsets: (readonly Event[])[] = [];
  const seen = new Set<string>();
  for (const isComplement of [false, true]) {
    const wanted = isComplement ? minus(all, target) : target;
    const wantedHash = hashOf(wanted);
    for (let row = 0; row < listed.length; row += 1) {
      const rest = subtractHashes(wantedHash, hashes[row] ?? 0);
      for (let other = index.first(rest); other >= 0; other = index.next(other)) {
        const both = disjointUnion(listed[row] ?? [], listed[other] ?? []);
        const key = `${isComplement}${both}`;
        if (both === null || seen.has(key) || subsets.length >= FOUND_MAX) continue;
        seen.add(key);
        const part = both.flatMap((place) => events[place] ?? []);
        if (!isNothing(minus(wanted, sumOf(part, target.length)))) continue;
        subsets.push(isComplement ? events.filter((event) => !part.includes(event)) : part);
      }
    }
  }
  return { subsets, nodes: listed.length };
}

function disjointUnion(a: readonly number[], b: readonly number[]): readonly number[] | null {
  return a.some((place) => b.includes(place)) ? null : [...a, ...b].sort((one, other) => one - other);
}

function largestSize(events: number, nodesMax: number): number {
  let count = 1;
  let choices = 1;
  for (let size = 1; size <= LISTED_SIZE_MAX; size += 1) {
    choices = (choices * (events - size + 1)) / size;
    count += choices;
    if (count > nodesMax) return size - 1;
  }
  return LISTED_SIZE_MAX;
}

/** Places of all subsets of up to `size` of so many events, the empty one first, smaller ones before larger ones. */
function listSubsets(events: number, size: number): readonly (readonly number[])[] {
  const listed: (readonly number[])[] = [[]];
  let newest: readonly (readonly number[])[] = [[]];
  for (let length = 1; length <= size; length += 1) {
    const next: (readonly number[])[] = [];
    for (const places of newest) {
      for (let place = (places.at(-1) ?? -1) + 1; place < events; place += 1) next.push([...places, place]);
    }
    listed.push(...next);
    newest = next;
  }
  return listed;
}
