import { sum } from '../money/amount.ts';
import { allot } from './allot.ts';
import { sumFigures } from './figure.ts';
import { type Lot, UNKNOWN_BASIS } from './lot.ts';
import { basisOf } from './lot-disposal.ts';

/**
 * The lots of a pool at its average cost: total cost × quantity / total quantity. Ages and holding periods stay, and so
 * does the total. With a lot of unknown basis the average is unknown, and stays so until the pool is empty.
 */
export function averageLots(pool: readonly Lot[]): readonly Lot[] {
  if (pool.length === 0) return pool;
  const total = sumFigures(pool.map(basisOf));
  if (total.state === 'unknown') return pool.map((lot) => ({ ...lot, basis: UNKNOWN_BASIS }));
  const quantities = pool.map(({ quantity }) => quantity);
  const unitCost = { amount: total.amount, quantity: sum(quantities) };
  const amounts = allot(total.amount, quantities);
  return pool.map((lot, index) => {
    const amount = amounts[index];
    return amount === undefined ? lot : { ...lot, basis: { state: 'known', amount, unitCost } };
  });
}
