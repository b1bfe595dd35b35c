import type { LotProblem } from './lot-problem.ts';
import { type RelaxationTerms, type Relaxed, relax } from './relaxation.ts';

/** Relaxations that are solved to tell markets apart, at most. */
const NODES_MAX = 48;

interface Node {
  readonly problem: LotProblem;
  readonly relaxed: Relaxed;
}

/**
 * The relaxation of a problem in which losses save tax. Linear programs sell a loss and buy the same again, in one
 * market at once, which no plan does: such a market is either bought or sold, and the better half counts (branch and
 * bound). Where it ends early, what it gives is a bound still. A problem without tax is solved once.
 */
export function relaxApart(problem: LotProblem, terms: RelaxationTerms): Node | null {
  const whole = relax(problem, terms);
  if (whole === null) return null;
  if (!problem.markets.some(({ saleTax }) => saleTax !== undefined)) return { problem, relaxed: whole };
  let open: readonly Node[] = [{ problem, relaxed: whole }];
  for (let solved = 1; solved < NODES_MAX; solved += 2) {
    const best = lowest(open);
    const market = best?.relaxed.crossed[0];
    if (!best || market === undefined) return best;
    const halves = [without(best.problem, market, 'buy'), without(best.problem, market, 'sell')].flatMap(
      (half) => {
        const relaxed = relax(half, terms);
        return relaxed === null ? [] : [{ problem: half, relaxed }];
      },
    );
    // Without an optimum of either half nothing is better known than before.
    if (halves.length === 0) return best;
    open = [...open.filter((node) => node !== best), ...halves];
  }
  return lowest(open);
}

/** The first of equals. */
const lowest = (nodes: readonly Node[]): Node | null =>
  nodes.reduce<Node | null>(
    (best, node) => (best === null || node.relaxed.objective < best.relaxed.objective ? node : best),
    null,
  );

const without = (problem: LotProblem, market: number, side: 'buy' | 'sell'): LotProblem => ({
  ...problem,
  markets: problem.markets.map((each, index) => {
    if (index !== market) return each;
    return side === 'buy' ? { ...each, buysMax: 0 } : { ...each, lotsHeld: 0 };
  }),
});
