import * as z from 'zod';
import { type Figure, known, unknown } from '../domain/lots/figure.ts';
import { dayBeginsAtMs, isZoneName } from '../domain/lots/holding-calendar.ts';
import { LOT_SOURCES } from '../domain/lots/lot.ts';
import { LOT_METHODS } from '../domain/lots/lot-method.ts';
import { amount, isAmountText, isLess, isNegative, ONE, ZERO } from '../domain/money/amount.ts';
import { chosen, either, isObject, object, orNumber, ROWS_MAX, time } from './file-terms.ts';
import {
  amountText,
  exact,
  fractionText,
  listOf,
  matching,
  oneOf,
  positiveText,
  text,
  wholeNumber,
} from './schema-terms.ts';

const UNKNOWN = 'unknown';
const MONEY = 'a decimal number as text that is not negative, such as "30000", or "unknown"';
const MOMENT = 'a time between 1970 and 9998';
const UTC = 'UTC';
const YEAR_MAX_MS = Date.UTC(9998, 0, 1);

/** A moment; calendars count on from a year later. */
export const moment = (expected?: string) =>
  time(expected).refine((atMs) => atMs >= 0 && atMs < YEAR_MAX_MS, { error: MOMENT });

/** A date is the beginning of its day in the taxpayer's zone: it stays that day in every account of it. */
const momentIn = (zone: string) =>
  either(
    (value) => z.iso.date().safeParse(value).success,
    z.iso
      .date()
      .transform((date) => dayBeginsAtMs(date, zone))
      .refine((atMs) => atMs >= 0 && atMs < YEAR_MAX_MS, { error: MOMENT }),
    moment('a date such as "2024-05-01", or a time such as "2024-05-01T12:00:00Z"'),
  );

/** Money that is not negative, or that nobody knows. */
export const money = () =>
  z
    .string({ error: MONEY })
    .refine((value) => value === UNKNOWN || (isAmountText(value) && !isNegative(amount(value))), {
      error: MONEY,
    })
    .transform(
      (value): Figure => (value === UNKNOWN ? unknown('it was told as unknown') : known(amount(value))),
    );

/** "/" stands between the ids of events in the id of a lot that was cut. */
const eventId = () => matching(/^[^/]{1,100}$/, 'an id of 1 to 100 characters without "/"');
const account = () => text('the name of an account');
const asset = () => text('the name of an asset');
const namedLots = () =>
  listOf(object({ lot: text('the id of a lot'), quantity: orNumber(positiveText('0.5')) }), {
    members: 'lots',
    min: 1,
    max: 1_000,
  }).optional();

const KINDS = 'one of "acquisition", "disposal", "transfer"';

function eventIn(zone: string) {
  const at = () => momentIn(zone);
  const acquisition = object({
    kind: z.literal('acquisition'),
    id: eventId(),
    account: account(),
    asset: asset(),
    quantity: orNumber(positiveText('0.5')),
    at: at(),
    cost: orNumber(money()),
    fee: orNumber(amountText('1.5')).default(ZERO),
    heldSince: z.union([z.literal(UNKNOWN), at()], { error: `${MOMENT}, or "unknown"` }).optional(),
    source: oneOf(LOT_SOURCES).default('purchase'),
  });

  const disposal = object({
    kind: z.literal('disposal'),
    id: eventId(),
    account: account(),
    asset: asset(),
    quantity: orNumber(positiveText('0.5')),
    at: at(),
    proceeds: orNumber(money()),
    fee: orNumber(amountText('1.5')).default(ZERO),
    lots: namedLots(),
  });

  const transfer = object({
    kind: z.literal('transfer'),
    id: eventId(),
    from: account(),
    to: account(),
    asset: asset(),
    quantity: orNumber(positiveText('0.5')),
    at: at(),
    fee: orNumber(amountText('0.0001')).default(ZERO),
    feeValue: orNumber(money()).optional(),
    lots: namedLots(),
  });
  return z.discriminatedUnion('kind', [acquisition, disposal, transfer], {
    error: ({ input }) => (typeof input === 'object' && input !== null ? KINDS : 'an object'),
  });
}

const options = object({
  method: oneOf(LOT_METHODS).default('fifo'),
  poolScope: oneOf(['account', 'universal']).default('account'),
  networkFee: oneOf(['disposal', 'cost']).default('disposal'),
  longTerm: oneOf(['ownRate', 'taxFree']).default('ownRate'),
  zone: text('the name of an IANA time zone')
    .refine(isZoneName, { error: 'the name of an IANA time zone, such as "Europe/Berlin"' })
    .default(UTC),
  rates: object({
    shortTerm: orNumber(fractionText('0.37')),
    longTerm: orNumber(fractionText('0.15')),
    usableLoss: orNumber(fractionText('1')).default(ONE),
  }).optional(),
  washSale: object({
    windowDays: wholeNumber(0, 366).default(30),
    groups: listOf(listOf(asset(), { members: 'assets', min: 1, max: 1_000 }), {
      members: 'groups of assets',
      min: 1,
      max: 1_000,
    }),
  }).optional(),
});

const order = object({
  account: account(),
  asset: asset(),
  quantity: orNumber(positiveText('0.5')),
  price: orNumber(positiveText('60000')),
  feeRate: orNumber(
    exact('a fraction from 0 to below 1 as text, such as "0.006"', (rate) => isLess(rate, ONE)),
  ).default(ZERO),
});

const lotsFileIn = (zone: string) =>
  object({
    options: options.prefault({}),
    events: listOf(eventIn(zone), { members: 'events', min: 0, max: ROWS_MAX }),
    preview: object({
      at: momentIn(zone),
      orders: listOf(order, { members: 'orders that sell', min: 1, max: 1_000 }),
    }).optional(),
  });

export type LotsFile = z.output<ReturnType<typeof lotsFileIn>>;

/** What `trueup lots --input` reads. */
export const lotsFileSchema = chosen<LotsFile>((file) => lotsFileIn(zoneOf(file)));

/** One that is none is a problem of `options.zone`. */
function zoneOf(file: unknown): string {
  const told = isObject(file) && isObject(file.options) ? file.options.zone : undefined;
  return typeof told === 'string' && isZoneName(told) ? told : UTC;
}
