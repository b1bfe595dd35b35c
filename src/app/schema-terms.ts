// The words that the schemas of the configuration are made of. Each says what it expects, for people.

import * as z from 'zod';
import {
  type Amount,
  amount,
  isAmountText,
  isMore,
  isNegative,
  isPositive,
  ONE,
} from '../domain/money/amount.ts';

const HUNDRED = amount('100');

export const text = (expected: string) => z.string({ error: expected }).min(1, { error: expected });

/** A name reaches a terminal: it moves no cursor and hides no line. */
export const name = (expected: string) =>
  text(expected).regex(/^\P{Cc}*$/u, { error: `${expected}, without control characters` });

export const matching = (pattern: RegExp, expected: string) =>
  text(expected).regex(pattern, { error: expected });

export const truth = () => z.boolean({ error: 'true or false' });

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `one of ${values.map((value) => `"${value}"`).join(', ')}` });

/** Unknown keys are problems. */
export const object = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape, { error: 'an object' });

/** An object whose keys are names. Zod leaves out what stands under `__proto__` without a word: it is refused here. */
export const named = <T extends z.ZodType>(name: z.ZodString, member: T, expected: string) =>
  z
    .unknown()
    .refine((value) => typeof value !== 'object' || value === null || !Object.hasOwn(value, '__proto__'), {
      error: `${expected}, none of them __proto__`,
    })
    .pipe(z.record(name, member, { error: expected }));

/** Between `min` and `max` members. */
export function listOf<T extends z.ZodType>(
  member: T,
  bounds: { members: string; min: number; max: number },
) {
  const expected = `a list of ${bounds.min} to ${bounds.max} ${bounds.members}`;
  return z
    .array(member, { error: expected })
    .min(bounds.min, { error: expected })
    .max(bounds.max, { error: expected });
}

export function wholeNumber(minimum: number, maximum: number) {
  const expected = `a whole number between ${minimum} and ${maximum}`;
  return z
    .number({ error: expected })
    .int({ error: expected })
    .min(minimum, { error: expected })
    .max(maximum, { error: expected });
}

export const seconds = (minimum: number, maximum: number) =>
  numberBetween(minimum, maximum, 'a number of seconds');

export function numberBetween(minimum: number, maximum: number, what = 'a number') {
  const expected = `${what} between ${minimum} and ${maximum}`;
  return z.number({ error: expected }).min(minimum, { error: expected }).max(maximum, { error: expected });
}

export const amountText = (example: string) =>
  exact(`a decimal number as text that is not negative, such as "${example}"`);

export const positiveText = (example: string) =>
  exact(`a decimal number as text above 0, such as "${example}"`, isPositive);

export const fractionText = (example: string) =>
  exact(`a fraction between 0 and 1 as text, such as "${example}"`, (value) => !isMore(value, ONE));

export const percentText = (example: string) =>
  exact(`a percentage between 0 and 100 as text, such as "${example}"`, (value) => !isMore(value, HUNDRED));

/** An exact amount that is not negative. Text, because a number in JSON loses digits. */
export function exact(expected: string, isAllowed: (value: Amount) => boolean = () => true) {
  const isExpected = (value: string): boolean => {
    if (!isAmountText(value)) return false;
    const parsed = amount(value);
    return !isNegative(parsed) && isAllowed(parsed);
  };
  return z.string({ error: expected }).refine(isExpected, { error: expected }).transform(amount);
}

/** Weights are counted in millionths. */
const WEIGHT_DECIMALS_MAX = 6;

export const weightText = () =>
  exact(
    `a weight between 0 and 1 as text with at most ${WEIGHT_DECIMALS_MAX} decimals, such as "0.25"`,
    (value) => !isMore(value, ONE) && (value.split('.')[1] ?? '').length <= WEIGHT_DECIMALS_MAX,
  );

/** Without the slash at the end, so that paths can be put behind it. */
export function url() {
  const expected = 'a URL that starts with http:// or https:// and holds no user, password or fragment';
  return text(expected)
    .refine((value) => isPlainUrl(value, /^https?:\/\//), { error: expected })
    .transform((value) => value.replace(/\/+$/, ''));
}

/** Null for "none". */
export function streamUrl() {
  const expected =
    'a URL that starts with ws:// or wss:// and holds no user, password or fragment, or "none"';
  return text(expected)
    .refine((value) => value === NO_STREAM || isPlainUrl(value, /^wss?:\/\//), { error: expected })
    .transform((value) => (value === NO_STREAM ? null : value))
    .optional();
}

const NO_STREAM = 'none';

function isPlainUrl(value: string, scheme: RegExp): boolean {
  if (!scheme.test(value) || !URL.canParse(value)) return false;
  const parsed = new URL(value);
  return parsed.username === '' && parsed.password === '' && parsed.hash === '';
}
