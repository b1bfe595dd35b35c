import type { Generated } from 'kysely';

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
