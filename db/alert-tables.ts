import type { AlertLevel } from '../src/domain/alerts/alert-codes.ts';

interface AlertTable {
  id: string;
  code: string;
  level: AlertLevel;
  state: 'open' | 'resolved';
  opened_at_ms: number;
  /** 1 while the next look has to know it. */
  is_remembered: number;
  body: string;
}

interface AlertMemoryTable {
  id: number;
  was_quiet: number;
  audit_sequence: number;
}

export interface AlertDeliveryTable {
  id: string;
  channel: string;
  level: AlertLevel;
  body: string;
  intended_at_ms: number;
  state: 'intended' | 'delivered' | 'abandoned';
  attempts: number;
  next_attempt_at_ms: number;
  ended_at_ms: number | null;
  problem: string;
}

export interface AlertTables {
  alert: AlertTable;
  alert_memory: AlertMemoryTable;
  alert_delivery: AlertDeliveryTable;
}
