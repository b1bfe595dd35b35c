import { type Constraint, solve } from 'yalps';
import type { LotProblem } from './lot-problem.ts';

export interface Relaxed {
  /** Signed lots by market, not whole. */
  readonly lots: readonly number[];
  /** Tracking and cost, in dollars. */
  readonly objective: number;
}

export interface RelaxationTerms {
  /** Prices in the cash rows: the limit prices that orders must be able to pay, or the touch for a bound on any plan. */
  readonly cashAt: 'limit' | 'touch';
  /** False finds the drift that no trading can remove. */
  readonly hasCosts: boolean;
}

/** The solver sees the portfolio as this many units, so that its absolute precision means the same for every size. */
const SCALE = 10_000;
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
  return { lots, objective: solution.result / unit };
}

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
