import { compareByAge, compareByCost, type Lot } from './lot.ts';
import type { LotMethod } from './lot-method.ts';

/**
 * The order in which a pool keeps its lots, so that most methods take from its front. `mintax` takes the dearest of
 * either term, whichever is taxed less. Lots that are equal by a method's rule go by age, and then by id.
 */
export function lotOrder(method: LotMethod): (a: Lot, b: Lot) => number {
  switch (method) {
    case 'lifo':
      return (a, b) => compareByAge(b, a);
    case 'hifo':
    case 'mintax':
      return (a, b) => compareByCost(a, b, -1) || compareByAge(a, b);
    case 'lofo':
      return (a, b) => compareByCost(a, b, 1) || compareByAge(a, b);
    case 'fifo':
    case 'specific':
    case 'average':
      return compareByAge;
  }
}
