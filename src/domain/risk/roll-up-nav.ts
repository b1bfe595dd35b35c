// What is removed of the series that the limits on losses are judged by.
//
// Invariants, each held by a property test of the same words:
// 1. Flows of what is removed are the next row's that stays: between rows that stay they sum to what they were.
// 2. The result of a day is what it was.

import { type Amount, add, ZERO } from '../money/amount.ts';
import { isDue, type Retention, type ScheduledTier } from '../valuation/retention.ts';

interface Row {
  readonly sequence: number;
  readonly atMs: number;
  readonly tier: ScheduledTier;
  readonly flowUsd: Amount;
}

export interface NavRollUp {
  readonly removed: readonly number[];
  /** Rows that stay and take over the flows of those that went before them, with what they then have. */
  readonly changed: readonly { readonly sequence: number; readonly flowUsd: Amount }[];
}

/**
 * Of rows that follow each other, oldest first. The newest that is older than raw ones are kept stays whatever it is:
 * after a long time without measurements it is what a day's result counts from.
 */
export function rollUpNav(rows: readonly Row[], retention: Retention, nowMs: number): NavRollUp {
  const newestOld = rows.findLastIndex(({ atMs }) => atMs < nowMs - retention.rawMs);
  const removed: number[] = [];
  const changed: { sequence: number; flowUsd: Amount }[] = [];
  let flowUsd = ZERO;
  for (const row of rows.slice(0, newestOld + 1)) {
    flowUsd = add(flowUsd, row.flowUsd);
    if (isDue(row, retention, nowMs) && row !== rows[newestOld]) {
      removed.push(row.sequence);
      continue;
    }
    if (flowUsd !== row.flowUsd) changed.push({ sequence: row.sequence, flowUsd });
    flowUsd = ZERO;
  }
  return { removed, changed };
}
