import type { Amount } from '../money/amount.ts';
import { holdTransaction } from './event-postings.ts';
import type { OrderState } from './order-state.ts';
import type { Transaction } from './transaction.ts';

/** A fill of an order that the book knows, which the venue shows and the bot did not report. */
export interface FillInference {
  /** The transaction of the correction that stands in for the fill. */
  readonly correction: Transaction;
  /** The venue's own id of the fill. */
  readonly venueId: string;
  readonly quantity: Amount;
}

/** An order's new state, and what moves between available and hold because of it; null when nothing does. */
export interface OrderChange {
  readonly order: OrderState;
  readonly transaction: Transaction | null;
}

/**
 * Counts a fill that a correction stands in for towards its order. The correction moves what was traded, out of
 * available; what the order holds less moves here, apart from it: a message that replaces the correction, or a
 * person who reverses it, finds the order's hold as the order's own state says.
 */
export function inferFill(order: OrderState, { correction, venueId, quantity }: FillInference): OrderChange {
  const others = order.inferredFills.filter((fill) => fill.venueId !== venueId);
  const inferredFills = [...others, { venueId, quantity }].sort((a, b) => (a.venueId < b.venueId ? -1 : 1));
  return changed(order, { ...order, inferredFills }, `inferred:${correction.id}`, correction.atMs);
}

/** Takes an inferred fill back: its correction is reversed, and nothing was reported in its place. */
export function forgetInferredFill(order: OrderState, reversal: Transaction): OrderChange {
  const after = reversal.venueIds.reduce(withoutInferred, order);
  return changed(order, after, `forgotten:${reversal.id}`, reversal.atMs);
}

/** The order without a fill that a correction stood in for. */
export function withoutInferred(order: OrderState, venueId: string): OrderState {
  const inferredFills = order.inferredFills.filter((fill) => fill.venueId !== venueId);
  return inferredFills.length === order.inferredFills.length ? order : { ...order, inferredFills };
}

function changed(before: OrderState, order: OrderState, eventId: string, atMs: number): OrderChange {
  return { order, transaction: holdTransaction(before, order, { eventId, atMs }) };
}
