// What a plan leaves alone so that no loss is disallowed: it neither buys within the window of a loss, nor sells at a
// loss within the window of a purchase.

import { holdingCalendar } from '../lots/holding-calendar.ts';
import type { Lot } from '../lots/lot.ts';
import type { WashSaleRule } from '../lots/lot-rules.ts';
import type { SaleSegment } from '../lots/sale-segments.ts';
import { toNumber } from '../money/amount.ts';
import type { AssetId } from '../venue/venue.ts';
import type { LotMarket, LotProblem, MarketTerms } from './lot-problem.ts';
import type { PlanInput, PlanTaxInput } from './plan-input.ts';
import { segmentsAt } from './sale-tax.ts';

/** Why a market is not bought or sold in, by its place among the plan's markets. */
export type WashSaleBlocks = ReadonlyMap<number, string>;

/** Where wash sales are to be kept from: a market with what it needs to be judged. */
export interface WashMarket {
  readonly group: readonly AssetId[];
  /** Whole lots that can be sold before the first that is, or may be, at a loss. */
  readonly lotsBeforeLoss: number;
}

/** A problem that keeps from wash sales with what has happened already, and the reasons. */
export function blockWashSales(
  problem: LotProblem,
  terms: readonly MarketTerms[],
  input: PlanInput,
): { readonly problem: LotProblem; readonly blocks: WashSaleBlocks } {
  const { tax } = input;
  const rule = tax?.washSale;
  if (!tax || !rule) return { problem, blocks: new Map() };
  const blocks = new Map<number, string>();
  const markets = problem.markets.map((market, index) => {
    const group = groupIn(rule, terms[index]);
    const segments = terms[index] ? segmentsAt(terms[index].priced, input) : null;
    if (group === null || segments === null) return market;
    const buying = lossBefore(group, rule, tax);
    const selling = purchaseBefore(group, segments, { rule, tax });
    const reasons = [buying, selling?.reason ?? null].filter((reason) => reason !== null);
    if (reasons.length > 0) blocks.set(index, reasons.join('; '));
    return {
      ...market,
      ...(buying === null ? {} : { buysMax: 0 }),
      ...(selling === null
        ? {}
        : { lotsHeld: Math.min(market.lotsHeld, wholeLots(selling.before, terms[index])) }),
    };
  });
  return { problem: { ...problem, markets }, blocks };
}

/** What the markets of a plan would wash of each other; null where a market is in no group. */
export function washMarkets(terms: readonly MarketTerms[], input: PlanInput): readonly (WashMarket | null)[] {
  const rule = input.tax?.washSale;
  return terms.map((each) => {
    const group = rule ? groupIn(rule, each) : null;
    const segments = group === null ? null : segmentsAt(each.priced, input);
    if (group === null || segments === null) return null;
    const first = segments.findIndex(({ isLoss }) => isLoss !== 'no');
    const before = first < 0 ? segments : segments.slice(0, first);
    return { group, lotsBeforeLoss: wholeLots(before, each) };
  });
}

/** Markets of one group of which one is sold at a loss while another is bought; null where there are none. */
export function findWash(
  lots: readonly number[],
  markets: readonly (WashMarket | null)[],
): { readonly sold: readonly number[]; readonly bought: readonly number[] } | null {
  for (const group of new Set(markets.map((market) => market?.group ?? null))) {
    if (group === null) continue;
    const inGroup = lots.flatMap((count, index) =>
      markets[index]?.group === group ? [{ count, index, before: markets[index].lotsBeforeLoss }] : [],
    );
    const sold = inGroup.filter(({ count, before }) => -count > before).map(({ index }) => index);
    const bought = inGroup.filter(({ count }) => count > 0).map(({ index }) => index);
    if (sold.length > 0 && bought.length > 0) return { sold, bought };
  }
  return null;
}

/** The problem without one side of a wash: markets that sell nothing at a loss, or that buy nothing. */
export function withoutSide(
  problem: LotProblem,
  side: 'losses' | 'buys',
  markets: readonly (WashMarket | null)[],
): LotProblem {
  const changed = (market: LotMarket, index: number): LotMarket => {
    const wash = markets[index];
    if (!wash) return market;
    return side === 'buys'
      ? { ...market, buysMax: 0 }
      : { ...market, lotsHeld: Math.min(market.lotsHeld, wash.lotsBeforeLoss) };
  };
  return { ...problem, markets: problem.markets.map(changed) };
}

const groupIn = ({ groups }: WashSaleRule, terms: MarketTerms | undefined): readonly AssetId[] | null =>
  groups.find((group) => terms && group.includes(terms.priced.market.asset)) ?? null;

function lossBefore(group: readonly AssetId[], rule: WashSaleRule, tax: PlanTaxInput): string | null {
  const isRecent = withinWindow(rule, tax);
  const loss = tax.recentLosses.find(({ asset, atMs }) => group.includes(asset) && isRecent(atMs));
  if (!loss) return null;
  const what = loss.isCertain ? 'at a loss' : 'at a gain or loss that nobody knows';
  return `not bought: ${loss.asset} was sold ${what} on ${dateOf(loss.atMs)}, less than ${rule.windowDays + 1} days ago`;
}

/** The segments that go before the first loss that a purchase would disallow; null where none would. */
function purchaseBefore(
  group: readonly AssetId[],
  segments: readonly SaleSegment[],
  { rule, tax }: { readonly rule: WashSaleRule; readonly tax: PlanTaxInput },
): { readonly before: readonly SaleSegment[]; readonly reason: string } | null {
  const purchases = tax.lots.filter(
    (lot) => lot.source === 'purchase' && !lot.isReplacement && group.includes(lot.asset),
  );
  const isRecent = withinWindow(rule, tax);
  const recent = purchases.filter(({ acquiredAtMs }) => isRecent(acquiredAtMs));
  const other = (segment: SaleSegment): Lot | undefined =>
    recent.find(({ origin }) => origin !== segment.origin);
  const first = segments.findIndex((segment) => segment.isLoss !== 'no' && other(segment) !== undefined);
  const loss = segments[first];
  const purchase = loss && other(loss);
  if (!loss || !purchase) return null;
  const what = loss.isLoss === 'yes' ? 'is at a loss' : 'may be at a loss';
  const reason = `not sold from lot ${loss.lot} on, which ${what}: ${purchase.asset} was bought on ${dateOf(purchase.acquiredAtMs)}, less than ${rule.windowDays + 1} days ago`;
  return { before: segments.slice(0, first), reason };
}

function withinWindow(
  { windowDays }: WashSaleRule,
  { zone, atMs: nowMs }: PlanTaxInput,
): (atMs: number) => boolean {
  const { dayOf } = holdingCalendar(zone);
  return (atMs) => Math.abs(dayOf(nowMs) - dayOf(atMs)) <= windowDays;
}

const wholeLots = (segments: readonly SaleSegment[], terms: MarketTerms | undefined): number => {
  const step = terms ? toNumber(terms.priced.market.step) : 1;
  return Math.floor(segments.reduce((total, { quantity }) => total + toNumber(quantity), 0) / step + 1e-9);
};

const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
