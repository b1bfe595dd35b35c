// The words that the files which commands are given are made of. Each says what it expects, for people.

import * as z from 'zod';
import { type Amount, amount, isAmountText } from '../domain/money/amount.ts';
import { type ConfigurationProblem, expectedOf, foundText, pathText } from './configuration-problem.ts';
import { name, named } from './schema-terms.ts';

const AMOUNT = 'a decimal number as text, such as "0.25"';
const MOMENT =
  'a date such as "2024-05-01", a time such as "2024-05-01T12:00:00Z", or whole milliseconds since 1970';
const TIME = 'a time such as "2024-05-01T12:00:00Z", or whole milliseconds since 1970';

/** Above this a file is no account of a bot, and working on it no matter of seconds. */
export const ROWS_MAX = 10_000;

/** The last millisecond that a date can name. */
const TIME_MAX_MS = 8_640_000_000_000_000;

/** An exact amount of either sign. Text, because a number in JSON may lose digits; `orNumber` takes those that did not. */
export const decimal = (expected = AMOUNT) =>
  z
    .string({ error: expected })
    .refine(isAmountText, { error: expected })
    .transform((value): Amount => amount(value));

/** Unknown keys are problems, and are told the known ones. */
export function object<T extends z.ZodRawShape>(shape: T) {
  const known = Object.keys(shape)
    .map((key) => `"${key}"`)
    .join(', ');
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? `one of ${known}` : 'an object'),
  });
}

/** An object whose keys are names of assets or of markets. */
export const byName = <T extends z.ZodType>(member: T, expected: string) =>
  named(name('a name'), member, expected).refine((named) => Object.keys(named).length <= ROWS_MAX, {
    error: `at most ${ROWS_MAX} names`,
  });

/** One of two shapes, told apart before it is checked, so that a mistake is told where it stands. */
export const either = <A, B>(
  isFirst: (value: unknown) => boolean,
  first: z.ZodType<A>,
  second: z.ZodType<B>,
) => chosen<A | B>((value) => (isFirst(value) ? first : second));

/** A shape that the value itself tells, before it is checked. */
export function chosen<T>(schemaOf: (value: unknown) => z.ZodType<T>) {
  return z.unknown().transform((value, context): T => {
    const parsed = schemaOf(value).safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues)
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

/** A moment as milliseconds; as text it names its zone. */
export const time = (expected = TIME) =>
  either(
    (value) => typeof value === 'number',
    z.number().int({ error: expected }).min(0, { error: expected }).max(TIME_MAX_MS, { error: expected }),
    z.iso.datetime({ offset: true, error: expected }).transform((value) => Date.parse(value)),
  );

/** As text a date is the beginning of its day, UTC, or a time; what is taken for UTC without a zone is the caller's choice. */
export const moment = (text: z.ZodType<string> = DATE_OR_TIME) =>
  z
    .unknown()
    .transform((value) => momentOf(value, text))
    .refine((atMs) => atMs !== null, { error: MOMENT })
    .transform((atMs) => atMs as number);

const DATE_OR_TIME = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

function momentOf(value: unknown, schema: z.ZodType<string>): number | null {
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) <= TIME_MAX_MS ? value : null;
  const text = schema.safeParse(value);
  if (!text.success) return null;
  const isLocal = text.data.includes('T') && !/(?:Z|[+-]\d\d:?\d\d)$/.test(text.data);
  const atMs = Date.parse(isLocal ? `${text.data}Z` : text.data);
  return Number.isFinite(atMs) ? atMs : null;
}

/** A figure for statistics, which doubles are good enough for: a JSON number, or one as text. */
export const figureBetween = (minimum: number, maximum: number, expected: string) =>
  z
    .unknown()
    .refine((value) => isNumeric(value) && Number(value) >= minimum && Number(value) <= maximum, {
      error: expected,
    })
    .transform(Number);

const isNumeric = (value: unknown): boolean =>
  typeof value === 'number'
    ? Number.isFinite(value)
    : typeof value === 'string' &&
      value.length <= 100 &&
      /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/.test(value);

/** An exact amount as text, or as a JSON number that is still what was written. */
export const orNumber = <T extends z.ZodType>(schema: T) => z.preprocess(asWritten, schema);

/** Every decimal of so many digits comes back out of a double. */
const DIGITS_MAX = 15;

/** 1e-8 as "0.00000001"; a number that may have lost digits stays one, and is refused. */
function asWritten(value: unknown): unknown {
  if (typeof value !== 'number' || !Number.isFinite(value)) return value;
  if (Number.isSafeInteger(value)) return value.toFixed();
  const [digits = '', exponent = '0'] = String(value).split('e');
  const [whole = '', decimals = ''] = digits.split('.');
  if (`${whole}${decimals}`.replace(/^-?0*/, '').length > DIGITS_MAX) return value;
  const places = Math.max(0, decimals.length - Number(exponent));
  return places > 100 ? value : value.toFixed(places);
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a schema complains of in a file. */
export function problemsIn(
  file: string,
  issues: readonly z.core.$ZodIssue[],
  raw: unknown,
): readonly ConfigurationProblem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          path: placeIn(file, [...issue.path, key]),
          expected: issue.message,
          found: 'an unknown key',
        }))
      : [
          {
            path: placeIn(file, issue.path),
            expected: expectedOf(issue),
            found: foundText(valueAt(raw, issue.path), issue.path),
          },
        ],
  );
}

/** "book.json: balances.BTC"; the name of the file alone for all of it. */
export const placeIn = (file: string, path: readonly PropertyKey[]): string =>
  path.length === 0 ? file : `${file}: ${pathText(path)}`;

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    raw,
  );
