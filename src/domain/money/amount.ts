// Exact amounts: canonical decimal text at rest and between modules. big.js reads what is not canonical yet; what is
// reckoned is reckoned in integers, in a quarter of the time and with the same digits.
//
// Invariants, each held by a property test of the same name:
// 1. Parsing and printing an amount gives the same text back.
// 2. Equal values have equal text: no exponent, no padding, no minus zero.
// 3. Addition, subtraction and multiplication are exact.

import { Big } from 'big.js';
import { assert, InvariantViolation } from '../assert.ts';
import {
  minus,
  plus,
  quotient,
  type Rounding,
  type Scaled,
  scaledOf,
  signOfDifference,
  textOfScaled,
  times,
} from './scaled.ts';

declare const canonical: unique symbol;

/** An exact decimal number in canonical text: "0", "-1.5", "1000000". Equality of values is equality of text. */
export type Amount = string & { readonly [canonical]: 'Amount' };

/** At most 128 characters, no exponent, no sign but a minus. */
const DECIMAL_TEXT = /^(?=.{1,128}$)-?\d+(?:\.\d+)?$/;

/** Longer than any amount that is really moved, and short enough that the product of two is decimal text still. */
export const AMOUNT_LENGTH_MAX = 60;

/** DBL_DIG of IEEE 754: decimals of at most so many significant digits are told apart by doubles. */
const DOUBLE_DIGITS = 15;

export const ZERO = '0' as Amount;
export const ONE = '1' as Amount;

const Exact: typeof Big = Big();
Exact.DP = 40;
Exact.RM = 0;

/** Decimal text of at most 60 characters, as venues and people write an amount. */
export function isAmountText(text: unknown): text is string {
  return isDecimalText(text) && text.length <= AMOUNT_LENGTH_MAX;
}

/** What `amount` takes: also the product of two amounts. For what was computed here; foreign text is an amount's or refused. */
export function isDecimalText(text: unknown): text is string {
  return typeof text === 'string' && DECIMAL_TEXT.test(text);
}

/** Canonicalises decimal text. Foreign text is checked with `isAmountText` at the edge; past it, a mismatch is a bug. */
export function amount(text: string): Amount {
  if (!isDecimalText(text)) throw new InvariantViolation(`text is an amount: ${String(text).slice(0, 140)}`);
  if (isCanonical(text)) return text;
  return print(new Exact(text));
}

/** An integer count of the smallest unit, such as lamports, as an amount of the asset. */
export function fromAtoms(atoms: bigint | string, decimals: number): Amount {
  const text = String(atoms);
  assert(/^-?\d{1,80}$/.test(text), `atoms are an integer: ${text.slice(0, 100)}`);
  assert(
    Number.isInteger(decimals) && decimals >= 0 && decimals <= 40,
    `decimals lie between 0 and 40: ${decimals}`,
  );
  return print(new Exact(`${text}e-${decimals}`));
}

/** The amount as an integer count of its smallest unit. Fails where the amount is finer than the unit. */
export function toAtoms(value: Amount, decimals: number): bigint {
  const scaled = new Exact(`${value}e${decimals}`);
  assert(scaled.eq(scaled.round(0, 0)), `${value} has at most ${decimals} decimals`);
  return BigInt(scaled.toFixed(0));
}

export const add = (a: Amount, b: Amount): Amount =>
  a === ZERO ? b : b === ZERO ? a : textOf(plus(scaledOf(a), scaledOf(b)));
export const subtract = (a: Amount, b: Amount): Amount =>
  b === ZERO ? a : a === b ? ZERO : textOf(minus(scaledOf(a), scaledOf(b)));
export const multiply = (a: Amount, b: Amount): Amount =>
  a === ONE ? b : b === ONE ? a : textOf(times(scaledOf(a), scaledOf(b)));
export const negate = (a: Amount): Amount =>
  a === ZERO ? ZERO : a.startsWith('-') ? (a.slice(1) as Amount) : (`-${a}` as Amount);
export const absolute = (a: Amount): Amount => (a.startsWith('-') ? (a.slice(1) as Amount) : a);
export const sum = (amounts: Iterable<Amount>): Amount => {
  let total = scaledOf(ZERO);
  for (const a of amounts) if (a !== ZERO) total = plus(total, scaledOf(a));
  return textOf(total);
};

export const isZero = (a: Amount): boolean => a === ZERO;
export const isNegative = (a: Amount): boolean => a.startsWith('-');
export const isPositive = (a: Amount): boolean => a !== ZERO && !a.startsWith('-');
export const compare = (a: Amount, b: Amount): -1 | 0 | 1 => {
  if (a === b) return 0;
  // Decimals of so few digits are doubles apart, and in the same order.
  if (a.length <= DOUBLE_DIGITS && b.length <= DOUBLE_DIGITS) return Number(a) < Number(b) ? -1 : 1;
  return signOfDifference(scaledOf(a), scaledOf(b));
};
export const isLess = (a: Amount, b: Amount): boolean => compare(a, b) < 0;
export const isMore = (a: Amount, b: Amount): boolean => compare(a, b) > 0;
export const minimum = (a: Amount, b: Amount): Amount => (isLess(b, a) ? b : a);
export const maximum = (a: Amount, b: Amount): Amount => (isMore(b, a) ? b : a);

/** a / b to `decimals` places, rounded towards zero unless told otherwise. */
export function divide(a: Amount, b: Amount, decimals = 20, rounding: Rounding = 'down'): Amount {
  assert(b !== ZERO, 'a divisor is not zero');
  return textOf(quotient(scaledOf(a), scaledOf(b), decimals, rounding));
}

/** Rounds a value to `decimals` places. */
export function round(a: Amount, decimals: number, rounding: Rounding = 'half'): Amount {
  return textOf(quotient(scaledOf(a), scaledOf(ONE), decimals, rounding));
}

/** The largest multiple of a positive step that is not above a value that is not negative. */
export function floorToStep(value: Amount, step: Amount): Amount {
  return toStep(value, step, 'down');
}

/** The smallest multiple of a positive step that is not below a value that is not negative. */
export function ceilToStep(value: Amount, step: Amount): Amount {
  return toStep(value, step, 'up');
}

/** For statistics and display only: never compute money with the result. */
export const toNumber = (a: Amount): number => Number(a);

function toStep(value: Amount, step: Amount, rounding: Rounding): Amount {
  if (!isPositive(step)) throw new InvariantViolation(`a step is positive: ${step}`);
  if (isNegative(value))
    throw new InvariantViolation(`only values that are not negative are rounded to a step: ${value}`);
  const unit = scaledOf(step);
  return textOf(times(quotient(scaledOf(value), unit, 0, rounding), unit));
}

function isCanonical(text: string): text is Amount {
  return text === '0' || (/^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/.test(text) && text !== '-0');
}

const textOf = (value: Scaled): Amount => textOfScaled(value) as Amount;

function print(value: Big): Amount {
  const text = value.toFixed();
  return (text === '-0' ? '0' : text) as Amount;
}
