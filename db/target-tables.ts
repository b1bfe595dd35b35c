import type { Generated } from 'kysely';
import type { TokenSource } from '../src/domain/strategies/infer-tokens.ts';

/** The newest signal of one source on one asset. `body` is canonical JSON. */
export interface SignalTable {
  source: string;
  asset: string;
  at_ms: number;
  expires_at_ms: number;
  body: string;
  recorded_at_ms: number;
}

/** What a source has said of an asset, up to the newest. `body` is canonical JSON. */
export interface SignalHistoryTable {
  source: string;
  asset: string;
  at_ms: number;
  body: string;
}

export interface TokenMappingTable {
  strategy: string;
  asset: string;
  source: TokenSource;
  confidence: number;
  evidence: string;
  inferred_at_ms: number;
  confirmed_by: string | null;
  confirmed_at_ms: number | null;
}

/** Append-only. `body` is canonical JSON of what the sub-ledgers booked. */
export interface SubLedgerEventTable {
  sequence: Generated<number>;
  id: string;
  at_ms: number;
  body: string;
}

/** The sum of what was booked. What no strategy has is the rest of the book. */
export interface StrategyHoldingTable {
  strategy: string;
  asset: string;
  quantity: string;
}

/** Signed quantities that an order or a plan still has to bring. */
export interface StrategyClaimTable {
  claim: string;
  asset: string;
  strategy: string;
  remaining: string;
}

export interface TargetTables {
  signal: SignalTable;
  signal_history: SignalHistoryTable;
  token_mapping: TokenMappingTable;
  sub_ledger_event: SubLedgerEventTable;
  strategy_holding: StrategyHoldingTable;
  strategy_claim: StrategyClaimTable;
}
