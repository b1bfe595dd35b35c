// Whole lots in every market, and what changing one of them would do.
//
// The search looks at some hundred thousand changes for one plan: what stays the same between two of them is computed
// once, and nothing is allocated for one that is only looked at.

import type { LotMarket, LotProblem } from './lot-problem.ts';
import { leastTaxOf, saleTaxOf, TAX_BREAKS_MAX, taxBreaks } from './sale-tax.ts';

/** Whole lots and what follows from them; moves change it in place. */
export interface LotState {
  readonly problem: LotProblem;
  readonly lots: Float64Array;
  /** Value by group, cash among them. */
  readonly groups: Float64Array;
  /** Worst cash above the floor, by venue. */
  readonly cash: Float64Array;
  /** Markets that buy, by venue. */
  readonly buys: Int32Array;
  /** The least and the most lots of each market. */
  readonly least: Float64Array;
  readonly most: Float64Array;
  /** Changes that were looked at. */
  evaluations: number;
}

/** One market, while every other one stays as it is. */
export interface Standing {
  readonly index: number;
  readonly market: LotMarket;
  readonly lots: number;
  readonly value: number;
  readonly target: number;
  readonly cash: number;
  readonly cashTarget: number;
}

/** How many lots are worth trying in one market, at most. */
export const CANDIDATES_MAX = 11 + TAX_BREAKS_MAX;

/** Nothing traded. */
export function initialState(problem: LotProblem): LotState {
  const { markets, groupValues, venueCash } = problem;
  const mostOf = (market: LotMarket): number => Math.min(market.lotsMax, Number.MAX_SAFE_INTEGER);
  return {
    problem,
    lots: new Float64Array(markets.length),
    groups: Float64Array.from(groupValues),
    cash: Float64Array.from(venueCash),
    buys: new Int32Array(venueCash.length),
    least: Float64Array.from(markets, (market) => -Math.min(market.lotsHeld, mostOf(market))),
    most: Float64Array.from(markets, (market) => Math.min(mostOf(market), market.buysMax ?? mostOf(market))),
    evaluations: 0,
  };
}

export function standingOf(state: LotState, index: number): Standing {
  const { problem, groups } = state;
  const market = problem.markets[index] as LotMarket;
  return {
    index,
    market,
    lots: state.lots[index] as number,
    value: groups[market.group] as number,
    target: problem.groupTargets[market.group] as number,
    cash: groups[problem.cashGroup] as number,
    cashTarget: problem.groupTargets[problem.cashGroup] as number,
  };
}

/** How much the objective falls with so many lots. */
export function gainOf(state: LotState, at: Standing, lots: number): number {
  state.evaluations += 1;
  const { market, value, target, cash, cashTarget } = at;
  const moved = value + (lots - at.lots) * market.lotValue;
  const cashDelta = touchCash(market, lots) - touchCash(market, at.lots);
  return (
    Math.abs(value - target) -
    Math.abs(moved - target) +
    (costOf(market, at.lots) - costOf(market, lots)) +
    Math.abs(cash - cashTarget) -
    Math.abs(cash + cashDelta - cashTarget)
  );
}

/** What no number of lots gains more than: the group and cash at their targets, for nothing, and every loss for the tax. */
export const mostToGain = ({ market, lots, value, target, cash, cashTarget }: Standing): number => {
  const { saleTax } = market;
  const saved = saleTax === undefined ? 0 : -leastTaxOf(saleTax);
  return Math.abs(value - target) + costOf(market, lots) + Math.abs(cash - cashTarget) + saved;
};

export function move(state: LotState, index: number, lots: number): void {
  const { problem, groups, cash, buys } = state;
  const market = problem.markets[index] as LotMarket;
  const now = state.lots[index] as number;
  const { venue, group } = market;
  (groups[group] as number) += (lots - now) * market.lotValue;
  (groups[problem.cashGroup] as number) += touchCash(market, lots) - touchCash(market, now);
  cash[venue] = (cash[venue] as number) + worstCash(market, lots) - worstCash(market, now);
  (buys[venue] as number) += (lots > 0 ? 1 : 0) - (now > 0 ? 1 : 0);
  state.lots[index] = lots;
}

/** What a move of one market changes, to be put back to the last bit. */
export function partsAt(state: LotState, index: number): readonly number[] {
  const { venue, group } = state.problem.markets[index] as LotMarket;
  const { lots, groups, cash, buys, problem } = state;
  return [lots[index], groups[group], groups[problem.cashGroup], cash[venue], buys[venue]] as number[];
}

/** Takes a move of one market back; what was moved since in others is lost. */
export function restore(state: LotState, index: number, parts: readonly number[]): void {
  const { venue, group } = state.problem.markets[index] as LotMarket;
  const [lots, value, groupCash, cash, buys] = parts as [number, number, number, number, number];
  state.lots[index] = lots;
  state.groups[group] = value;
  state.groups[state.problem.cashGroup] = groupCash;
  state.cash[venue] = cash;
  state.buys[venue] = buys;
}

/** Whether its venue could pay for so many lots: a venue that only sells always can. */
export function isFeasible(state: LotState, { index, market, lots: now }: Standing, lots: number): boolean {
  const { venue } = market;
  const buys = (state.buys[venue] as number) + (lots > 0 ? 1 : 0) - (now > 0 ? 1 : 0);
  if (buys === 0) return true;
  const cash = (state.cash[venue] as number) + worstCash(market, lots) - worstCash(market, now);
  if (cash < 0) return false;
  return state.problem.hasShort[venue] !== true || marginAbove(state, venue, { cash, index, lots }) >= 0;
}

/** Whether a venue can pay for what is there now. */
export function isPaid(state: LotState, venue: number): boolean {
  if (state.buys[venue] === 0) return true;
  const cash = state.cash[venue] as number;
  if (cash < 0) return false;
  return (
    state.problem.hasShort[venue] !== true || marginAbove(state, venue, { cash, index: -1, lots: 0 }) >= 0
  );
}

/**
 * Writes the lots worth trying into `found` and says how many they are: where a group or cash meets its target, where
 * cash runs out, the ends, one lot either way, and where the tax per lot changes.
 */
export function findCandidates(state: LotState, at: Standing, found: Float64Array): number {
  const { market, lots: now } = at;
  const { lotsMin, lotValue } = market;
  const cashGap = at.cash - at.cashTarget;
  const toGroup = Math.floor(now + (at.target - at.value) / lotValue);
  const toCash = Math.floor(now + cashGap / (cashGap > 0 ? market.buyCash : market.sellCash));
  let count = addCandidate(state, at, found, 0, toGroup);
  count = addCandidate(state, at, found, count, toGroup + 1);
  count = addCandidate(state, at, found, count, toCash);
  count = addCandidate(state, at, found, count, toCash + 1);
  count = addCandidate(state, at, found, count, affordable(state, at));
  count = addCandidate(state, at, found, count, 0);
  count = addCandidate(state, at, found, count, -market.lotsHeld);
  count = addCandidate(state, at, found, count, lotsMin);
  count = addCandidate(state, at, found, count, -lotsMin);
  count = addCandidate(state, at, found, count, now + 1);
  count = addCandidate(state, at, found, count, now - 1);
  if (market.saleTax === undefined) return count;
  for (const sold of taxBreaks(market.saleTax, -now)) count = addCandidate(state, at, found, count, -sold);
  return count;
}

function addCandidate(
  state: LotState,
  { index, market, lots: now }: Standing,
  found: Float64Array,
  count: number,
  lots: number,
): number {
  const allowed = legal(state, index, market.lotsMin, lots);
  if (allowed === now) return count;
  for (let other = 0; other < count; other += 1) if (found[other] === allowed) return count;
  found[count] = allowed;
  return count + 1;
}

/** The most lots that the venue's worst cash pays for, with every other market as it is. */
export function affordable(state: LotState, { market, lots }: Standing): number {
  const without = (state.cash[market.venue] as number) - worstCash(market, lots);
  return Math.max(0, Math.floor((without - market.orderAllowance) / market.buyCashWorst));
}

/** Between the smallest order and zero there is only zero; more than is held cannot be sold. */
export function legal(state: LotState, index: number, lotsMin: number, lots: number): number {
  const bounded = Math.min(Math.max(lots, state.least[index] as number), state.most[index] as number);
  if (Math.abs(bounded) < lotsMin) return 0;
  const { sliceMax } = state.problem.markets[index] as LotMarket;
  return sliceMax === undefined
    ? bounded
    : Math.sign(bounded) * sliceable(Math.abs(bounded), lotsMin, sliceMax);
}

/** As many lots, or the next fewer that whole orders between the smallest and the largest come to. */
function sliceable(lots: number, lotsMin: number, sliceMax: number): number {
  const parts = Math.ceil(lots / sliceMax);
  return parts * lotsMin <= lots ? lots : (parts - 1) * sliceMax;
}

export function objectiveOf({ problem, groups, lots }: LotState): number {
  let total = 0;
  for (let group = 0; group < groups.length; group += 1)
    total += Math.abs((groups[group] as number) - (problem.groupTargets[group] as number));
  for (let market = 0; market < lots.length; market += 1)
    total += costOf(problem.markets[market] as LotMarket, lots[market] as number);
  return total;
}

/**
 * What buys that open something leave of free collateral above the floor at the worst marks, with one market's lots
 * changed: as it is when sells have filled and nothing else has. Nothing is short where no buy opens anything: what
 * closes a short gives collateral back, and is not held up for the want of it.
 */
function marginAbove(
  { problem, lots }: LotState,
  venue: number,
  change: { readonly cash: number; readonly index: number; readonly lots: number },
): number {
  let margin = change.cash;
  let opens = false;
  for (const [index, market] of problem.markets.entries()) {
    if (market.venue !== venue) continue;
    const count = index === change.index ? change.lots : (lots[index] as number);
    if (count > 0 && market.heldValue < 0) margin -= worstCash(market, count);
    else opens ||= count > 0;
    if (market.marginRate === 0) continue;
    const atMid = market.heldValue + Math.min(0, count) * market.lotValue;
    const value = atMid - Math.abs(atMid) * market.markMove;
    margin += value - Math.abs(value) * market.marginRate;
  }
  return opens ? margin : 0;
}

const touchCash = (market: LotMarket, lots: number): number =>
  lots > 0 ? -lots * market.buyCash : -lots * market.sellCash;

const costOf = (market: LotMarket, lots: number): number =>
  lots > 0
    ? lots * (market.buyCash - market.lotValue)
    : -lots * (market.lotValue - market.sellCash) + taxOf(market, -lots);

const taxOf = ({ saleTax }: LotMarket, sold: number): number =>
  saleTax === undefined ? 0 : saleTaxOf(saleTax, sold);

function worstCash(market: LotMarket, lots: number): number {
  if (lots === 0) return 0;
  return lots > 0
    ? -lots * market.buyCashWorst - market.orderAllowance
    : -lots * market.sellCashWorst - market.orderAllowance;
}
