import { type Amount, amount } from '../money/amount.ts';

/**
 * The knobs of reconciliation with their defaults. Amounts are exact text: USD, or a fraction (0.001 is 0.1 %).
 * Each cites what it was derived from; see docs for the table that operators read.
 */
interface ReconciliationDefaults {
  readonly quietWindowMinMs: number;
  readonly quietWindowMaxMs: number;
  readonly relativeTolerance: Amount;
  readonly valueThresholdUsd: Amount;
  readonly dustLimitUsd: Amount;
  readonly errorRelative: Amount;
  readonly errorValueUsd: Amount;
  readonly criticalNavShare: Amount;
  readonly entryPriceTolerance: Amount;
  readonly feeAllowance: Amount;
  readonly candidatesMax: number;
  readonly searchNodesMax: number;
  readonly solutionsListedMax: number;
  readonly autoValueMaxUsd: Amount;
  readonly autoNavShareMax: Amount;
  readonly autoPerAssetAndDayMax: number;
  readonly reduceOnlyNavShare: Amount;
  readonly reduceOnlyAssets: number;
  readonly gateTimeLimitMs: number;
  readonly vanishedAssetsMax: number;
  readonly vanishedValueShare: Amount;
  readonly replicaLagMaxMs: number;
  readonly explanationsMax: number;
  readonly explanationPauseMs: number;
  readonly approvalTimeLimitMs: number;
}

export const RECONCILIATION_DEFAULTS: ReconciliationDefaults = {
  // nautilus_trader waits 5 s, LEAN 10 to 20 s, OctoBot and trade-executor 60 s.
  quietWindowMinMs: 5_000,
  // Beyond this the source is stale, not slow: the longest wait that any of them uses.
  quietWindowMaxMs: 60_000,
  relativeTolerance: amount('0.001'),
  valueThresholdUsd: amount('10'),
  // The smallest order at Coinbase is 1 USD: less than that cannot be sold.
  dustLimitUsd: amount('1'),
  errorRelative: amount('0.05'),
  errorValueUsd: amount('100'),
  criticalNavShare: amount('0.01'),
  // nautilus_trader takes two average prices for one within this share.
  entryPriceTolerance: amount('0.0001'),
  // Above the highest taker fee of the supported venues (Coinbase's lowest tier takes 1.2 %).
  feeAllowance: amount('0.015'),
  // Limits on work are counts, never time, so that the same input gives the same bytes on every machine.
  candidatesMax: 64,
  searchNodesMax: 200_000,
  // More alternatives than this help nobody who has to choose between them.
  solutionsListedMax: 8,
  // freqtrade's 2 % and nautilus_trader's unlimited correction are too lax.
  autoValueMaxUsd: amount('50'),
  autoNavShareMax: amount('0.001'),
  autoPerAssetAndDayMax: 3,
  reduceOnlyNavShare: amount('0.01'),
  reduceOnlyAssets: 3,
  // Passivbot's snapshots expire: 5 minutes for reporting.
  gateTimeLimitMs: 300_000,
  // More than this gone between two reads is first thought to be a fault of the source.
  vanishedAssetsMax: 3,
  vanishedValueShare: amount('0.2'),
  // Hummingbot served balances that were two minutes old; a fill that is missing for longer is not coming.
  replicaLagMaxMs: 120_000,
  // nautilus_trader and LEAN give up after five rounds. We go on, but only as often as a full sweep is due elsewhere.
  explanationsMax: 5,
  explanationPauseMs: 900_000,
  // A proposal that nobody has looked at for a day rests on a read that is a day old.
  approvalTimeLimitMs: 86_400_000,
};
