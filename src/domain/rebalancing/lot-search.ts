// Whole lots near a relaxed solution, improved move by move.
//
// Invariants:
// 1. Every state is feasible: a venue that buys keeps its floor of cash and its margin at limit prices.
// 2. Every accepted move lowers the objective; work is bounded by a count of evaluations, never by time.
// 3. The result depends on the problem alone: markets are tried in order and the first of equals wins.

import {
  affordable,
  CANDIDATES_MAX,
  findCandidates,
  gainOf,
  initialState,
  isFeasible,
  isPaid,
  type LotState,
  legal,
  mostToGain,
  move,
  objectiveOf,
  partsAt,
  restore,
  standingOf,
} from './lot-moves.ts';
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

/** Whole signed lots by market: rounded from `start`, made feasible, then improved by single moves and by pairs. */
export function searchLots(
  problem: LotProblem,
  start: readonly number[],
  bound: number,
  limits: LotSearchLimits = LOT_SEARCH_LIMITS,
): readonly number[] {
  const state = initialState(problem);
  begin(state, start);
  const isGoodEnough = (): boolean => objectiveOf(state) - bound <= limits.gapEnough * problem.nav;
  const hasWork = (): boolean => state.evaluations < limits.evaluationsMax && !isGoodEnough();
  while (hasWork()) {
    if (improveBySingles(state)) continue;
    if (!hasWork() || !improveByPairs(state, limits.evaluationsMax, isGoodEnough)) break;
  }
  dropWorthless(state);
  return Array.from(state.lots, (lots) => (lots === 0 ? 0 : lots));
}

/** The objective of whole lots, whether or not they can be had. */
export function objectiveAt(problem: LotProblem, lots: readonly number[]): number {
  const state = initialState(problem);
  for (const [market, count] of lots.entries()) move(state, market, count);
  return objectiveOf(state);
}

/** Sells first, so that buys have their cash. */
function begin(state: LotState, start: readonly number[]): void {
  const { markets } = state.problem;
  for (const [index, { lotsMin }] of markets.entries()) {
    const whole = legal(state, index, lotsMin, Math.trunc(start[index] ?? 0));
    if (whole < 0) move(state, index, whole);
  }
  for (const [index, { lotsMin }] of markets.entries()) {
    const at = standingOf(state, index);
    const wanted = Math.min(Math.trunc(start[index] ?? 0), affordable(state, at));
    const whole = legal(state, index, lotsMin, wanted);
    if (whole > 0 && isFeasible(state, at, whole)) move(state, index, whole);
  }
}

function improveBySingles(state: LotState): boolean {
  const { nav, markets } = state.problem;
  const candidates = new Float64Array(CANDIDATES_MAX);
  let improved = false;
  for (let market = 0; market < markets.length; market += 1) {
    const at = standingOf(state, market);
    const count = findCandidates(state, at, candidates);
    let best = at.lots;
    let bestGain = IMPROVEMENT_MIN * nav;
    for (let candidate = 0; candidate < count; candidate += 1) {
      const lots = candidates[candidate] as number;
      const gain = gainOf(state, at, lots);
      if (gain <= bestGain || !isFeasible(state, at, lots)) continue;
      best = lots;
      bestGain = gain;
    }
    if (best === at.lots) continue;
    move(state, market, best);
    improved = true;
  }
  return improved;
}

interface Answer {
  readonly second: number;
  readonly lots: number;
  readonly gain: number;
}

/** One market moves first, even at a loss, and a second one answers. The best pair for each first market is taken. */
function improveByPairs(state: LotState, evaluationsMax: number, isGoodEnough: () => boolean): boolean {
  const candidates = new Float64Array(CANDIDATES_MAX);
  const answers = new Float64Array(CANDIDATES_MAX);
  let improved = false;
  for (const first of farthestFirst(state)) {
    const at = standingOf(state, first);
    const count = findCandidates(state, at, candidates);
    let opening = at.lots;
    let best: Answer | null = null;
    for (let candidate = 0; candidate < count; candidate += 1) {
      const lots = candidates[candidate] as number;
      const openingGain = gainOf(state, at, lots);
      const before = partsAt(state, first);
      move(state, first, lots);
      const gainMin = best?.gain ?? IMPROVEMENT_MIN * state.problem.nav;
      const answer = bestAnswer(state, { first, openingGain, gainMin }, answers);
      restore(state, first, before);
      if (answer !== null) {
        best = answer;
        opening = lots;
      }
      if (state.evaluations >= evaluationsMax) break;
    }
    if (best !== null) {
      move(state, first, opening);
      move(state, best.second, best.lots);
      improved = true;
    }
    if (state.evaluations >= evaluationsMax || isGoodEnough()) break;
  }
  return improved;
}

/** The best change of another market once `first` has moved, if both together gain more than `gainMin`. */
function bestAnswer(
  state: LotState,
  opened: { readonly first: number; readonly openingGain: number; readonly gainMin: number },
  answers: Float64Array,
): Answer | null {
  const { markets } = state.problem;
  const { first, openingGain } = opened;
  const { venue } = markets[first] as LotMarket;
  const isFirstPaid = isPaid(state, venue);
  let best: Answer | null = null;
  let bestGain = opened.gainMin;
  for (let second = 0; second < markets.length; second += 1) {
    const at = standingOf(state, second);
    if (second === first || openingGain + mostToGain(at) <= bestGain) continue;
    if (!isFirstPaid && at.market.venue !== venue) continue;
    const count = findCandidates(state, at, answers);
    for (let candidate = 0; candidate < count; candidate += 1) {
      const lots = answers[candidate] as number;
      const gain = openingGain + gainOf(state, at, lots);
      if (gain <= bestGain || !isFeasible(state, at, lots)) continue;
      best = { second, lots, gain };
      bestGain = gain;
    }
  }
  return best;
}

/** Markets whose group is farthest from its target come first: most is to be had there. */
function farthestFirst({ problem, groups }: LotState): readonly number[] {
  const away = ({ group }: LotMarket): number =>
    Math.abs((groups[group] as number) - (problem.groupTargets[group] as number));
  return problem.markets
    .map((market, index) => ({ index, away: away(market) }))
    .sort((a, b) => b.away - a.away || a.index - b.index)
    .map(({ index }) => index);
}

/** An order that brings nothing is not made. */
function dropWorthless(state: LotState): void {
  const { markets, nav } = state.problem;
  for (let market = 0; market < markets.length; market += 1) {
    const at = standingOf(state, market);
    if (at.lots === 0) continue;
    if (gainOf(state, at, 0) >= -IMPROVEMENT_MIN * nav && isFeasible(state, at, 0)) move(state, market, 0);
  }
}
