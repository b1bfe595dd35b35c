// One plan's execution: what has happened to each of its orders, and what may happen next.
//
// Invariants, each held by a property test of the same words:
// 1. No buy is submitted before every sell at its venue is confirmed terminal and the venue is certified afterwards.
// 2. At most one order is ever live for one intent: a leg is submitted once, and nothing is sent again.
// 3. An unknown outcome keeps its reservation until the venue gives evidence: found, or absent and proven so.
// 4. Reservations never exceed confirmed cash above the floor.
// 5. What has filled only grows; a late fill makes its venue uncertified again.
// 6. It ends in done, aborted or needsPerson; the state is plain JSON, and restored from it goes on the same.

import { assert } from '../assert.ts';
import {
  type Amount,
  compare,
  isLess,
  isMore,
  isPositive,
  isZero,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import type { OrderLookup, SubmitOutcome } from '../venue/order.ts';
import type { AssetId, Side, VenueId } from '../venue/venue.ts';

export type LegStatus =
  | 'waiting'
  /** The intent is committed; nothing is prepared. */
  | 'intended'
  /** The exact bytes are committed; nothing is sent. */
  | 'prepared'
  /** Committed as about to be sent: from here on it may exist at the venue. */
  | 'submitted'
  | 'unknown'
  | 'working'
  | 'filled'
  /** Ended with a part filled. */
  | 'partlyFilled'
  | 'cancelled'
  | 'rejected'
  | 'deniedLocally'
  /** Proven never to have happened. */
  | 'absent'
  /** Never intended: what it needed did not come, or the execution was aborted. */
  | 'skipped';

export interface ExecutionLeg {
  readonly sequence: number;
  readonly intentId: string;
  readonly clientOrderId: string;
  readonly venue: VenueId;
  readonly market: string;
  readonly asset: AssetId;
  readonly side: Side;
  readonly plannedQuantity: Amount;
  /** What is or will be ordered: at most what was planned. */
  readonly quantity: Amount;
  readonly limitPrice: Amount;
  /** A sell of a perpetual never turns the position short. */
  readonly reduceOnly: boolean;
  readonly fundedBy: readonly number[];
  readonly rules: LegRules;
  readonly status: LegStatus;
  readonly filledQuantity: Amount;
  /** Cash set aside for a buy from its intent until its venue is certified after its end. */
  readonly reservation: Amount;
  readonly venueOrderId: string | null;
  /** The revision at which the leg ended or last filled; null while it has not. */
  readonly endedAtRevision: number | null;
  readonly prepareFailures: number;
  /** Look-ups in a row that ended nothing. */
  readonly lookUpsInVain: number;
  readonly reason: string | null;
}

/** What sizing a buy again needs. */
export interface LegRules {
  readonly step: Amount;
  readonly minQuantity: Amount;
  readonly minNotional: Amount;
  readonly feeRate: Amount;
  readonly cashUnit: Amount;
  readonly partialFillsMax: number | null;
}

export interface ExecutionVenue {
  readonly venue: VenueId;
  /** Confirmed total of cash at the last certification; the plan's until then. */
  readonly confirmedCash: Amount;
  /** What the plan leaves at worst: a buy never takes cash below it. */
  readonly cashFloor: Amount;
  /** Everything that ended at or before this revision is in `confirmedCash`. */
  readonly certifiedRevision: number;
}

export type ExecutionPhase =
  | 'selling'
  | 'settling'
  | 'buying'
  | 'verifying'
  | 'done'
  | 'aborted'
  | 'needsPerson';

export interface Execution {
  readonly planHash: string;
  readonly phase: ExecutionPhase;
  /** Counts events. A reading of a venue that begins at a revision knows of everything up to it. */
  readonly revision: number;
  readonly legs: readonly ExecutionLeg[];
  readonly venues: readonly ExecutionVenue[];
  readonly abortReason: string | null;
}

export type ExecutionEvent =
  | {
      readonly type: 'legIntended';
      readonly leg: number;
      readonly quantity: Amount;
      readonly reservation: Amount;
    }
  | { readonly type: 'legSkipped'; readonly leg: number; readonly reason: string }
  | { readonly type: 'legPrepared'; readonly leg: number }
  /** The venue could not be asked what the order needs; nothing was sent. */
  | { readonly type: 'legPrepareFailed'; readonly leg: number; readonly detail: string }
  | { readonly type: 'legDenied'; readonly leg: number; readonly reason: string }
  /** Committed before the order is sent. */
  | { readonly type: 'legSubmitted'; readonly leg: number }
  | { readonly type: 'submitOutcome'; readonly leg: number; readonly outcome: SubmitOutcome }
  | { readonly type: 'orderSeen'; readonly leg: number; readonly lookup: OrderLookup }
  /** `revision` is the execution's when the reading began; `confirmedCash` the venue's total, holds included. */
  | {
      readonly type: 'venueCertified';
      readonly venue: VenueId;
      readonly confirmedCash: Amount;
      readonly revision: number;
    }
  | { readonly type: 'abortRequested'; readonly reason: string }
  /** The process started again: whatever was on its way has no answer now. */
  | { readonly type: 'restarted' };

/** So many failures to prepare in a row deny a leg; nothing was sent. */
export const PREPARE_FAILURES_MAX = 5;
/** So many look-ups without evidence call a person; the reservation stays. */
export const LOOK_UPS_IN_VAIN_MAX = 60;

const TERMINAL: readonly LegStatus[] = [
  'filled',
  'partlyFilled',
  'cancelled',
  'rejected',
  'deniedLocally',
  'absent',
  'skipped',
];

export const isTerminal = (leg: ExecutionLeg): boolean => TERMINAL.includes(leg.status);

/** May exist at the venue without having ended. */
export const isLive = (leg: ExecutionLeg): boolean =>
  leg.status === 'submitted' || leg.status === 'unknown' || leg.status === 'working';

/** Ended, and its venue's cash was certified afterwards. */
export function isSettled(leg: ExecutionLeg, execution: Execution): boolean {
  if (!isTerminal(leg)) return false;
  if (leg.endedAtRevision === null) return true;
  return venueOf(execution, leg.venue).certifiedRevision >= leg.endedAtRevision;
}

export function venueOf(execution: Execution, venue: VenueId): ExecutionVenue {
  const found = execution.venues.find((candidate) => candidate.venue === venue);
  assert(found !== undefined, `an execution knows the venues of its legs: ${venue}`);
  return found;
}

/** Confirmed cash above the floor that no reservation claims. May be negative after a venue paid less than was there. */
export function spendableCash(execution: Execution, venue: VenueId): Amount {
  const { confirmedCash, cashFloor } = venueOf(execution, venue);
  const reserved = sum(execution.legs.filter((leg) => leg.venue === venue).map((leg) => leg.reservation));
  return subtract(subtract(confirmedCash, cashFloor), reserved);
}

/** The next state. Answers that come twice or late change nothing they should not; a command out of turn is a bug. */
export function applyExecutionEvent(execution: Execution, event: ExecutionEvent): Execution {
  const revision = execution.revision + 1;
  const next = reduce({ ...execution, revision }, event);
  return { ...next, phase: phaseOf(next) };
}

function reduce(execution: Execution, event: ExecutionEvent): Execution {
  switch (event.type) {
    case 'legIntended':
      return intend(execution, event);
    case 'legSkipped':
      return command(execution, event.leg, ['waiting'], (leg) => ({
        ...leg,
        status: 'skipped',
        reason: event.reason,
      }));
    case 'legPrepared':
      return command(execution, event.leg, ['intended', 'prepared'], (leg) => ({
        ...leg,
        status: 'prepared',
      }));
    case 'legPrepareFailed':
      return command(execution, event.leg, ['intended'], (leg) => prepareFailed(leg, event.detail));
    case 'legDenied':
      return command(execution, event.leg, ['intended'], (leg) => unsent(leg, 'deniedLocally', event.reason));
    case 'legSubmitted':
      return command(execution, event.leg, ['prepared'], (leg) => ({ ...leg, status: 'submitted' }));
    case 'submitOutcome':
      return changeLeg(execution, event.leg, (leg) => submitted(leg, event.outcome, execution.revision));
    case 'orderSeen':
      return changeLeg(execution, event.leg, (leg) => seen(leg, event.lookup, execution.revision));
    case 'venueCertified':
      return certified(execution, event);
    case 'abortRequested':
      return aborted(execution, event.reason);
    case 'restarted':
      return changeLegs(execution, (leg) =>
        leg.status === 'submitted' ? { ...leg, status: 'unknown' } : leg,
      );
  }
}

type LegChange = (leg: ExecutionLeg) => ExecutionLeg;

const changeLegs = (execution: Execution, change: LegChange): Execution => ({
  ...execution,
  legs: execution.legs.map(change),
});

function changeLeg(execution: Execution, sequence: number, change: LegChange): Execution {
  assert(
    execution.legs.some((leg) => leg.sequence === sequence),
    `an event names a leg of the plan: ${sequence}`,
  );
  return changeLegs(execution, (leg) => (leg.sequence === sequence ? change(leg) : leg));
}

/** Our own steps happen in turn; one out of turn is a bug of ours. */
function command(
  execution: Execution,
  sequence: number,
  from: readonly LegStatus[],
  change: LegChange,
): Execution {
  return changeLeg(execution, sequence, (leg) => {
    assert(
      from.includes(leg.status),
      `leg ${sequence} is ${from.join(' or ')} when this happens, found ${leg.status}`,
    );
    return change(leg);
  });
}

function intend(execution: Execution, event: ExecutionEvent & { readonly type: 'legIntended' }): Execution {
  const leg = execution.legs.find((candidate) => candidate.sequence === event.leg);
  assert(
    leg !== undefined && isPositive(event.quantity),
    `an intent is of a leg and of a quantity above zero: ${event.leg}`,
  );
  assert(!isMore(event.quantity, leg.plannedQuantity), 'an order is never larger than planned');
  if (leg.side === 'buy') {
    assert(
      sellsAt(execution, leg.venue).every((sell) => isSettled(sell, execution)),
      'sells settle before buys',
    );
    assert(
      !isMore(event.reservation, spendableCash(execution, leg.venue)),
      'a buy reserves at most what is spendable',
    );
  } else {
    assert(isZero(event.reservation), 'a sell reserves no cash');
  }
  return command(execution, event.leg, ['waiting'], (l) => ({
    ...l,
    status: 'intended',
    quantity: event.quantity,
    reservation: event.reservation,
  }));
}

export const sellsAt = (execution: Execution, venue: VenueId): readonly ExecutionLeg[] =>
  execution.legs.filter((leg) => leg.venue === venue && leg.side === 'sell');

function prepareFailed(leg: ExecutionLeg, detail: string): ExecutionLeg {
  const prepareFailures = leg.prepareFailures + 1;
  if (prepareFailures < PREPARE_FAILURES_MAX) return { ...leg, prepareFailures, reason: detail };
  return unsent(
    { ...leg, prepareFailures },
    'deniedLocally',
    `could not be prepared ${prepareFailures} times: ${detail}`,
  );
}

/** Ended without ever having been at the venue: the reservation is free at once. */
const unsent = (leg: ExecutionLeg, status: LegStatus, reason: string): ExecutionLeg => ({
  ...leg,
  status,
  reason,
  reservation: ZERO,
});

function submitted(leg: ExecutionLeg, outcome: SubmitOutcome, revision: number): ExecutionLeg {
  if (outcome.state === 'accepted') {
    const venueOrderId = outcome.venueOrderId ?? leg.venueOrderId;
    return isLive(leg) ? { ...leg, status: 'working', venueOrderId } : { ...leg, venueOrderId };
  }
  if (!isLive(leg)) return leg;
  switch (outcome.state) {
    case 'outcomeUnknown':
      return leg.status === 'submitted' ? { ...leg, status: 'unknown', reason: outcome.detail } : leg;
    // An answer that denies an order which the venue has already shown is no evidence.
    case 'rejected':
      return isSeen(leg) ? leg : ended({ ...leg, reason: outcome.reason }, 'rejected', revision);
    case 'deniedLocally':
      return isSeen(leg) ? leg : unsent(leg, 'deniedLocally', outcome.reason);
  }
}

const isSeen = (leg: ExecutionLeg): boolean => leg.venueOrderId !== null || isPositive(leg.filledQuantity);

function seen(leg: ExecutionLeg, lookup: OrderLookup, revision: number): ExecutionLeg {
  if (leg.status === 'waiting' || leg.status === 'intended' || leg.status === 'prepared') return leg;
  if (lookup.state === 'unknown') return inVain(leg, lookup.detail);
  if (lookup.state === 'absent') {
    if (!lookup.isProven || isPositive(leg.filledQuantity)) return inVain(leg, lookup.detail);
    return isLive(leg) ? ended({ ...leg, reason: lookup.detail }, 'absent', revision) : leg;
  }
  const hasGrown = isMore(lookup.filledQuantity, leg.filledQuantity);
  const filledQuantity = hasGrown ? lookup.filledQuantity : leg.filledQuantity;
  const found: ExecutionLeg = { ...leg, filledQuantity, venueOrderId: lookup.venueOrderId, lookUpsInVain: 0 };
  if (isTerminal(leg)) return hasGrown ? ended(found, endStatus(found), revision) : leg;
  switch (lookup.status) {
    case 'open':
      return {
        ...inVain(found, 'the order is still open'),
        lookUpsInVain: hasGrown ? 0 : leg.lookUpsInVain + 1,
        status: 'working',
      };
    case 'rejected':
      return ended(found, isPositive(filledQuantity) ? endStatus(found) : 'rejected', revision);
    default:
      return ended(found, endStatus(found), revision);
  }
}

/** Nothing was learnt; a live leg waits on, and says why. */
const inVain = (leg: ExecutionLeg, detail: string): ExecutionLeg =>
  isLive(leg) ? { ...leg, lookUpsInVain: leg.lookUpsInVain + 1, reason: detail } : leg;

/** The reservation stays until the venue is certified after this revision. */
const ended = (leg: ExecutionLeg, status: LegStatus, revision: number): ExecutionLeg => ({
  ...leg,
  status,
  lookUpsInVain: 0,
  endedAtRevision: revision,
});

function endStatus(leg: ExecutionLeg): LegStatus {
  if (isZero(leg.filledQuantity)) return 'cancelled';
  return compare(leg.filledQuantity, leg.quantity) < 0 ? 'partlyFilled' : 'filled';
}

/** A reading older than one that is known already teaches nothing. */
function certified(
  execution: Execution,
  event: ExecutionEvent & { readonly type: 'venueCertified' },
): Execution {
  assert(event.revision < execution.revision, 'a reading begins at a revision that has been');
  const known = execution.venues.find((venue) => venue.venue === event.venue);
  if (known === undefined || event.revision < known.certifiedRevision) return execution;
  const venue = { ...known, confirmedCash: event.confirmedCash, certifiedRevision: event.revision };
  const next = { ...execution, venues: execution.venues.map((v) => (v.venue === event.venue ? venue : v)) };
  return changeLegs(next, (leg) =>
    leg.venue === event.venue && isTerminal(leg) && isSettled(leg, next)
      ? { ...leg, reservation: ZERO }
      : leg,
  );
}

/** What was not sent is not sent any more; what may be at the venue is followed to its end. */
function aborted(execution: Execution, reason: string): Execution {
  const stopped = changeLegs(execution, (leg) => {
    if (leg.status === 'waiting') return unsent(leg, 'skipped', `aborted: ${reason}`);
    if (leg.status === 'intended' || leg.status === 'prepared')
      return unsent(leg, 'deniedLocally', `aborted: ${reason}`);
    return leg;
  });
  return { ...stopped, abortReason: execution.abortReason ?? reason };
}

/** The leg that only a person can end, or undefined. */
export const legForPerson = (execution: Execution): ExecutionLeg | undefined =>
  execution.legs.find(
    (leg) =>
      (isLive(leg) && leg.lookUpsInVain >= LOOK_UPS_IN_VAIN_MAX) || isLess(leg.quantity, leg.filledQuantity),
  );

function phaseOf(execution: Execution): ExecutionPhase {
  const { legs } = execution;
  if (legForPerson(execution) !== undefined) return 'needsPerson';
  const sells = legs.filter((leg) => leg.side === 'sell');
  if (!sells.every(isTerminal)) return 'selling';
  if (!sells.every((leg) => isSettled(leg, execution))) return 'settling';
  if (!legs.every(isTerminal)) return 'buying';
  if (!legs.every((leg) => isSettled(leg, execution))) return 'verifying';
  return execution.abortReason === null ? 'done' : 'aborted';
}

export const initialPhase = (execution: Execution): Execution => ({
  ...execution,
  phase: phaseOf(execution),
});
