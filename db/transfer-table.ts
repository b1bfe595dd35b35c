import type { TransferStatus } from '../src/domain/transfer/transfer-intent.ts';

/** `request`, `expected` and `landed` are canonical JSON. */
export interface TransferIntentTable {
  id: string;
  venue: string;
  request: string;
  status: TransferStatus;
  payload: string | null;
  reference: string | null;
  expires_at_height: number | null;
  expected: string | null;
  sends: number;
  landed: string | null;
  detail: string;
  created_at_ms: number;
  updated_at_ms: number;
}
