import type { NewRebalance } from '../../db/rebalance-repository.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { NOW_MS } from './book-harness.ts';

/** The rebalance of a plan that was approved and has not begun, for the request `request`. */
export const waitingFor = (hash: string): NewRebalance => ({
  requestId: 'request',
  mode: 'demo',
  origin: { kind: 'bot' },
  reason: 'drift',
  approval: 'approved',
  requestedAtMs: NOW_MS,
  plan: { hash, plannedUsd: amount('1') },
  stands: { state: 'waiting', reason: '' },
});
