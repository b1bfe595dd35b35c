// A tax lot: some quantity of an asset that was acquired at once.
//
// Invariants, each held by a property test of the same words:
// 1. Cutting a lot in two loses neither quantity nor basis.
// 2. A part costs per unit what its lot costs.

import { assert } from '../assert.ts';
import { type Amount, isMore, isPositive, minimum, subtract } from '../money/amount.ts';
import { amountFor, compareUnitAmounts, type UnitAmount } from './unit-amount.ts';

export interface Lot {
  /** The acquisition's id; behind it, after "/", the ids of the events that cut the lot out of another. */
  readonly id: string;
  /** The id of the acquisition. */
  readonly origin: string;
  /** The venue or wallet that holds it; the first one, where all accounts are one pool. */
  readonly account: string;
  readonly asset: string;
  /** What is left of it; above zero. */
  readonly quantity: Amount;
  readonly basis: Basis;
  /** Orders lots by age. A transfer keeps it. */
  readonly acquiredAtMs: number;
  /** Where the holding period begins: earlier than the acquisition after a wash sale. */
  readonly heldSince: HeldSince;
  readonly source: LotSource;
  /** The lot has replaced what was sold at a loss, and does so once only. */
  readonly isReplacement: boolean;
}

/** What is left of what a lot cost, fees included, with its cost per unit; or that nobody knows, and why where it is told. */
export type Basis =
  | { readonly state: 'known'; readonly amount: Amount; readonly unitCost: UnitAmount }
  | { readonly state: 'unknown'; readonly reason?: string };

export type HeldSince = { readonly state: 'known'; readonly atMs: number } | { readonly state: 'unknown' };

/** Only a purchase replaces what a wash sale sold; what is earned is income of its year at its cost. */
export const LOT_SOURCES = ['purchase', 'income', 'deposit'] as const;
export type LotSource = (typeof LOT_SOURCES)[number];

export const UNKNOWN_BASIS: Basis = { state: 'unknown' };

export const knownBasis = (amount: Amount, quantity: Amount): Basis => ({
  state: 'known',
  amount,
  unitCost: { amount, quantity },
});

/** The older of two lots first; of two as old the one whose id sorts first. */
export const compareByAge = (a: Lot, b: Lot): number =>
  a.acquiredAtMs - b.acquiredAtMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** The cheaper of two lots per unit first. Lots of unknown basis are neither cheap nor dear: they come last. */
export function compareByCost(a: Lot, b: Lot, direction: 1 | -1): number {
  if (a.basis.state === 'unknown' || b.basis.state === 'unknown')
    return Number(a.basis.state === 'unknown') - Number(b.basis.state === 'unknown');
  return compareUnitAmounts(a.basis.unitCost, b.basis.unitCost) * direction;
}

/** A lot cut in two: `quantity` of it, above zero, and the rest, null where nothing is left. */
export function cutLot(lot: Lot, quantity: Amount): { readonly part: Lot; readonly rest: Lot | null } {
  assert(isPositive(quantity), `a part of a lot is something: ${quantity}`);
  assert(!isMore(quantity, lot.quantity), `a part of ${lot.id} is at most ${lot.quantity}: ${quantity}`);
  if (quantity === lot.quantity) return { part: lot, rest: null };
  const left = subtract(lot.quantity, quantity);
  if (lot.basis.state === 'unknown') return { part: { ...lot, quantity }, rest: { ...lot, quantity: left } };
  const { unitCost } = lot.basis;
  // Where a pool was averaged, what a lot holds may be 1e-20 less than its quantity comes to.
  const amount = minimum(amountFor(unitCost, quantity), lot.basis.amount);
  const remaining = subtract(lot.basis.amount, amount);
  return {
    part: { ...lot, quantity, basis: { state: 'known', amount, unitCost } },
    rest: { ...lot, quantity: left, basis: { state: 'known', amount: remaining, unitCost } },
  };
}
