import { type Constraint, solve } from 'yalps';
import type { LotMarket, LotProblem } from './lot-problem.ts';

export interface Relaxed {
  /** Signed lots by market, not whole. */
  readonly lots: readonly number[];
  /** Tracking and cost, in dollars. */
  readonly objective: number;
  /** Cash above the floor that is not spent, by venue. */
  readonly cashLeft: readonly number[];
  /** Cash that is moved between venues, where that was allowed. */
  readonly transfers: readonly { readonly from: number; readonly to: number; readonly usd: number }[];
}

export interface RelaxationTerms {
  /** Prices in the cash rows: the limit prices that orders must be able to pay, or the touch for a bound on any plan. */
  readonly cashAt: 'limit' | 'touch';
  /** False finds the drift that no trading can remove. */
  readonly hasCosts: boolean;
  /** Cash that is there already moves between venues for nothing: what transfers could bring at most. */
  readonly hasTransfers?: boolean;
}

/** The solver sees the portfolio as this many units, so that its absolute precision means the same for every size. */
const SCALE = 10_000;
/** Of what is moved: so little that it changes no advice, and enough that cash goes straight to where it is wanted. */
const TRANSFER_COST = 1e-6;
const OPTIONS = { precision: 1e-9, maxPivots: 20_000 };

/**
 * The linear relaxation: lots need not be whole and no smallest order applies, so its optimum bounds every plan from
 * below. Null where the solver finds none, such as a venue whose cash is short and cannot be restored.
 */
export function relax(problem: LotProblem, terms: RelaxationTerms): Relaxed | null {
  const unit = SCALE / problem.nav;
  const constraints = new Map<string, Constraint>();
  const variables = new Map<string, [string, number][]>();
  for (const [group, value] of problem.groupValues.entries()) {
    constraints.set(`g${group}`, { equal: ((problem.groupTargets[group] ?? 0) - value) * unit });
    variables.set(`o${group}`, [
      ['cost', 1],
      [`g${group}`, -1],
    ]);
    variables.set(`u${group}`, [
      ['cost', 1],
      [`g${group}`, 1],
    ]);
  }
  for (const [venue, cash] of problem.venueCash.entries()) {
    constraints.set(`v${venue}`, { max: cashRow(problem, venue, cash, terms) * unit });
  }
  for (const [index, market] of problem.markets.entries()) {
    const buy = ratios(
      market.buyCash,
      terms.cashAt === 'limit' ? market.buyCashWorst : market.buyCash,
      market.lotValue,
    );
    const sell = ratios(
      market.sellCash,
      terms.cashAt === 'limit' ? market.sellCashWorst : market.sellCash,
      market.lotValue,
    );
    const cash = `g${problem.cashGroup}`;
    const cost = terms.hasCosts ? 1 : 0;
    variables.set(`b${index}`, [
      ['cost', cost * (buy.touch - 1)],
      [`g${market.group}`, 1],
      [cash, terms.hasCosts ? -buy.touch : -1],
      [`v${market.venue}`, terms.hasCosts ? buy.row : 1],
    ]);
    if (market.lotsHeld === 0) continue;
    constraints.set(`h${index}`, { max: market.lotsHeld * market.lotValue * unit });
    variables.set(`s${index}`, [
      ['cost', cost * (1 - sell.touch)],
      [`g${market.group}`, -1],
      [cash, terms.hasCosts ? sell.touch : 1],
      [`v${market.venue}`, terms.hasCosts ? -sell.row : -1],
      [`h${index}`, 1],
    ]);
  }
  const ways = terms.hasTransfers === true ? waysBetween(problem.venueCash.length) : [];
  for (const [index, { from, to }] of ways.entries()) {
    variables.set(`t${index}`, [
      ['cost', TRANSFER_COST],
      [`v${from}`, 1],
      [`v${to}`, -1],
      [`x${from}`, 1],
    ]);
    constraints.set(`x${from}`, { max: Math.max(0, problem.venueCash[from] ?? 0) * unit });
  }
  const solution = solve<string, string>(
    { direction: 'minimize', objective: 'cost', constraints, variables },
    OPTIONS,
  );
  if (solution.status !== 'optimal') return null;
  const values = new Map(solution.variables);
  const lots = problem.markets.map(
    (market, index) =>
      ((values.get(`b${index}`) ?? 0) - (values.get(`s${index}`) ?? 0)) / unit / market.lotValue,
  );
  const cashLeft = problem.venueCash.map((_, venue) => problem.venueCash[venue] ?? 0);
  for (const [index, market] of problem.markets.entries()) {
    const lotsHere = lots[index] ?? 0;
    const cash = terms.cashAt === 'limit' ? worstCashOf(market, lotsHere) : touchCashOf(market, lotsHere);
    cashLeft[market.venue] = (cashLeft[market.venue] ?? 0) + cash;
  }
  const transfers = ways.flatMap(({ from, to }, index) => {
    const usd = (values.get(`t${index}`) ?? 0) / unit;
    return usd > 0 ? [{ from, to, usd }] : [];
  });
  return { lots, objective: solution.result / unit, cashLeft, transfers };
}

const touchCashOf = ({ buyCash, sellCash }: LotMarket, lots: number): number =>
  lots > 0 ? -lots * buyCash : -lots * sellCash;

const worstCashOf = ({ buyCashWorst, sellCashWorst }: LotMarket, lots: number): number =>
  lots > 0 ? -lots * buyCashWorst : -lots * sellCashWorst;

const waysBetween = (venues: number): readonly { readonly from: number; readonly to: number }[] =>
  Array.from({ length: venues }, (_, from) => from).flatMap((from) =>
    Array.from({ length: venues }, (_, to) => ({ from, to })).filter(({ to }) => to !== from),
  );

const ratios = (
  touch: number,
  row: number,
  value: number,
): { readonly touch: number; readonly row: number } => ({
  touch: touch / value,
  row: row / value,
});

/** Cash that is short and that no sale can restore binds nothing here: such a venue only sells. */
function cashRow(problem: LotProblem, venue: number, cash: number, terms: RelaxationTerms): number {
  if (cash >= 0) return cash;
  const atVenue = problem.markets.filter((market) => market.venue === venue);
  const restorable = atVenue.reduce(
    (total, m) => total + m.lotsHeld * (terms.cashAt === 'limit' ? m.sellCashWorst : m.sellCash),
    0,
  );
  return restorable + cash >= 0 ? cash : 0;
}
