import * as z from 'zod';
import type { BookEvent } from '../domain/book/book-event.ts';
import { type Amount, amount, isAmountText } from '../domain/money/amount.ts';
import { foundText, pathText } from './configuration-problem.ts';
import { matching, object, oneOf, text } from './schema-terms.ts';

/** The same with every amount as any decimal text: "1.50" and "1.5" are one. */
export type ReportedEvent = WithText<BookEvent>;

type WithText<T> = T extends Amount
  ? string
  : T extends object
    ? { readonly [K in keyof T]: WithText<T[K]> }
    : T;

/** A message of the bot that is not one: a mistake in the bot, of which nothing was written. */
export class BookEventError extends Error {
  override readonly name = 'BookEventError';
  /** Where in the message: "fee.amount". */
  readonly place: string;
  readonly expected: string;
  readonly found: string;

  constructor(problem: { readonly place: string; readonly expected: string; readonly found: string }) {
    super(`${problem.place}: expected ${problem.expected}, found ${problem.found}`);
    this.place = problem.place;
    this.expected = problem.expected;
    this.found = problem.found;
  }
}

/** Checks a message of the bot and brings its amounts into canonical form. @throws {BookEventError} */
export function parseBookEvent(raw: unknown): BookEvent {
  const parsed = bookEventSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const place = pathText([...path, issue.keys[0] ?? '']);
    throw new BookEventError({ place, expected: 'a key of this message', found: 'an unknown key' });
  }
  throw new BookEventError({
    place: path.length === 0 ? 'message' : pathText(path),
    expected: issue?.message ?? 'a message of the bot',
    found: foundText(valueAt(raw, path), path),
  });
}

const AMOUNT = 'a decimal number as text, such as "0.25"';
const decimal = () =>
  z
    .string({ error: AMOUNT })
    .refine(isAmountText, { error: AMOUNT })
    .transform((value): Amount => amount(value));

const TIME = 'whole milliseconds since 1970';
/** Longer than any id or name in the field, and short enough that nothing grows by it. */
const LENGTH_MAX = 256;
/** Text that a database and every reader of it has as it was given. */
const plain = (what: string) => {
  const expected = `${what} of 1 to ${LENGTH_MAX} characters`;
  return text(expected)
    .max(LENGTH_MAX, { error: expected })
    .refine((value) => !/\p{Surrogate}/u.test(value), { error: `${what} in well-formed Unicode` });
};
const id = () => plain('an id');
const fee = () => object({ asset: asset(), amount: decimal() });
const side = () => oneOf(['buy', 'sell']);
const asset = () => plain('the name of an asset');

const reported = {
  eventId: id(),
  venue: matching(/^\S{1,64}$/, 'the id of a venue'),
  atMs: z.number({ error: TIME }).int({ error: TIME }).min(0, { error: TIME }),
};
const market = { market: plain('the name of a market'), base: asset(), quote: asset(), side: side() };

const TYPES = [
  object({
    type: z.literal('portfolio.orderSubmitted'),
    ...reported,
    ...market,
    clientOrderId: id(),
    quantity: decimal(),
    limitPrice: decimal().nullable(),
    strategy: z.exactOptional(plain('the name of a strategy')),
  }),
  object({
    type: z.literal('portfolio.orderAccepted'),
    ...reported,
    clientOrderId: id(),
    venueOrderId: id(),
    hold: fee().nullable(),
  }),
  object({ type: z.literal('portfolio.orderCancelled'), ...reported, clientOrderId: id() }),
  object({
    type: z.literal('portfolio.fillReported'),
    ...reported,
    ...market,
    fillId: id(),
    clientOrderId: id(),
    quantity: decimal(),
    price: decimal(),
    quoteAmount: decimal().nullable(),
    fee: fee(),
  }),
  object({
    type: z.literal('portfolio.depositReported'),
    ...reported,
    asset: asset(),
    amount: decimal(),
    activityId: id().nullable(),
  }),
  object({
    type: z.literal('portfolio.withdrawalReported'),
    ...reported,
    asset: asset(),
    amount: decimal(),
    fee: fee().nullable(),
    activityId: id().nullable(),
  }),
  object({
    type: z.literal('portfolio.transferSent'),
    ...reported,
    transferId: id(),
    toVenue: reported.venue,
    asset: asset(),
    amount: decimal(),
    fee: fee().nullable(),
  }),
  object({
    type: z.literal('portfolio.transferReceived'),
    ...reported,
    transferId: id(),
    fromVenue: reported.venue,
    asset: asset(),
    amount: decimal(),
  }),
  object({
    type: z.literal('portfolio.fundingReported'),
    ...reported,
    market: plain('the name of a market'),
    asset: asset(),
    amount: decimal(),
    activityId: id().nullable(),
  }),
] as const;

const NAMES = TYPES.map((type) => `"${type.shape.type.value}"`).join(', ');

const bookEventSchema: z.ZodType<BookEvent> = z.discriminatedUnion('type', TYPES, {
  error: `an object with "type": one of ${NAMES}`,
});

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    raw,
  );
