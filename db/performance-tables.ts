import type { Generated } from 'kysely';
import type { RiskLevel } from '../src/domain/correlation/correlation-risk.ts';
import type { ScheduledTier, Tier } from '../src/domain/valuation/retention.ts';

/** As in tables.ts. */
export interface NavPointTable {
  sequence: Generated<number>;
  at_ms: number;
  nav_usd: string;
  flow_usd: string;
  index_value: string;
  transaction_sequence: number;
  /** A `NavScope`. */
  scope: string;
  tier: ScheduledTier;
}

/** One row, none before the first measurement. */
export interface LossStateTable {
  id: number;
  index_value: string;
  index_at_ms: number;
  high_water_index: string;
  drawdown_halted_at_ms: number | null;
  drawdown_at_halt: string | null;
  day_pnl_usd: string;
  day_start_usd: string;
  day_halted_at_ms: number | null;
}

export interface ValuationTable {
  sequence: Generated<number>;
  at_ms: number;
  tier: Tier;
  origin: 'recorded' | 'backfilled';
  value_usd: string;
  is_complete: number;
  /** The newest transaction that it knows of; null where it was reckoned later, from what had happened by then. */
  transaction_sequence: number | null;
  /** The id of the flow that it was taken before. */
  before_transaction: string | null;
  /** As valuation-body.ts writes it. */
  body: string;
}

/** One row, none before the first valuation of a day. */
export interface DayJudgementTable {
  id: number;
  valued_at_ms: number;
  remembered_level: RiskLevel | null;
  /** `correlation` and `strategies` of a `DayJudgement`. */
  body: string;
}
