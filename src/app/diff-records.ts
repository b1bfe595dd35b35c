// What a venue says has happened, and what a book says it has booked, as the files of `trueup diff` have it.

import * as z from 'zod';
import { type Amount, multiply } from '../domain/money/amount.ts';
import type { Activity, Fill } from '../domain/venue/venue.ts';
import { tellTwice } from './diff-account.ts';
import { byName, decimal, either, isObject, object, ROWS_MAX, time } from './file-terms.ts';
import { amountText, listOf, oneOf, positiveText, text } from './schema-terms.ts';

export type VenueRecord =
  | { readonly kind: 'fill'; readonly fill: Fill }
  | { readonly kind: 'activity'; readonly activity: Activity };

/** The venue's own. */
export const recordId = (record: VenueRecord): string =>
  record.kind === 'fill' ? record.fill.id : record.activity.id;

/** The venue's records, in the order of the file. */
export interface StatedRecords {
  /** Since when they are all there are; null where the file does not say: then nothing follows from what they lack. */
  readonly completeSinceMs: number | null;
  readonly records: readonly VenueRecord[];
}

/** Something that the book has among its balances already. */
export interface Booking extends Omit<Activity, 'kind'> {
  readonly kind: Activity['kind'] | 'fill';
}

const KINDS = [
  'deposit',
  'withdrawal',
  'transfer',
  'funding',
  'fee',
  'reward',
  'conversion',
  'swap',
] as const satisfies readonly Activity['kind'][];

/** What a record may be, a fill included. */
const RECORD_KINDS = ['fill', ...KINDS] as const;
const A_KIND = `one of ${RECORD_KINDS.map((kind) => `"${kind}"`).join(', ')}`;

const DELTAS = 'an object from asset to amount, or a list of "asset" and "amount"';
const asset = () => text('the name of an asset');
const assetAmount = () => object({ asset: asset(), amount: decimal() });

/** What moved, each asset once. */
const deltas = () =>
  either(
    Array.isArray,
    z
      .array(assetAmount(), { error: DELTAS })
      .max(ROWS_MAX, { error: `at most ${ROWS_MAX} assets` })
      .superRefine(tellSameAssets),
    byName(decimal(), DELTAS).transform((amounts) =>
      Object.entries(amounts).map(([name, amount]) => ({ asset: name, amount })),
    ),
  ).refine((moved: readonly unknown[]) => moved.length > 0, { error: 'at least one asset that moved' });

function tellSameAssets(
  moved: readonly { readonly asset: string; readonly amount: Amount }[],
  context: z.RefinementCtx,
): void {
  const seen = new Set<string>();
  for (const [index, { asset: name }] of moved.entries()) {
    if (seen.has(name)) tellTwice(context, [index, 'asset'], 'an asset that stands once');
    seen.add(name);
  }
}

const activityRecord = () =>
  object({
    id: text('an id'),
    kind: z.enum(KINDS, { error: A_KIND }),
    deltas: deltas(),
    at: time(),
  }).transform(({ at: atMs, ...rest }): VenueRecord => ({ kind: 'activity', activity: { ...rest, atMs } }));

const fillRecord = () =>
  object({
    kind: z.literal('fill').optional(),
    id: text('an id'),
    orderId: text('an id').optional(),
    market: text('the name of a market'),
    base: asset(),
    quote: asset(),
    side: oneOf(['buy', 'sell']),
    quantity: positiveText('0.25'),
    price: amountText('60000'),
    quoteAmount: amountText('15000').optional(),
    fee: assetAmount(),
    at: time(),
  }).transform(
    ({ kind: _kind, at: atMs, orderId, quoteAmount, ...rest }): VenueRecord => ({
      kind: 'fill',
      fill: {
        ...rest,
        // Of an order that is not named no order is known to be: the fill stands for one of its own.
        orderId: orderId ?? `of fill ${rest.id}`,
        clientOrderId: null,
        quoteAmount: quoteAmount ?? multiply(rest.quantity, rest.price),
        atMs,
      },
    }),
  );

const isActivity = (value: unknown): boolean =>
  isObject(value) && Object.hasOwn(value, 'kind') && value.kind !== 'fill';

const records = () =>
  listOf(either(isActivity, activityRecord(), fillRecord()), {
    members: 'records',
    min: 0,
    max: ROWS_MAX,
  }).superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [index, record] of list.entries()) {
      const id = recordId(record);
      if (seen.has(id)) tellTwice(context, [index, 'id'], 'an id that stands once');
      seen.add(id);
    }
  });

export const recordsSchema = either(
  Array.isArray,
  records().transform((list): StatedRecords => ({ completeSinceMs: null, records: list })),
  object({ completeSince: time().optional(), activity: records() }).transform(
    ({ completeSince, activity }): StatedRecords => ({
      completeSinceMs: completeSince ?? null,
      records: activity,
    }),
  ),
);

export const bookings = () =>
  listOf(
    object({
      id: text('an id'),
      kind: oneOf(RECORD_KINDS),
      deltas: deltas(),
      at: time(),
    }).transform(({ at: atMs, ...rest }): Booking => ({ ...rest, atMs })),
    { members: 'bookings', min: 0, max: ROWS_MAX },
  );
