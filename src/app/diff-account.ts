// What a book or a snapshot states of one account, for `trueup diff`. What a file leaves out is not said, which is
// neither zero nor empty.

import type { z } from 'zod';
import { type Amount, add } from '../domain/money/amount.ts';
import { type AssetId, perpetualAsset, type Side, type VenueId } from '../domain/venue/venue.ts';
import { byName, decimal, either, isObject, object, ROWS_MAX } from './file-terms.ts';
import { amountText, listOf, matching, oneOf, text } from './schema-terms.ts';

export interface StatedAccount {
  /** Null where the file does not say. */
  readonly venue: VenueId | null;
  /** What is held, a position as the asset of its contract. */
  readonly balances: ReadonlyMap<AssetId, StatedBalance>;
  readonly saysPositions: boolean;
  /** Null where the file does not say. */
  readonly openOrders: readonly StatedOrder[] | null;
}

export interface StatedBalance {
  readonly total: Amount;
  /** What of the total stands behind orders; null where the total alone is stated. */
  readonly hold: Amount | null;
}

/** An order by the venue's id, the client's, or both. */
export interface StatedOrder {
  readonly id: string | null;
  readonly clientOrderId: string | null;
  readonly market: string;
  readonly side: Side;
  readonly remaining: Amount;
  readonly limitPrice: Amount | null;
}

const BALANCE = 'a decimal number as text, such as "0.25", or "available" and "hold"';
const BALANCES = 'an object from asset to amount';

export const ORDER_SHAPE = {
  market: text('the name of a market'),
  side: oneOf(['buy', 'sell']),
  remaining: amountText('0.25'),
  limitPrice: amountText('60000').nullable().optional(),
};

const order = () =>
  object({ id: text('an id').optional(), clientOrderId: text('an id').nullable().optional(), ...ORDER_SHAPE })
    .refine(({ id, clientOrderId }) => id !== undefined || typeof clientOrderId === 'string', {
      error: 'an order with "id" or "clientOrderId"',
    })
    .transform(
      ({ id, clientOrderId, limitPrice, ...rest }): StatedOrder => ({
        ...rest,
        id: id ?? null,
        clientOrderId: clientOrderId ?? null,
        limitPrice: limitPrice ?? null,
      }),
    );

const balance = () =>
  either(
    isObject,
    object({ available: decimal(), hold: decimal() }).transform(
      ({ available, hold }): StatedBalance => ({ total: add(available, hold), hold }),
    ),
    decimal(BALANCE).transform((total): StatedBalance => ({ total, hold: null })),
  );

/** The keys that books and snapshots share in their long form. */
export const ACCOUNT_SHAPE = {
  venue: matching(/^\S{1,64}$/, 'the id of a venue').optional(),
  balances: byName(balance(), BALANCES),
  positions: byName(decimal(), 'an object from market to signed size').optional(),
  openOrders: listOf(order(), { members: 'open orders', min: 0, max: ROWS_MAX }).optional(),
};

export const isLongForm = (value: unknown): boolean => isObject(value) && Object.hasOwn(value, 'balances');

/** The short form: asset to amount and nothing else. */
export const bareAccount = () =>
  byName(balance(), BALANCES).transform(
    (balances): StatedAccount => ({
      venue: null,
      balances: new Map(Object.entries(balances)),
      saysPositions: false,
      openOrders: null,
    }),
  );

/** The long form, checked, as what it states. Tells what is named twice. */
export function accountOf(
  written: {
    readonly venue?: string | undefined;
    readonly balances: Readonly<Record<string, StatedBalance>>;
    readonly positions?: Readonly<Record<string, Amount>> | undefined;
    readonly openOrders?: readonly StatedOrder[] | undefined;
  },
  context: z.RefinementCtx,
): StatedAccount {
  const balances = new Map(Object.entries(written.balances));
  for (const [market, total] of Object.entries(written.positions ?? {})) {
    const asset = perpetualAsset(market);
    if (balances.has(asset)) tellTwice(context, ['positions', market], 'a position that "balances" has not');
    balances.set(asset, { total, hold: null });
  }
  tellSameOrders(written.openOrders ?? [], context);
  return {
    venue: written.venue ?? null,
    balances,
    saysPositions: written.positions !== undefined,
    openOrders: written.openOrders ?? null,
  };
}

/** An id stands for one order. */
export function tellSameOrders(
  orders: readonly Pick<StatedOrder, 'id' | 'clientOrderId'>[],
  context: z.RefinementCtx,
): void {
  for (const key of ['id', 'clientOrderId'] as const) {
    const seen = new Set<string>();
    for (const [index, { [key]: id }] of orders.entries()) {
      if (id !== null && seen.has(id))
        tellTwice(context, ['openOrders', index, key], 'an id that stands once');
      if (id !== null) seen.add(id);
    }
  }
}

export function tellTwice(context: z.RefinementCtx, path: readonly PropertyKey[], expected: string): void {
  context.addIssue({ code: 'custom', path: [...path], message: expected });
}
