import type { IntentStatus } from '../src/domain/venue/intent-status.ts';

// Orders that plans lead to; as in tables.ts.

export interface OrderIntentTable {
  intent_id: string;
  plan_hash: string;
  sequence: number;
  venue: string;
  market: string;
  side: 'buy' | 'sell';
  quantity: string;
  limit_price: string;
  time_in_force: 'immediateOrCancel' | 'goodTilCancelled';
  reduce_only: number;
  client_order_id: string;
  funded_by: string;
  status: IntentStatus;
  payload: string | null;
  reference: string | null;
  expires_at_height: number | null;
  recorded_at_ms: number;
  submitted_at_ms: number | null;
  confirmed_at_ms: number | null;
  venue_order_id: string | null;
  filled_quantity: string;
  filled_quote: string;
  fees: string;
  detail: string;
}

/** What was counted by venue before it was counted by account; only read. */
export interface ClientNumberTable {
  venue: string;
  next: number;
}

export interface AccountNumberTable {
  account: string;
  /** 2³² when all are given out. */
  next: number;
}
