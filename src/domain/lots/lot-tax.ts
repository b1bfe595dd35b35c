import { type Amount, isNegative, multiply, subtract, ZERO } from '../money/amount.ts';
import { type Figure, known, unknown } from './figure.ts';
import type { HoldingCalendar } from './holding-calendar.ts';
import type { HeldSince, Lot } from './lot.ts';
import type { UnitAmount } from './unit-amount.ts';

export type Term = 'shortTerm' | 'longTerm' | 'taxFree' | 'unknown';

/** Fractions between 0 and 1, such as 0.37. */
export interface TaxRates {
  readonly shortTerm: Amount;
  readonly longTerm: Amount;
  /** How much of a loss saves tax at the rate of its term: 1 where other gains take it all, 0 where none does. */
  readonly usableLoss: Amount;
}

/** What is held for more than a year is taxed at its own rate (US), or not at all (DE, §23 EStG). */
export type LongTermRule = 'ownRate' | 'taxFree';

export interface TaxRules {
  readonly calendar: HoldingCalendar;
  readonly rates: TaxRates;
  readonly longTerm: LongTermRule;
}

/** What the term is when a lot is disposed of at a time. Unknown where nobody knows since when it is held. */
export function termOf(heldSince: HeldSince, disposedAtMs: number, rules: TaxRules): Term {
  if (heldSince.state === 'unknown') return 'unknown';
  const { calendar, longTerm } = rules;
  if (heldSince.atMs > calendar.longTermUpToMs(disposedAtMs)) return 'shortTerm';
  return longTerm === 'taxFree' ? 'taxFree' : 'longTerm';
}

/** The tax on a gain: its rate's share of it; of a loss minus what it saves. Unknown where gain or term is. */
export function taxOn(gain: Figure, term: Term, rates: TaxRates): Figure {
  if (term === 'taxFree') return known(ZERO);
  if (gain.state === 'unknown') return gain;
  if (term === 'unknown') return unknown('nobody knows since when the lot is held');
  return known(multiply(gain.amount, rateOf(term, gain.amount, rates)));
}

/**
 * The tax on each unit of a lot that is sold at a price net of fees: τ(p − c), exact as a pair. Null where it is
 * unknown.
 */
export function taxPerUnit(lot: Lot, price: UnitAmount, term: Term, rates: TaxRates): UnitAmount | null {
  if (term === 'taxFree') return { amount: ZERO, quantity: lot.quantity };
  if (term === 'unknown' || lot.basis.state === 'unknown') return null;
  const { unitCost } = lot.basis;
  const gain = subtract(multiply(price.amount, unitCost.quantity), multiply(unitCost.amount, price.quantity));
  return {
    amount: multiply(gain, rateOf(term, gain, rates)),
    quantity: multiply(unitCost.quantity, price.quantity),
  };
}

function rateOf(term: 'shortTerm' | 'longTerm', gain: Amount, rates: TaxRates): Amount {
  const rate = rates[term];
  return isNegative(gain) ? multiply(rate, rates.usableLoss) : rate;
}
