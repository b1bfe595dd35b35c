import type { RebalanceApproval, RebalanceState } from '../src/domain/rebalancing/history/rebalance.ts';

/** One row a rebalance; as in tables.ts. */
export interface RebalanceTable {
  sequence: number;
  /** SHA-256 of the request's id and the sequence. */
  id: string;
  request_id: string;
  mode: 'demo' | 'paper' | 'live';
  origin: string | null;
  reason: string;
  approval: RebalanceApproval | null;
  requested_at_ms: number | null;
  plan_hash: string | null;
  /** Value of all orders of the plan at its mid prices. */
  planned_usd: string | null;
  decided_by: string | null;
  decided_at_ms: number | null;
  begun_at_ms: number | null;
  ended_at_ms: number | null;
  state: RebalanceState;
  state_reason: string;
  /** A `Fact` of the portfolio afterwards. */
  after: string;
}
