// The cash of one venue, and why it cannot become negative.
//
// Invariants, each held by a property test of the same words:
// 1. What is reserved never exceeds confirmed cash above the floor: C - R >= B whenever anything is reserved (P1).
// 2. A fill is booked once, and takes its cost from its own order's reservation (P3).
// 3. A reservation is released only when the order has ended, and every fill that it is known to have is booked or a
//    certified reading that began after its end has replaced what is confirmed (P3).
// 4. Proceeds count when the venue confirms them, and once (P4).
// 5. A certified reading counts only where nothing has been booked since it began.
// 6. Once a premise broke or a reading did not cover what is reserved, nothing is reserved until a certified one does.
// With orders that cannot cost more than their reservation (P2, P5), actual cash is at least C - R, so at least B.
//
// The same holds of any asset that orders take: a base asset, whose sells take their quantity, and the free collateral
// of an account with perpetuals, valued at the worst mark (`reservation.ts`).

import { assert } from '../assert.ts';
import {
  type Amount,
  add,
  compare,
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
  /** The sum of the reservations: R. Kept with them, so that a check does not add up all of them. */
  readonly reserved: Amount;
  /** Counts what was applied: who read an older one has read another state. */
  readonly version: number;
  /** Why nothing may be reserved until the next certified reading; null while it may. */
  readonly halted: string | null;
  readonly reservations: readonly CashReservation[];
  /** Keys of what was applied. A store may hold back all but the key of the event in question. */
  readonly bookedIds: readonly string[];
}

export type CashEvent =
  /** A name is reserved for once, ever: an order that was released is another order when it is tried again. */
  | { readonly type: 'reserve'; readonly order: string; readonly amount: Amount }
  /** `debit` is cost and fee together, as the venue charged them; not negative. */
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
  | { readonly type: 'debit'; readonly debitId: string; readonly order: string; readonly debit: Amount }
  /**
   * The venue's total as a reading certified it that began when the version was `sinceVersion`, and what must stay from
   * now on. `settled` are orders of which the venue had confirmed the end when the reading began: it has all their fills.
   */
  | {
      readonly type: 'certified';
      readonly readingId: string;
      readonly confirmed: Amount;
      readonly floor: Amount;
      readonly sinceVersion: number;
      readonly settled: readonly string[];
    };

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
  reserved: ZERO,
  version: 0,
  halted: null,
  reservations: [],
  bookedIds: [],
});

/** C - R - B: what another order may reserve. */
export const unreserved = (cash: VenueCash): Amount =>
  subtract(subtract(cash.confirmed, cash.reserved), cash.floor);

/** What an event is known by, so that it is applied once. */
export function keyOf(event: CashEvent): string {
  switch (event.type) {
    case 'reserve':
      return `reserve ${event.order}`;
    case 'release':
      return `release ${event.order}`;
    case 'fill':
      return `fill ${event.fillId}`;
    case 'debit':
      return `debit ${event.debitId}`;
    case 'credit':
      return `credit ${event.creditId}`;
    case 'certified':
      return `certified ${event.readingId}`;
  }
}

/**
 * The next state and what became of the event. Never throws for anything that a venue does.
 *
 * @throws {InvariantViolation} for amounts that no caller may give: a reservation that is not above zero, anything
 * else below zero.
 */
export function applyCashEvent(cash: VenueCash, event: CashEvent): CashOutcome {
  const key = keyOf(event);
  if (cash.bookedIds.includes(key)) return { state: 'repeated', cash };
  const outcome = decide(cash, event);
  if (outcome.state !== 'applied' && outcome.state !== 'premiseBroken') return outcome;
  const { halted } = outcome.cash;
  const next: VenueCash = {
    ...outcome.cash,
    version: cash.version + 1,
    halted: outcome.state === 'premiseBroken' ? (halted ?? outcome.reason) : halted,
    bookedIds: [...cash.bookedIds, key],
  };
  if (outcome.state === 'applied') assertCovered(cash, next);
  return { ...outcome, cash: next };
}

function decide(cash: VenueCash, event: CashEvent): CashOutcome {
  switch (event.type) {
    case 'reserve':
      return reserve(cash, event);
    case 'fill':
      return charge(cash, event);
    case 'debit':
      return charge(cash, { ...event, quantity: ZERO });
    case 'release':
      return release(cash, event);
    case 'credit':
      assert(!isNegative(event.amount), `a credit is not negative: ${event.amount}`);
      return { state: 'applied', cash: { ...cash, confirmed: add(cash.confirmed, event.amount) } };
    case 'certified':
      return certify(cash, event);
  }
}

function reserve(cash: VenueCash, event: CashEvent & { readonly type: 'reserve' }): CashOutcome {
  assert(isPositive(event.amount), `a reservation is above zero: ${event.amount}`);
  if (cash.halted !== null) return { state: 'refused', cash, reason: `halted: ${cash.halted}` };
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
  const reservations = [...cash.reservations, reservation];
  return { state: 'applied', cash: { ...cash, reserved: add(cash.reserved, event.amount), reservations } };
}

function charge(
  cash: VenueCash,
  charged: CashEvent & { readonly type: 'fill' | 'debit' } & { readonly quantity: Amount },
): CashOutcome {
  const { order, quantity, debit } = charged;
  assert(!isNegative(debit), `a debit is not negative: ${debit}`);
  assert(!isNegative(quantity), `a filled quantity is not negative: ${quantity}`);
  const booked = { ...cash, confirmed: subtract(cash.confirmed, debit) };
  const own = cash.reservations.find((r) => r.order === order);
  if (own === undefined) {
    return {
      state: 'premiseBroken',
      cash: booked,
      reason: `${keyOf(charged)} belongs to no reservation: ${order}`,
    };
  }
  const left = subtract(own.amount, debit);
  const after = {
    ...own,
    amount: isNegative(left) ? ZERO : left,
    bookedQuantity: add(own.bookedQuantity, quantity),
  };
  const next = settle(withReservation(booked, own, after), after);
  if (isNegative(left)) {
    return {
      state: 'premiseBroken',
      cash: next,
      reason: `${order} cost ${left.slice(1)} more than was reserved`,
    };
  }
  return { state: 'applied', cash: next };
}

/** A release waits for the fills that the venue counts but has not told yet. */
function release(cash: VenueCash, event: CashEvent & { readonly type: 'release' }): CashOutcome {
  assert(!isNegative(event.filledQuantity), `a filled quantity is not negative: ${event.filledQuantity}`);
  const own = cash.reservations.find((r) => r.order === event.order);
  if (own === undefined) return { state: 'repeated', cash };
  const ended = { ...own, endedQuantity: event.filledQuantity };
  return { state: 'applied', cash: settle(withReservation(cash, own, ended), ended) };
}

/**
 * Fills of orders that are not settled stay reserved though the reading has seen them, until they are told: that is too
 * careful, never too little. A reading that does not cover what is reserved has seen such fills, or a withdrawal:
 * nothing new is reserved until another one does, and nothing is given back by it.
 */
function certify(cash: VenueCash, event: CashEvent & { readonly type: 'certified' }): CashOutcome {
  assert(!isNegative(event.floor), `what must stay is not negative: ${event.floor}`);
  if (event.sinceVersion !== cash.version) {
    const reason = `a reading since version ${event.sinceVersion} does not know of version ${cash.version}`;
    return { state: 'refused', cash, reason };
  }
  const { confirmed, floor } = event;
  const reservations = cash.reservations.filter((r) => !event.settled.includes(r.order));
  const reserved = sum(reservations.map((r) => r.amount));
  const certified: VenueCash = { ...cash, confirmed, floor, reserved, reservations, halted: null };
  if (isCovered(certified)) return { state: 'applied', cash: certified };
  const halted = `a reading of ${confirmed} does not cover the ${reserved} reserved above ${floor}`;
  return { state: 'applied', cash: { ...cash, halted } };
}

const withReservation = (cash: VenueCash, from: CashReservation, to: CashReservation): VenueCash => ({
  ...cash,
  reserved: from.amount === to.amount ? cash.reserved : add(subtract(cash.reserved, from.amount), to.amount),
  reservations: cash.reservations.map((r) => (r.order === to.order ? to : r)),
});

function settle(
  cash: VenueCash,
  { endedQuantity, bookedQuantity, order, amount }: CashReservation,
): VenueCash {
  if (endedQuantity === null || compare(bookedQuantity, endedQuantity) < 0) return cash;
  return {
    ...cash,
    reserved: subtract(cash.reserved, amount),
    reservations: cash.reservations.filter((r) => r.order !== order),
  };
}

const isCovered = (cash: VenueCash): boolean => isZero(cash.reserved) || !isNegative(unreserved(cash));

function assertCovered(before: VenueCash, after: VenueCash): void {
  assert(!after.reservations.some((r) => isNegative(r.amount)), 'a reservation is never negative');
  assert(!isNegative(after.reserved), 'what is reserved is never negative');
  assert(isCovered(after) || !isCovered(before), 'confirmed cash less reservations is not below the floor');
}
