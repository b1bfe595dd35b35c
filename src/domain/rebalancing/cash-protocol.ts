// The cash of one venue, and why it cannot become negative.
//
// Invariants, each held by a property test of the same words:
// 1. What is reserved never exceeds confirmed cash above the floor: C - R >= B whenever anything is reserved (P1).
// 2. A fill is booked once, and takes its cost from its own order's reservation (P3).
// 3. A reservation is released only when the order has ended and every fill that it is known to have is booked (P3).
// 4. Proceeds count when the venue confirms them, and once (P4).
// With orders that cannot cost more than their reservation (P2, P5), actual cash is at least C - R, so at least B.

import { assert } from '../assert.ts';
import {
  type Amount,
  add,
  compare,
  isLess,
  isMore,
  isNegative,
  isPositive,
  isZero,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';

export interface CashReservation {
  readonly order: string;
  /** What is still set aside. */
  readonly amount: Amount;
  readonly bookedQuantity: Amount;
  /** The quantity that the venue says has filled in all, once the order ended there; null before. */
  readonly endedQuantity: Amount | null;
}

export interface VenueCash {
  /** Total confirmed by the book, holds included: C. */
  readonly confirmed: Amount;
  /** What must stay: B. */
  readonly floor: Amount;
  readonly reservations: readonly CashReservation[];
  readonly bookedIds: readonly string[];
}

export type CashEvent =
  | { readonly type: 'reserve'; readonly order: string; readonly amount: Amount }
  /** `debit` is cost and fee together, as the venue charged them. */
  | {
      readonly type: 'fill';
      readonly fillId: string;
      readonly order: string;
      readonly quantity: Amount;
      readonly debit: Amount;
    }
  /** The venue confirms that the order ended, having filled this much in all. */
  | { readonly type: 'release'; readonly order: string; readonly filledQuantity: Amount }
  | { readonly type: 'credit'; readonly creditId: string; readonly amount: Amount }
  /** A debit that is no fill, such as funding; it must have been reserved under this name (P6). */
  | { readonly type: 'debit'; readonly debitId: string; readonly order: string; readonly debit: Amount };

export type CashOutcome =
  | { readonly state: 'applied'; readonly cash: VenueCash }
  /** Known already. */
  | { readonly state: 'repeated'; readonly cash: VenueCash }
  /** Nothing is reserved; the order must not be sent. */
  | { readonly state: 'refused'; readonly cash: VenueCash; readonly reason: string }
  /** The venue did what the proof excludes: it is booked, and trading here must halt. */
  | { readonly state: 'premiseBroken'; readonly cash: VenueCash; readonly reason: string };

export const openVenueCash = (confirmed: Amount, floor: Amount): VenueCash => ({
  confirmed,
  floor,
  reservations: [],
  bookedIds: [],
});

export const reservedIn = (cash: VenueCash): Amount => sum(cash.reservations.map((r) => r.amount));

/** C - R - B: what another order may reserve. */
export const unreserved = (cash: VenueCash): Amount =>
  subtract(subtract(cash.confirmed, reservedIn(cash)), cash.floor);

/** The next state and what became of the event. Never throws for anything that a venue does. */
export function applyCashEvent(cash: VenueCash, event: CashEvent): CashOutcome {
  const outcome = decide(cash, event);
  if (outcome.state !== 'premiseBroken') assertCovered(cash, outcome.cash);
  return outcome;
}

function decide(cash: VenueCash, event: CashEvent): CashOutcome {
  switch (event.type) {
    case 'reserve':
      return reserve(cash, event);
    case 'fill':
      return charge(cash, {
        id: `fill ${event.fillId}`,
        order: event.order,
        quantity: event.quantity,
        debit: event.debit,
      });
    case 'debit':
      return charge(cash, {
        id: `debit ${event.debitId}`,
        order: event.order,
        quantity: ZERO,
        debit: event.debit,
      });
    case 'release':
      return release(cash, event);
    case 'credit':
      return credit(cash, event);
  }
}

function reserve(cash: VenueCash, event: CashEvent & { readonly type: 'reserve' }): CashOutcome {
  assert(isPositive(event.amount), `a reservation is above zero: ${event.amount}`);
  if (cash.reservations.some((r) => r.order === event.order)) return { state: 'repeated', cash };
  const left = unreserved(cash);
  if (isMore(event.amount, left)) {
    return {
      state: 'refused',
      cash,
      reason: `${event.amount} is more than the ${left} that is not reserved`,
    };
  }
  const reservation: CashReservation = {
    order: event.order,
    amount: event.amount,
    bookedQuantity: ZERO,
    endedQuantity: null,
  };
  return { state: 'applied', cash: { ...cash, reservations: [...cash.reservations, reservation] } };
}

function charge(
  cash: VenueCash,
  charged: { readonly id: string; readonly order: string; readonly quantity: Amount; readonly debit: Amount },
): CashOutcome {
  if (cash.bookedIds.includes(charged.id)) return { state: 'repeated', cash };
  const booked = {
    ...cash,
    confirmed: subtract(cash.confirmed, charged.debit),
    bookedIds: [...cash.bookedIds, charged.id],
  };
  const own = cash.reservations.find((r) => r.order === charged.order);
  if (own === undefined) {
    return {
      state: 'premiseBroken',
      cash: booked,
      reason: `${charged.id} belongs to no reservation: ${charged.order}`,
    };
  }
  const left = subtract(own.amount, charged.debit);
  const after = {
    ...own,
    amount: isNegative(left) ? ZERO : left,
    bookedQuantity: add(own.bookedQuantity, charged.quantity),
  };
  const next = settle(withReservation(booked, after), after);
  if (isNegative(left)) {
    return {
      state: 'premiseBroken',
      cash: next,
      reason: `${charged.order} cost ${left.slice(1)} more than was reserved`,
    };
  }
  return { state: 'applied', cash: next };
}

/** A release waits for the fills that the venue counts but has not told yet. */
function release(cash: VenueCash, event: CashEvent & { readonly type: 'release' }): CashOutcome {
  const own = cash.reservations.find((r) => r.order === event.order);
  if (own === undefined || own.endedQuantity !== null) return { state: 'repeated', cash };
  const ended = { ...own, endedQuantity: event.filledQuantity };
  return { state: 'applied', cash: settle(withReservation(cash, ended), ended) };
}

function credit(cash: VenueCash, event: CashEvent & { readonly type: 'credit' }): CashOutcome {
  assert(!isNegative(event.amount), `a credit is not negative: ${event.amount}`);
  const id = `credit ${event.creditId}`;
  if (cash.bookedIds.includes(id)) return { state: 'repeated', cash };
  const bookedIds = [...cash.bookedIds, id];
  return { state: 'applied', cash: { ...cash, confirmed: add(cash.confirmed, event.amount), bookedIds } };
}

const withReservation = (cash: VenueCash, reservation: CashReservation): VenueCash => ({
  ...cash,
  reservations: cash.reservations.map((r) => (r.order === reservation.order ? reservation : r)),
});

function settle(cash: VenueCash, reservation: CashReservation): VenueCash {
  const { endedQuantity, bookedQuantity, order } = reservation;
  if (endedQuantity === null || compare(bookedQuantity, endedQuantity) < 0) return cash;
  return { ...cash, reservations: cash.reservations.filter((r) => r.order !== order) };
}

function assertCovered(before: VenueCash, after: VenueCash): void {
  assert(!after.reservations.some((r) => isNegative(r.amount)), 'a reservation is never negative');
  const wasCovered = !isNegative(unreserved(before)) || isZero(reservedIn(before));
  const isCovered = !isNegative(unreserved(after)) || isZero(reservedIn(after));
  assert(!wasCovered || isCovered, 'confirmed cash less reservations is not below the floor');
  assert(
    !isLess(after.confirmed, after.floor) || !wasCovered || isZero(reservedIn(after)),
    'cash is not below the floor',
  );
}
