import type { Random } from '../../../src/platform/random.ts';

/** A whole number from 0 to below `count`. */
export const below = (random: Random, count: number): number => Math.floor(random.next() * count);

/** One of a list that is not empty. */
export function oneOf<T>(random: Random, values: readonly T[]): T {
  const [first] = values;
  if (first === undefined) throw new Error('expected something to draw from, found an empty list');
  return values[below(random, values.length)] ?? first;
}

export const isDrawn = (random: Random, share: number): boolean => random.next() < share;
