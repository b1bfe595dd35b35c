import type { Generated } from 'kysely';
import type { Bucket, Cause, ExternalAccount } from '../src/domain/book/transaction.ts';
import type { AlertTables } from './alert-tables.ts';
import type { AuditCheckpointTable, AuditEntryTable, AuditHeadTable } from './audit-tables.ts';
import type { AccountNumberTable, ClientNumberTable, OrderIntentTable } from './order-tables.ts';
import type {
  DayJudgementTable,
  LossStateTable,
  NavPointTable,
  ValuationTable,
} from './performance-tables.ts';
import type { RebalanceTable } from './rebalance-table.ts';
import type { TargetTables } from './target-tables.ts';
import type { TransferIntentTable } from './transfer-table.ts';
import type { CashEventTable, CashReservationTable, VenueCashTable } from './venue-cash-tables.ts';

// One interface a table. Amounts are exact decimal text and bodies canonical JSON text: SQLite has neither type.
// Times are epoch milliseconds, far below 2^53. Booleans are 0 or 1.

export interface KillSwitchTable {
  id: number;
  is_on: number;
  actor: string;
  at_ms: number;
  reason: string;
}

export interface BookTransactionTable {
  sequence: Generated<number>;
  id: string;
  event_id: string;
  cause: Cause;
  venue: string;
  at_ms: number;
  recorded_at_ms: number;
  venue_ids: string;
}

export interface PostingTable {
  transaction_sequence: number;
  line: number;
  venue: string | null;
  bucket: Bucket | null;
  external: ExternalAccount | null;
  asset: string;
  amount: string;
}

/** The sum of the postings, kept beside them: it can be rebuilt, and is checked against them. */
export interface BalanceTable {
  venue: string;
  asset: string;
  available: string;
  hold: string;
  in_transit: string;
  accrued: string;
  version: number;
}

export interface BookEventTable {
  sequence: Generated<number>;
  event_id: string;
  content_hash: string;
  type: string;
  venue: string;
  at_ms: number;
  recorded_at_ms: number;
  body: string;
  outcome: string;
}

/** Which transaction stands for a venue's id now. A reversal frees the id. */
export interface VenueIdIndexTable {
  venue: string;
  venue_id: string;
  transaction_sequence: number;
  at_ms: number;
}

export interface BookOrderTable {
  venue: string;
  client_order_id: string;
  market: string | null;
  base: string | null;
  quote: string | null;
  side: 'buy' | 'sell' | null;
  quantity: string | null;
  limit_price: string | null;
  submitted_at_ms: number | null;
  venue_order_id: string | null;
  hold_asset: string | null;
  hold_amount: string | null;
  is_cancelled: number;
  filled_quantity: string;
  inferred_fills: string;
  is_live: number;
}

export interface BookTransferTable {
  transfer_id: string;
  sent: string | null;
  received: string | null;
}

export interface VenueStateTable {
  venue: string;
  kind: string | null;
  scope: string | null;
  opening: 'unopened' | 'fromSnapshot' | 'fromMessages';
  opened_at_ms: number | null;
  opening_watermark: string | null;
  last_observed_at_ms: number | null;
  mode: string;
  mode_reason: string;
  mode_since_ms: number;
}

export interface SnapshotTable {
  id: string;
  venue: string;
  observed_at_ms: number;
  certificate: string;
  body: string;
}

export interface ReportTable {
  id: string;
  venue: string;
  at_ms: number;
  status: string;
  snapshot_id: string | null;
  unknown_reason: string | null;
  body: string;
}

export interface DiscrepancyTable {
  id: string;
  venue: string;
  asset: string;
  class: string;
  severity: string;
  state: string;
  first_seen_at_ms: number;
  last_seen_at_ms: number;
  body: string;
}

export interface DiscrepancyHistoryTable {
  sequence: Generated<number>;
  discrepancy_id: string;
  at_ms: number;
  state: string;
  note: string;
}

export interface CorrectionTable {
  id: string;
  venue: string;
  state: 'proposed' | 'applied' | 'rejected' | 'stale' | 'reversed';
  evidence_hash: string;
  body: string;
  proposed_at_ms: number;
  /** A proposal may be approved until then; null: for ever. */
  expires_at_ms: number | null;
  decided_at_ms: number | null;
  decided_by: string | null;
}

export interface CorrectionDiscrepancyTable {
  correction_id: string;
  discrepancy_id: string;
}

export interface CorrectionAssetTable {
  correction_id: string;
  asset: string;
}

/** What a perpetual position was entered at, as far as the book knows it. */
export interface PositionEntryTable {
  venue: string;
  asset: string;
  entry_price: string;
}

/** Statistics of a venue that a restart goes on from: how it drifts and how long it takes. */
export interface VenueMemoryTable {
  venue: string;
  body: string;
}

export interface GateTable {
  venue: string;
  asset: string;
  state: 'open' | 'closed';
  reason: string;
  since_ms: number;
}

export interface PlanTable {
  hash: string;
  at_ms: number;
  mode: string;
  status: string;
  body: string;
}

export interface PlanExecutionTable {
  plan_hash: string;
  request_id: string;
  body: string;
  updated_at_ms: number;
}

export interface CommandTable {
  sequence: Generated<number>;
  id: string;
  kind: string;
  body: string;
  requested_at_ms: number;
  state: 'requested' | 'answered';
  answer: string | null;
  answered_at_ms: number | null;
}

export interface OwnerLockTable {
  id: 1;
  process_id: number;
  host: string;
  started_at_ms: number;
  heartbeat_at_ms: number;
  /** JSON; null before the owner has said anything. */
  runtime: string | null;
}

export interface DueTimeTable {
  name: string;
  due_at_ms: number;
}

/** One row: what the last check of triggers left for the next. */
export interface TriggerMemoryTable {
  id: number;
  body: string;
}

export interface SchemaVersionTable {
  version: number;
  name: string;
  applied_at_ms: number;
}

export interface Database extends AlertTables, TargetTables {
  book_transaction: BookTransactionTable;
  posting: PostingTable;
  balance: BalanceTable;
  book_event: BookEventTable;
  venue_id_index: VenueIdIndexTable;
  book_order: BookOrderTable;
  book_transfer: BookTransferTable;
  venue_state: VenueStateTable;
  snapshot: SnapshotTable;
  report: ReportTable;
  discrepancy: DiscrepancyTable;
  discrepancy_history: DiscrepancyHistoryTable;
  correction: CorrectionTable;
  correction_discrepancy: CorrectionDiscrepancyTable;
  correction_asset: CorrectionAssetTable;
  position_entry: PositionEntryTable;
  venue_memory: VenueMemoryTable;
  gate: GateTable;
  plan: PlanTable;
  plan_execution: PlanExecutionTable;
  rebalance: RebalanceTable;
  order_intent: OrderIntentTable;
  transfer_intent: TransferIntentTable;
  cash_event: CashEventTable;
  venue_cash: VenueCashTable;
  cash_reservation: CashReservationTable;
  kill_switch: KillSwitchTable;
  nav_point: NavPointTable;
  valuation: ValuationTable;
  loss_state: LossStateTable;
  day_judgement: DayJudgementTable;
  client_number: ClientNumberTable;
  account_number: AccountNumberTable;
  audit_entry: AuditEntryTable;
  audit_head: AuditHeadTable;
  audit_checkpoint: AuditCheckpointTable;
  command: CommandTable;
  owner_lock: OwnerLockTable;
  due_time: DueTimeTable;
  trigger_memory: TriggerMemoryTable;
  schema_version: SchemaVersionTable;
}
