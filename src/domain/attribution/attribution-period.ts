import type { Amount } from '../money/amount.ts';
import type { StrategyId } from '../strategies/strategy-allocation.ts';
import type { AssetId, Side, VenueId } from '../venue/venue.ts';

/** What a value is of. `strategy` is empty where it is of none. */
export interface Cell {
  readonly strategy: StrategyId;
  readonly venue: VenueId;
  readonly asset: AssetId;
}

/** Money in the reporting currency. A short position is below zero. */
export interface CellValue extends Cell {
  readonly valueUsd: Amount;
}

/**
 * What came in from outside, or went out where it is below zero. At the `opening` it is there for all of the period and
 * part of what earns its return; at the `closing` it is not. A portfolio that is valued right before every flow has them
 * at the opening alone.
 */
export interface PeriodFlow extends CellValue {
  readonly at: 'opening' | 'closing';
}

/** A fill. The cell is that of what is bought or sold, its money moves in the same strategy's `quote` at the venue. */
export interface PeriodTrade extends Cell {
  readonly quote: AssetId;
  readonly side: Side;
  /** Above zero, in `asset`. */
  readonly quantity: Amount;
  /** The quote that moved for it, before fees: not below zero. */
  readonly quoteUsd: Amount;
  /** The mid price of a unit when it was decided; null where nobody decided at a price, and slippage is not told apart. */
  readonly decisionMidUsd: Amount | null;
  /** Positive when paid. The value is null where nobody knows it, and the fee is not told apart. */
  readonly fee: { readonly asset: AssetId; readonly valueUsd: Amount | null };
}

/**
 * Money that was paid without a trade: `funding` of a perpetual, a `reward` such as staking's, a `fee` such as a
 * network's. It is the cell's, positive when received, and changed what is held of `paidIn`.
 */
export interface PeriodPayment extends CellValue {
  readonly kind: 'funding' | 'reward' | 'fee';
  readonly paidIn: AssetId;
}

/** Value that moved between cells and neither came from outside nor was earned: between venues or strategies. */
export interface PeriodTransfer {
  readonly from: Cell;
  readonly to: Cell;
  readonly valueUsd: Amount;
}

/** All that explains how the value at the opening became that at the closing. A cell that is not there is worth nothing. */
export interface AttributionPeriod {
  readonly fromMs: number;
  readonly toMs: number;
  /** Each cell once, before the flows. */
  readonly opening: readonly CellValue[];
  readonly closing: readonly CellValue[];
  readonly flows: readonly PeriodFlow[];
  readonly trades: readonly PeriodTrade[];
  readonly payments: readonly PeriodPayment[];
  readonly transfers: readonly PeriodTransfer[];
  /** Held at either end and in none of these values, for want of a price: named, and never taken to be worth nothing. */
  readonly unpriced: readonly AssetId[];
}
