// What a sale of some quantity is taxed, lot by lot, as a planner counts it.
//
// Invariants, each held by a property test of the same words:
// 1. What is unknown counts at its worst, so that a plan never counts on a tax that is lower than it turns out.

import {
  type Amount,
  add,
  divide,
  isNegative,
  isZero,
  maximum,
  minimum,
  multiply,
  negate,
  subtract,
  ZERO,
} from '../money/amount.ts';
import { averageLots } from './average-lots.ts';
import { compareByAge, type Lot } from './lot.ts';
import type { PlannedMethod } from './lot-method.ts';
import { lotOrder } from './lot-order.ts';
import { type TaxRates, taxPerUnit, termOf } from './lot-tax.ts';
import { netPrice, type SaleQuote } from './sell-cost.ts';
import { leastTaxFirst } from './take-lots.ts';
import { MONEY_DECIMALS, type UnitAmount } from './unit-amount.ts';

/** A lot in its turn: at most `quantity`, each unit taxed the same. */
export interface SaleSegment {
  readonly lot: string;
  readonly origin: string;
  readonly quantity: Amount;
  /** Tax on a unit; below zero where a loss saves tax. Rounded up to 20 decimals. */
  readonly taxPerUnit: Amount;
  /** `perhaps` where its basis is unknown. */
  readonly isLoss: 'yes' | 'no' | 'perhaps';
}

/**
 * The lots of a pool in the order in which a method sells them at a price. A lot of unknown basis counts as if it had
 * cost nothing, one that is held since nobody knows when at the rate that is worse.
 */
export function saleSegments(
  pool: readonly Lot[],
  method: PlannedMethod,
  quote: Omit<SaleQuote, 'taxAversion'>,
): readonly SaleSegment[] {
  const price = netPrice(quote.price, quote.feeRate);
  return inOrder(pool, method, { ...quote, price }).map((lot) => {
    const term = termOf(lot.heldSince, quote.atMs, quote);
    const tax = taxPerUnit(lot, price, term, quote.rates);
    const { id, origin, quantity } = lot;
    return {
      lot: id,
      origin,
      quantity,
      taxPerUnit: tax === null ? worstTax(lot, price.amount, { term, rates: quote.rates }) : divideUp(tax),
      isLoss: isLossAt(lot, price.amount),
    };
  });
}

/** The tax on a quantity that is sold from the front of segments. */
export function taxOfSale(segments: readonly SaleSegment[], quantity: Amount): Amount {
  let left = quantity;
  let tax = ZERO;
  for (const segment of segments) {
    if (isZero(left)) break;
    const part = minimum(left, segment.quantity);
    tax = add(tax, multiply(part, segment.taxPerUnit));
    left = subtract(left, part);
  }
  return tax;
}

function inOrder(
  pool: readonly Lot[],
  method: PlannedMethod,
  terms: Parameters<typeof leastTaxFirst>[1],
): readonly Lot[] {
  const ordered = [...pool].sort(lotOrder(method));
  if (method === 'average') return averageLots(ordered.sort(compareByAge));
  return method === 'mintax' ? [...leastTaxFirst(ordered, terms)] : ordered;
}

/** Of what is unknown: everything that it brings is gain, or a loss saves least, at the rate that is worse. */
function worstTax(
  { basis }: Lot,
  price: Amount,
  { term, rates }: { readonly term: ReturnType<typeof termOf>; readonly rates: TaxRates },
): Amount {
  const { shortTerm, longTerm, usableLoss } = rates;
  const cost =
    basis.state === 'known' ? divide(basis.unitCost.amount, basis.unitCost.quantity, MONEY_DECIMALS) : ZERO;
  const gain = subtract(price, cost);
  if (isNegative(gain)) return multiply(multiply(gain, minimum(shortTerm, longTerm)), usableLoss);
  const rate =
    term === 'shortTerm' ? shortTerm : term === 'longTerm' ? longTerm : maximum(shortTerm, longTerm);
  return multiply(gain, rate);
}

function isLossAt({ basis }: Lot, price: Amount): SaleSegment['isLoss'] {
  if (basis.state === 'unknown') return 'perhaps';
  const { amount, quantity } = basis.unitCost;
  return isNegative(subtract(multiply(price, quantity), amount)) ? 'yes' : 'no';
}

/** Away from zero is up for a cost, towards zero for a saving. */
const divideUp = ({ amount, quantity }: UnitAmount): Amount =>
  isNegative(amount)
    ? negate(divide(negate(amount), quantity, MONEY_DECIMALS))
    : divide(amount, quantity, MONEY_DECIMALS, 'up');
