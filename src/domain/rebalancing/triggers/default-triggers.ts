// Apart from what judges them: the configuration needs them, and no calendar's zones.

import { amount } from '../../money/amount.ts';
import type { CashFlowTrigger, Trigger } from './trigger.ts';

export const DEFAULT_ABSOLUTE: Trigger = { kind: 'absolute', halfWidth: amount('0.05') };
export const DEFAULT_RELATIVE: Trigger = { kind: 'relative', share: amount('0.25') };
/** REBALANCING.md §4: flagged from 3 points on, traded from 5. */
export const DEFAULT_TOTAL: Trigger = { kind: 'total', threshold: amount('0.05') };
/** REBALANCING.md §4: a flow of half a percent or 50 USD, cash two points off. OctoBot's own is ten points. */
export const DEFAULT_CASH_FLOW: CashFlowTrigger = {
  kind: 'cashFlow',
  minFlowUsd: amount('50'),
  minFlowShare: amount('0.005'),
  below: amount('0.02'),
  above: amount('0.02'),
};
