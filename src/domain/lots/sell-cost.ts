// What selling from a pool costs in tax, as a planner takes it.
//
// Invariants, each held by a property test of the same words:
// 1. Segments ascend by cost per unit, so that the cost of a quantity is convex.
// 2. Filling segments from the front costs what least tax first is taxed, rounded up by less than 1e-20 a unit.

import {
  type Amount,
  add,
  divide,
  isNegative,
  multiply,
  negate,
  ONE,
  subtract,
  ZERO,
} from '../money/amount.ts';
import type { Lot } from './lot.ts';
import { lotOrder } from './lot-order.ts';
import { type TaxRules, taxPerUnit, termOf } from './lot-tax.ts';
import { leastTaxFirst } from './take-lots.ts';
import { MONEY_DECIMALS, type UnitAmount } from './unit-amount.ts';

/** What one lot adds to a sale: at most `quantity`, each unit at the same cost. */
export interface SellCostSegment {
  readonly lot: string;
  readonly quantity: Amount;
  /** Tax on a unit times the aversion to it; below zero where a loss saves tax. Rounded up to 20 decimals. */
  readonly costPerUnit: Amount;
}

export interface SellCost {
  readonly segments: readonly SellCostSegment[];
  /** Of lots on which the tax is unknown. They are in no segment: what selling them costs nobody can say. */
  readonly unknownQuantity: Amount;
}

/** A sale that a plan considers. */
export interface SaleQuote extends TaxRules {
  /** Before fees; above zero. */
  readonly price: Amount;
  /** A fraction of the price, such as 0.006. */
  readonly feeRate: Amount;
  readonly atMs: number;
  /** Between 0 and 1: how much tax counts beside other costs. 1 where it is left out. */
  readonly taxAversion?: Amount;
}

/** Price less fee. */
export const netPrice = (price: Amount, feeRate: Amount): UnitAmount => ({
  amount: multiply(price, subtract(ONE, feeRate)),
  quantity: ONE,
});

/**
 * The tax cost of selling from a pool as a convex piecewise linear function: lots by tax per unit, least first. A linear
 * program that minimises fills the cheapest segments first, so that bounded sell variables are exact.
 */
export function sellCostSegments(pool: readonly Lot[], quote: SaleQuote): SellCost {
  const { taxAversion = ONE, rates, atMs } = quote;
  const price = netPrice(quote.price, quote.feeRate);
  const ordered = [...pool].sort(lotOrder('mintax'));
  const segments: SellCostSegment[] = [];
  let unknownQuantity = ZERO;
  for (const lot of leastTaxFirst(ordered, { ...quote, price })) {
    const tax = taxPerUnit(lot, price, termOf(lot.heldSince, atMs, quote), rates);
    if (tax === null) unknownQuantity = add(unknownQuantity, lot.quantity);
    else
      segments.push({
        lot: lot.id,
        quantity: lot.quantity,
        costPerUnit: divideUp(multiply(tax.amount, taxAversion), tax.quantity),
      });
  }
  return { segments, unknownQuantity };
}

/** Away from zero is up for a cost, towards zero for a saving: a plan never counts on more than it gets. */
const divideUp = (amount: Amount, quantity: Amount): Amount =>
  isNegative(amount)
    ? negate(divide(negate(amount), quantity, MONEY_DECIMALS))
    : divide(amount, quantity, MONEY_DECIMALS, 'up');
