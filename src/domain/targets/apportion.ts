// Whole units shared out in proportion, by largest remainder.
//
// Invariants, each held by a property test of the same name:
// 1. The shares sum to exactly what was shared out.
// 2. A share is its exact proportion, rounded down or up to a whole unit, and never rounded where it is whole.
// 3. Who has the greater part has no smaller share.
// 4. The order in which parts are named does not matter: of equal remainders the id that sorts first is rounded up.

import { assert } from '../assert.ts';

/** What one id is due, in proportion to the others. Never negative. */
export interface Part {
  readonly id: string;
  readonly part: bigint;
}

/**
 * Shares `total` units out in proportion to the parts: Hamilton's method, exact in integers.
 * Some part must be above zero unless nothing is shared out. Fails on parts or totals below zero and on an id
 * that comes twice: those are bugs of the caller.
 */
export function apportion(parts: readonly Part[], total: bigint): ReadonlyMap<string, bigint> {
  assert(total >= 0n, `what is shared out is not negative: ${total}`);
  assert(
    parts.every(({ part }) => part >= 0n),
    'no part is negative',
  );
  const whole = parts.reduce((all, { part }) => all + part, 0n);
  assert(whole > 0n || total === 0n, `${total} is shared out among parts above zero`);
  const shares = parts.map(({ id, part }) => shareOf(id, part * total, whole));
  const left = total - shares.reduce((all, { units }) => all + units, 0n);
  const roundedUp = new Set(
    shares
      .toSorted((a, b) => byRemainder(a, b))
      .slice(0, Number(left))
      .map(({ id }) => id),
  );
  const result = new Map(shares.map(({ id, units }) => [id, roundedUp.has(id) ? units + 1n : units]));
  assert(result.size === parts.length, 'an id has one part');
  return result;
}

/** Ids in one order everywhere, whatever the language of the machine. */
export const byId = (a: string, b: string): -1 | 0 | 1 => (a < b ? -1 : a > b ? 1 : 0);

interface Share {
  readonly id: string;
  readonly units: bigint;
  /** In parts of the whole; all shares have the same denominator. */
  readonly remainder: bigint;
}

const shareOf = (id: string, numerator: bigint, whole: bigint): Share =>
  whole === 0n
    ? { id, units: 0n, remainder: 0n }
    : { id, units: numerator / whole, remainder: numerator % whole };

function byRemainder(a: Share, b: Share): number {
  if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1;
  return byId(a.id, b.id);
}
