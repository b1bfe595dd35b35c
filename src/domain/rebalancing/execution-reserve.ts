// What the buys of an execution may take: confirmed cash above the floor that no reservation claims, and with perpetuals
// at most the free collateral, less the worst funding until the next payment (P6).
//
// Invariant, held by a property test of the same words:
// 1. Whatever has filled, a buy that opens something leaves cash and free collateral above the floor, and with them the
//    worst funding of all that is or may then be open.

import { assert } from '../assert.ts';
import {
  type Amount,
  add,
  maximum,
  minimum,
  multiply,
  negate,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import {
  type Execution,
  type ExecutionLeg,
  type ExecutionVenue,
  isSettled,
  isTerminal,
  venueOf,
} from './execution.ts';
import { type PerpetualReserve, perpetualReserveOf, shortOfCash } from './perpetual-reserve.ts';
import { fillsMaxOf, reservationFor } from './reservation.ts';

/** The most cash that a buy of this quantity can cost at this leg's limit, and the worst funding of what it opens. */
export function reservationOf(leg: ExecutionLeg, quantity: Amount): Amount {
  const { rules, limitPrice } = leg;
  const fillsMax = fillsMaxOf({
    quantity,
    notional: multiply(quantity, limitPrice),
    minQuantity: maximum(rules.minQuantity, rules.step),
    minNotional: rules.minNotional,
    partialFillsMax: rules.partialFillsMax ?? undefined,
  });
  const { feeRate, cashUnit, fundingPerUnit = ZERO } = rules;
  const cost = reservationFor({ quantity, limitPrice, feeRate, cashUnit, fillsMax });
  return add(cost, multiply(quantity, fundingPerUnit));
}

/**
 * What a buy may reserve. May be negative after a venue paid less than was there. Free collateral bounds what opens a
 * position, spot included; what closes a short one gives collateral back, and takes cash alone.
 */
export function spendableCash(execution: Execution, leg: Pick<ExecutionLeg, 'venue' | 'reduceOnly'>): Amount {
  const at = venueOf(execution, leg.venue);
  const { confirmedCash: cash, cashFloor } = at;
  const here = execution.legs.filter(({ venue }) => venue === leg.venue);
  const unreserved = subtract(cash, reservedBy(here));
  const reserve = reserveOf(at, sizesNow(execution, at));
  if (reserve === null) return subtract(unreserved, cashFloor);
  assert(reserve.state === 'known', `a plan buys only where it knows what perpetuals ask: ${leg.venue}`);
  const opening = here.filter(({ reduceOnly }) => !reduceOnly);
  const free = leg.reduceOnly
    ? unreserved
    : minimum(unreserved, subtract(reserve.freeCollateral, reservedBy(opening)));
  return subtract(subtract(free, reserve.funding), cashFloor);
}

/**
 * What must stay of a venue's cash above the floor, whoever reserves: worst funding, and what free collateral is short of
 * the cash, but for the short positions that buys of this execution are still to close, which is what that cash is for.
 */
export function heldForPerpetuals(execution: Execution, at: ExecutionVenue): Amount {
  const open = sizesNow(execution, at);
  const reserve = reserveOf(at, open);
  // Nothing is bought where it is unknown.
  if (reserve === null || reserve.state === 'unknown') return ZERO;
  const left: Record<AssetId, Amount> = { ...open };
  for (const { asset, quantity } of closingsToCome(execution, at.venue))
    left[asset] = minimum(ZERO, add(left[asset] ?? ZERO, quantity));
  const afterwards = reserveOf(at, left);
  const freeCollateral = afterwards?.state === 'known' ? afterwards.freeCollateral : reserve.freeCollateral;
  return add(reserve.funding, shortOfCash(freeCollateral, at.confirmedCash));
}

/**
 * Why a buy may not reserve by a reading of a certain time: the reserve is for one payment of funding, the next one. Null
 * while none has fallen due since, and where there are no perpetuals.
 */
export function whyFundingPassed(
  { venue, perpetuals }: ExecutionVenue,
  { readAtMs, atMs }: { readonly readAtMs: number; readonly atMs: number },
): string | null {
  for (const { asset, terms } of perpetuals?.perpetuals ?? []) {
    if (terms.state === 'unknown') continue;
    const { intervalMs } = terms.funding;
    if (Math.floor(readAtMs / intervalMs) === Math.floor(atMs / intervalMs)) continue;
    const since = new Date(readAtMs).toISOString();
    return `funding of ${asset} has fallen due at ${venue} since it was read at ${since}`;
  }
  return null;
}

/** Positions as the venue's last reading had them. */
function sizesNow(execution: Execution, at: ExecutionVenue): Readonly<Record<AssetId, Amount>> {
  const sizes: Record<AssetId, Amount> = { ...at.perpetuals?.sizes };
  for (const leg of execution.legs) {
    if (leg.venue !== at.venue || !isPerpetual(leg, at) || !isSettled(leg, execution)) continue;
    const moved = leg.side === 'buy' ? leg.filledQuantity : negate(leg.filledQuantity);
    sizes[leg.asset] = add(sizes[leg.asset] ?? ZERO, moved);
  }
  return sizes;
}

/** Null where the venue has no perpetuals. */
const reserveOf = (at: ExecutionVenue, sizes: Readonly<Record<AssetId, Amount>>): PerpetualReserve | null =>
  at.perpetuals === undefined
    ? null
    : perpetualReserveOf({ ...at.perpetuals, cash: at.confirmedCash, sizes });

const isPerpetual = ({ asset }: ExecutionLeg, { perpetuals }: ExecutionVenue): boolean =>
  perpetuals?.perpetuals.some((each) => each.asset === asset) === true;

const closingsToCome = (execution: Execution, venue: VenueId): readonly ExecutionLeg[] =>
  execution.legs.filter(
    (leg) =>
      leg.venue === venue &&
      leg.side === 'buy' &&
      leg.reduceOnly &&
      !(isTerminal(leg) && isSettled(leg, execution)),
  );

const reservedBy = (legs: readonly ExecutionLeg[]): Amount => sum(legs.map(({ reservation }) => reservation));
