import type { LotProblem, MarketTerms } from './lot-problem.ts';
import { objectiveAt } from './lot-search.ts';
import type { PlanInput } from './plan-input.ts';
import { relaxApart } from './relax-apart.ts';
import { searchFromSeveral } from './restarted-search.ts';
import { leastTaxOf, saleTaxAt } from './sale-tax.ts';
import {
  blockWashSales,
  findWash,
  type WashSaleBlocks,
  washMarkets,
  withoutSide,
} from './wash-sale-blocks.ts';

/** A problem in which sells are taxed and wash sales are kept from; the problem itself where nothing is taxed. */
export function taxedProblem(
  problem: LotProblem,
  terms: readonly MarketTerms[],
  input: PlanInput,
): { readonly problem: LotProblem; readonly blocks: WashSaleBlocks } {
  if (input.tax === undefined) return { problem, blocks: new Map() };
  const markets = problem.markets.map((market, index) => {
    const saleTax = terms[index] ? saleTaxAt(terms[index].priced, input) : null;
    return saleTax === null ? market : { ...market, saleTax };
  });
  return blockWashSales({ ...problem, markets }, terms, input);
}

/** What no plan's objective is below, where the relaxation has no optimum to tell it: zero without losses to be had. */
export const objectiveFloor = ({ markets }: LotProblem): number =>
  markets.reduce((total, { saleTax }) => total + (saleTax ? leastTaxOf(saleTax) : 0), 0);

/**
 * Whole lots by market. Where they would sell at a loss what they also buy, the better of the two is done, and the
 * other left alone.
 */
export function searchTaxed(
  problem: LotProblem,
  bound: number,
  { terms, input }: { readonly terms: readonly MarketTerms[]; readonly input: PlanInput },
): { readonly lots: readonly number[]; readonly washed: WashSaleBlocks } {
  const washed = new Map<number, string>();
  let current = problem;
  let lots = search(current, bound);
  if (!input.tax?.washSale) return { lots, washed };
  const markets = washMarkets(terms, input);
  for (let wash = findWash(lots, markets); wash; wash = findWash(lots, markets)) {
    const { group } = markets[wash.sold[0] ?? 0] ?? {};
    const own = markets.map((market) => (market?.group === group ? market : null));
    const [withoutLosses, withoutBuys] = [
      withoutSide(current, 'losses', own),
      withoutSide(current, 'buys', own),
    ];
    const [kept, harvested] = [search(withoutLosses, bound), search(withoutBuys, bound)];
    const isHarvest = objectiveAt(withoutBuys, harvested) < objectiveAt(withoutLosses, kept);
    current = isHarvest ? withoutBuys : withoutLosses;
    lots = isHarvest ? harvested : kept;
    for (const index of isHarvest ? wash.bought : wash.sold)
      washed.set(index, isHarvest ? 'not bought: the plan sells of its group at a loss' : NOT_SOLD);
  }
  return { lots, washed };
}

const NOT_SOLD = 'not sold at a loss: the plan buys of its group';

function search(problem: LotProblem, bound: number): readonly number[] {
  const start = relaxApart(problem, { cashAt: 'limit', hasCosts: true });
  return searchFromSeveral(problem, start?.relaxed.lots ?? problem.markets.map(() => 0), bound);
}
