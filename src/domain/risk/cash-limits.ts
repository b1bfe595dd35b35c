import { type Amount, add, isLess, maximum, ZERO } from '../money/amount.ts';
import type { VenueId } from '../venue/venue.ts';
import { percentOf } from './bounded.ts';
import type { Exposure } from './exposure.ts';
import {
  breach,
  describeSubject,
  notKnown,
  PORTFOLIO,
  type RiskEvaluation,
  type RiskSubject,
  within,
} from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';

/** One of the two floors: the percentage's or the amount's. */
export interface CashFloor {
  readonly limit: 'minCashPct' | 'minCashUsd';
  readonly subject: RiskSubject;
  /** Null for all of the portfolio. */
  readonly venue: VenueId | null;
  readonly cashUsd: Amount;
  readonly floorUsd: Amount;
}

/**
 * minCashPct and minCashUsd: a venue that trades, and all of them together, each keep so much of their value in cash.
 * Where none trades there is nothing to keep it for.
 */
export function cashFloors(exposure: Exposure, limits: RiskLimits): readonly CashFloor[] {
  if (exposure.cashByVenue.size === 0) return [];
  const floors: CashFloor[] = [];
  const total = [...exposure.cashByVenue.values()].reduce(add, ZERO);
  const places = [
    ...[...exposure.cashByVenue.entries()].map(([venue, cashUsd]) => ({
      venue,
      subject: { kind: 'venue', venue } as const,
      cashUsd,
      worth: exposure.valueByVenue.get(venue) ?? ZERO,
    })),
    {
      venue: null,
      subject: PORTFOLIO,
      cashUsd: total,
      worth: exposure.navUsd.state === 'known' ? exposure.navUsd.value : ZERO,
    },
  ];
  for (const { venue, subject, cashUsd, worth } of places) {
    if (limits.minCashPct !== undefined) {
      const floorUsd = percentOf(limits.minCashPct, maximum(ZERO, worth));
      floors.push({ limit: 'minCashPct', subject, venue, cashUsd, floorUsd });
    }
    if (limits.minCashUsd !== undefined)
      floors.push({ limit: 'minCashUsd', subject, venue, cashUsd, floorUsd: limits.minCashUsd });
  }
  return floors;
}

/** The cash that has to stay at a venue by both limits; zero where neither is set. */
export const cashFloorAt = (exposure: Exposure, limits: RiskLimits, venue: VenueId): Amount =>
  cashFloors(exposure, limits)
    .filter((floor) => floor.venue === venue)
    .reduce((most, { floorUsd }) => maximum(most, floorUsd), ZERO);

export function evaluateCash(exposure: Exposure, limits: RiskLimits): RiskEvaluation[] {
  const nav = exposure.navUsd;
  return cashFloors(exposure, limits).map(({ limit, subject, venue, cashUsd, floorUsd }) => {
    if (limit === 'minCashPct' && venue === null && nav.state === 'unknown')
      return notKnown(limit, subject, { missing: nav.missing, action: 'keepCash' });
    const measured = { value: cashUsd, bound: floorUsd };
    if (!isLess(cashUsd, floorUsd)) return within(limit, subject, measured);
    return breach(limit, subject, {
      ...measured,
      severity: 'warning',
      action: 'keepCash',
      reason: `${describeSubject(subject)} has ${cashUsd} in cash, at least ${floorUsd} stay`,
    });
  });
}

/**
 * minimumBalanceUsd: below it nothing is traded. What has no price is left out of what there is, never counted: with it
 * the portfolio may be worth enough, which is then unknown.
 */
export function evaluateMinimumBalance(exposure: Exposure, limits: RiskLimits): RiskEvaluation[] {
  const bound = limits.minimumBalanceUsd;
  if (bound === undefined) return [];
  const { navUsd } = exposure;
  if (navUsd.state === 'unknown')
    return [notKnown('minimumBalanceUsd', PORTFOLIO, { missing: navUsd.missing, action: 'halt' })];
  const value = navUsd.value;
  if (!isLess(value, bound)) return [within('minimumBalanceUsd', PORTFOLIO, { value, bound })];
  const unpriced = exposure.held.find(({ valueUsd }) => valueUsd === null);
  if (unpriced !== undefined) {
    const missing = `a price of ${unpriced.asset}, without which the portfolio is worth ${value}`;
    return [notKnown('minimumBalanceUsd', PORTFOLIO, { missing, action: 'halt' })];
  }
  return [
    breach('minimumBalanceUsd', PORTFOLIO, {
      value,
      bound,
      severity: 'critical',
      action: 'halt',
      reason: `the portfolio is worth ${value}, trading needs ${bound}`,
    }),
  ];
}
