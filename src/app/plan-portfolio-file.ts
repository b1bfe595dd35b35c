import * as z from 'zod';
import { isZero, ZERO } from '../domain/money/amount.ts';
import { type Plan, planRebalance } from '../domain/rebalancing/plan.ts';
import type { PlanInput } from '../domain/rebalancing/plan-input.ts';
import { findPlanInputProblem } from '../domain/rebalancing/plan-input-check.ts';
import { CASH, parseTargets } from '../domain/rebalancing/targets.ts';
import { gatePlan } from '../domain/risk/gate-plan.ts';
import { NEVER_PULLED } from '../domain/risk/kill-switch.ts';
import { planWithout } from '../domain/risk/plan-without-orders.ts';
import { missing, type RiskState } from '../domain/risk/risk-state.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { bandsTerm, bandTerms, destinationOf, destinationTerm } from './destination-schema.ts';
import { byName, decimal, object, placeIn, time } from './file-terms.ts';
import { limitsOf, namedLimits, planLimitsOf } from './limits-schema.ts';
import { readCheckedFile } from './read-checked-file.ts';
import { inputWithinLimits } from './rebalancing/input-within-limits.ts';
import { amountText, listOf, name, oneOf } from './schema-terms.ts';
import { findPlanLotsProblem, planLotsSchema, planTaxOfFile, planTaxSchema } from './tax/plan-lots-schema.ts';

const market = object({
  asset: name('the name of an asset'),
  bid: decimal(),
  ask: decimal(),
  step: decimal(),
  tick: decimal(),
  minQuantity: decimal(),
  minNotional: decimal(),
  dayQuoteVolume: amountText('1000000').optional(),
});

const venue = object({
  id: name('the name of a venue'),
  takerFeeBps: decimal(),
  cashAsset: name('the name of an asset'),
  cash: decimal(),
  minCash: decimal(),
  holdings: byName(decimal(), 'an object of quantities by asset'),
  markets: listOf(market, { members: 'markets', min: 0, max: 1_000 }),
  lots: planLotsSchema.optional(),
});

const portfolioSchema = object({
  asOf: time(),
  reportingCurrency: name('the name of a currency').default('USD'),
  venues: listOf(venue, { members: 'venues', min: 1, max: 100 }),
  targets: byName(z.unknown(), 'an object of weights by asset'),
  destination: destinationTerm().default('target'),
  bands: bandsTerm().optional(),
  bandTerms: bandTerms.prefault({}),
  flowFirst: oneOf(['buysOnly', 'sellsOnly']).optional(),
  limits: namedLimits.prefault({}),
  tax: planTaxSchema.optional(),
});

type Portfolio = z.output<typeof portfolioSchema>;

export type PortfolioFilePlan =
  | { readonly state: 'planned'; readonly plan: Plan; readonly groups: PlanInput['groups'] }
  | { readonly state: 'nothingToPlan'; readonly reason: string }
  | { readonly state: 'refused'; readonly problems: readonly ConfigurationProblem[] };

/**
 * Plans for a portfolio that a file describes, without a venue or a database: what it holds, what trades where, and
 * what is wanted. Amounts are decimal text; weights sum to 1 with the cash assets, which count as one group `CASH`.
 * With `tax`, lots of each venue say what sells are taxed; what is held beyond them is of unknown basis.
 * A limit that is not named is not enforced; one that is named and cannot be evaluated for a file is refused. Never throws for what a file holds.
 */
export function planPortfolioFile(path: string): PortfolioFilePlan {
  const read = readCheckedFile(path, portfolioSchema);
  if (!read.ok) return { state: 'refused', problems: read.problems };
  const portfolio = read.value;
  const refuse = (at: string, expected: string, found: string): PortfolioFilePlan => ({
    state: 'refused',
    problems: [{ path: `${path}: ${at}`, expected, found }],
  });
  const cashAssets = new Set(portfolio.venues.map(({ cashAsset }) => cashAsset));
  const groupOf = (asset: string): string => (cashAssets.has(asset) ? CASH : asset);
  const unpriced = unpricedHolding(portfolio, cashAssets);
  if (unpriced !== null)
    return {
      state: 'refused',
      problems: [
        {
          path: placeIn(path, unpriced),
          expected: 'an asset that has a market at this venue',
          found: 'none',
        },
      ],
    };
  const misnamed = assetNamedCash(portfolio, cashAssets);
  if (misnamed !== null)
    return {
      state: 'refused',
      problems: [
        {
          path: placeIn(path, misnamed),
          expected: `another name than ${CASH}, which is that of all cash assets together`,
          found: CASH,
        },
      ],
    };
  const targets = parseTargets(portfolio.targets, groupOf);
  if (targets.state === 'refused') {
    const { problem } = targets;
    return refuse(problem.path, problem.expected, problem.found);
  }
  const ofLots = findPlanLotsProblem(portfolio.venues, portfolio.tax);
  if (ofLots !== null) return refuse(ofLots.path, ofLots.expected, ofLots.found);
  const input = inputOf(portfolio, targets.targets, groupOf);
  const problem = findPlanInputProblem(input);
  if (problem !== null) return refuse(problem.path, problem.expected, problem.found);
  const limits = limitsOf(portfolio.limits);
  const state = riskStateOfFile(input, portfolio);
  const within = inputWithinLimits(input, state, limits);
  const outcome = planRebalance(within);
  if (outcome.state === 'refused')
    return refuse(outcome.problem.path, outcome.problem.expected, outcome.problem.found);
  if (outcome.state === 'nothingToPlan') return outcome;
  const gated = gatePlan(outcome.plan, state, limits);
  if (gated.state === 'passed')
    return {
      state: 'planned',
      plan: planWithout(outcome.plan, gated.dropped, within, gated.mode),
      groups: input.groups,
    };
  const stopping = gated.findings.filter(({ action, orders }) => action === 'halt' || orders.length > 0);
  const [{ limit, reason } = { limit: '', reason: gated.reason }] =
    stopping.length > 0 ? stopping : gated.findings;
  return refuse(`limits.${limit}`, 'a limit that a plan for this file keeps', reason);
}

/** A file tells what is held, and nothing of what happened before: a limit on that cannot be evaluated for it. */
function riskStateOfFile({ venues, groups }: PlanInput, portfolio: Portfolio): RiskState {
  return {
    nowMs: 0,
    venues,
    groups,
    elsewhere: [],
    lastPrices: {},
    clusters: missing('which assets move together'),
    volumes: volumesOf(portfolio),
    traded: missing('what was traded within 24 hours'),
    ordersSentAtMs: missing('when orders were sent'),
    drawdown: missing('the high-water mark of the time-weighted index'),
    day: missing('the gain or loss of 24 hours'),
    quotes: [],
    stablecoins: Object.fromEntries(
      venues.map(({ cashAsset }) => [cashAsset, missing(`the price of ${cashAsset}`)]),
    ),
    reconciliations: {},
    plansInFlight: missing('how many plans are in flight'),
    killSwitch: NEVER_PULLED,
  };
}

/** Of the markets that the file tells it of; what is cash there counts as dollars. */
const volumesOf = ({ venues }: Portfolio): RiskState['volumes'] =>
  venues.flatMap(({ id, cashAsset, markets }) =>
    markets.flatMap(({ asset, dayQuoteVolume }) =>
      dayQuoteVolume === undefined
        ? []
        : [{ venue: id, market: marketName(asset, cashAsset), dayUsd: dayQuoteVolume }],
    ),
  );

const marketName = (asset: string, cashAsset: string): string => `${asset}-${cashAsset}`;

/** Where a holding stands that has no price: its value is unknown, and so is what all is worth. */
function unpricedHolding(
  { venues }: Portfolio,
  cashAssets: ReadonlySet<string>,
): readonly PropertyKey[] | null {
  for (const [index, { holdings, markets }] of venues.entries()) {
    const priced = new Set(markets.map(({ asset }) => asset));
    const asset = Object.keys(holdings).find(
      (held) => !priced.has(held) && !cashAssets.has(held) && !isZero(holdings[held] ?? ZERO),
    );
    if (asset !== undefined) return ['venues', index, 'holdings', asset];
  }
  return null;
}

/** Where an asset that is no cash has the name of the group of cash: it would be valued as cash, and never traded. */
function assetNamedCash(
  { venues }: Portfolio,
  cashAssets: ReadonlySet<string>,
): readonly PropertyKey[] | null {
  if (cashAssets.has(CASH)) return null;
  for (const [index, { holdings, markets }] of venues.entries()) {
    const market = markets.findIndex(({ asset }) => asset === CASH);
    if (market >= 0) return ['venues', index, 'markets', market, 'asset'];
    if (Object.hasOwn(holdings, CASH)) return ['venues', index, 'holdings', CASH];
  }
  return null;
}

function inputOf(
  portfolio: Portfolio,
  targets: PlanInput['targets'],
  groupOf: (asset: string) => string,
): PlanInput {
  const assets = portfolio.venues.flatMap(({ cashAsset, holdings, markets }) => [
    cashAsset,
    ...Object.keys(holdings),
    ...markets.map(({ asset }) => asset),
  ]);
  const { tax } = portfolio;
  return {
    asOf: portfolio.asOf,
    reportingCurrency: portfolio.reportingCurrency,
    ...destinationOf(portfolio, groupOf),
    ...(portfolio.flowFirst === undefined
      ? {}
      : { scope: { kind: 'flowFirst' as const, side: portfolio.flowFirst } }),
    ...(tax && { tax: planTaxOfFile(tax, portfolio.venues, portfolio.asOf) }),
    limits: planLimitsOf(limitsOf(portfolio.limits)),
    targets,
    groups: Object.fromEntries([...new Set(assets)].sort().map((asset) => [asset, groupOf(asset)])),
    venues: portfolio.venues.map(({ lots: _, ...each }) => ({
      ...each,
      markets: each.markets.map(({ dayQuoteVolume: _, ...one }) => ({
        ...one,
        market: marketName(one.asset, each.cashAsset),
        kind: 'spot' as const,
      })),
    })),
  };
}
