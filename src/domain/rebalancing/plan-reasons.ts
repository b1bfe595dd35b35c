import {
  type Amount,
  absolute,
  add,
  amount,
  divide,
  isLess,
  isMore,
  isNegative,
  isZero,
  multiply,
  round,
  subtract,
  ZERO,
} from '../money/amount.ts';
import type { PlanDestination } from './aim.ts';
import type { PlanEffect, PlanGoal } from './assemble-plan.ts';
import { describeBand } from './describe-band.ts';
import { cashKeptOf, isOrderTooLarge, type MarketTerms, orderMaxOf, SLICES_MAX } from './lot-problem.ts';
import type { PlanInput, PlanVenue } from './plan-input.ts';
import type { OrderDraft } from './plan-orders.ts';
import type { AssetGroup } from './targets.ts';
import type { Valuation } from './valuation.ts';
import { fundingKeptAt, whyNoBuys } from './venue-reserve.ts';

/** What words about a plan are made from. */
export interface PlanFacts {
  readonly input: PlanInput;
  /** With the targets, and with what is gone for. */
  readonly wanted: Valuation;
  readonly valuation: Valuation;
  /** Where groups have bands. */
  readonly destination: PlanDestination | null;
  readonly drafts: readonly OrderDraft[];
  readonly valueAfter: Readonly<Record<AssetGroup, Amount>>;
  /** Cash above what must stay after the worst case, by venue. */
  readonly slackAfter: Readonly<Record<string, Amount>>;
}

const HUNDRED = amount('100');

/** The facts of a plan from what its orders lead to. */
export function factsOf(
  drafts: readonly OrderDraft[],
  { valueAfter, cash }: PlanEffect,
  input: PlanInput,
  { wanted, valuation, destination }: PlanGoal,
): PlanFacts {
  const slack = input.venues.map((venue) => {
    const after = cash[venue.id]?.worstCaseAfter ?? venue.cash;
    return [venue.id, subtract(after, cashKeptOf(venue, input, valuation))] as const;
  });
  return { input, wanted, valuation, destination, drafts, valueAfter, slackAfter: Object.fromEntries(slack) };
}

/** Why an order is wanted. */
export function reasonFor(order: OrderDraft, facts: PlanFacts): string {
  const { group } = order.terms.priced;
  const { nav } = facts.valuation;
  const now = percent(facts.valuation.valueByGroup[group] ?? ZERO, nav);
  const target = round(multiply(facts.valuation.targetByGroup[group] ?? ZERO, HUNDRED), 2);
  const word = order.side === 'buy' ? 'below' : 'above';
  const isMoved =
    isZero(deviation(group, facts.valuation.valueByGroup, facts.valuation)) || isWrongWay(order, facts);
  const band = facts.destination?.bands[group];
  if (band !== undefined && !isMoved)
    return describeBand(group, band, {
      weight: divide(facts.valuation.valueByGroup[group] ?? ZERO, nav, 10),
      destination: facts.valuation.targetByGroup[group] ?? ZERO,
    });
  return isMoved
    ? `${group} is moved between venues: ${now} % of the portfolio, ${goalOf(facts)} ${target} %`
    : `${group} is ${now} % of the portfolio, ${word} its target of ${target} %`;
}

/** What kept an order from being larger. */
export function bindingConstraintOf(order: OrderDraft, facts: PlanFacts): string {
  const { priced } = order.terms;
  const lotValue = multiply(priced.market.step, priced.ask);
  const off = deviation(priced.group, facts.valueAfter, facts.valuation);
  const isMaximal =
    order.side === 'sell' && !isMore(subtract(priced.held, quantityIn(order, facts)), priced.market.step);
  if (!isMore(absolute(off), multiply(lotValue, amount('1.5'))))
    return `${priced.group} reaches its ${goalOf(facts)} to the nearest lot`;
  if (isMaximal) return `all of ${priced.market.asset} at ${priced.venue.id} is sold`;
  const slack = facts.slackAfter[priced.venue.id] ?? ZERO;
  if (order.side === 'buy' && isLess(slack, multiply(lotValue, amount('2'))))
    return `cash at ${priced.venue.id}${heldBackText(priced.venue)}`;
  const orderMax = orderMaxOf(order.terms, facts.input);
  if (orderMax !== null && slicesOf(order, facts) === SLICES_MAX)
    return `${SLICES_MAX} orders of at most ${orderMax} in ${priced.market.market}`;
  if (!isMore(order.notionalUsd, multiply(order.terms.notionalMin, amount('1.5')))) {
    return `the smallest order in ${priced.market.market}`;
  }
  return 'trading more costs as much as it brings nearer to the targets, or takes cash from a better order';
}

/** Why a market that could trade does not. */
export function skipReasonOf(terms: MarketTerms, facts: PlanFacts): string {
  const { priced } = terms;
  const before = deviation(priced.group, facts.valuation.valueByGroup, facts.valuation);
  const after = deviation(priced.group, facts.valueAfter, facts.valuation);
  const text = round(absolute(after), 2);
  const goal = goalOf(facts);
  const band = facts.destination?.bands[priced.group];
  if (band?.state === 'inside')
    return describeBand(priced.group, band, {
      weight: divide(facts.valuation.valueByGroup[priced.group] ?? ZERO, facts.valuation.nav, 10),
      destination: facts.valuation.targetByGroup[priced.group] ?? ZERO,
    });
  const smallest = multiply(multiply(terms.lotsMin, priced.market.step), priced.mid);
  const off = deviation(
    priced.group,
    facts.valueAfter,
    facts.destination === null ? facts.wanted : facts.valuation,
  );
  const forbidden = whyForbidden(off, priced.venue, facts);
  if (forbidden !== null && !isLess(absolute(off), smallest))
    return `${priced.group} stays ${round(absolute(off), 2)} from its ${goal}: ${forbidden}`;
  if (isLess(absolute(before), smallest)) {
    return `${priced.group} is within the smallest order of its ${goal}: ${round(absolute(before), 2)} of ${round(smallest, 2)}`;
  }
  if (isLess(absolute(after), smallest)) return `${priced.group} is brought to its ${goal} at other venues`;
  if (!isNegative(after) && isZero(priced.held))
    return `${priced.group} stays ${text} above its ${goal}: nothing of it is here`;
  if (isOrderTooLarge(terms, facts.input))
    return `${priced.group} stays ${text} from its ${goal}: an order here may be worth ${round(orderMaxOf(terms, facts.input) ?? ZERO, 2)} at most, and the smallest is worth ${round(smallest, 2)}`;
  const slack = facts.slackAfter[priced.venue.id] ?? ZERO;
  if (isNegative(after) && isLess(slack, smallest)) {
    return `${priced.group} stays ${text} below its ${goal}: no cash at ${priced.venue.id}${heldBackText(priced.venue)}`;
  }
  return `${priced.group} stays ${text} from its ${goal}: trading here costs as much as it brings`;
}

/** What of a venue's cash is not to be had for the sake of its open perpetuals. */
function heldBackText(venue: PlanVenue): string {
  const kept = fundingKeptAt(venue);
  return isZero(kept) ? '' : `, of which ${round(kept, 2, 'up')} stay for the funding of open perpetuals`;
}

/** Why the order that would bring a group nearer is not among those that may be made, or null. */
function whyForbidden(off: Amount, venue: PlanVenue, { input: { scope } }: PlanFacts): string | null {
  if (isZero(off)) return null;
  const whyNot = isNegative(off) ? whyNoBuys(venue) : null;
  if (whyNot !== null) return `nothing is bought at ${venue.id} while ${whyNot}`;
  if (scope === undefined) return null;
  const side = isNegative(off) ? 'buy' : 'sell';
  if (scope.kind === 'reduceOnly') return side === 'buy' ? 'this plan only makes positions smaller' : null;
  if (scope.side === 'buysOnly')
    return side === 'sell' ? 'this plan only buys, from cash that came in' : null;
  return side === 'buy' ? 'this plan only sells, for cash that is short' : null;
}

/** What a group is brought to: where there are bands it is not always its target. */
const goalOf = ({ destination }: PlanFacts): string => (destination === null ? 'target' : 'destination');

/** Value less target: negative where there is too little. */
function deviation(
  group: AssetGroup,
  values: Readonly<Record<AssetGroup, Amount>>,
  valuation: Valuation,
): Amount {
  return subtract(values[group] ?? ZERO, valuation.targetValueByGroup[group] ?? ZERO);
}

function isWrongWay(order: OrderDraft, facts: PlanFacts): boolean {
  const off = deviation(order.terms.priced.group, facts.valuation.valueByGroup, facts.valuation);
  return isNegative(off) === (order.side === 'sell');
}

const slicedWith = (order: OrderDraft, facts: PlanFacts): readonly OrderDraft[] =>
  facts.drafts.filter((d) => d.side === order.side && d.terms.priced.market === order.terms.priced.market);

const slicesOf = (order: OrderDraft, facts: PlanFacts): number => slicedWith(order, facts).length;

const quantityIn = (order: OrderDraft, facts: PlanFacts): Amount =>
  slicedWith(order, facts).reduce((total, d) => add(total, d.quantity), ZERO);

const percent = (value: Amount, nav: Amount): Amount => round(divide(multiply(value, HUNDRED), nav, 10), 2);
