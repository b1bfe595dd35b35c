import * as z from 'zod';
import { type Figure, known, unknown } from '../domain/lots/figure.ts';
import { isZoneName } from '../domain/lots/holding-calendar.ts';
import { LOT_SOURCES } from '../domain/lots/lot.ts';
import { LOT_METHODS } from '../domain/lots/lot-method.ts';
import { amount, isAmountText, isLess, isNegative, ONE, ZERO } from '../domain/money/amount.ts';
import { object, ROWS_MAX, time } from './file-terms.ts';
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
const YEAR_MAX_MS = Date.UTC(9998, 0, 1);

/** A moment; calendars count on from a year later. */
export const moment = () => time().refine((atMs) => atMs >= 0 && atMs < YEAR_MAX_MS, { error: MOMENT });

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
  listOf(object({ lot: text('the id of a lot'), quantity: positiveText('0.5') }), {
    members: 'lots',
    min: 1,
    max: 1_000,
  }).optional();

const acquisition = object({
  kind: z.literal('acquisition'),
  id: eventId(),
  account: account(),
  asset: asset(),
  quantity: positiveText('0.5'),
  at: moment(),
  cost: money(),
  fee: amountText('1.5').default(ZERO),
  heldSince: z.union([z.literal(UNKNOWN), moment()], { error: `${MOMENT}, or "unknown"` }).optional(),
  source: oneOf(LOT_SOURCES).default('purchase'),
});

const disposal = object({
  kind: z.literal('disposal'),
  id: eventId(),
  account: account(),
  asset: asset(),
  quantity: positiveText('0.5'),
  at: moment(),
  proceeds: money(),
  fee: amountText('1.5').default(ZERO),
  lots: namedLots(),
});

const transfer = object({
  kind: z.literal('transfer'),
  id: eventId(),
  from: account(),
  to: account(),
  asset: asset(),
  quantity: positiveText('0.5'),
  at: moment(),
  fee: amountText('0.0001').default(ZERO),
  feeValue: money().optional(),
  lots: namedLots(),
});

const KINDS = 'one of "acquisition", "disposal", "transfer"';
const event = z.discriminatedUnion('kind', [acquisition, disposal, transfer], {
  error: ({ input }) => (typeof input === 'object' && input !== null ? KINDS : 'an object'),
});

const options = object({
  method: oneOf(LOT_METHODS).default('fifo'),
  poolScope: oneOf(['account', 'universal']).default('account'),
  networkFee: oneOf(['disposal', 'cost']).default('disposal'),
  longTerm: oneOf(['ownRate', 'taxFree']).default('ownRate'),
  zone: text('the name of an IANA time zone')
    .refine(isZoneName, { error: 'the name of an IANA time zone, such as "Europe/Berlin"' })
    .default('UTC'),
  rates: object({
    shortTerm: fractionText('0.37'),
    longTerm: fractionText('0.15'),
    usableLoss: fractionText('1').default(ONE),
  }),
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
  quantity: positiveText('0.5'),
  price: positiveText('60000'),
  feeRate: exact('a fraction from 0 to below 1 as text, such as "0.006"', (rate) =>
    isLess(rate, ONE),
  ).default(ZERO),
});

const preview = object({
  at: moment(),
  orders: listOf(order, { members: 'orders that sell', min: 1, max: 1_000 }),
});

/** What `trueup lots --input` reads. */
export const lotsFileSchema = object({
  options,
  events: listOf(event, { members: 'events', min: 0, max: ROWS_MAX }),
  preview: preview.optional(),
});

export type LotsFile = z.output<typeof lotsFileSchema>;
