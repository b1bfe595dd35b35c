import type { Generated } from 'kysely';

// What orders have set aside of an asset at a venue; as in tables.ts.

export interface CashEventTable {
  sequence: Generated<number>;
  venue: string;
  asset: string;
  /** The version that it led to; 0 opens. */
  version: number;
  /** What it is known by, so that it is applied once. */
  key: string;
  state: 'opened' | 'applied' | 'premiseBroken';
  reason: string;
  body: string;
  at_ms: number;
}

export interface VenueCashTable {
  venue: string;
  asset: string;
  confirmed: string;
  floor: string;
  reserved: string;
  version: number;
  halted: string | null;
}

export interface CashReservationTable {
  venue: string;
  asset: string;
  order_name: string;
  /** The version that it was made with, which keeps their order. */
  place: number;
  amount: string;
  booked_quantity: string;
  ended_quantity: string | null;
}
