import { assert } from '../domain/assert.ts';
import { sha256Hex } from '../domain/hash.ts';
import { type Amount, amount, fromAtoms } from '../domain/money/amount.ts';
import { seededRandom } from '../platform/random.ts';

/** Choices of an incident: the same for the same seed and number, whatever was drawn for others. */
export interface Draw {
  /** A whole number between both, both included. */
  whole(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Between both, with so many decimals at most, never zero. */
  amount(least: number, most: number, decimals: number): Amount;
}

export function drawOf(seed: number, incident: number): Draw {
  const random = seededRandom(Number.parseInt(sha256Hex(`incident ${seed} ${incident}`).slice(0, 12), 16));
  const whole = (least: number, most: number): number =>
    least + Math.floor(random.next() * (most - least + 1));
  return {
    whole,
    chance: (probability) => random.next() < probability,
    pick: (from) => {
      const picked = from[whole(0, from.length - 1)];
      assert(picked !== undefined, 'something is picked from a list that is not empty');
      return picked;
    },
    amount: (least, most, decimals) => {
      const scale = 10 ** decimals;
      const atoms = whole(Math.max(1, Math.ceil(least * scale)), Math.floor(most * scale));
      return amount(fromAtoms(String(atoms), decimals));
    },
  };
}
