import { assert } from '../assert.ts';
import {
  type Amount,
  absolute,
  add,
  divide,
  isLess,
  isNegative,
  isZero,
  multiply,
  ONE,
  subtract,
  sum,
} from '../money/amount.ts';

export interface PostCostHolding {
  /** Value now. */
  readonly value: Amount;
  /** Target as a fraction of the value after costs. */
  readonly weight: Amount;
  /** Cost per unit traded, buying or selling: "0.006" is 60 basis points. */
  readonly costRate: Amount;
}

/** A weight's decimal places and a NAV's: an error of 1e-24 on a portfolio of any size that exists. */
const DECIMALS = 24;

/**
 * The value that is left once the trades to the targets have paid for themselves: the solution N' of
 * N' + Σ cᵢ·|tᵢ·N' − hᵢ| = N, where N is the holdings and the cash. Exact but for rounding at 24 decimals.
 * The left side is piecewise linear and increasing, so the piece that holds N gives N' without iteration.
 */
export function postCostNav(holdings: readonly PostCostHolding[], cash: Amount): Amount {
  const nav = add(cash, sum(holdings.map((h) => h.value)));
  const slopeMax = sum(holdings.map((h) => multiply(h.costRate, h.weight)));
  assert(isLess(slopeMax, ONE), `costs are below the value they are paid from: ${slopeMax}`);
  const breakpoints = holdings
    .filter((h) => !isZero(h.weight))
    .map((h) => divide(h.value, h.weight, DECIMALS, 'half'))
    .sort((a, b) => (isLess(a, b) ? -1 : 1));
  const below = breakpoints.filter((point) => isNegative(excess(holdings, point, nav))).at(-1);
  return solvePiece(holdings, nav, below ?? null);
}

/** g(N') − N: negative left of the solution. */
function excess(holdings: readonly PostCostHolding[], candidate: Amount, nav: Amount): Amount {
  const costs = holdings.map((h) =>
    multiply(h.costRate, absolute(subtract(multiply(h.weight, candidate), h.value))),
  );
  return subtract(add(candidate, sum(costs)), nav);
}

/** Between two breakpoints every trade keeps its direction, and the equation is linear. */
function solvePiece(holdings: readonly PostCostHolding[], nav: Amount, below: Amount | null): Amount {
  let slope: Amount = ONE;
  let constant = nav;
  for (const h of holdings) {
    const breakpoint = isZero(h.weight) ? null : divide(h.value, h.weight, DECIMALS, 'half');
    const isBuy = breakpoint !== null && below !== null && !isLess(below, breakpoint);
    const rate = multiply(h.costRate, h.weight);
    const cost = multiply(h.costRate, h.value);
    slope = isBuy ? add(slope, rate) : subtract(slope, rate);
    constant = isBuy ? add(constant, cost) : subtract(constant, cost);
  }
  return divide(constant, slope, DECIMALS, 'half');
}
