import { compare, isMore, isPositive, isZero, ZERO } from '../money/amount.ts';
import type { UnknownReason } from '../venue/observation.ts';
import type { OrderLookup, SubmitOutcome } from '../venue/order.ts';
import { type ExecutionLeg, isLive, isTerminal, type LegStatus } from './execution.ts';

/** So many failures to prepare in a row deny a leg; nothing was sent. */
export const PREPARE_FAILURES_MAX = 5;
/** A venue that is silent is asked for an order at least this often. */
export const LOOK_UP_WAIT_MAX_MS = 60_000;

/** The venue did not answer at all. Any other reason is an answer, if one that nobody can use. */
const SILENT: readonly UnknownReason[] = ['unreachable', 'timedOut', 'rateLimited'];

/** How long after a look-up the next one may follow: twice as long after each that the venue did not answer. */
export const lookUpWaitMs = ({ lookUpsUnanswered }: ExecutionLeg, intervalMs: number): number =>
  Math.min(intervalMs * 2 ** Math.max(0, lookUpsUnanswered - 1), LOOK_UP_WAIT_MAX_MS);

/** Nothing was sent, and it may be tried again, a few times. */
export function prepareFailed(leg: ExecutionLeg, detail: string): ExecutionLeg {
  const prepareFailures = leg.prepareFailures + 1;
  if (prepareFailures < PREPARE_FAILURES_MAX) return { ...leg, prepareFailures, reason: detail };
  return unsent(
    { ...leg, prepareFailures },
    'deniedLocally',
    `could not be prepared ${prepareFailures} times: ${detail}`,
  );
}

/** Ended without ever having been at the venue: the reservation is free at once. */
export const unsent = (leg: ExecutionLeg, status: LegStatus, reason: string): ExecutionLeg => ({
  ...leg,
  status,
  reason,
  reservation: ZERO,
});

/** What the answer to a submission does to its leg. */
export function submitted(leg: ExecutionLeg, outcome: SubmitOutcome, revision: number): ExecutionLeg {
  if (outcome.state === 'accepted') {
    const venueOrderId = outcome.venueOrderId ?? leg.venueOrderId;
    return isLive(leg) ? { ...leg, status: 'working', venueOrderId } : { ...leg, venueOrderId };
  }
  if (!isLive(leg)) return leg;
  switch (outcome.state) {
    case 'outcomeUnknown':
      return leg.status === 'submitted' ? { ...leg, status: 'unknown', reason: outcome.detail } : leg;
    // An answer that denies an order which the venue has already shown, or which was sent before, is no evidence.
    case 'rejected':
      return mayExist(leg) ? leg : ended({ ...leg, reason: outcome.reason }, 'rejected', revision);
    case 'deniedLocally':
      return mayExist(leg) ? leg : unsent(leg, 'deniedLocally', outcome.reason);
  }
}

const mayExist = (leg: ExecutionLeg): boolean =>
  leg.sends > 1 || leg.venueOrderId !== null || isPositive(leg.filledQuantity);

/** What a look-up does to its leg. */
export function seen(before: ExecutionLeg, lookup: OrderLookup, revision: number): ExecutionLeg {
  const leg = { ...before, mayResend: false };
  if (leg.status === 'waiting' || leg.status === 'intended' || leg.status === 'prepared') return leg;
  if (lookup.state === 'unknown')
    return SILENT.includes(lookup.reason) ? unanswered(leg, lookup.detail) : inVain(leg, lookup.detail);
  if (lookup.state === 'absent') {
    if (!lookup.isProven || isPositive(leg.filledQuantity)) return notThere(leg, lookup);
    return isLive(leg) ? ended({ ...leg, reason: lookup.detail }, 'absent', revision) : leg;
  }
  const hasGrown = isMore(lookup.filledQuantity, leg.filledQuantity);
  const filledQuantity = hasGrown ? lookup.filledQuantity : leg.filledQuantity;
  const found: ExecutionLeg = {
    ...leg,
    filledQuantity,
    venueOrderId: lookup.venueOrderId,
    lookUpsInVain: 0,
    lookUpsUnanswered: 0,
  };
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

/** The venue answered and nothing was learnt; a live leg waits on, and says why. */
const inVain = (leg: ExecutionLeg, detail: string): ExecutionLeg =>
  isLive(leg) ? { ...leg, lookUpsInVain: leg.lookUpsInVain + 1, lookUpsUnanswered: 0, reason: detail } : leg;

/** What a venue has shown is not sent again, and what has ended waits for nothing. */
const notThere = (
  leg: ExecutionLeg,
  { detail, mayResend = false }: Extract<OrderLookup, { state: 'absent' }>,
): ExecutionLeg =>
  isLive(leg) ? { ...inVain(leg, detail), mayResend: mayResend && isZero(leg.filledQuantity) } : leg;

/** Silence is no evidence of anything: it is waited out, for as long as it lasts. */
const unanswered = (leg: ExecutionLeg, detail: string): ExecutionLeg =>
  isLive(leg) ? { ...leg, lookUpsUnanswered: leg.lookUpsUnanswered + 1, reason: detail } : leg;

/** The reservation stays until the venue is certified after this revision. */
const ended = (leg: ExecutionLeg, status: LegStatus, revision: number): ExecutionLeg => ({
  ...leg,
  status,
  lookUpsInVain: 0,
  lookUpsUnanswered: 0,
  endedAtRevision: revision,
});

function endStatus(leg: ExecutionLeg): LegStatus {
  if (isZero(leg.filledQuantity)) return 'cancelled';
  return compare(leg.filledQuantity, leg.quantity) < 0 ? 'partlyFilled' : 'filled';
}
