import type { Merge } from '../domain/correlation/link-clusters.ts';
import type { Amount } from '../domain/money/amount.ts';
import type { Fact } from '../domain/rebalancing/triggers/fact.ts';

/**
 * Everything that a report shows, as `--json` prints it: the page and the CSV files say the same, and nothing else.
 * Times are epoch milliseconds of UTC, series oldest first. Fractions are signed: a loss is negative, 0.01 is one per
 * cent. What is not known says why and is nowhere drawn as zero.
 */
export interface ReportDocument {
  readonly title: string;
  readonly reportingCurrency: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly value: Fact<readonly ValuePoint[]>;
  /** By the names of `trueup performance`. */
  readonly performance: Readonly<Record<string, Fact<number>>>;
  /** Of the time-weighted index, 0 at a high. */
  readonly drawdown: Fact<readonly { readonly atMs: number; readonly drawdown: number }[]>;
  readonly allocation: Fact<readonly Allocation[]>;
  readonly correlation: Fact<CorrelationFigures>;
  readonly attribution: Fact<AttributionFigures>;
  /** Newest first. */
  readonly rebalances: readonly ReportedRebalance[];
  readonly reconciliation: readonly ReconciledVenue[];
}

export interface ValuePoint {
  readonly atMs: number;
  /** Unknown where a holding had no price: named in the reason. */
  readonly value: Fact<Amount>;
  /**
   * Everything that was brought in since the first point, less what was taken out, with the first point's value. Unknown
   * where any of that has no price.
   */
  readonly deposited: Fact<Amount>;
}

/** The share of a group of the portfolio over time. */
export interface Allocation {
  readonly group: string;
  readonly points: readonly {
    readonly atMs: number;
    readonly weight: number;
    /** Null where no target was in force. */
    readonly target: number | null;
  }[];
}

export interface CorrelationFigures {
  readonly names: readonly string[];
  /** In the order of `names`; null where two series share too few times. */
  readonly correlation: readonly (readonly (number | null)[])[];
  readonly merges: readonly Merge[];
  readonly riskLevel: string;
  readonly recommendation: string;
}

export interface AttributionFigures {
  /** Of the last valuation that it is told by. */
  readonly toMs: number;
  readonly totalReturn: number;
  /** Parts that sum to `totalReturn`. */
  readonly parts: readonly {
    readonly name: string;
    /** An asset is a group of them, by its prices alone; a sleeve is of all assets together, such as fees. */
    readonly kind: 'asset' | 'sleeve';
    readonly contribution: number;
  }[];
}

export interface ReportedRebalance {
  readonly id: string;
  /** Null where that was not kept. */
  readonly requestedAtMs: number | null;
  readonly why: string;
  readonly state: string;
  readonly stateReason: string;
  readonly orders: number;
  readonly driftBefore: number | null;
  readonly driftAfter: Fact<number>;
  readonly expectedCost: Fact<Amount>;
  readonly realisedCost: Fact<Amount>;
}

/** What the reconciliation of a venue came to in the time of the report. */
export interface ReconciledVenue {
  readonly venue: string;
  readonly rounds: number;
  /** Rounds in which the venue could be read and its answer was certified. */
  readonly certified: number;
  readonly discrepancies: number;
  readonly stillOpen: number;
  readonly corrections: number;
}
