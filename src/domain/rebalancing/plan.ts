// The plan: which orders bring a portfolio to its targets without spending cash that is not there.
//
// Invariants, each held by a property test of the same name:
// 1. Equal inputs give equal plans, to the last digit and the hash.
// 2. At every venue that buys, cash after all its sells at their limits and all its buys at their reservations is
//    not below the floor.
// 3. Sells come before buys; no asset is sold beyond what is held.
// 4. The objective is never above that of doing nothing by more than rounding, and never below the lower bound.

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
  isNegative,
  isPositive,
  isZero,
  maximum,
  minimum,
  multiply,
  round,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import type { AssetId, Side, VenueId } from '../venue/venue.ts';
import { type CashValue, cashValueOf, type TransferAdvice } from './cash-value.ts';
import type { InputProblem } from './input-problem.ts';
import {
  cashFloorOf,
  type LotProblem,
  lotProblem,
  type MarketTerms,
  termsOf,
  venueIds,
} from './lot-problem.ts';
import type { PlanInput } from './plan-input.ts';
import { findPlanInputProblem } from './plan-input-check.ts';
import { draftOrders, fundingOf, type OrderDraft, worstCashAfter } from './plan-orders.ts';
import { bindingConstraintOf, type PlanFacts, reasonFor, skipReasonOf } from './plan-reasons.ts';
import { relax } from './relaxation.ts';
import { searchFromSeveral } from './restarted-search.ts';
import { type AssetGroup, CASH } from './targets.ts';
import { type LeftAlone, type Valuation, valuePortfolio } from './valuation.ts';

export interface PlanOrder {
  /** From 1; sells have the lower numbers. */
  readonly sequence: number;
  readonly venue: VenueId;
  readonly market: string;
  readonly asset: AssetId;
  readonly group: AssetGroup;
  readonly side: Side;
  readonly quantity: Amount;
  readonly limitPrice: Amount;
  /** Quantity at mid. */
  readonly notionalUsd: Amount;
  readonly reason: string;
  readonly bindingConstraint: string;
  /** The sells at the same venue whose proceeds this buy needs; empty where the cash is there already. */
  readonly fundedBy: readonly number[];
}

export interface Plan {
  readonly navUsd: Amount;
  readonly orders: readonly PlanOrder[];
  readonly skipped: readonly LeftAlone[];
  /** Half the sum of absolute deviations, as fractions. `structural` is what no trading can remove. */
  readonly drift: { readonly before: Amount; readonly after: Amount; readonly structural: Amount };
  readonly weightsBefore: Readonly<Record<AssetGroup, Amount>>;
  readonly weightsAfterExpected: Readonly<Record<AssetGroup, Amount>>;
  readonly weightsTarget: Readonly<Record<AssetGroup, Amount>>;
  /** Tracking Σ|V − t·N| plus trading cost at the touch. */
  readonly objective: Amount;
  /** No plan for this input has a lower objective. */
  readonly lowerBound: Amount;
  readonly gapBps: Amount;
  readonly cash: Readonly<Record<VenueId, PlanCash>>;
  /** What another dollar of cash would be worth at each venue, as a fraction, null where it is not known: REBALANCING.md §3a. */
  readonly shadowPrices: Readonly<Record<VenueId, Amount | null>>;
  /** Transfers between venues that would bring the portfolio nearer; never made unasked. */
  readonly transferAdvice: TransferAdvice | null;
  /** SHA-256 of the input and everything above: the plan's identity. */
  readonly hash: string;
}

export interface PlanCash {
  readonly before: Amount;
  /** With every sell at its limit and every buy at its reservation. */
  readonly worstCaseAfter: Amount;
  /** With every order filled at the touch. */
  readonly expectedAfter: Amount;
}

export type PlanOutcome =
  | { readonly state: 'planned'; readonly plan: Plan }
  | { readonly state: 'refused'; readonly problem: InputProblem }
  | { readonly state: 'nothingToPlan'; readonly reason: string };

/** Fractions and dollars that come from division or from the solver are given to this many places. */
const DECIMALS = 10;
/** What the solver's doubles may be off by, as a share of the portfolio. */
const BOUND_TOLERANCE = amount('0.00000001');

/** Plans for a portfolio. Refuses an input that makes no sense with its place; never throws for one. */
export function planRebalance(input: PlanInput): PlanOutcome {
  const problem = findPlanInputProblem(input);
  if (problem !== null) return { state: 'refused', problem };
  const valuation = valuePortfolio(input);
  if (!isPositive(valuation.nav)) {
    return {
      state: 'nothingToPlan',
      reason: `the portfolio is worth ${valuation.nav} ${input.reportingCurrency}`,
    };
  }
  const terms = valuation.markets.map((priced) => termsOf(priced, input));
  const lots = lotProblem(input, valuation, terms);
  const bound = relax(lots, { cashAt: 'touch', hasCosts: true });
  const found = searchFromSeveral(lots, startFor(lots), bound?.objective ?? 0);
  const drafts = draftOrders(found, terms, input, valuation);
  const structural = relax(lots, { cashAt: 'touch', hasCosts: false });
  const bounds = {
    objective: bound?.objective ?? 0,
    structural: (structural?.objective ?? 0) / 2 / lots.nav,
  };
  const cashValue = cashValueOf(lots, venueIds(input), bound);
  return { state: 'planned', plan: assemble({ input, valuation, terms, drafts, bounds, cashValue }) };
}

function startFor(problem: LotProblem): readonly number[] {
  const relaxed = relax(problem, { cashAt: 'limit', hasCosts: true });
  return relaxed?.lots ?? problem.markets.map(() => 0);
}

interface Parts {
  readonly input: PlanInput;
  readonly valuation: Valuation;
  readonly terms: readonly MarketTerms[];
  readonly drafts: readonly OrderDraft[];
  readonly bounds: { readonly objective: number; readonly structural: number };
  readonly cashValue: CashValue;
}

function assemble(parts: Parts): Plan {
  const { input, valuation, drafts } = parts;
  const { nav } = valuation;
  const valueAfter = valuesAfter(valuation, drafts);
  const cash = cashByVenue(input, drafts);
  const slack = Object.entries(cash).map(([id, c]) => {
    const venue = input.venues.find((v) => v.id === id);
    return [
      id,
      venue === undefined ? ZERO : subtract(c.worstCaseAfter, cashFloorOf(venue, input, valuation)),
    ] as const;
  });
  const facts: PlanFacts = { input, valuation, drafts, valueAfter, slackAfter: Object.fromEntries(slack) };
  const costs = drafts.map((d) => absolute(subtract(d.touchCash, d.notionalUsd)));
  const objective = add(tracking(valueAfter, valuation), sum(costs));
  const bound = boundText(parts.bounds.objective);
  const tolerance = multiply(nav, BOUND_TOLERANCE);
  assert(
    !isMore(bound, add(objective, tolerance)),
    `no plan is better than the bound: ${objective} below ${bound}`,
  );
  const lowerBound = minimum(objective, bound);
  const content = {
    navUsd: nav,
    orders: numberedOrders(facts),
    skipped: skippedOf(parts, facts),
    drift: {
      before: driftOf(valuation.valueByGroup, valuation),
      after: driftOf(valueAfter, valuation),
      structural: boundText(parts.bounds.structural),
    },
    weightsBefore: weightsOf(valuation.valueByGroup, valuation),
    weightsAfterExpected: weightsOf(valueAfter, valuation),
    weightsTarget: valuation.targetByGroup,
    objective: round(objective, DECIMALS, 'up'),
    lowerBound,
    gapBps: divide(multiply(subtract(objective, lowerBound), amount('10000')), nav, 4, 'up'),
    cash,
    ...parts.cashValue,
  };
  return { ...content, hash: sha256Hex(canonicalJson({ input, plan: content })) };
}

function numberedOrders(facts: PlanFacts): readonly PlanOrder[] {
  const { drafts, input, valuation } = facts;
  const funding = new Map<number, readonly number[]>();
  for (const venue of input.venues) {
    const free = subtract(venue.cash, cashFloorOf(venue, input, valuation));
    for (const [buy, sells] of fundingOf(drafts, venue.id, free)) funding.set(buy, sells);
  }
  return drafts.map((draft, index) => ({
    sequence: index + 1,
    venue: draft.terms.priced.venue.id,
    market: draft.terms.priced.market.market,
    asset: draft.terms.priced.market.asset,
    group: draft.terms.priced.group,
    side: draft.side,
    quantity: draft.quantity,
    limitPrice: draft.limitPrice,
    notionalUsd: draft.notionalUsd,
    reason: reasonFor(draft, facts),
    bindingConstraint: bindingConstraintOf(draft, facts),
    fundedBy: (funding.get(index) ?? []).map((sell) => sell + 1),
  }));
}

function skippedOf(parts: Parts, facts: PlanFacts): readonly LeftAlone[] {
  const traded = new Set(parts.drafts.map((draft) => draft.terms));
  const idle = parts.terms
    .filter((terms) => !traded.has(terms))
    .map((terms) => ({
      venue: terms.priced.venue.id,
      asset: terms.priced.market.asset,
      reason: skipReasonOf(terms, facts),
    }));
  return [...parts.valuation.leftAlone, ...idle];
}

function valuesAfter(
  valuation: Valuation,
  drafts: readonly OrderDraft[],
): Readonly<Record<AssetGroup, Amount>> {
  const after: Record<AssetGroup, Amount> = { ...valuation.valueByGroup };
  for (const draft of drafts) {
    const { group } = draft.terms.priced;
    const isBuy = draft.side === 'buy';
    after[group] = add(after[group] ?? ZERO, isBuy ? draft.notionalUsd : negated(draft.notionalUsd));
    after[CASH] = add(after[CASH] ?? ZERO, isBuy ? negated(draft.touchCash) : draft.touchCash);
  }
  return after;
}

function cashByVenue(input: PlanInput, drafts: readonly OrderDraft[]): Readonly<Record<VenueId, PlanCash>> {
  const entries = input.venues.map((venue) => {
    const atVenue = drafts.filter((draft) => draft.terms.priced.venue.id === venue.id);
    const moved = sum(atVenue.map((d) => (d.side === 'sell' ? d.touchCash : negated(d.touchCash))));
    const cash: PlanCash = {
      before: venue.cash,
      worstCaseAfter: worstCashAfter(drafts, venue.id, venue.cash),
      expectedAfter: add(venue.cash, moved),
    };
    return [venue.id, cash] as const;
  });
  return Object.fromEntries(entries);
}

function tracking(values: Readonly<Record<AssetGroup, Amount>>, valuation: Valuation): Amount {
  return sum(
    valuation.groups.map((group) =>
      absolute(subtract(values[group] ?? ZERO, valuation.targetValueByGroup[group] ?? ZERO)),
    ),
  );
}

/** Weights are shares of the value before trading, so that cost shows as weight that is gone. */
function driftOf(values: Readonly<Record<AssetGroup, Amount>>, valuation: Valuation): Amount {
  return divide(tracking(values, valuation), multiply(amount('2'), valuation.nav), DECIMALS, 'half');
}

function weightsOf(
  values: Readonly<Record<AssetGroup, Amount>>,
  valuation: Valuation,
): Readonly<Record<AssetGroup, Amount>> {
  const total = sum(valuation.groups.map((group) => values[group] ?? ZERO));
  const entries = valuation.groups.map(
    (group) => [group, divide(values[group] ?? ZERO, total, DECIMALS, 'half')] as const,
  );
  return Object.fromEntries(entries);
}

/** A double from the solver as text, rounded down: a bound that is a little too low is still a bound. */
function boundText(value: number): Amount {
  return value > 0 && Number.isFinite(value) ? maximum(ZERO, amount(floorText(value))) : ZERO;
}

const floorText = (value: number): string => {
  const text = amount(value.toFixed(DECIMALS));
  const margin = amount('0.0000000001');
  const lower = subtract(text, margin);
  return isNegative(lower) || isZero(lower) ? '0' : lower;
};

const negated = (value: Amount): Amount => subtract(ZERO, value);
