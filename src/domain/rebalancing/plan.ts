// The plan: which orders bring a portfolio to its targets without spending cash that is not there.
//
// Invariants, each held by a property test of the same name:
// 1. Equal inputs give equal plans, to the last digit and the hash.
// 2. At every venue that buys, cash after all its sells at their limits and all its buys at their reservations is
//    not below the floor.
// 3. Sells come before buys; no asset is sold beyond what is held.
// 4. The objective is never above that of doing nothing by more than rounding, and never below the lower bound.

import { type Amount, amount, isMore, isPositive } from '../money/amount.ts';
import type { AssetId, Side, VenueId } from '../venue/venue.ts';
import { aimOf, type PlanDestination } from './aim.ts';
import { assemblePlan, effectOf, fundingByOrder } from './assemble-plan.ts';
import { boundText, flooredText } from './bound-text.ts';
import { cashValueOf, type TransferAdvice } from './cash-value.ts';
import { type InputProblem, inputProblem } from './input-problem.ts';
import { lotProblem, type MarketTerms, termsOf, venueIds } from './lot-problem.ts';
import type { PlanInput } from './plan-input.ts';
import { findPlanInputProblem } from './plan-input-check.ts';
import { draftOrders, type OrderDraft } from './plan-orders.ts';
import { bindingConstraintOf, factsOf, type PlanFacts, reasonFor, skipReasonOf } from './plan-reasons.ts';
import type { PlanTax } from './plan-tax.ts';
import { relaxApart } from './relax-apart.ts';
import { relax } from './relaxation.ts';
import type { AssetGroup } from './targets.ts';
import { objectiveFloor, searchTaxed, taxedProblem } from './taxed-search.ts';
import { type LeftAlone, valuePortfolio } from './valuation.ts';
import type { WashSaleBlocks } from './wash-sale-blocks.ts';

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
  /** Half the sum of absolute deviations from the targets, as fractions. `structural` is what no trading can remove. */
  readonly drift: { readonly before: Amount; readonly after: Amount; readonly structural: Amount };
  readonly weightsBefore: Readonly<Record<AssetGroup, Amount>>;
  readonly weightsAfterExpected: Readonly<Record<AssetGroup, Amount>>;
  readonly weightsTarget: Readonly<Record<AssetGroup, Amount>>;
  /** What a plan with bands goes for instead of the targets; absent where every group is traded to its target. */
  readonly destination?: PlanDestination;
  /**
   * Tracking Σ|V − t·N|, or with bands the distance from the values of the destination, plus trading cost at the touch,
   * and `tax.countedUsd` where the plan heeds tax.
   */
  readonly objective: Amount;
  /** No plan for this input has a lower objective. */
  readonly lowerBound: Amount;
  readonly gapBps: Amount;
  readonly cash: Readonly<Record<VenueId, PlanCash>>;
  /** What another dollar of cash would be worth at each venue, as a fraction, null where it is not known: REBALANCING.md §3a. */
  readonly shadowPrices: Readonly<Record<VenueId, Amount | null>>;
  /** Transfers between venues that would bring the portfolio nearer; never made unasked. */
  readonly transferAdvice: TransferAdvice | null;
  /** Only where the plan heeds tax. */
  readonly tax?: PlanTax;
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

/** Beyond it a double, which the solver reckons in, is coarser than a cent. */
const NAV_MAX = amount('10000000000000');

/** Plans for a portfolio. Refuses an input that makes no sense with its place; never throws for one. */
export function planRebalance(input: PlanInput): PlanOutcome {
  const problem = findPlanInputProblem(input);
  if (problem !== null) return { state: 'refused', problem };
  const wanted = valuePortfolio(input);
  if (!isPositive(wanted.nav)) {
    return {
      state: 'nothingToPlan',
      reason: `the portfolio is worth ${wanted.nav} ${input.reportingCurrency}`,
    };
  }
  if (isMore(wanted.nav, NAV_MAX))
    return {
      state: 'refused',
      problem: inputProblem('venues', `a portfolio that is worth at most ${NAV_MAX}`, wanted.nav),
    };
  const { valuation, destination } = aimOf(input, wanted);
  const terms = valuation.markets.map((priced) => termsOf(priced, input));
  const { problem: lots, blocks } = taxedProblem(lotProblem(input, valuation, terms), terms, input);
  const bound = relaxApart(lots, { cashAt: 'touch', hasCosts: true });
  const objective = bound?.relaxed.objective ?? objectiveFloor(lots);
  const found = searchTaxed(lots, objective, { terms, input });
  const drafts = draftOrders(found.lots, terms, input, valuation);
  const { scope, ...unrestricted } = input;
  const isWhole = destination === null && scope === undefined;
  const ofTargets = isWhole ? lots : lotProblem(unrestricted, wanted, terms);
  const structural = relax(ofTargets, { cashAt: 'touch', hasCosts: false });
  const goal = { wanted, valuation, destination };
  const effect = effectOf(drafts, input, goal);
  const facts = factsOf(drafts, effect, input, goal);
  const plan = assemblePlan({
    input,
    goal,
    effect,
    orders: ordersOf(drafts, facts),
    skipped: skippedOf(terms, facts, new Map([...blocks, ...found.washed])),
    bound: input.tax === undefined ? boundText(objective) : flooredText(objective),
    structural: boundText((structural?.objective ?? 0) / 2 / lots.nav),
    ...cashValueOf(bound?.problem ?? lots, venueIds(input), bound?.relaxed ?? null),
  });
  return { state: 'planned', plan };
}

function ordersOf(drafts: readonly OrderDraft[], facts: PlanFacts): readonly PlanOrder[] {
  const funding = fundingByOrder(drafts, facts.input, facts.valuation);
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

/** `kept` says why wash sales keep from a market, by its place. */
function skippedOf(
  terms: readonly MarketTerms[],
  facts: PlanFacts,
  kept: WashSaleBlocks,
): readonly LeftAlone[] {
  const traded = new Set(facts.drafts.map((draft) => draft.terms));
  const idle = terms
    .filter((each) => !traded.has(each))
    .map((each) => ({
      venue: each.priced.venue.id,
      asset: each.priced.market.asset,
      reason: kept.get(terms.indexOf(each)) ?? skipReasonOf(each, facts),
    }));
  return [...facts.valuation.leftAlone, ...idle];
}
