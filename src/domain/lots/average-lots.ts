// Pools at average cost.
//
// Invariants, each held by a property test of the same words:
// 1. The front of a pool costs what it costs when all of the pool is averaged.

import { type Amount, add, divide, isMore, multiply, subtract, sum, ZERO } from '../money/amount.ts';
import { sumFigures } from './figure.ts';
import { type Lot, UNKNOWN_BASIS } from './lot.ts';
import { basisOf } from './lot-disposal.ts';
import { MONEY_DECIMALS } from './unit-amount.ts';

/** What a pool holds and has cost in all; null where a lot of it cost nobody knows what, until the pool is empty. */
export interface PoolCost {
  readonly quantity: Amount;
  readonly basis: Amount | null;
}

export function poolCostOf(lots: readonly Lot[]): PoolCost {
  const basis = sumFigures(lots.map(basisOf));
  return {
    quantity: sum(lots.map(({ quantity }) => quantity)),
    basis: basis.state === 'known' ? basis.amount : null,
  };
}

export const joinedCost = (a: PoolCost, b: PoolCost): PoolCost => ({
  quantity: add(a.quantity, b.quantity),
  basis: a.basis === null || b.basis === null ? null : add(a.basis, b.basis),
});

/** What is left of a pool that was averaged before some of it was taken. */
export const remainingCost = (all: PoolCost, taken: PoolCost): PoolCost => ({
  quantity: subtract(all.quantity, taken.quantity),
  basis: all.basis === null || taken.basis === null ? null : subtract(all.basis, taken.basis),
});

/**
 * The lots of a pool at its average cost: total cost × quantity / total quantity. Ages and holding periods stay, and so
 * does the total. With a lot of unknown basis the average is unknown, and stays so until the pool is empty.
 */
export const averageLots = (pool: readonly Lot[]): readonly Lot[] => averageFront(pool, poolCostOf(pool));

/**
 * A pool of which as many lots from its front are at its average cost as hold `needed`, all of them without it. Those
 * behind are as they were: only `cost` says what they come to.
 */
export function averageFront(pool: readonly Lot[], cost: PoolCost, needed?: Amount): readonly Lot[] {
  const { quantity: whole, basis: total } = cost;
  const front: Lot[] = [];
  let reached = ZERO;
  let given = ZERO;
  for (const lot of pool) {
    if (needed !== undefined && !isMore(needed, reached)) break;
    reached = add(reached, lot.quantity);
    if (total === null) {
      front.push({ ...lot, basis: UNKNOWN_BASIS });
      continue;
    }
    const end = reached === whole ? total : divide(multiply(total, reached), whole, MONEY_DECIMALS);
    const amount = subtract(end, given);
    given = end;
    front.push({ ...lot, basis: { state: 'known', amount, unitCost: { amount: total, quantity: whole } } });
  }
  return front.length === pool.length ? front : [...front, ...pool.slice(front.length)];
}
