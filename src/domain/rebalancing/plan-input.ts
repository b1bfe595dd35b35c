import type { Lot } from '../lots/lot.ts';
import type { TaxTerms } from '../lots/tax-terms.ts';
import { type Amount, amount } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { BandRules } from './bands/band-rules.ts';
import type { Destination } from './bands/destination.ts';
import type { PlanPerpetual } from './perpetual-reserve.ts';
import type { AssetGroup, TargetWeights } from './targets.ts';
import type { RestrictedScope } from './triggers/trigger-decision.ts';

/** What trades at a venue against its cash asset, with its rules and present prices. One market per asset. */
export interface PlanMarket {
  readonly asset: AssetId;
  /** The venue's name of the market, such as "BTC-USD". */
  readonly market: string;
  readonly kind: 'spot' | 'perpetual';
  /** Null where the price is missing or stale: the asset is frozen at this venue. */
  readonly bid: Amount | null;
  readonly ask: Amount | null;
  readonly step: Amount;
  readonly tick: Amount;
  readonly minQuantity: Amount;
  readonly minNotional: Amount;
  /** Only where it differs from the venue's. */
  readonly takerFeeBps?: Amount;
  /** Larger orders are cut into slices here, as `maxOrderUsd` cuts them everywhere; zero where none may be made. */
  readonly orderMaxUsd?: Amount;
}

export interface PlanVenue {
  readonly id: VenueId;
  readonly cashAsset: AssetId;
  /** Confirmed total less outstanding reservations. With perpetuals: equity less signed notional. */
  readonly cash: Amount;
  /** What must stay at the venue whatever happens. */
  readonly minCash: Amount;
  readonly takerFeeBps: Amount;
  /** Free quantity by asset; signed for perpetuals. */
  readonly holdings: Readonly<Record<AssetId, Amount>>;
  /**
   * Every perpetual that is open or trades here, with what it asks: one that is not named is one of unknown terms, and
   * nothing is bought at the venue. Absent where there are none.
   */
  readonly perpetuals?: readonly PlanPerpetual[];
  /** Funding that is due and not in `cash` yet; absent where none is. */
  readonly fundingOwed?: Amount;
  readonly markets: readonly PlanMarket[];
  /** The unit to which the venue rounds a fill's cost and fee, at most. `CASH_UNIT_DEFAULT` where absent. */
  readonly cashUnit?: Amount;
  /** The most partial fills that one order can have. Absent: what the market's smallest sizes allow. */
  readonly partialFillsMax?: number;
}

/** Limits that a plan keeps. What is absent is not enforced. Names ending in Pct are in percent, Bps in basis points. */
export interface PlanLimits {
  /** How far beyond the touch an order's limit price may lie; without it the limit is the touch. */
  readonly maxSlippageBps?: Amount;
  /** Orders below this value are not made. */
  readonly minTradeUsd?: Amount;
  /** Larger orders are cut into slices. */
  readonly maxOrderUsd?: Amount;
  /** Cash that stays at each venue, in percent of that venue's value: "1" is 1 %. */
  readonly minCashPct?: Amount;
  /** Cash that stays at each venue. */
  readonly minCashUsd?: Amount;
}

/** Everything a plan follows from. Times are text or epoch milliseconds; they only enter the hash. */
export interface PlanInput {
  readonly asOf: string | number;
  readonly reportingCurrency: string;
  readonly venues: readonly PlanVenue[];
  /** The group of every asset that is held, traded or cash. Cash assets belong to `CASH`. */
  readonly groups: Readonly<Record<AssetId, AssetGroup>>;
  /** A held group without a target is unassigned: kept, and outside the plan. */
  readonly targets: TargetWeights;
  readonly limits: PlanLimits;
  /** How far groups that are traded are brought: all the way, or, with `bands`, less. */
  readonly destination: Destination;
  /** Groups inside their band stay. Absent: every group is traded to its target. */
  readonly bands?: BandRules;
  /** Which orders may be made; all where it is absent. */
  readonly scope?: RestrictedScope;
  /** Absent: the plan heeds no tax. */
  readonly tax?: PlanTaxInput;
}

/** How sells are taxed, and what they are taxed by. Perpetual positions have no lots. */
export interface PlanTaxInput extends TaxTerms {
  /** When the sells are taken to be. */
  readonly atMs: number;
  /** Lots that the venues hold; what is held beyond them is of unknown basis. */
  readonly lots: readonly Lot[];
  /** Sales that a purchase could still make a wash sale of; read only with `washSale`. */
  readonly recentLosses: readonly RecentLoss[];
}

export interface RecentLoss {
  readonly asset: AssetId;
  readonly atMs: number;
  /** False where nobody knows the gain. */
  readonly isCertain: boolean;
}

/** What trading uses where nothing else is configured; REBALANCING.md §3h and §4. */
export const DEFAULT_LIMITS: PlanLimits = {
  maxSlippageBps: amount('20'),
  minTradeUsd: amount('10'),
  maxOrderUsd: amount('5000'),
  minCashPct: amount('1'),
  minCashUsd: amount('10'),
};

/** A millionth: the smallest unit of USDC, and coarser than what Coinbase books. */
export const CASH_UNIT_DEFAULT = amount('0.000001');
