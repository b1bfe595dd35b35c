import { assert } from '../assert.ts';
import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import {
  type Amount,
  absolute,
  add,
  amount,
  divide,
  isMore,
  minimum,
  multiply,
  negate,
  round,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import type { VenueId } from '../venue/venue.ts';
import type { PlanDestination } from './aim.ts';
import type { CashValue } from './cash-value.ts';
import { cashKeptOf } from './lot-problem.ts';
import type { Plan, PlanCash, PlanOrder } from './plan.ts';
import type { PlanInput } from './plan-input.ts';
import { fundingOf, type OrderDraft, worstCashAfter } from './plan-orders.ts';
import { type PlanTax, type PreviewedSell, planTaxOf } from './plan-tax.ts';
import { type AssetGroup, CASH } from './targets.ts';
import type { LeftAlone, Valuation } from './valuation.ts';

/** What orders lead to, if all of them fill at the touch; `cash` also at the worst. */
export interface PlanEffect {
  readonly valueAfter: Readonly<Record<AssetGroup, Amount>>;
  readonly cash: Readonly<Record<VenueId, PlanCash>>;
  /** Tracking Σ|V − t·N| of what is gone for, and what trading costs at the touch. */
  readonly objective: Amount;
  /** The same of what is wanted, without costs. */
  readonly trackingAfter: Amount;
  /** Null where the plan heeds no tax. */
  readonly tax: PlanTax | null;
}

/** What a plan goes for, and what is wanted: the same where every group is traded to its target. */
export interface PlanGoal {
  /** With the targets as they are wanted. */
  readonly wanted: Valuation;
  /** With what is gone for in their place. */
  readonly valuation: Valuation;
  readonly destination: PlanDestination | null;
}

export interface PlanParts extends CashValue {
  readonly input: PlanInput;
  readonly goal: PlanGoal;
  readonly effect: PlanEffect;
  readonly orders: readonly PlanOrder[];
  readonly skipped: readonly LeftAlone[];
  /** No plan for this input has a lower objective, but for rounding. */
  readonly bound: Amount;
  /** The drift that trading without costs cannot remove, as a fraction. */
  readonly structural: Amount;
}

/** Fractions and dollars that come from division or from the solver are given to this many places. */
export const PLAN_DECIMALS = 10;
/** What the solver's doubles may be off by, as a share of the portfolio. */
const BOUND_TOLERANCE = amount('0.00000001');
const TWO = amount('2');
const BPS = amount('10000');

/** The effect of exact orders on a portfolio. `sequenceOf` numbers them, from 1 in their order unless told otherwise. */
export function effectOf(
  drafts: readonly OrderDraft[],
  input: PlanInput,
  { valuation, wanted }: PlanGoal,
  sequenceOf: (place: number) => number = (place) => place + 1,
): PlanEffect {
  const valueAfter = valuesAfter(valuation, drafts);
  const tracking = trackingOf(valueAfter, valuation);
  const costs = drafts.map(({ touchCash, notionalUsd }) => absolute(subtract(touchCash, notionalUsd)));
  const tax = planTaxOf(sellsOf(drafts, sequenceOf), input);
  return {
    valueAfter,
    cash: cashByVenue(input, drafts),
    objective: sum([tracking, ...costs, tax?.countedUsd ?? ZERO]),
    tax,
    trackingAfter: wanted === valuation ? tracking : trackingOf(valueAfter, wanted),
  };
}

/**
 * A plan from its orders and what they lead to, with its hash. `identity` is what else the hash is of, such as the
 * plan that this one was made from.
 */
export function assemblePlan(parts: PlanParts, identity: Readonly<Record<string, unknown>> = {}): Plan {
  const { input, goal, effect, orders, skipped, bound } = parts;
  const { wanted, valuation, destination } = goal;
  const { nav, valueByGroup } = valuation;
  const { objective } = effect;
  assert(
    !isMore(bound, add(objective, multiply(nav, BOUND_TOLERANCE))),
    `no plan is better than the bound: ${objective} below ${bound}`,
  );
  const lowerBound = minimum(objective, bound);
  const content = {
    navUsd: nav,
    orders,
    skipped,
    drift: {
      before: driftOf(trackingOf(valueByGroup, wanted), nav),
      after: driftOf(effect.trackingAfter, nav),
      // Fees that surplus cash pays are drift that is gone as well, which the program without costs does not know.
      structural: minimum(parts.structural, driftOf(effect.trackingAfter, nav)),
    },
    weightsBefore: weightsOf(valueByGroup, valuation),
    weightsAfterExpected: weightsOf(effect.valueAfter, valuation),
    weightsTarget: wanted.targetByGroup,
    ...(destination === null ? {} : { destination }),
    objective: round(objective, PLAN_DECIMALS, 'up'),
    lowerBound,
    gapBps: divide(multiply(subtract(objective, lowerBound), BPS), nav, 4, 'up'),
    cash: effect.cash,
    shadowPrices: parts.shadowPrices,
    transferAdvice: parts.transferAdvice,
    ...(effect.tax === null ? {} : { tax: effect.tax }),
  };
  return { ...content, hash: sha256Hex(canonicalJson({ input, plan: content, ...identity })) };
}

const sellsOf = (
  drafts: readonly OrderDraft[],
  sequenceOf: (place: number) => number,
): readonly PreviewedSell[] =>
  drafts.flatMap(({ side, quantity, terms }, place) =>
    side === 'sell' ? [{ sequence: sequenceOf(place), priced: terms.priced, quantity }] : [],
  );

/** The sells that each order needs, by its place in `drafts`: none for a sell, or where cash is there already. */
export function fundingByOrder(
  drafts: readonly OrderDraft[],
  input: PlanInput,
  valuation: Valuation,
): ReadonlyMap<number, readonly number[]> {
  return new Map(
    input.venues.flatMap((venue) => [
      ...fundingOf(drafts, venue.id, subtract(venue.cash, cashKeptOf(venue, input, valuation))),
    ]),
  );
}

function valuesAfter(
  valuation: Valuation,
  drafts: readonly OrderDraft[],
): Readonly<Record<AssetGroup, Amount>> {
  const after: Record<AssetGroup, Amount> = { ...valuation.valueByGroup };
  for (const draft of drafts) {
    const { group } = draft.terms.priced;
    const isBuy = draft.side === 'buy';
    after[group] = add(after[group] ?? ZERO, isBuy ? draft.notionalUsd : negate(draft.notionalUsd));
    after[CASH] = add(after[CASH] ?? ZERO, isBuy ? negate(draft.touchCash) : draft.touchCash);
  }
  return after;
}

function cashByVenue(input: PlanInput, drafts: readonly OrderDraft[]): Readonly<Record<VenueId, PlanCash>> {
  const entries = input.venues.map((venue) => {
    const atVenue = drafts.filter((draft) => draft.terms.priced.venue.id === venue.id);
    const moved = sum(atVenue.map((d) => (d.side === 'sell' ? d.touchCash : negate(d.touchCash))));
    const cash: PlanCash = {
      before: venue.cash,
      worstCaseAfter: worstCashAfter(drafts, venue.id, venue.cash),
      expectedAfter: add(venue.cash, moved),
    };
    return [venue.id, cash] as const;
  });
  return Object.fromEntries(entries);
}

const trackingOf = (values: Readonly<Record<AssetGroup, Amount>>, valuation: Valuation): Amount =>
  sum(
    valuation.groups.map((group) =>
      absolute(subtract(values[group] ?? ZERO, valuation.targetValueByGroup[group] ?? ZERO)),
    ),
  );

/** Weights are shares of the value before trading, so that cost shows as weight that is gone. */
const driftOf = (tracking: Amount, nav: Amount): Amount =>
  divide(tracking, multiply(TWO, nav), PLAN_DECIMALS, 'half');

function weightsOf(
  values: Readonly<Record<AssetGroup, Amount>>,
  valuation: Valuation,
): Readonly<Record<AssetGroup, Amount>> {
  const total = sum(valuation.groups.map((group) => values[group] ?? ZERO));
  const entries = valuation.groups.map(
    (group) => [group, divide(values[group] ?? ZERO, total, PLAN_DECIMALS, 'half')] as const,
  );
  return Object.fromEntries(entries);
}
