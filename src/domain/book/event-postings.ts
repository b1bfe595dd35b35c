import { add, isZero, multiply, negate, subtract, ZERO } from '../money/amount.ts';
import type { Fee, VenueId } from '../venue/venue.ts';
import type { BookEvent, FillReported, TransferReceived, TransferSent } from './book-event.ts';
import { external, makeTransaction, move, own, receive } from './make-transaction.ts';
import { heldFor, type OrderState } from './order-state.ts';
import type { Posting, Transaction } from './transaction.ts';
import type { TransferState } from './transfer-state.ts';

/** What a message moves besides an order's hold. Not netted yet; it sums to zero for every asset. */
export function eventPostings(event: BookEvent, transfer: TransferState | null): readonly Posting[] {
  switch (event.type) {
    case 'portfolio.orderSubmitted':
    case 'portfolio.orderAccepted':
    case 'portfolio.orderCancelled':
      return [];
    case 'portfolio.fillReported':
      return fillPostings(event);
    case 'portfolio.depositReported':
      return receive(event.venue, 'available', event.asset, event.amount, 'transfer');
    case 'portfolio.withdrawalReported':
      return [
        ...receive(event.venue, 'available', event.asset, negate(event.amount), 'transfer'),
        ...feePostings(event.venue, event.fee),
      ];
    case 'portfolio.transferSent':
      return sentPostings(event, transfer);
    case 'portfolio.transferReceived':
      return receivedPostings(event, transfer);
    case 'portfolio.fundingReported':
      return receive(event.venue, 'available', event.asset, event.amount, 'funding');
  }
}

/** A perpetual is no exception: its position is an amount of the contract, paid for out of the collateral. */
function fillPostings(fill: FillReported): readonly Posting[] {
  const quoteAmount = fill.quoteAmount ?? multiply(fill.quantity, fill.price);
  const isBuy = fill.side === 'buy';
  return [
    ...receive(fill.venue, 'available', fill.base, isBuy ? fill.quantity : negate(fill.quantity), 'trade'),
    ...receive(fill.venue, 'available', fill.quote, isBuy ? negate(quoteAmount) : quoteAmount, 'trade'),
    ...feePostings(fill.venue, fill.fee),
  ];
}

const feePostings = (venue: VenueId, fee: Fee | null): readonly Posting[] =>
  fee === null ? [] : receive(venue, 'available', fee.asset, negate(fee.amount), 'fee');

/** What the other end has already received does not stand in transit any more. */
function sentPostings(sent: TransferSent, transfer: TransferState | null): readonly Posting[] {
  const arrived = transfer?.received?.amount ?? ZERO;
  return [
    own(sent.venue, 'available', sent.asset, negate(sent.amount)),
    own(sent.venue, 'inTransit', sent.asset, subtract(sent.amount, arrived)),
    external('transfer', sent.asset, arrived),
    ...feePostings(sent.venue, sent.fee),
  ];
}

/**
 * The two ends meet in the account `transfer`: the asset may have another identity here, and this end may be
 * reported first. It is even when both are known, but for what was lost on the way, which stays in transit.
 */
function receivedPostings(received: TransferReceived, transfer: TransferState | null): readonly Posting[] {
  const { venue, asset, amount } = received;
  const sent = transfer?.sent ?? null;
  const arrival = receive(venue, 'available', asset, amount, 'transfer');
  return sent === null
    ? arrival
    : [...receive(sent.venue, 'inTransit', sent.asset, negate(amount), 'transfer'), ...arrival];
}

/**
 * What moves between available and hold when an order changes. The hold follows from what is known of the order,
 * so that a message moves the difference that it makes, in whatever order messages come.
 */
export function holdPostings(before: OrderState | null, after: OrderState): readonly Posting[] {
  const heldBefore = before === null ? null : heldFor(before);
  const heldAfter = heldFor(after);
  const asset = heldAfter?.asset ?? heldBefore?.asset;
  if (asset === undefined) return [];
  const change = subtract(heldAfter?.amount ?? ZERO, heldBefore?.amount ?? ZERO);
  return isZero(change) ? [] : move(after.venue, 'available', 'hold', asset, change);
}

/** The same as a transaction of its own. */
export function holdTransaction(
  before: OrderState,
  after: OrderState,
  { eventId, atMs }: { readonly eventId: string; readonly atMs: number },
): Transaction | null {
  const postings = holdPostings(before, after);
  return makeTransaction({ eventId, cause: 'order', venue: after.venue, atMs, venueIds: [], postings });
}

/** The order as a message leaves it. The message was found to fit. */
export function orderAfter(event: BookEvent, before: OrderState, venueUsesHolds: boolean): OrderState {
  switch (event.type) {
    case 'portfolio.orderSubmitted': {
      const { market, base, quote, side, quantity, limitPrice, atMs } = event;
      return { ...before, terms: { market, base, quote, side }, submitted: { quantity, limitPrice, atMs } };
    }
    case 'portfolio.orderAccepted': {
      const hold = venueUsesHolds && event.hold !== null && !isZero(event.hold.amount) ? event.hold : null;
      return { ...before, accepted: { venueOrderId: event.venueOrderId, hold } };
    }
    case 'portfolio.orderCancelled':
      return { ...before, isCancelled: true };
    case 'portfolio.fillReported': {
      const { market, base, quote, side } = event;
      const filledQuantity = add(before.filledQuantity, event.quantity);
      return { ...before, terms: before.terms ?? { market, base, quote, side }, filledQuantity };
    }
    default:
      return before;
  }
}

/** The transfer as a message leaves it. */
export function transferAfter(event: BookEvent, before: TransferState | null): TransferState | null {
  if (event.type === 'portfolio.transferSent') {
    const { venue, toVenue: otherVenue, asset, amount, transferId, atMs } = event;
    return {
      transferId,
      sent: { venue, otherVenue, asset, amount, atMs },
      received: before?.received ?? null,
    };
  }
  if (event.type === 'portfolio.transferReceived') {
    const { venue, fromVenue: otherVenue, asset, amount, transferId, atMs } = event;
    return { transferId, sent: before?.sent ?? null, received: { venue, otherVenue, asset, amount, atMs } };
  }
  return before;
}
