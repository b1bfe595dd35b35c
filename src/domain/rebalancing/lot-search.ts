// Whole lots near a relaxed solution, improved move by move.
//
// Invariants:
// 1. Every state is feasible: a venue that buys keeps its floor of cash and its margin at limit prices.
// 2. Every accepted move lowers the objective; work is bounded by a count of evaluations, never by time.
// 3. The result depends on the problem alone: markets are tried in order and the first of equals wins.

import type { LotMarket, LotProblem } from './lot-problem.ts';

export interface LotSearchLimits {
  /** Moves that are looked at, at most. */
  readonly evaluationsMax: number;
  /** Stop once the objective is this close to the bound, as a fraction of NAV. */
  readonly gapEnough: number;
}

export const LOT_SEARCH_LIMITS: LotSearchLimits = { evaluationsMax: 100_000, gapEnough: 1e-5 };

/** An improvement below this share of NAV, a thousandth of a basis point, is not worth an order or a search. */
const IMPROVEMENT_MIN = 1e-7;

interface State {
  readonly lots: number[];
  readonly groups: number[];
  /** Worst cash above the floor, by venue. */
  readonly cash: number[];
  readonly buys: number[];
  evaluations: number;
}

interface Change {
  readonly market: number;
  readonly lots: number;
}

/** Whole signed lots by market: rounded from `start`, made feasible, then improved by single moves and by pairs. */
export function searchLots(
  problem: LotProblem,
  start: readonly number[],
  bound: number,
  limits: LotSearchLimits = LOT_SEARCH_LIMITS,
): readonly number[] {
  const state = initialState(problem);
  for (const [index, market] of problem.markets.entries()) {
    const whole = legal(market, Math.trunc(start[index] ?? 0));
    if (whole < 0) apply(problem, state, { market: index, lots: whole });
  }
  for (const [index, market] of problem.markets.entries()) {
    const whole = legal(market, Math.min(Math.trunc(start[index] ?? 0), affordable(problem, state, index)));
    if (whole > 0 && isFeasible(problem, state, [{ market: index, lots: whole }])) {
      apply(problem, state, { market: index, lots: whole });
    }
  }
  const isGoodEnough = (): boolean => objectiveOf(problem, state) - bound <= limits.gapEnough * problem.nav;
  const hasWork = (): boolean => state.evaluations < limits.evaluationsMax && !isGoodEnough();
  while (hasWork()) {
    if (improveBySingles(problem, state)) continue;
    if (!hasWork() || !improveByPairs(problem, state, hasWork)) break;
  }
  dropWorthless(problem, state);
  return state.lots.map((lots) => (lots === 0 ? 0 : lots));
}

/** The objective of whole lots, whether or not they can be had. */
export function objectiveAt(problem: LotProblem, lots: readonly number[]): number {
  const state = initialState(problem);
  for (const [market, count] of lots.entries()) apply(problem, state, { market, lots: count });
  return objectiveOf(problem, state);
}

function initialState(problem: LotProblem): State {
  return {
    lots: problem.markets.map(() => 0),
    groups: [...problem.groupValues],
    cash: [...problem.venueCash],
    buys: problem.venueCash.map(() => 0),
    evaluations: 0,
  };
}

function improveBySingles(problem: LotProblem, state: State): boolean {
  let improved = false;
  for (let market = 0; market < problem.markets.length; market++) {
    let best: Change | null = null;
    let bestGain = IMPROVEMENT_MIN * problem.nav;
    for (const lots of candidates(problem, state, market)) {
      const change = { market, lots };
      const gain = gainOf(problem, state, [change]);
      if (gain > bestGain && isFeasible(problem, state, [change])) {
        best = change;
        bestGain = gain;
      }
    }
    if (best === null) continue;
    apply(problem, state, best);
    improved = true;
  }
  return improved;
}

/** One market moves first, even at a loss, and a second one answers. The best pair for each first market is taken. */
function improveByPairs(problem: LotProblem, state: State, hasWork: () => boolean): boolean {
  let improved = false;
  for (const first of farthestFirst(problem, state)) {
    let best: readonly [Change, Change] | null = null;
    let bestGain = IMPROVEMENT_MIN * problem.nav;
    const reach = state.groups.map((value, group) => Math.abs(value - (problem.groupTargets[group] ?? 0)));
    const before = state.lots[first] ?? 0;
    for (const lots of candidates(problem, state, first)) {
      const opening = { market: first, lots };
      const openingGain = gainOf(problem, state, [opening]);
      apply(problem, state, opening);
      for (let second = 0; second < problem.markets.length; second++) {
        if (second === first || pairReach(problem, reach, first, second) <= bestGain) continue;
        for (const answerLots of candidates(problem, state, second)) {
          const answer = { market: second, lots: answerLots };
          const gain = openingGain + gainOf(problem, state, [answer]);
          if (gain > bestGain && isFeasible(problem, state, [opening, answer])) {
            best = [opening, answer];
            bestGain = gain;
          }
        }
      }
      apply(problem, state, { market: first, lots: before });
      if (!hasWork()) break;
    }
    if (best !== null) {
      apply(problem, state, best[0]);
      apply(problem, state, best[1]);
      improved = true;
    }
    if (!hasWork()) break;
  }
  return improved;
}

/** Markets whose group is farthest from its target come first: most is to be had there. */
function farthestFirst(problem: LotProblem, state: State): readonly number[] {
  const away = ({ group }: LotMarket): number =>
    Math.abs((state.groups[group] ?? 0) - (problem.groupTargets[group] ?? 0));
  return problem.markets
    .map((market, index) => ({ index, away: away(market) }))
    .sort((a, b) => b.away - a.away || a.index - b.index)
    .map(({ index }) => index);
}

/**
 * No pair of markets gains more: two groups and cash can come to their targets, and what trading less saves is a share
 * of that. Within one group an order may move to a cheaper venue, which these distances do not bound.
 */
function pairReach(problem: LotProblem, reach: readonly number[], first: number, second: number): number {
  const [a, b] = [problem.markets[first] as LotMarket, problem.markets[second] as LotMarket];
  if (a.group === b.group) return Number.POSITIVE_INFINITY;
  const distance = (reach[a.group] ?? 0) + (reach[b.group] ?? 0) + (reach[problem.cashGroup] ?? 0);
  return distance * (1 + Math.max(costShare(a), costShare(b)));
}

const costShare = ({ buyCash, sellCash, lotValue }: LotMarket): number =>
  Math.max(buyCash - lotValue, lotValue - sellCash) / lotValue;

/** An order that brings nothing is not made. */
function dropWorthless(problem: LotProblem, state: State): void {
  for (let market = 0; market < problem.markets.length; market++) {
    if (state.lots[market] === 0) continue;
    const drop = [{ market, lots: 0 }];
    if (gainOf(problem, state, drop) >= -IMPROVEMENT_MIN * problem.nav && isFeasible(problem, state, drop)) {
      apply(problem, state, { market, lots: 0 });
    }
  }
}

/** Lots worth trying: where a group or cash meets its target, where cash runs out, the ends, and one lot either way. */
function candidates(problem: LotProblem, state: State, index: number): readonly number[] {
  const market = problem.markets[index] as LotMarket;
  const now = state.lots[index] ?? 0;
  const gap = (problem.groupTargets[market.group] ?? 0) - (state.groups[market.group] ?? 0);
  const cashGap = (state.groups[problem.cashGroup] ?? 0) - (problem.groupTargets[problem.cashGroup] ?? 0);
  const toGroup = Math.floor(now + gap / market.lotValue);
  const toCash = Math.floor(now + cashGap / (cashGap > 0 ? market.buyCash : market.sellCash));
  const raw = [
    toGroup,
    toGroup + 1,
    toCash,
    toCash + 1,
    affordable(problem, state, index),
    0,
    -market.lotsHeld,
    market.lotsMin,
    -market.lotsMin,
    now + 1,
    now - 1,
  ];
  const found: number[] = [];
  for (const lots of raw) {
    const allowed = legal(market, lots);
    if (allowed !== now && !found.includes(allowed)) found.push(allowed);
  }
  return found;
}

/** The most lots that the venue's worst cash pays for, with every other market as it is. */
function affordable(problem: LotProblem, state: State, index: number): number {
  const market = problem.markets[index] as LotMarket;
  const without = (state.cash[market.venue] ?? 0) - worstCash(market, state.lots[index] ?? 0);
  return Math.max(0, Math.floor((without - market.orderAllowance) / market.buyCashWorst));
}

/** Between the smallest order and zero there is only zero; more than is held cannot be sold. */
function legal(market: LotMarket, lots: number): number {
  const most = Math.min(market.lotsMax, Number.MAX_SAFE_INTEGER);
  const bounded = Math.min(Math.max(lots, -Math.min(market.lotsHeld, most)), most);
  return Math.abs(bounded) < market.lotsMin ? 0 : bounded;
}

/** How much the objective falls. */
function gainOf(problem: LotProblem, state: State, changes: readonly Change[]): number {
  state.evaluations++;
  let gain = 0;
  let cashDelta = 0;
  for (const change of changes) {
    const market = problem.markets[change.market] as LotMarket;
    const now = state.lots[change.market] ?? 0;
    const target = problem.groupTargets[market.group] ?? 0;
    const value = state.groups[market.group] ?? 0;
    const moved = value + (change.lots - now) * market.lotValue;
    gain += Math.abs(value - target) - Math.abs(moved - target);
    gain += costOf(market, now) - costOf(market, change.lots);
    cashDelta += touchCash(market, change.lots) - touchCash(market, now);
  }
  const cash = state.groups[problem.cashGroup] ?? 0;
  const cashTarget = problem.groupTargets[problem.cashGroup] ?? 0;
  return gain + Math.abs(cash - cashTarget) - Math.abs(cash + cashDelta - cashTarget);
}

function apply(problem: LotProblem, state: State, change: Change): void {
  const market = problem.markets[change.market] as LotMarket;
  const now = state.lots[change.market] ?? 0;
  const { venue, group } = market;
  const cashDelta = touchCash(market, change.lots) - touchCash(market, now);
  state.groups[group] = (state.groups[group] ?? 0) + (change.lots - now) * market.lotValue;
  state.groups[problem.cashGroup] = (state.groups[problem.cashGroup] ?? 0) + cashDelta;
  state.cash[venue] = (state.cash[venue] ?? 0) + worstCash(market, change.lots) - worstCash(market, now);
  state.buys[venue] = (state.buys[venue] ?? 0) + (change.lots > 0 ? 1 : 0) - (now > 0 ? 1 : 0);
  state.lots[change.market] = change.lots;
}

function isFeasible(problem: LotProblem, state: State, changes: readonly Change[]): boolean {
  const before = changes.map((change) => ({ market: change.market, lots: state.lots[change.market] ?? 0 }));
  for (const change of changes) apply(problem, state, change);
  const isAllowed = changes.every((change) => {
    const venue = (problem.markets[change.market] as LotMarket).venue;
    if ((state.buys[venue] ?? 0) === 0) return true;
    if ((state.cash[venue] ?? 0) < 0) return false;
    return problem.hasShort[venue] !== true || marginAbove(problem, state, venue) >= 0;
  });
  for (const change of before) apply(problem, state, change);
  return isAllowed;
}

/** Equity less initial margin less the floor. */
function marginAbove(problem: LotProblem, state: State, venue: number): number {
  let margin = state.cash[venue] ?? 0;
  for (const [index, market] of problem.markets.entries()) {
    if (market.venue !== venue || market.marginRate === 0) continue;
    const value = market.heldValue + (state.lots[index] ?? 0) * market.lotValue;
    margin += value - Math.abs(value) * market.marginRate;
  }
  return margin;
}

function objectiveOf(problem: LotProblem, state: State): number {
  let total = 0;
  for (const [group, value] of state.groups.entries())
    total += Math.abs(value - (problem.groupTargets[group] ?? 0));
  for (const [index, market] of problem.markets.entries()) total += costOf(market, state.lots[index] ?? 0);
  return total;
}

const touchCash = (market: LotMarket, lots: number): number =>
  lots > 0 ? -lots * market.buyCash : -lots * market.sellCash;

const costOf = (market: LotMarket, lots: number): number =>
  lots > 0 ? lots * (market.buyCash - market.lotValue) : -lots * (market.lotValue - market.sellCash);

function worstCash(market: LotMarket, lots: number): number {
  if (lots === 0) return 0;
  return lots > 0
    ? -lots * market.buyCashWorst - market.orderAllowance
    : -lots * market.sellCashWorst - market.orderAllowance;
}
