import { assert } from '../../domain/assert.ts';
import { amount } from '../../domain/money/amount.ts';
import type { VenueKind } from '../../domain/venue/venue.ts';
import type { SimulatedOrderRequest } from './simulated-venue.ts';

/** After how many blocks each kind of venue drops an order by itself; null where it never does. */
export const EXPIRY_BLOCKS: Readonly<Record<VenueKind, number | null>> = {
  coinbase: null,
  'coinbase-wallet': null,
  // The longest life of a short-term order at dYdX, and of a blockhash on Solana.
  dydx: 20,
  solana: 150,
  statement: null,
};

/** Reads an order back from the payload that was prepared for it. A payload that we did not write is a bug. */
export function requestOf(payload: string): {
  readonly request: SimulatedOrderRequest;
  readonly expiresAtHeight: number | null;
} {
  const { expiresAtHeight, quantity, limitPrice, ...rest } = JSON.parse(payload) as SimulatedOrderRequest & {
    readonly expiresAtHeight: number | null;
  };
  assert(typeof rest.clientOrderId === 'string', 'a payload of ours has a client order id');
  return {
    request: { ...rest, quantity: amount(quantity), limitPrice: amount(limitPrice) },
    expiresAtHeight,
  };
}
