// What the orders of a plan can do to each limit of the portfolio at the worst, whichever of them fill.
//
// A state is reachable if every venue at which a buy has filled keeps at least the cash that the whole plan leaves
// there at its limit prices, or what was there before if that is less: execution reserves no more (execution.ts). For
// each limit the worst of those states is known in closed form, so that no subset has to be tried:
// positions and clusters, all orders that add and none that reduce; cash, a venue with all its orders or with none;
// leverage, the buys that present cash pays for, and every order that makes a short longer.
// Shares are of the portfolio before the plan: what trading costs is no growth of a share.

import {
  type Amount,
  absolute,
  add,
  isLess,
  isMore,
  maximum,
  minimum,
  multiply,
  subtract,
  sum,
  ZERO,
} from '../money/amount.ts';
import { type AssetGroup, CASH } from '../rebalancing/targets.ts';
import { growthOf, type Increase, inFraction, inPercent, percentOf } from './bounded.ts';
import { cashFloors } from './cash-limits.ts';
import { clustering } from './concentration-limits.ts';
import { type Exposure, shareBase } from './exposure.ts';
import { breach, describeSubject, PORTFOLIO, type RiskFinding, type RiskSubject } from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import { cashAfter, costAtLimit, increasesOf, type RiskOrder } from './risk-order.ts';
import type { RiskState } from './risk-state.ts';

/** A plan's orders with what they are judged by. */
export interface Judged {
  readonly state: RiskState;
  readonly limits: RiskLimits;
  readonly exposure: Exposure;
  readonly orders: readonly RiskOrder[];
}

/** maxPositionPct and maxClusterPct in the worst reachable state, each with the orders that do not fit. */
export function concentrationGrowth(judged: Judged): readonly RiskFinding[] {
  const { state, limits, exposure, orders } = judged;
  const base = shareBase(exposure);
  if (base.state === 'unknown') return [];
  const groups = [...new Set(orders.map(({ group }) => group))].filter((group) => group !== CASH).sort();
  const findings: RiskFinding[] = [];
  const { maxPositionPct, maxClusterPct } = limits;
  if (maxPositionPct !== undefined) {
    for (const group of groups) {
      const value = groupValue(exposure, group);
      const increases = increasesIn(judged, [group]);
      const subject = { kind: 'group', group } as const;
      const share = { limit: 'maxPositionPct', percent: maxPositionPct, nav: base.value } as const;
      findings.push(...shareGrowth(absolute(value), increases, { ...share, subject }));
    }
  }
  if (maxClusterPct !== undefined && state.clusters.state === 'known') {
    const clusterOf = clustering(state.clusters.value);
    for (const cluster of [...new Set(groups.map(clusterOf))]) {
      const members = [...new Set([...exposure.valueByGroup.keys(), ...groups])].filter(
        (group) => group !== CASH && clusterOf(group) === cluster,
      );
      const value = sum(members.map((group) => absolute(groupValue(exposure, group))));
      const subject = { kind: 'cluster', cluster } as const;
      const share = { limit: 'maxClusterPct', percent: maxClusterPct, nav: base.value } as const;
      findings.push(...shareGrowth(value, increasesIn(judged, members), { ...share, subject }));
    }
  }
  return findings;
}

/** minCashPct and minCashUsd: what a venue has at the least, before its orders or after all of them. */
export function cashGrowth({ state, limits, exposure, orders }: Judged): readonly RiskFinding[] {
  const least = new Map<string, Amount>();
  for (const [venue, cash] of exposure.cashByVenue)
    least.set(venue, minimum(cash, cashAfter(venue, cash, orders, state)));
  const spending = orders.filter(
    ({ side, venue }) =>
      side === 'buy' && isLess(least.get(venue) ?? ZERO, exposure.cashByVenue.get(venue) ?? ZERO),
  );
  return cashFloors(exposure, limits).flatMap(
    ({ limit, subject, venue, cashUsd, floorUsd }): RiskFinding[] => {
      const left = venue === null ? sum(least.values()) : (least.get(venue) ?? ZERO);
      const bound = minimum(floorUsd, cashUsd);
      if (!isLess(left, bound)) return [];
      const last = spending.filter((order) => venue === null || order.venue === venue).at(-1);
      const reason = `${describeSubject(subject)} would have ${left} left in cash, at least ${bound} stay`;
      return [
        breach(limit, subject, {
          value: left,
          bound,
          severity: 'warning',
          action: 'keepCash',
          reason,
          orders: last === undefined ? [] : [last.sequence],
        }),
      ];
    },
  );
}

/** maxLeverage: Σ|exposure| in the worst reachable state over the portfolio before the plan. */
export function leverageGrowth({ state, limits, exposure, orders }: Judged): readonly RiskFinding[] {
  const { maxLeverage } = limits;
  const base = shareBase(exposure);
  if (maxLeverage === undefined || base.state === 'unknown') return [];
  let worst = exposure.grossUsd;
  const culprits: number[] = [];
  for (const { id } of state.venues) {
    const here = orders.filter(({ venue }) => venue === id);
    const increases = increasesByAsset(exposure, here);
    const added = (side: 'buy' | 'sell') =>
      sum(here.filter((order) => order.side === side).map(({ sequence }) => increases.get(sequence) ?? ZERO));
    const cash = exposure.cashByVenue.get(id) ?? ZERO;
    const present = maximum(ZERO, subtract(cash, cashAfter(id, cash, here, state)));
    const payable = minimum(added('buy'), add(present, added('sell')));
    worst = add(worst, add(payable, added('sell')));
    culprits.push(...here.map(({ sequence }) => sequence).filter((sequence) => increases.has(sequence)));
  }
  const ceiling = maximum(multiply(maxLeverage, base.value), exposure.grossUsd);
  if (!isMore(worst, ceiling)) return [];
  const value = inFraction(worst, base.value);
  const reason = `exposures could come to ${value} times the equity, at most ${inFraction(ceiling, base.value)} may be`;
  return [
    breach('maxLeverage', PORTFOLIO, {
      value,
      bound: inFraction(ceiling, base.value),
      severity: 'critical',
      action: 'reduceOnly',
      reason,
      orders: culprits.sort((a, b) => a - b).slice(-1),
    }),
  ];
}

/** minimumBalanceUsd: what all orders cost at the worst is not to bring the portfolio below it. */
export function balanceGrowth({ state, limits, exposure, orders }: Judged): readonly RiskFinding[] {
  const { minimumBalanceUsd } = limits;
  const nav = exposure.navUsd;
  if (minimumBalanceUsd === undefined || nav.state === 'unknown' || orders.length === 0) return [];
  const value = subtract(nav.value, sum(orders.map((order) => costAtLimit(order, state))));
  const bound = minimum(minimumBalanceUsd, nav.value);
  if (!isLess(value, bound)) return [];
  const reason = `trading could leave ${value}, at least ${bound} stay`;
  const culprits = orders.slice(-1).map(({ sequence }) => sequence);
  return [
    breach('minimumBalanceUsd', PORTFOLIO, {
      value,
      bound,
      severity: 'critical',
      action: 'halt',
      reason,
      orders: culprits,
    }),
  ];
}

/** What makes each of these groups larger, in the sequence of the orders. */
function increasesIn({ exposure, orders }: Judged, groups: readonly AssetGroup[]): readonly Increase[] {
  return groups
    .flatMap((group) =>
      increasesOf(
        groupValue(exposure, group),
        orders.filter((order) => order.group === group),
      ),
    )
    .sort((a, b) => a.sequence - b.sequence);
}

/** What orders of one venue add to the exposures there, asset by asset. */
function increasesByAsset(exposure: Exposure, orders: readonly RiskOrder[]): ReadonlyMap<number, Amount> {
  const assets = [...new Set(orders.map(({ asset }) => asset))];
  return new Map(
    assets.flatMap((asset) => {
      const ofAsset = orders.filter((order) => order.asset === asset);
      const held = exposure.held.filter((each) => each.asset === asset && each.venue === ofAsset[0]?.venue);
      const value = sum(held.map(({ valueUsd }) => valueUsd ?? ZERO));
      return increasesOf(value, ofAsset).map(({ sequence, by }) => [sequence, by] as const);
    }),
  );
}

interface ShareLimit {
  readonly limit: 'maxPositionPct' | 'maxClusterPct';
  readonly subject: RiskSubject;
  readonly percent: Amount;
  readonly nav: Amount;
}

function shareGrowth(
  before: Amount,
  increases: readonly Increase[],
  { limit, subject, percent, nav }: ShareLimit,
): readonly RiskFinding[] {
  const growth = growthOf(before, percentOf(percent, nav), increases);
  if (!growth.isTooMuch) return [];
  const value = inPercent(growth.worst, nav);
  const bound = inPercent(growth.ceiling, nav);
  const reason = `${describeSubject(subject)} could come to ${value} % of the portfolio, at most ${bound} % may be`;
  return [
    breach(limit, subject, {
      value,
      bound,
      severity: 'warning',
      action: 'clip',
      reason,
      orders: growth.culprits,
    }),
  ];
}

const groupValue = (exposure: Exposure, group: AssetGroup): Amount =>
  exposure.valueByGroup.get(group) ?? ZERO;
