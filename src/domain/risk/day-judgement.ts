import type { RiskLevel } from '../correlation/correlation-risk.ts';
import type { Amount } from '../money/amount.ts';
import type { Fact } from '../rebalancing/triggers/fact.ts';

/** What the newest valuation of a day, with those before it, says of risk. */
export interface DayJudgement {
  /** When that valuation was taken. */
  readonly valuedAtMs: number;
  readonly correlation: CorrelationJudgement;
  /** The level that was told last; null before the first, and where nothing was held that could have one. */
  readonly rememberedLevel: RiskLevel | null;
  /** By name. */
  readonly strategies: readonly StrategyJudgement[];
}

export type CorrelationJudgement =
  | { readonly state: 'judged'; readonly level: RiskLevel; readonly recommendation: string }
  /** Fewer than two assets are held besides cash. */
  | { readonly state: 'nothingToCompare'; readonly reason: string }
  | { readonly state: 'unknown'; readonly reason: string };

export interface StrategyJudgement {
  readonly strategy: string;
  readonly fall: Fact<StrategyFall>;
}

/** How far the time-weighted index of a strategy lies below its highest. */
export interface StrategyFall {
  /** "0.25" is a quarter; never below zero. To six places. */
  readonly fraction: Amount;
  /** When it was at its highest last. */
  readonly peakAtMs: number;
}

/** What the next day goes on from. A day on which nobody can say leaves the level as it was. */
export function rememberLevel(before: RiskLevel | null, found: CorrelationJudgement): RiskLevel | null {
  switch (found.state) {
    case 'judged':
      return found.level;
    case 'nothingToCompare':
      return null;
    case 'unknown':
      return before;
  }
}
