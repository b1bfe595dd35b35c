import { type Amount, isLess, isMore, isPositive, maximum, multiply, ZERO } from '../money/amount.ts';
import type { VenueId } from '../venue/venue.ts';
import {
  areSellsSettled,
  type Execution,
  type ExecutionLeg,
  type ExecutionPhase,
  haveSellsGone,
  isForPerson,
  isLive,
  isSettled,
  isTerminal,
  isToResend,
  sellsAt,
  venueOf,
} from './execution.ts';
import { reservationOf, spendableCash } from './execution-reserve.ts';
import { quantityAffordable } from './plan-orders.ts';

/** What the executor may do next. Each is answered by the event of its name, committed before the next one. */
export type ExecutionAction =
  /** Commit the intent: answer `legIntended` with the same quantity and reservation. */
  | { readonly kind: 'intend'; readonly leg: number; readonly quantity: Amount; readonly reservation: Amount }
  /** Answer `legSkipped`. */
  | { readonly kind: 'skip'; readonly leg: number; readonly reason: string }
  /** Answer `legPrepared`, `legPrepareFailed` or `legDenied`. */
  | { readonly kind: 'prepare'; readonly leg: number }
  /** Commit `legSubmitted`, send, then answer `submitOutcome`. */
  | { readonly kind: 'submit'; readonly leg: number }
  /** Commit `legResent`, send the same bytes, then answer `submitOutcome`. */
  | { readonly kind: 'resend'; readonly leg: number }
  /** Answer `orderSeen`. */
  | { readonly kind: 'lookUp'; readonly leg: number }
  /** Read the venues and answer `venueCertified` each, with this revision. */
  | { readonly kind: 'reconcile'; readonly venues: readonly VenueId[]; readonly revision: number }
  | { readonly kind: 'finish'; readonly phase: ExecutionPhase };

/** What is under way or not due yet, so that it is not asked for twice. */
export interface ExecutionView {
  readonly busyLegs: readonly number[];
  readonly busyVenues: readonly VenueId[];
}

export const IDLE_VIEW: ExecutionView = { busyLegs: [], busyVenues: [] };

/** All that may be done now; everything in it may be done at once. At most one buy is intended per venue at a time. */
export function nextActions(execution: Execution, view: ExecutionView): readonly ExecutionAction[] {
  const { phase } = execution;
  if (phase === 'done' || phase === 'aborted') return [{ kind: 'finish', phase }];
  const actions = execution.legs
    .filter((leg) => !view.busyLegs.includes(leg.sequence))
    .flatMap((leg) => legAction(leg, execution) ?? []);
  const venues = venuesToReconcile(execution).filter((venue) => !view.busyVenues.includes(venue));
  const all: readonly ExecutionAction[] =
    venues.length === 0 ? actions : [...actions, { kind: 'reconcile', venues, revision: execution.revision }];
  if (phase !== 'needsPerson') return all;
  // An order that a person has to see to must not keep the others from being followed to their ends.
  const reading = all.filter(isReading);
  return execution.legs.filter(isLive).every(isForPerson) ? [...reading, { kind: 'finish', phase }] : reading;
}

const isReading = (action: ExecutionAction): boolean =>
  action.kind === 'lookUp' || action.kind === 'reconcile';

function legAction(leg: ExecutionLeg, execution: Execution): ExecutionAction | null {
  const isPaused = execution.pauseReason !== null;
  if (isLive(leg)) {
    if (leg.status === 'submitted') return null;
    const kind = !isPaused && isToResend(leg, execution) ? 'resend' : 'lookUp';
    return { kind, leg: leg.sequence };
  }
  if (isTerminal(leg) || isPaused) return null;
  if (leg.status === 'intended') return { kind: 'prepare', leg: leg.sequence };
  if (leg.status === 'prepared') return { kind: 'submit', leg: leg.sequence };
  if (leg.side === 'sell') {
    return { kind: 'intend', leg: leg.sequence, quantity: leg.plannedQuantity, reservation: ZERO };
  }
  return buyAction(leg, execution);
}

/** A buy waits for the buys before it to have their reservations, and for cash: while sells are under way, for all of it. */
function buyAction(leg: ExecutionLeg, execution: Execution): ExecutionAction | null {
  const { venue, plannedQuantity } = leg;
  const areSettled = areSellsSettled(execution, venue);
  const mayStream = execution.release === 'streaming' && haveSellsGone(execution, venue);
  if (!areSettled && !mayStream) return null;
  const isNext = !execution.legs.some(
    (other) => other.venue === leg.venue && other.status === 'waiting' && other.sequence < leg.sequence,
  );
  if (!isNext) return null;
  const cash = spendableCash(execution, leg);
  const reserve = (quantity: Amount): Amount => reservationOf(leg, quantity);
  if (!areSettled) {
    const whole = { quantity: plannedQuantity, reservation: reserve(plannedQuantity) };
    return isMore(whole.reservation, cash) ? null : { kind: 'intend', leg: leg.sequence, ...whole };
  }
  const quantity = quantityAffordable(cash, { wanted: plannedQuantity, step: leg.rules.step, reserve });
  const isLargeEnough = isPositive(quantity) && !isTooSmall(leg, quantity);
  if (isLargeEnough) return { kind: 'intend', leg: leg.sequence, quantity, reservation: reserve(quantity) };
  // Reservations that are still held come back when their orders settle; only then is it certain what is left.
  const isHeld = execution.legs.some((other) => other.venue === leg.venue && isPositive(other.reservation));
  if (isHeld) return null;
  return {
    kind: 'skip',
    leg: leg.sequence,
    reason: `${cashText(leg, execution)} at ${leg.venue} leaves ${maximum(cash, ZERO)}, which buys less than the smallest order`,
  };
}

/** What is told of where the cash of a buy comes from. */
const cashText = ({ venue }: ExecutionLeg, execution: Execution): string =>
  venueOf(execution, venue).perpetuals === undefined
    ? 'confirmed cash'
    : 'confirmed cash, less what open perpetuals may take,';

function isTooSmall(leg: ExecutionLeg, quantity: Amount): boolean {
  if (isLess(quantity, leg.rules.minQuantity)) return true;
  return isLess(multiply(quantity, leg.limitPrice), leg.rules.minNotional);
}

/** Venues where something ended that their certified cash does not show yet, and somebody waits for it. */
function venuesToReconcile(execution: Execution): readonly VenueId[] {
  return execution.venues
    .map((venue) => venue.venue)
    .filter((venue) => {
      const sells = sellsAt(execution, venue);
      const legs = execution.legs.filter((leg) => leg.venue === venue);
      const waitsForSells = sells.every(isTerminal) && sells.some((leg) => !isSettled(leg, execution));
      const started = legs.filter((leg) => leg.status !== 'waiting');
      const waitsForEnd = started.every(isTerminal) && started.some((leg) => !isSettled(leg, execution));
      return waitsForSells || waitsForEnd || waitsForProceeds(venue, execution);
    });
}

/** While other sells are under way, a buy waits for what has been sold already. */
function waitsForProceeds(venue: VenueId, execution: Execution): boolean {
  const { legs, release } = execution;
  if (release === 'barrier' || !haveSellsGone(execution, venue)) return false;
  const isWaiting = legs.some((leg) => leg.venue === venue && leg.side === 'buy' && leg.status === 'waiting');
  const isProceeds = (sell: ExecutionLeg): boolean =>
    isTerminal(sell) && isPositive(sell.filledQuantity) && !isSettled(sell, execution);
  return isWaiting && sellsAt(execution, venue).some(isProceeds);
}
