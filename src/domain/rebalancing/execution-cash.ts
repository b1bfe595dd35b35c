// What an execution sets aside, told to the cash protocol: of a venue's cash for its buys, of what is sold for its sells.
//
// Invariant, held by a property test: what the protocol has reserved for an execution's orders is what the execution has,
// less the fills that were booked; so that whoever else reserves at the venue leaves both covered.

import { type Amount, add, isNegative, maximum, minimum, subtract, ZERO } from '../money/amount.ts';
import type { AssetId, Fill, VenueId } from '../venue/venue.ts';
import type { CashEvent } from './cash-protocol.ts';
import {
  type Execution,
  type ExecutionEvent,
  type ExecutionLeg,
  type ExecutionVenue,
  isSettled,
  isTerminal,
  venueOf,
} from './execution.ts';
import { heldForPerpetuals } from './execution-reserve.ts';

/** Of one asset at one venue. */
export interface AccountEvent<Event = CashEvent> {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly event: Event;
}

/** What the book has confirmed of an account, and what must stay there. */
export interface AccountStanding {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly confirmed: Amount;
  readonly floor: Amount;
}

/** The accounts that an execution reserves in, at one venue: its cash, and whatever is sold there. */
export function accountsOf(execution: Execution, { venue, cashAsset }: ExecutionVenue): readonly AssetId[] {
  const sold = execution.legs.filter((leg) => leg.venue === venue && leg.side === 'sell');
  return [...new Set([cashAsset, ...sold.map(({ asset }) => asset)])];
}

/**
 * Cash keeps its floor, and above it what open perpetuals may take (P6), as far as it is there: `unreserved` is what was
 * confirmed and nobody has set aside. Where less is there, a payment of funding has taken of it, and all of it stays. Of
 * what is sold nothing has to stay.
 */
export function floorAt(
  execution: Execution,
  at: ExecutionVenue,
  { asset, unreserved }: { readonly asset: AssetId; readonly unreserved: Amount },
): Amount {
  if (asset !== at.cashAsset) return ZERO;
  const held = heldForPerpetuals(execution, at);
  return add(at.cashFloor, minimum(held, maximum(ZERO, subtract(unreserved, at.cashFloor))));
}

/** What a step of an execution, from one state to the next, means to the accounts. Certified readings are not steps. */
export function accountEventsOf(
  before: Execution,
  after: Execution,
  event: ExecutionEvent,
): readonly AccountEvent[] {
  return after.legs.flatMap((leg) => {
    const earlier = before.legs.find(({ sequence }) => sequence === leg.sequence);
    const isIts = 'leg' in event && event.leg === leg.sequence;
    const account = { venue: leg.venue, asset: accountAssetOf(leg, after) };
    const told = [
      ...(isIts ? ownEvents(leg, after, event) : []),
      ...(earlier !== undefined && isGivenBack(earlier, leg) ? [releaseOf(leg)] : []),
    ];
    return told.map((each) => ({ ...account, event: each }));
  });
}

/** The orders at a venue whose end was confirmed when a reading began at a revision: it has all of their fills. */
export const settledOrders = (execution: Execution, venue: VenueId): readonly string[] =>
  execution.legs
    .filter((leg) => leg.venue === venue && leg.endedAtRevision !== null && isSettled(leg, execution))
    .map(({ intentId }) => intentId);

const accountAssetOf = (leg: ExecutionLeg, execution: Execution): AssetId =>
  leg.side === 'sell' ? leg.asset : venueOf(execution, leg.venue).cashAsset;

function ownEvents(leg: ExecutionLeg, execution: Execution, event: ExecutionEvent): readonly CashEvent[] {
  if (event.type === 'legIntended') {
    const amount = leg.side === 'sell' ? leg.quantity : leg.reservation;
    return [{ type: 'reserve', order: leg.intentId, amount }];
  }
  if (event.type !== 'orderSeen' || event.lookup.state !== 'found') return [];
  return event.lookup.fills.map((fill) => fillOf(leg, execution, fill));
}

/**
 * Proceeds are no credit: they count once a certified reading has them (P4). A fee that is not taken from the cash is
 * not taken from what was reserved either, and is seen by the next reading.
 */
function fillOf(
  leg: ExecutionLeg,
  execution: Execution,
  { id, quantity, quoteAmount, fee }: Fill,
): CashEvent {
  const { cashAsset } = venueOf(execution, leg.venue);
  const feeInCash = fee.asset === cashAsset && !isNegative(fee.amount) ? fee.amount : ZERO;
  const debit = leg.side === 'sell' ? quantity : add(quoteAmount, feeInCash);
  return { type: 'fill', fillId: `${leg.intentId}:${id}`, order: leg.intentId, quantity, debit };
}

/** Was intended, and has ended without ever having been at the venue: nobody can take what was set aside. */
const isGivenBack = (before: ExecutionLeg, after: ExecutionLeg): boolean =>
  before.status !== 'waiting' && !isTerminal(before) && isTerminal(after) && after.endedAtRevision === null;

const releaseOf = ({ intentId }: ExecutionLeg): CashEvent => ({
  type: 'release',
  order: intentId,
  filledQuantity: ZERO,
});
