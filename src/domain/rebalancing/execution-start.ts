import { assert } from '../assert.ts';
import { type Amount, isNegative, maximum, minimum, subtract, ZERO } from '../money/amount.ts';
import type { VenueId } from '../venue/venue.ts';
import {
  type BuyRelease,
  type Execution,
  type ExecutionLeg,
  type ExecutionVenue,
  initialPhase,
  type LegRules,
} from './execution.ts';
import { clientOrderIdOf, intentIdOf } from './intent-id.ts';
import { cashFloorOf } from './lot-problem.ts';
import { feeRateAt } from './market-terms.ts';
import { fundingPerUnit } from './perpetual-reserve.ts';
import type { Plan, PlanOrder } from './plan.ts';
import { CASH_UNIT_DEFAULT, type PlanInput, type PlanVenue } from './plan-input.ts';
import { valuePortfolio } from './valuation.ts';
import { heldAt, knownTermsAt, openSizesAt } from './venue-reserve.ts';

export const BUY_RELEASE_DEFAULT: BuyRelease = 'streaming';

/** The execution of a plan before anything happened. `input` is the one that the plan was made from. */
export function startExecution(
  plan: Plan,
  input: PlanInput,
  release: BuyRelease = BUY_RELEASE_DEFAULT,
): Execution {
  const venues = [...new Set(plan.orders.map((order) => order.venue))];
  return initialPhase({
    planHash: plan.hash,
    phase: 'selling',
    release,
    revision: 0,
    legs: plan.orders.map((order) => legOf(order, plan.hash, input)),
    venues: venues.map((venue) => ({
      venue,
      cashAsset: venueOf(input, venue).cashAsset,
      confirmedCash: cashOf(plan, venue).before,
      cashFloor: floorOf(plan, input, venue),
      certifiedRevision: 0,
      ...perpetualsOf(venueOf(input, venue)),
    })),
    abortReason: null,
    pauseReason: null,
    outdatedReason: null,
  });
}

function legOf(order: PlanOrder, planHash: string, input: PlanInput): ExecutionLeg {
  const venue = venueOf(input, order.venue);
  const market = venue.markets.find((candidate) => candidate.asset === order.asset);
  assert(market !== undefined, `a plan's order is in a market of its input: ${order.venue} ${order.asset}`);
  const held = venue.holdings[order.asset] ?? ZERO;
  const intentId = intentIdOf(planHash, order.sequence);
  return {
    sequence: order.sequence,
    intentId,
    clientOrderId: clientOrderIdOf(intentId),
    venue: order.venue,
    market: order.market,
    asset: order.asset,
    side: order.side,
    plannedQuantity: order.quantity,
    quantity: order.quantity,
    limitPrice: order.limitPrice,
    reduceOnly: market.kind === 'perpetual' && (order.side === 'sell' || isNegative(held)),
    fundedBy: order.fundedBy,
    rules: {
      step: market.step,
      minQuantity: market.minQuantity,
      minNotional: market.minNotional,
      feeRate: feeRateAt(venue, market),
      cashUnit: venue.cashUnit ?? CASH_UNIT_DEFAULT,
      partialFillsMax: venue.partialFillsMax ?? null,
      ...fundingOf(order, venue),
    },
    status: 'waiting',
    filledQuantity: ZERO,
    reservation: ZERO,
    venueOrderId: null,
    endedAtRevision: null,
    prepareFailures: 0,
    sends: 0,
    mayResend: false,
    lookUpsInVain: 0,
    lookUpsUnanswered: 0,
    reason: null,
  };
}

/** A buy at a market that is short closes only, and opens nothing that funding is taken from. */
function fundingOf(
  { side, asset, limitPrice }: PlanOrder,
  venue: PlanVenue,
): Pick<LegRules, 'fundingPerUnit'> {
  const terms = knownTermsAt(venue, asset);
  if (side === 'sell' || terms === null || isNegative(venue.holdings[asset] ?? ZERO)) return {};
  return { fundingPerUnit: fundingPerUnit(limitPrice, terms) };
}

function perpetualsOf(venue: PlanVenue): Pick<ExecutionVenue, 'perpetuals'> {
  const { perpetuals, fundingOwed = ZERO } = venue;
  return perpetuals === undefined
    ? {}
    : { perpetuals: { sizes: openSizesAt(venue), perpetuals, fundingOwed } };
}

/**
 * The cash that buys leave: what the plan leaves at worst, but not more than there was, so that surplus proceeds are
 * no condition; and never less than what must stay. Where a sell brings less than planned, the buys shrink, not this.
 * What is held for perpetuals is above it, and follows what is open.
 */
function floorOf(plan: Plan, input: PlanInput, id: VenueId): Amount {
  const venue = venueOf(input, id);
  const mustStay = cashFloorOf(venue, input, valuePortfolio(input));
  const { worstCaseAfter, before } = cashOf(plan, id);
  return maximum(mustStay, subtract(minimum(worstCaseAfter, before), heldAt(venue)));
}

function venueOf(input: PlanInput, id: VenueId): PlanVenue {
  const venue = input.venues.find((candidate) => candidate.id === id);
  assert(venue !== undefined, `a plan's venue is one of its input: ${id}`);
  return venue;
}

function cashOf(plan: Plan, venue: VenueId): { readonly before: Amount; readonly worstCaseAfter: Amount } {
  const cash = plan.cash[venue];
  assert(cash !== undefined, `a plan states the cash of its venues: ${venue}`);
  return cash;
}
