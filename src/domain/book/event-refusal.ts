import { canonicalJson } from '../canonical-json.ts';
import { type Amount, add, compare, isNegative, isPositive, subtract } from '../money/amount.ts';
import type {
  BookEvent,
  FillReported,
  OrderAccepted,
  OrderSubmitted,
  TransferReceived,
  TransferSent,
} from './book-event.ts';
import {
  type BookEventContext,
  isBooked,
  isContainedInOpening,
  replacesCorrection,
} from './event-context.ts';
import { assetsOf, venuesOf } from './event-facts.ts';
import { withoutInferred } from './inferred-fill.ts';
import { differingTerm, filledOf, type OrderState } from './order-state.ts';
import type { TransferEnd, TransferState } from './transfer-state.ts';

/** A message's time may lie this far in the future: two clocks, one bound, as for a venue's clock. */
export const FUTURE_SKEW_MAX_MS = 2_000;

export interface EventRefusal {
  readonly kind: 'conflict' | 'rejected';
  readonly place: string;
  readonly expected: string;
  readonly found: string;
}

/** Why a message makes no sense, or that it says again what is known; null when it fits. */
export function findRefusal(
  event: BookEvent,
  context: BookEventContext,
): EventRefusal | 'sayingAgain' | null {
  return (
    findUnknownName(event, context) ??
    findBadAmount(event) ??
    findContained(event, context) ??
    findMisfit(event, context)
  );
}

const rejected = (place: string, expected: string, found: string): EventRefusal => ({
  kind: 'rejected',
  place,
  expected,
  found,
});

function findUnknownName(
  event: BookEvent,
  { isVenueConfigured, canHold }: BookEventContext,
): EventRefusal | null {
  if (event.eventId === '') return rejected('eventId', 'an id', 'empty text');
  for (const { place, venue } of venuesOf(event)) {
    if (!isVenueConfigured(venue)) return rejected(place, 'a configured venue', venue);
  }
  for (const { place, asset } of assetsOf(event)) {
    if (asset === '') return rejected(place, 'an asset', 'empty text');
    if (!canHold(event.venue, asset)) return rejected(place, `an asset that ${event.venue} can hold`, asset);
  }
  if ('clientOrderId' in event && event.clientOrderId === '')
    return rejected('clientOrderId', 'an id', 'empty text');
  return null;
}

/** Checked before anything else: a time that is no number has no content hash either. */
export function findBadTime(
  event: BookEvent,
  { nowMs, futureSkewMaxMs = FUTURE_SKEW_MAX_MS }: BookEventContext,
): EventRefusal | null {
  if (!Number.isSafeInteger(event.atMs) || event.atMs < 0) {
    return rejected('atMs', 'whole milliseconds since 1970', String(event.atMs));
  }
  if (event.atMs <= nowMs + futureSkewMaxMs) return null;
  return rejected(
    'atMs',
    `at most ${nowMs + futureSkewMaxMs}, which is now and ${futureSkewMaxMs} ms`,
    String(event.atMs),
  );
}

function findBadAmount(event: BookEvent): EventRefusal | null {
  const positive = (place: string, value: Amount | null) =>
    value === null || isPositive(value) ? null : rejected(place, 'more than 0', value);
  const notNegative = (place: string, value: Amount | null | undefined) =>
    value === null || value === undefined || !isNegative(value)
      ? null
      : rejected(place, 'not less than 0', value);
  switch (event.type) {
    case 'portfolio.orderSubmitted':
      return positive('quantity', event.quantity) ?? positive('limitPrice', event.limitPrice);
    case 'portfolio.orderAccepted':
      return notNegative('hold.amount', event.hold?.amount);
    case 'portfolio.fillReported':
      return (
        positive('quantity', event.quantity) ??
        positive('price', event.price) ??
        notNegative('quoteAmount', event.quoteAmount)
      );
    case 'portfolio.depositReported':
    case 'portfolio.withdrawalReported':
    case 'portfolio.transferSent':
    case 'portfolio.transferReceived':
      return positive('amount', event.amount);
    default:
      return null;
  }
}

/** Orders are heard at any time: they adopt what rests. What moved money before the opening is in its balances. */
function findContained(event: BookEvent, { opening }: BookEventContext): EventRefusal | null {
  const isAboutOrder = 'clientOrderId' in event && event.type !== 'portfolio.fillReported';
  if (isAboutOrder || opening.state !== 'fromSnapshot' || !isContainedInOpening(event, opening)) return null;
  return rejected(
    'atMs',
    `after ${opening.atMs}, as the opening balances contain what was before`,
    String(event.atMs),
  );
}

function findMisfit(event: BookEvent, context: BookEventContext): EventRefusal | 'sayingAgain' | null {
  switch (event.type) {
    case 'portfolio.orderSubmitted':
      return context.order === null ? null : misfitOfSubmission(event, context.order);
    case 'portfolio.orderAccepted':
      return context.order === null ? null : misfitOfAcceptance(event, context.order);
    case 'portfolio.orderCancelled':
      return context.order?.isCancelled ? 'sayingAgain' : null;
    case 'portfolio.fillReported':
      // A fill that is booked under its venue's id is compared with that booking, not with what is left to fill.
      if (context.order === null || isBooked(context)) return null;
      return misfitOfFill(event, withoutReplaced(context.order, event, context));
    case 'portfolio.transferSent':
    case 'portfolio.transferReceived':
      return misfitOfTransfer(event, context.transfer);
    default:
      return null;
  }
}

/** The order without what a correction stood in for, where the message replaces that correction. */
export function withoutReplaced(order: OrderState, event: BookEvent, context: BookEventContext): OrderState {
  return event.type === 'portfolio.fillReported' && replacesCorrection(context)
    ? withoutInferred(order, event.fillId)
    : order;
}

function misfitOfSubmission(event: OrderSubmitted, order: OrderState): EventRefusal | 'sayingAgain' | null {
  const differing = order.terms === null ? null : differingTerm(event, order.terms);
  if (differing !== null)
    return rejected(
      differing,
      `${order.terms?.[differing]}, as known of ${event.clientOrderId}`,
      event[differing],
    );
  if (order.submitted !== null) {
    return order.submitted.quantity === event.quantity
      ? 'sayingAgain'
      : rejected(
          'quantity',
          `${order.submitted.quantity}, as ${event.clientOrderId} was submitted with`,
          event.quantity,
        );
  }
  if (compare(event.quantity, filledOf(order)) >= 0) return null;
  return rejected('quantity', `at least ${filledOf(order)}, which is already filled`, event.quantity);
}

function misfitOfAcceptance(
  event: OrderAccepted,
  { accepted }: OrderState,
): EventRefusal | 'sayingAgain' | null {
  if (accepted === null) return null;
  if (accepted.venueOrderId === event.venueOrderId) return 'sayingAgain';
  return rejected(
    'venueOrderId',
    `${accepted.venueOrderId}, as ${event.clientOrderId} was accepted with`,
    event.venueOrderId,
  );
}

function misfitOfFill(event: FillReported, order: OrderState): EventRefusal | null {
  const differing = order.terms === null ? null : differingTerm(event, order.terms);
  if (differing !== null)
    return rejected(
      differing,
      `${order.terms?.[differing]}, as known of ${event.clientOrderId}`,
      event[differing],
    );
  if (order.submitted === null) return null;
  const { quantity } = order.submitted;
  if (compare(add(filledOf(order), event.quantity), quantity) <= 0) return null;
  const left = subtract(quantity, filledOf(order));
  return rejected('quantity', `at most ${left}, which is left of ${quantity}`, event.quantity);
}

function misfitOfTransfer(
  event: TransferSent | TransferReceived,
  transfer: TransferState | null,
): EventRefusal | 'sayingAgain' | null {
  const isSent = event.type === 'portfolio.transferSent';
  const [place, otherVenue] = isSent ? ['toVenue', event.toVenue] : ['fromVenue', event.fromVenue];
  if (otherVenue === event.venue) return rejected(place, `a venue other than ${event.venue}`, otherVenue);
  const { venue, asset, amount, atMs } = event;
  const end: TransferEnd = { venue, otherVenue, asset, amount, atMs };
  const sameEnd = isSent ? transfer?.sent : transfer?.received;
  if (sameEnd) {
    // Said again under another id it may name another moment; what moved is what counts.
    const isSame = canonicalJson({ ...sameEnd, atMs }) === canonicalJson(end);
    return isSame ? 'sayingAgain' : rejected('transferId', canonicalJson(sameEnd), canonicalJson(end));
  }
  const otherEnd = isSent ? transfer?.received : transfer?.sent;
  if (!otherEnd) return null;
  if (otherEnd.venue !== otherVenue) return rejected(place, otherEnd.venue, otherVenue);
  if (otherEnd.otherVenue !== event.venue) return rejected('venue', otherEnd.otherVenue, event.venue);
  const lost = isSent ? subtract(event.amount, otherEnd.amount) : subtract(otherEnd.amount, event.amount);
  if (!isNegative(lost)) return null;
  return isSent
    ? rejected('amount', `at least ${otherEnd.amount}, which has arrived`, event.amount)
    : rejected('amount', `at most ${otherEnd.amount}, which was sent`, event.amount);
}
