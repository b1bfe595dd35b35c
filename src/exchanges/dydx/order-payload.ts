import * as z from 'zod';
import { assert } from '../../domain/assert.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';

/** Flags of an order id: how long the chain keeps the order. */
export const SHORT_TERM = 0;
export const LONG_TERM = 64;

const digits = z.string().regex(/^[1-9]\d{0,18}$/);

const payload = z.strictObject({
  address: z.string(),
  subaccountNumber: z.int(),
  clientId: z.int().min(0).max(0xffff_ffff),
  clobPairId: z.int().min(0),
  market: z.string(),
  orderFlags: z.union([z.literal(SHORT_TERM), z.literal(LONG_TERM)]),
  side: z.enum(['buy', 'sell']),
  /** Size in the market's smallest unit and price in subticks, exact. */
  quantums: digits,
  subticks: digits,
  /** Height after which a short-term order cannot fill; zero for a long-term one. */
  goodTilBlock: z.int().min(0),
  /** Seconds of the epoch for a long-term order; zero for a short-term one. */
  goodTilBlockTime: z.int().min(0),
  reduceOnly: z.boolean(),
  /**
   * Of a long-term order, the account's number and the sequence that it is signed with: every attempt is the same
   * transaction, so that the chain takes one of them at the most. The chain checks no sequence of a short-term order.
   */
  account: z.strictObject({ number: z.int().min(0), sequence: z.int().min(0) }).optional(),
  /** The indexer's height when the order was prepared: nothing of this order is older. */
  preparedAtHeight: z.int().min(0),
});

/** All that is needed to build the order's message again, without a key. */
export type OrderPayload = z.output<typeof payload>;

/** Canonical JSON: equal orders are equal text. */
export const printPayload = (order: OrderPayload): string => canonicalJson(order);

/** Reads back what `printPayload` wrote. Anything else is a bug of whoever kept it. */
export function parsePayload(text: string): OrderPayload {
  const result = payload.safeParse(JSON.parse(text));
  assert(result.success, 'a prepared dYdX order holds the parameters that were prepared');
  return result.data;
}
