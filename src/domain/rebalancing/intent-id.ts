import { assert } from '../assert.ts';
import { sha256Hex } from '../hash.ts';

/** The identity of one leg of one plan: the same after every restart, and never that of another leg. */
export function intentIdOf(planHash: string, sequence: number): string {
  assert(/^[0-9a-f]{64}$/.test(planHash), `a plan's hash is 64 hex digits: ${planHash.slice(0, 70)}`);
  assert(Number.isSafeInteger(sequence) && sequence > 0, `a leg's sequence counts from 1: ${sequence}`);
  return sha256Hex(`intent\n${planHash}\n${sequence}`);
}

/**
 * A client order id that follows from the intent alone, in the shape of a UUID. Its version says 5, derived from a
 * name, because venues that check the shape know no higher one.
 */
export function clientOrderIdOf(intentId: string): string {
  const hex = sha256Hex(`client order\n${intentId}`);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
