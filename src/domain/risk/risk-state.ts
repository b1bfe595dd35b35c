import type { Amount } from '../money/amount.ts';
import type { PlanVenue } from '../rebalancing/plan-input.ts';
import type { AssetGroup } from '../rebalancing/targets.ts';
import type { ReportStatus } from '../reconciliation/report-status.ts';
import type { EarlierPrice } from '../venue/price-readings.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { DrawdownState } from './drawdown-state.ts';
import type { KillSwitch } from './kill-switch.ts';

/** What was measured, or the name of what is missing. */
export type Measured<T> =
  | { readonly state: 'known'; readonly value: T }
  | { readonly state: 'unknown'; readonly missing: string };

export const known = <T>(value: T): Measured<T> => ({ state: 'known', value });
export const missing = (what: string): Measured<never> => ({ state: 'unknown', missing: what });

/** Held where a plan does not trade, or on hold: it counts as value and moves with no order. */
export interface HeldElsewhere {
  readonly venue: VenueId;
  readonly asset: AssetId;
  /** Signed for perpetuals. */
  readonly quantity: Amount;
}

/** What a group cost when it was last seen. */
export interface LastPrice {
  readonly price: Amount;
  readonly observedAtMs: number;
  /** Whether no venue has a market in which plans trade it: the price is for valuing alone, and may be older. */
  readonly isIlliquid: boolean;
}

/** One source's price of an asset. */
export interface RiskQuote {
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly price: Amount;
  readonly observedAtMs: number;
  /** As of `LastPrice`: of the whole group. */
  readonly isIlliquid: boolean;
  /** The same source a minute before, or within less than that where it was not read then; null where neither is kept. */
  readonly earlier: EarlierPrice | null;
}

export interface TradedBefore {
  readonly atMs: number;
  readonly notionalUsd: Amount;
}

export interface DayResult {
  /** Gain or loss of the last 24 hours without deposits and withdrawals. */
  readonly pnlUsd: Amount;
  /** What the portfolio was worth before. */
  readonly startUsd: Amount;
  /** When the limit was last broken; null if never. */
  readonly haltedAtMs: number | null;
}

/** Everything that limits are evaluated with, at one moment. Plain data; times in epoch milliseconds. */
export interface RiskState {
  readonly nowMs: number;
  /** As a plan is made from them: cash, holdings, markets. A market without a price is frozen. */
  readonly venues: readonly PlanVenue[];
  /** The group of every asset of `venues`, `elsewhere` and `quotes`. */
  readonly groups: Readonly<Record<AssetId, AssetGroup>>;
  readonly elsewhere: readonly HeldElsewhere[];
  /** The last price of groups that have none now: their value stays in the portfolio. */
  readonly lastPrices: Readonly<Record<AssetGroup, LastPrice>>;
  /** The cluster of each group; one without is alone. */
  readonly clusters: Measured<Readonly<Record<AssetGroup, string>>>;
  /** Volume of the last 24 hours in USD. A market that is not named has none that is known. */
  readonly volumes: readonly { readonly venue: VenueId; readonly market: string; readonly dayUsd: Amount }[];
  /** What own orders have traded, at least the last 24 hours. */
  readonly traded: Measured<readonly TradedBefore[]>;
  /** When own orders were sent, at least the last 24 hours. */
  readonly ordersSentAtMs: Measured<readonly number[]>;
  readonly drawdown: Measured<DrawdownState>;
  readonly day: Measured<DayResult>;
  /** Every source's, also where nothing is planned: one of each asset at each venue. */
  readonly quotes: readonly RiskQuote[];
  /** Present prices of the stablecoins that are held or paid with. */
  readonly stablecoins: Readonly<Record<AssetId, Measured<Amount>>>;
  readonly reconciliations: Readonly<
    Record<VenueId, Measured<{ readonly status: ReportStatus; readonly atMs: number }>>
  >;
  readonly plansInFlight: Measured<number>;
  readonly killSwitch: KillSwitch;
}
