import * as z from 'zod';
import { type Plan, planRebalance } from '../domain/rebalancing/plan.ts';
import type { PlanInput } from '../domain/rebalancing/plan-input.ts';
import { CASH, parseTargets } from '../domain/rebalancing/targets.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { byName, decimal, object, placeIn, time } from './file-terms.ts';
import { readCheckedFile } from './read-checked-file.ts';
import { listOf, oneOf, text } from './schema-terms.ts';

const market = object({
  asset: text('the name of an asset'),
  bid: decimal(),
  ask: decimal(),
  step: decimal(),
  tick: decimal(),
  minQuantity: decimal(),
  minNotional: decimal(),
});

const venue = object({
  id: text('the name of a venue'),
  takerFeeBps: decimal(),
  cashAsset: text('the name of an asset'),
  cash: decimal(),
  minCash: decimal(),
  holdings: byName(decimal(), 'an object of quantities by asset'),
  markets: listOf(market, { members: 'markets', min: 0, max: 1_000 }),
});

const limits = object({
  maxSlippageBps: decimal().optional(),
  minTradeUsd: decimal().optional(),
  maxOrderUsd: decimal().optional(),
  minCashPct: decimal().optional(),
  minCashUsd: decimal().optional(),
});

const portfolioSchema = object({
  asOf: time(),
  reportingCurrency: text('the name of a currency').default('USD'),
  venues: listOf(venue, { members: 'venues', min: 1, max: 100 }),
  targets: byName(z.unknown(), 'an object of weights by asset'),
  destination: oneOf(['target']).default('target'),
  limits: limits.prefault({}),
});

type Portfolio = z.output<typeof portfolioSchema>;

export type PortfolioFilePlan =
  | { readonly state: 'planned'; readonly plan: Plan; readonly groups: PlanInput['groups'] }
  | { readonly state: 'nothingToPlan'; readonly reason: string }
  | { readonly state: 'refused'; readonly problems: readonly ConfigurationProblem[] };

/**
 * Plans for a portfolio that a file describes, without a venue or a database: what it holds, what trades where, and
 * what is wanted. Amounts are decimal text; weights sum to 1 with the cash assets, which count as one group `CASH`.
 * A limit that is not named is not enforced. Never throws for what a file holds.
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
  const targets = parseTargets(portfolio.targets, groupOf);
  if (targets.state === 'refused') {
    const { problem } = targets;
    return refuse(problem.path, problem.expected, problem.found);
  }
  const input = inputOf(portfolio, targets.targets, groupOf);
  const outcome = planRebalance(input);
  if (outcome.state === 'planned') return { ...outcome, groups: input.groups };
  if (outcome.state === 'nothingToPlan') return outcome;
  const { problem } = outcome;
  return refuse(problem.path, problem.expected, problem.found);
}

/** Where a holding stands that has no price: its value is unknown, and so is what all is worth. */
function unpricedHolding(
  { venues }: Portfolio,
  cashAssets: ReadonlySet<string>,
): readonly PropertyKey[] | null {
  for (const [index, { holdings, markets }] of venues.entries()) {
    const priced = new Set(markets.map(({ asset }) => asset));
    const asset = Object.keys(holdings).find((held) => !priced.has(held) && !cashAssets.has(held));
    if (asset !== undefined) return ['venues', index, 'holdings', asset];
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
  return {
    ...portfolio,
    limits: Object.fromEntries(Object.entries(portfolio.limits).filter(([, limit]) => limit !== undefined)),
    targets,
    groups: Object.fromEntries([...new Set(assets)].sort().map((asset) => [asset, groupOf(asset)])),
    venues: portfolio.venues.map((each) => ({
      ...each,
      markets: each.markets.map((one) => ({
        ...one,
        market: `${one.asset}-${each.cashAsset}`,
        kind: 'spot' as const,
      })),
    })),
  };
}
