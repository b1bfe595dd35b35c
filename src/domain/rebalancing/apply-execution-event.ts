import { assert } from '../assert.ts';
import { isMore, isPositive, isZero, ZERO } from '../money/amount.ts';
import {
  areSellsSettled,
  type Execution,
  type ExecutionEvent,
  type ExecutionLeg,
  haveSellsGone,
  isLive,
  isSettled,
  isTerminal,
  isToResend,
  type LegStatus,
  phaseOf,
} from './execution.ts';
import { prepareFailed, seen, submitted, unsent } from './execution-leg.ts';
import { spendableCash } from './execution-reserve.ts';

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
      return command(execution, event.leg, ['prepared'], (leg) => ({
        ...leg,
        status: 'submitted',
        sends: 1,
      }));
    case 'legResent':
      return resend(execution, event.leg);
    case 'submitOutcome':
      return changeLeg(execution, event.leg, (leg) => submitted(leg, event.outcome, execution.revision));
    case 'orderSeen':
      return changeLeg(execution, event.leg, (leg) => seen(leg, event.lookup, execution.revision));
    case 'venueCertified':
      return certified(execution, event);
    case 'abortRequested':
      return {
        ...withoutUnsent(execution, `aborted: ${event.reason}`),
        abortReason: execution.abortReason ?? event.reason,
      };
    case 'outdated':
      return {
        ...withoutUnsent(execution, `outdated: ${event.reason}`),
        outdatedReason: execution.outdatedReason ?? event.reason,
      };
    case 'pauseRequested':
      return { ...execution, pauseReason: execution.pauseReason ?? event.reason };
    case 'resumeRequested':
      return changeLegs({ ...execution, pauseReason: null }, (leg) =>
        isLive(leg) ? { ...leg, lookUpsInVain: 0 } : leg,
      );
    case 'restarted':
      return changeLegs(execution, (leg) =>
        isLive(leg)
          ? { ...leg, status: leg.status === 'working' ? 'working' : 'unknown', mayResend: false }
          : leg,
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
    const isWhole = event.quantity === leg.plannedQuantity;
    const mayStream = execution.release === 'streaming' && isWhole && haveSellsGone(execution, leg.venue);
    assert(mayStream || areSellsSettled(execution, leg.venue), 'sells settle before buys');
    assert(
      !isMore(event.reservation, spendableCash(execution, leg)),
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

/** Whatever the order is taken for now, it stays: that it is sent again says nothing of what has become of it. */
function resend(execution: Execution, sequence: number): Execution {
  return changeLeg(execution, sequence, (leg) => {
    assert(
      isToResend(leg, execution),
      `leg ${sequence} may be sent again when this happens, found ${leg.status}`,
    );
    return { ...leg, sends: leg.sends + 1, mayResend: false };
  });
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
const withoutUnsent = (execution: Execution, reason: string): Execution =>
  changeLegs(execution, (leg) => {
    if (leg.status === 'waiting') return unsent(leg, 'skipped', reason);
    if (leg.status === 'intended' || leg.status === 'prepared') return unsent(leg, 'deniedLocally', reason);
    return leg;
  });
