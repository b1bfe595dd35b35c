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
