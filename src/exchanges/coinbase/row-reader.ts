// Reading foreign rows: every function names the place, what was expected and what was found.

import { type Amount, amount, isAmountText, isNegative, isPositive } from '../../domain/money/amount.ts';
import { malformed } from './coinbase-trouble.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Longer than any id, name or cursor that the venue gives out. */
const TEXT_LENGTH_MAX = 1_024;

/** Half of a letter of two parts: no text can hold one, and a URL with it cannot be written. */
const HALF_LETTER = /\p{Surrogate}/u;

export function rowAt(value: unknown, place: string): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw malformed(`${place}: expected an object, found ${shown(value)}`);
}

export function listAt(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed(`${place}: expected a list, found ${shown(value)}`);
}

export function textAt(row: Row, key: string, place: string): string {
  const value = row[key];
  if (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= TEXT_LENGTH_MAX &&
    !HALF_LETTER.test(value)
  )
    return value;
  throw malformed(`${place}.${key}: expected a text, found ${shown(value)}`);
}

/** Absent, null and the empty text, which this venue writes for "none", are null. */
export function optionalTextAt(row: Row, key: string, place: string): string | null {
  const value = row[key];
  if (value === undefined || value === null || value === '') return null;
  return textAt(row, key, place);
}

export function optionalFlagAt(row: Row, key: string, place: string): boolean | null {
  const value = row[key];
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value;
  throw malformed(`${place}.${key}: expected true or false, found ${shown(value)}`);
}

/** A JSON number is refused: its digits were already lost in parsing. */
export function amountAt(row: Row, key: string, place: string): Amount {
  const value = row[key];
  if (isAmountText(value)) return amount(value);
  throw malformed(`${place}.${key}: expected a decimal text, found ${shown(value)}`);
}

/** As `amountAt`, of what is never below zero, such as a price. */
export function unsignedAmountAt(row: Row, key: string, place: string): Amount {
  const found = amountAt(row, key, place);
  if (isNegative(found)) throw malformed(`${place}.${key}: expected no less than zero, found ${found}`);
  return found;
}

/** As `amountAt`, of what is divided by, such as an increment. */
export function positiveAmountAt(row: Row, key: string, place: string): Amount {
  const found = amountAt(row, key, place);
  if (!isPositive(found)) throw malformed(`${place}.${key}: expected more than zero, found ${found}`);
  return found;
}

/** As `amountAt`, where the venue writes an empty text or nothing for "none". */
export const optionalAmountAt = (row: Row, key: string, place: string): Amount | null =>
  isNone(row[key]) ? null : amountAt(row, key, place);

/** As `unsignedAmountAt`, where the venue writes an empty text or nothing for "none". */
export const optionalUnsignedAmountAt = (row: Row, key: string, place: string): Amount | null =>
  isNone(row[key]) ? null : unsignedAmountAt(row, key, place);

const isNone = (value: unknown): boolean => value === undefined || value === null || value === '';

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Epoch milliseconds, finer digits dropped. */
export function timeAt(row: Row, key: string, place: string): number {
  const value = row[key];
  const atMs = typeof value === 'string' && RFC3339.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(atMs)) throw malformed(`${place}.${key}: expected a time, found ${shown(value)}`);
  return atMs;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'string' && value.length > 80) return `a text of ${value.length} characters`;
  return JSON.stringify(value).slice(0, 80);
}
