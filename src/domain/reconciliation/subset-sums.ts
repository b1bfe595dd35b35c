// Sums of subsets as single numbers, so that millions of them can be compared.
//
// A vector is hashed linearly into the numbers below a prime: the hash of a sum is the sum of the hashes. Equal sums
// have equal hashes, so that nothing that fits is ever passed over; what fits by its hash is then summed exactly.

import { assert } from '../assert.ts';
import { type Event, isNothing, minus, sumOf, type Vector } from './solver-vector.ts';

/** The largest prime below 2^52: two numbers below it add up without loss. */
const PRIME = 4_503_599_627_370_449;
const FACTOR = 2_862_933_555_777_941n;

export function hashOf(vector: Vector): number {
  const prime = BigInt(PRIME);
  let hash = 0n;
  // Horner's rule; the factor has no meaning beyond spreading the dimensions apart.
  for (const part of vector) hash = (((hash * FACTOR + part) % prime) + prime) % prime;
  return Number(hash);
}

/** Every subset of some events with the hash of its sum; a subset is a mask of the events' places. */
export function hashesOfSubsets(events: readonly Event[]): Float64Array {
  assert(events.length <= 24, 'subsets are listed for few events');
  const hashes = new Float64Array(2 ** events.length);
  let filled = 1;
  for (const { vector } of events) {
    const own = hashOf(vector);
    for (let mask = 0; mask < filled; mask += 1) hashes[filled + mask] = addHashes(hashes[mask] ?? 0, own);
    filled *= 2;
  }
  return hashes;
}

export interface HashIndex {
  /** The first place with this hash; -1 where there is none. */
  first(hash: number): number;
  /** The next place with the same hash; -1 after the last. */
  next(place: number): number;
}

/** Finds the places of hashes: an open-addressed table, because a Map of as many numbers takes ten times as long. */
export function indexOfHashes(hashes: Float64Array): HashIndex {
  const size = 2 ** Math.ceil(Math.log2(hashes.length * 2 + 1));
  const places = new Int32Array(size).fill(-1);
  const following = new Int32Array(hashes.length).fill(-1);
  const slotOf = (hash: number): number => {
    let slot = hash % size;
    for (;;) {
      const place = places[slot] ?? -1;
      if (place < 0 || hashes[place] === hash) return slot;
      slot = slot + 1 === size ? 0 : slot + 1;
    }
  };
  for (let place = hashes.length - 1; place >= 0; place -= 1) {
    const slot = slotOf(hashes[place] ?? 0);
    following[place] = places[slot] ?? -1;
    places[slot] = place;
  }
  return {
    first: (hash) => places[slotOf(hash)] ?? -1,
    next: (place) => following[place] ?? -1,
  };
}

/** Every subset of the events that sums to the target exactly, found by meeting in the middle. */
export function* exactSubsetsByHalves(events: readonly Event[], target: Vector): Generator<readonly Event[]> {
  const middle = events.length >> 1;
  const left = events.slice(0, middle);
  const right = events.slice(middle);
  const index = indexOfHashes(hashesOfSubsets(left));
  const hashes = hashesOfSubsets(right);
  const wanted = hashOf(target);
  for (let mask = 0; mask < hashes.length; mask += 1) {
    const rest = subtractHashes(wanted, hashes[mask] ?? 0);
    for (let other = index.first(rest); other >= 0; other = index.next(other)) {
      const chosen = [...eventsOf(left, other), ...eventsOf(right, mask)];
      if (isNothing(minus(target, sumOf(chosen, target.length)))) yield chosen;
    }
  }
}

/** How many sums `exactSubsetsByHalves` makes. */
export const costOfHalves = (events: number): number => 2 ** (events >> 1) + 2 ** (events - (events >> 1));

export const addHashes = (a: number, b: number): number => {
  const total = a + b;
  return total >= PRIME ? total - PRIME : total;
};
export const subtractHashes = (a: number, b: number): number => (a >= b ? a - b : a - b + PRIME);

export const eventsOf = (events: readonly Event[], mask: number): readonly Event[] =>
  events.filter((_, place) => (mask >> place) & 1);
