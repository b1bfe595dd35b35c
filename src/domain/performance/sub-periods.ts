// What a portfolio has earned between two valuations, without what came in and went out.
//
// Invariants, each held by a property test of the same words:
// 1. What comes in or goes out at the time of a valuation moves no return.
// 2. Without flows the sub-periods multiply to the last value over the first.

/** What a portfolio is worth, before any flow of the same moment. In one currency; may be negative where it is leveraged. */
export interface Valuation {
  readonly atMs: number;
  readonly value: number;
}

/** What came in from outside, negative where it went out. Fees, funding and what moves inside the portfolio are no flows. */
export interface Flow {
  readonly atMs: number;
  readonly amount: number;
}

export type SubPeriod =
  | {
      readonly state: 'measured';
      readonly fromMs: number;
      readonly toMs: number;
      /** Signed fraction: -0.01 is a loss of one per cent. */
      readonly return: number;
      /** Flows inside it without a valuation just before them: the return rests on when they are taken to have happened. */
      readonly unvaluedFlows: number;
    }
  | { readonly state: 'undefined'; readonly fromMs: number; readonly toMs: number; readonly reason: string };

/**
 * The sub-periods between valuations, in time, whatever order they come in; none of fewer than two valuations. Each
 * valuation has a time of its own.
 *
 * r = V₁ / (V₀ + F₀) − 1, where F₀ are the flows at the time of V₀: a valuation is taken before the flow. Flows between
 * valuations count as Portfolio Performance has it, what came in as there from the beginning and what went out as there
 * until the end: r = (V₁ + out) / (V₀ + F₀ + in) − 1. Where nothing was there to earn a return the sub-period is
 * undefined. Flows before the first valuation are in it; flows from the last one on are not looked at.
 */
export function findSubPeriods(
  valuations: readonly Valuation[],
  flows: readonly Flow[],
): readonly SubPeriod[] {
  const inTime = valuations.toSorted((a, b) => a.atMs - b.atMs);
  const flowsInTime = flows.toSorted((a, b) => a.atMs - b.atMs);
  let next = flowsInTime.findIndex(({ atMs }) => atMs >= (inTime[0]?.atMs ?? Infinity));
  if (next < 0) next = flowsInTime.length;
  return inTime.slice(1).map((end, index) => {
    const start = inTime[index] as Valuation;
    const first = next;
    while ((flowsInTime[next]?.atMs ?? Infinity) < end.atMs) next += 1;
    return subPeriod(start, end, flowsInTime.slice(first, next));
  });
}

function subPeriod(start: Valuation, end: Valuation, flows: readonly Flow[]): SubPeriod {
  const span = { fromMs: start.atMs, toMs: end.atMs };
  let base = start.value;
  let gross = Math.abs(start.value);
  let wentOut = 0;
  let unvaluedFlows = 0;
  for (const { atMs, amount } of flows) {
    const isValued = atMs === start.atMs;
    if (!isValued) unvaluedFlows += 1;
    if (isValued || amount > 0) {
      base += amount;
      gross += Math.abs(amount);
    } else wentOut -= amount;
  }
  // What doubles leave of a difference that is zero earns nothing.
  if (!(base > ROUNDING * gross))
    return {
      state: 'undefined',
      ...span,
      reason: `${base < -ROUNDING * gross ? 'less than nothing' : 'nothing'} was there to earn a return`,
    };
  const earned = (end.value + wentOut) / base - 1;
  return Math.abs(earned) <= RETURN_MAX
    ? { state: 'measured', ...span, return: earned, unvaluedFlows }
    : { state: 'undefined', ...span, reason: 'its return is too large to be one' };
}

/** Of the terms of a sum: what is smaller than this share of them is rounding. */
const ROUNDING = 1e-12;

/** Beyond it a return is that of next to nothing, and its square no number. */
const RETURN_MAX = 1e30;
