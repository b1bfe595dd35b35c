import type { Amount } from '../money/amount.ts';
import type { AssetGroup } from '../rebalancing/targets.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';

/** The limits of REBALANCING.md §3h, and the switch that a person turns. */
export type RiskLimitName =
  | 'maxPositionPct'
  | 'maxVenuePct'
  | 'maxClusterPct'
  | 'minCashPct'
  | 'minCashUsd'
  | 'maxTurnoverPerDay'
  | 'maxOrderUsd'
  | 'maxOrderPctADV'
  | 'maxOrdersPerHour'
  | 'maxOrdersPerDay'
  | 'maxSlippageBps'
  | 'maxLeverage'
  | 'drawdownHalt'
  | 'dailyLoss'
  | 'minimumBalanceUsd'
  | 'priceStaleness'
  | 'priceDeviation'
  | 'stablecoinDepeg'
  | 'reconcileGate'
  | 'frozenShare'
  | 'concurrency';

export type RiskSeverity = 'info' | 'warning' | 'critical';

/** What follows where a limit is broken or cannot be evaluated. */
export type RiskAction =
  /** It is told, and nothing is stopped. */
  | 'tell'
  /** The target is cut, and what is held only shrinks. */
  | 'clip'
  /** Buys at the venue are left out. */
  | 'noBuysAtVenue'
  /** Buys of the asset, and buys that are paid with it, are left out. */
  | 'noBuysOfAsset'
  /** The market is not traded. */
  | 'freezeAsset'
  /** Buys shrink to what leaves the cash that must stay. */
  | 'keepCash'
  /** The orders with the least cost are kept as far as the bound allows. */
  | 'scalePlan'
  | 'slice'
  | 'defer'
  /** The order's price is nearer to the market, or it is not sent. */
  | 'capPrice'
  /** Only orders that shrink what is held. */
  | 'reduceOnly'
  /** No order at all. */
  | 'halt';

export type RiskSubject =
  | { readonly kind: 'portfolio' }
  | { readonly kind: 'venue'; readonly venue: VenueId }
  | { readonly kind: 'group'; readonly group: AssetGroup }
  | { readonly kind: 'cluster'; readonly cluster: string }
  | { readonly kind: 'asset'; readonly asset: AssetId }
  | { readonly kind: 'market'; readonly venue: VenueId; readonly asset: AssetId }
  | { readonly kind: 'order'; readonly sequence: number };

interface About {
  readonly limit: RiskLimitName | 'killSwitch';
  readonly subject: RiskSubject;
}

/** Values and bounds are in the unit of the limit: percent for Pct, basis points for Bps, dollars, fractions, counts. */
export interface RiskWithin extends About {
  readonly state: 'ok';
  readonly value: string;
  readonly bound: string;
}

interface Consequence {
  readonly severity: RiskSeverity;
  readonly action: RiskAction;
  /** In words, for people. */
  readonly reason: string;
  /** The orders of a plan that do it, by their sequence; empty where none is judged. */
  readonly orders: readonly number[];
}

export interface RiskBreach extends About, Consequence {
  readonly state: 'breached';
  readonly value: string;
  readonly bound: string;
}

/** Not known, so not within: `missing` names what has to be known. */
export interface RiskUnknown extends About, Consequence {
  readonly state: 'unknown';
  readonly missing: string;
}

export type RiskFinding = RiskBreach | RiskUnknown;
export type RiskEvaluation = RiskWithin | RiskFinding;

export const PORTFOLIO: RiskSubject = { kind: 'portfolio' };

export const isFinding = (evaluation: RiskEvaluation): evaluation is RiskFinding => evaluation.state !== 'ok';

/** "BTC at coinbase", "cluster majors", "the portfolio". */
export function describeSubject(subject: RiskSubject): string {
  switch (subject.kind) {
    case 'portfolio':
      return 'the portfolio';
    case 'venue':
      return subject.venue;
    case 'group':
      return subject.group;
    case 'cluster':
      return `cluster ${subject.cluster}`;
    case 'asset':
      return subject.asset;
    case 'market':
      return `${subject.asset} at ${subject.venue}`;
    case 'order':
      return `order ${subject.sequence}`;
  }
}

export const within = (
  limit: RiskLimitName | 'killSwitch',
  subject: RiskSubject,
  measured: { readonly value: Amount | number | string; readonly bound: Amount | number | string },
): RiskWithin => ({
  state: 'ok',
  limit,
  subject,
  value: String(measured.value),
  bound: String(measured.bound),
});

export const breach = (
  limit: RiskLimitName | 'killSwitch',
  subject: RiskSubject,
  found: {
    readonly value: Amount | number | string;
    readonly bound: Amount | number | string;
    readonly severity: RiskSeverity;
    readonly action: RiskAction;
    readonly reason: string;
    readonly orders?: readonly number[];
  },
): RiskBreach => ({
  state: 'breached',
  limit,
  subject,
  value: String(found.value),
  bound: String(found.bound),
  severity: found.severity,
  action: found.action,
  reason: found.reason,
  orders: found.orders ?? [],
});

export const notKnown = (
  limit: RiskLimitName | 'killSwitch',
  subject: RiskSubject,
  found: { readonly missing: string; readonly action: RiskAction; readonly orders?: readonly number[] },
): RiskUnknown => ({
  state: 'unknown',
  limit,
  subject,
  missing: found.missing,
  severity: 'warning',
  action: found.action,
  reason: `it cannot be evaluated for ${describeSubject(subject)}: ${found.missing} is not known`,
  orders: found.orders ?? [],
});
