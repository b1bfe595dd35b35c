// What the book knows of one order, as a function of the set of messages about it.
//
// Invariants, each held by a property test of the same name:
// 1. The order in which messages arrive does not matter, neither for the order nor for any balance.
// 2. A hold is never more than the venue said, falls with every fill, and is gone with the last one.

import { type Amount, add, compare, divide, isZero, multiply, subtract, ZERO } from '../money/amount.ts';
import type { AssetId, Side, VenueId } from '../venue/venue.ts';
import type { BookOrder } from './book-view.ts';

/** A message may arrive before the one that it follows, so every part may still be missing. */
export interface OrderState {
  readonly venue: VenueId;
  readonly clientOrderId: string;
  /** What is traded: known with the submission or with the first fill, whichever comes first. */
  readonly terms: OrderTerms | null;
  readonly submitted: {
    readonly quantity: Amount;
    readonly limitPrice: Amount | null;
    readonly atMs: number;
  } | null;
  /** `hold` is what the venue held when it accepted the order, before any fill. */
  readonly accepted: { readonly venueOrderId: string; readonly hold: OrderHold | null } | null;
  readonly isCancelled: boolean;
  /** By fills that were reported. */
  readonly filledQuantity: Amount;
  /** Fills that only corrections know of, until they are reported. Sorted by the venue's id. */
  readonly inferredFills: readonly InferredFill[];
}

export interface InferredFill {
  readonly venueId: string;
  readonly quantity: Amount;
}

export interface OrderTerms {
  readonly market: string;
  readonly base: AssetId;
  readonly quote: AssetId;
  readonly side: Side;
}

export interface OrderHold {
  readonly asset: AssetId;
  readonly amount: Amount;
}

/** A part of a hold is rounded down to this many decimals; no venue counts finer. */
const HOLD_DECIMALS = 18;

export const unheardOrder = (venue: VenueId, clientOrderId: string): OrderState => ({
  venue,
  clientOrderId,
  terms: null,
  submitted: null,
  accepted: null,
  isCancelled: false,
  filledQuantity: ZERO,
  inferredFills: [],
});

/** The order as the rest of the service sees it; null until the bot has said that it submitted it. */
export function bookOrderOf(state: OrderState): BookOrder | null {
  const { venue, clientOrderId, terms, submitted, accepted } = state;
  if (terms === null || submitted === null) return null;
  return {
    clientOrderId,
    venueOrderId: accepted?.venueOrderId ?? null,
    venue,
    ...terms,
    quantity: submitted.quantity,
    filledQuantity: filledOf(state),
    limitPrice: submitted.limitPrice,
    hold: heldFor(state),
    status: statusOf(state),
    submittedAtMs: submitted.atMs,
  };
}

/** What is filled in all, by fills that were reported and by those that a correction stands in for. */
export const filledOf = ({ filledQuantity, inferredFills }: OrderState): Amount =>
  inferredFills.reduce((filled, { quantity }) => add(filled, quantity), filledQuantity);

export const isFilled = (state: OrderState): boolean =>
  state.submitted !== null && compare(filledOf(state), state.submitted.quantity) >= 0;

export function statusOf(state: OrderState): BookOrder['status'] {
  if (isFilled(state)) return 'filled';
  if (state.isCancelled) return 'ended';
  return state.accepted === null ? 'submitted' : 'accepted';
}

/**
 * What is still held: the venue's hold in proportion to what is not filled. All of it while the order's quantity
 * is not known yet, nothing once the order is filled or has ended.
 */
export function heldFor(state: OrderState): OrderHold | null {
  const hold = state.accepted?.hold ?? null;
  if (hold === null || state.isCancelled || isFilled(state)) return null;
  const { submitted } = state;
  const amount =
    submitted === null ? hold.amount : unfilledShare(hold.amount, submitted.quantity, filledOf(state));
  return isZero(amount) ? null : { asset: hold.asset, amount };
}

/** The first field in which two orders' terms differ. */
export function differingTerm(a: OrderTerms, b: OrderTerms): keyof OrderTerms | null {
  return (['market', 'base', 'quote', 'side'] as const).find((field) => a[field] !== b[field]) ?? null;
}

function unfilledShare(amount: Amount, quantity: Amount, filled: Amount): Amount {
  if (isZero(filled)) return amount;
  return divide(multiply(amount, subtract(quantity, filled)), quantity, HOLD_DECIMALS);
}
