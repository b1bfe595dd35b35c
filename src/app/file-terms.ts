// The words that the files which commands are given are made of. Each says what it expects, for people.

import * as z from 'zod';
import { type Amount, amount, isAmountText } from '../domain/money/amount.ts';
import { type ConfigurationProblem, expectedOf, foundText, pathText } from './configuration-problem.ts';
import { name, named } from './schema-terms.ts';

const AMOUNT = 'a decimal number as text, such as "0.25"';
const TIME = 'a time such as "2024-05-01T12:00:00Z", or whole milliseconds since 1970';

/** Above this a file is no account of a bot, and working on it no matter of seconds. */
export const ROWS_MAX = 10_000;

/** The last millisecond that a date can name. */
const TIME_MAX_MS = 8_640_000_000_000_000;

/** An exact amount of either sign. Text, because a number in JSON loses digits. */
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
export function either<A, B>(
  isFirst: (value: unknown) => boolean,
  first: z.ZodType<A>,
  second: z.ZodType<B>,
) {
  return z.unknown().transform((value, context): A | B => {
    const parsed = (isFirst(value) ? first : second).safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues)
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

/** A moment as milliseconds; as text it names its zone. */
export const time = () =>
  either(
    (value) => typeof value === 'number',
    z.number().int({ error: TIME }).min(0, { error: TIME }).max(TIME_MAX_MS, { error: TIME }),
    z.iso.datetime({ offset: true, error: TIME }).transform((value) => Date.parse(value)),
  );

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
