// Which lots of a pool go, and what stays.
//
// Invariants, each held by a property test of the same words:
// 1. What is taken and what stays is what was there: quantity and basis, to the last digit.
// 2. What is taken is exactly what was asked for, or nothing is.
// 3. Least tax first is never taxed more than any other choice of the same quantity.

import { assert } from '../assert.ts';
import { type Amount, isMore, isZero, minimum, subtract, sum } from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { compareByAge, cutLot, type Lot } from './lot.ts';
import { type TaxRules, taxPerUnit, termOf } from './lot-tax.ts';
import { compareUnitAmounts, type UnitAmount } from './unit-amount.ts';

/** A lot that an event names, and how much of it. */
export interface NamedLot {
  readonly lot: string;
  readonly quantity: Amount;
}

export type Taking =
  /** `parts` in the order in which they were taken; `rest` in the order of the pool. */
  | { readonly state: 'taken'; readonly parts: readonly Lot[]; readonly rest: readonly Lot[] }
  | { readonly state: 'refused'; readonly problem: InputProblem };

/** Nothing is taken. */
export const refuseTaking = (path: string, expected: string, found: unknown): Taking => ({
  state: 'refused',
  problem: inputProblem(path, expected, found),
});

/** Takes a quantity from lots in the order given. `rest` is in the order of `pool`, which holds the same lots. */
export function takeInOrder(pool: readonly Lot[], ordered: Iterable<Lot>, quantity: Amount): Taking {
  const front = ordered === pool ? takeFront(pool, quantity) : null;
  if (front !== null) return front;
  const picks = new Map<string, Amount>();
  let missing = quantity;
  if (!isZero(missing)) {
    for (const lot of ordered) {
      const picked = minimum(lot.quantity, missing);
      picks.set(lot.id, picked);
      missing = subtract(missing, picked);
      if (isZero(missing)) break;
    }
  }
  if (!isZero(missing)) {
    const held = sum(pool.map((lot) => lot.quantity));
    return refuseTaking('quantity', `at most ${held}, which is all that the pool holds`, quantity);
  }
  return cut(pool, picks);
}

/** The same where the pool is in the order given: only what is taken is looked at. Null where it holds less. */
function takeFront(pool: readonly Lot[], quantity: Amount): Taking | null {
  const parts: Lot[] = [];
  let missing = quantity;
  for (const lot of pool) {
    if (isZero(missing)) break;
    const { part, rest } = cutLot(lot, minimum(lot.quantity, missing));
    parts.push(part);
    missing = subtract(missing, part.quantity);
    if (rest) return { state: 'taken', parts, rest: [rest, ...pool.slice(parts.length)] };
  }
  return isZero(missing) ? { state: 'taken', parts, rest: pool.slice(parts.length) } : null;
}

/** Takes the oldest lots, whatever the order of the pool. */
export const takeOldest = (pool: readonly Lot[], quantity: Amount): Taking =>
  takeInOrder(pool, [...pool].sort(compareByAge), quantity);

/** Takes the lots that an event names, which add up to its quantity. */
export function takeNamed(pool: readonly Lot[], named: readonly NamedLot[], quantity: Amount): Taking {
  const picks = new Map<string, Amount>();
  const held = new Map(pool.map((lot) => [lot.id, lot]));
  for (const [index, each] of named.entries()) {
    const place = `lots[${index}]`;
    const lot = held.get(each.lot);
    if (!lot) return refuseTaking(`${place}.lot`, 'a lot that the pool holds', each.lot);
    if (picks.has(each.lot)) return refuseTaking(`${place}.lot`, 'a lot that is not named twice', each.lot);
    if (isMore(each.quantity, lot.quantity))
      return refuseTaking(
        `${place}.quantity`,
        `at most ${lot.quantity}, which is left of ${lot.id}`,
        each.quantity,
      );
    picks.set(each.lot, each.quantity);
  }
  const total = sum(picks.values());
  if (total !== quantity) return refuseTaking('lots', `lots that add up to ${quantity}`, total);
  return cut(pool, picks);
}

/** What a sale at once is taxed by. */
export interface SaleTerms extends TaxRules {
  /** Net of fees. */
  readonly price: UnitAmount;
  readonly atMs: number;
}

/**
 * Lots by the tax on a unit of them, least first: the best choice wherever tax is linear, because every unit taken
 * instead of a later one is taxed less (fractional knapsack). Within a term a dearer lot is never taxed more, so that
 * a pool with the dearest lots first is two queues, merged here. Lots of unknown tax come last, oldest first.
 */
export function* leastTaxFirst(pool: readonly Lot[], terms: SaleTerms): Generator<Lot> {
  const shortTerm: Lot[] = [];
  const other: Lot[] = [];
  const untold: Lot[] = [];
  for (const lot of pool) {
    const term = termOf(lot.heldSince, terms.atMs, terms);
    if (term === 'shortTerm' && lot.basis.state === 'known') shortTerm.push(lot);
    else if (term === 'taxFree' || (term === 'longTerm' && lot.basis.state === 'known')) other.push(lot);
    else untold.push(lot);
  }
  let [shortNext, otherNext] = [0, 0];
  for (;;) {
    const a = shortTerm[shortNext];
    const b = other[otherNext];
    if (a && (!b || compareTaxed(a, b, terms) < 0)) {
      shortNext += 1;
      yield a;
    } else if (b) {
      otherNext += 1;
      yield b;
    } else break;
  }
  yield* untold.sort(compareByAge);
}

function compareTaxed(shortTerm: Lot, other: Lot, terms: SaleTerms): number {
  const of = (lot: Lot): UnitAmount => {
    const tax = taxPerUnit(lot, terms.price, termOf(lot.heldSince, terms.atMs, terms), terms.rates);
    assert(tax !== null, `the tax on lot ${lot.id} is known`);
    return tax;
  };
  return compareUnitAmounts(of(shortTerm), of(other)) || compareByAge(shortTerm, other);
}

function cut(pool: readonly Lot[], picks: ReadonlyMap<string, Amount>): Taking {
  const parts = new Map<string, Lot>();
  const rest: Lot[] = [];
  for (const lot of pool) {
    const picked = picks.get(lot.id);
    if (picked === undefined) {
      rest.push(lot);
      continue;
    }
    const halves = cutLot(lot, picked);
    parts.set(lot.id, halves.part);
    if (halves.rest) rest.push(halves.rest);
  }
  return { state: 'taken', parts: [...picks.keys()].map((id) => parts.get(id) as Lot), rest };
}
