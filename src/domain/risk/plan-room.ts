// Which orders of a plan are kept where not all of them may be sent: turnover of a day and counts of orders.

import {
  type Amount,
  add,
  compare,
  divide,
  isMore,
  isZero,
  multiply,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import { countSince, ORDER_COUNTS, tradedWithinDay, turnoverBound } from './activity-limits.ts';
import { inFraction } from './bounded.ts';
import { shareBase } from './exposure.ts';
import type { Judged } from './plan-growth.ts';
import { breach, PORTFOLIO, type RiskFinding } from './risk-evaluation.ts';
import { costAtLimit, notReducing, type RiskOrder } from './risk-order.ts';

const TWO = '2' as Amount;

/** maxTurnoverPerDay: the orders that do not fit into what may still be traded, those with the best worth kept. */
export function turnoverRoom(judged: Judged): readonly RiskFinding[] {
  const { state, limits, exposure, orders } = judged;
  const { maxTurnoverPerDay: bound } = limits;
  const base = shareBase(exposure);
  if (bound === undefined || state.traded.state === 'unknown' || base.state === 'unknown') return [];
  const done = tradedWithinDay(state.traded.value, state.nowMs);
  const room = subtract(turnoverBound(bound, base.value), done);
  const culprits = leftOut(judged, (kept) => !isMore(sum(kept.map(({ notionalUsd }) => notionalUsd)), room));
  if (culprits.length === 0) return [];
  const all = add(done, sum(orders.map(({ notionalUsd }) => notionalUsd)));
  const value = inFraction(all, multiply(TWO, base.value));
  const reason = `with these orders ${all} would be traded within 24 hours: ${value} of twice the portfolio, at most ${bound} may be`;
  return [
    breach('maxTurnoverPerDay', PORTFOLIO, {
      value,
      bound,
      severity: 'warning',
      action: 'scalePlan',
      reason,
      orders: culprits,
    }),
  ];
}

/** maxOrdersPerHour and maxOrdersPerDay: the orders that have to wait. */
export function countRoom(judged: Judged): readonly RiskFinding[] {
  const { state, limits, orders } = judged;
  const sent = state.ordersSentAtMs;
  if (sent.state === 'unknown') return [];
  return ORDER_COUNTS.flatMap(({ limit, windowMs }): RiskFinding[] => {
    const bound = limits[limit];
    if (bound === undefined) return [];
    const before = countSince(sent.value, state.nowMs, windowMs);
    const culprits = leftOut(judged, (kept) => before + kept.length <= bound);
    if (culprits.length === 0) return [];
    const value = before + orders.length;
    const reason = `with these orders ${value} would be sent, at most ${bound} may be: these wait`;
    return [
      breach(limit, PORTFOLIO, {
        value,
        bound,
        severity: 'warning',
        action: 'defer',
        reason,
        orders: culprits,
      }),
    ];
  });
}

/** The orders outside of what fits, taken by worth: a buy together with the sells that pay for it. */
function leftOut(judged: Judged, fits: (kept: readonly RiskOrder[]) => boolean): readonly number[] {
  let kept: readonly RiskOrder[] = [];
  for (const bundle of bundlesByWorth(judged)) {
    const more = [...kept, ...bundle.filter((order) => !kept.includes(order))];
    if (fits(more)) kept = more;
  }
  return judged.orders.filter((order) => !kept.includes(order)).map(({ sequence }) => sequence);
}

/**
 * What reduces comes first, then what costs the least for its value: orders move the portfolio towards its targets by
 * their value, so that the cheapest bring it nearest for the same turnover. Equal ones by their sequence.
 */
function bundlesByWorth({ orders, state }: Judged): readonly (readonly RiskOrder[])[] {
  const adding = new Set(notReducing(orders, state));
  const bundles = orders.map((order) => [
    ...orders.filter(({ sequence }) => order.fundedBy.includes(sequence)),
    order,
  ]);
  const alone = (bundle: readonly RiskOrder[]): RiskOrder => bundle.at(-1) as RiskOrder;
  const rate = (bundle: readonly RiskOrder[]): Amount => {
    const value = sum(bundle.map(({ notionalUsd }) => notionalUsd));
    const cost = sum(bundle.map((order) => costAtLimit(order, state)));
    return isZero(value) ? ZERO : divide(cost, value, 20);
  };
  return bundles
    .map((bundle) => ({ bundle, order: alone(bundle), rate: rate(bundle) }))
    .sort(
      (a, b) =>
        Number(adding.has(a.order.sequence)) - Number(adding.has(b.order.sequence)) ||
        compare(a.rate, b.rate) ||
        a.order.sequence - b.order.sequence,
    )
    .map(({ bundle }) => bundle);
}
