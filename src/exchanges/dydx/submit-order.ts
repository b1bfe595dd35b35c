import type { CancelOutcome, PreparedOrder, SubmitOutcome } from '../../domain/venue/order.ts';
import type { Broadcast, DydxChain } from './dydx-chain.ts';
import { parsePayload } from './order-payload.ts';

type Refusal = Extract<Broadcast, { readonly state: 'refused' }>;

/** The very transaction waits in the chain's mempool: an earlier attempt arrived. */
const ALREADY_IN_MEMPOOL = { codespace: 'sdk', code: 19 };

/**
 * Refusals that do not say that the order never took effect: an earlier attempt may be why the chain refuses this one.
 * Numbers are from the Cosmos SDK's and the clob module's `errors.go`.
 */
const REFUSED_BECAUSE_OF_EARLIER: Readonly<Record<string, ReadonlySet<number>>> = {
  // Wrong sequence.
  sdk: new Set([32]),
  // Cancelled; expired by height; replacement not newer; fully filled; reprocessed; remaining size; already filled
  // immediate order; expired by time; stateful order exists, was cancelled, was removed.
  clob: new Set([7, 10, 20, 24, 30, 43, 2004, 3003, 3005, 3008, 3009]),
};
const CANCEL_EXISTS = { codespace: 'clob', codes: new Set([9, 32]) };

/** Attempts remembered; the oldest is forgotten first. */
const ATTEMPTS_MAX = 10_000;

/** Remembers what this process has tried to send: a refusal of a later attempt says nothing of an earlier one. */
export interface Attempts {
  /** Whether the same bytes were tried before. */
  isRepeated(payload: string): boolean;
}

export function createAttempts(): Attempts {
  const tried = new Set<string>();
  return {
    isRepeated(payload) {
      if (tried.has(payload)) return true;
      tried.add(payload);
      for (const oldest of tried) {
        if (tried.size <= ATTEMPTS_MAX) break;
        tried.delete(oldest);
      }
      return false;
    },
  };
}

export async function submitDydxOrder(
  venue: { readonly chain: DydxChain; readonly attempts: Attempts },
  order: PreparedOrder,
  signal: AbortSignal,
): Promise<SubmitOutcome> {
  const isRepeated = venue.attempts.isRepeated(order.payload);
  const broadcast = await venue.chain.place(parsePayload(order.payload), signal);
  switch (broadcast.state) {
    case 'accepted':
      return { state: 'accepted', venueOrderId: order.reference };
    case 'cannotSign':
      return { state: 'deniedLocally', reason: broadcast.reason };
    case 'unknown':
      // Also where this attempt sent nothing: an earlier one may have.
      return { state: 'outcomeUnknown', detail: broadcast.detail };
    case 'refused':
      if (isSameTransaction(broadcast)) return { state: 'accepted', venueOrderId: order.reference };
      if (isRepeated || REFUSED_BECAUSE_OF_EARLIER[broadcast.codespace]?.has(broadcast.code) === true) {
        return { state: 'outcomeUnknown', detail: describe(broadcast) };
      }
      return { state: 'rejected', reason: describe(broadcast) };
  }
}

/** Asks the chain to drop an order. The order's own good-til is good enough for the cancel. */
export async function cancelDydxOrder(
  chain: DydxChain,
  order: PreparedOrder,
  signal: AbortSignal,
): Promise<CancelOutcome> {
  const broadcast = await chain.cancel(parsePayload(order.payload), signal);
  switch (broadcast.state) {
    case 'accepted':
      return { state: 'requested' };
    case 'cannotSign':
      return { state: 'rejected', reason: broadcast.reason };
    case 'unknown':
      return { state: 'outcomeUnknown', detail: broadcast.detail };
    case 'refused': {
      const isRepeated =
        broadcast.codespace === CANCEL_EXISTS.codespace && CANCEL_EXISTS.codes.has(broadcast.code);
      if (isRepeated || isSameTransaction(broadcast)) return { state: 'requested' };
      return { state: 'rejected', reason: describe(broadcast) };
    }
  }
}

function isSameTransaction(refusal: Refusal): boolean {
  return refusal.codespace === ALREADY_IN_MEMPOOL.codespace && refusal.code === ALREADY_IN_MEMPOOL.code;
}

function describe(refusal: Refusal): string {
  return `${refusal.codespace} ${refusal.code}: ${refusal.log}`;
}
