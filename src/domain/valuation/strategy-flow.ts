// What each strategy has put into the assets that it trades, and taken out of them.
//
// A strategy has no cash of its own: what its buys have cost came in, and what its sells have brought went out.

import { assert } from '../assert.ts';
import { isZero, negate, subtract } from '../money/amount.ts';
import {
  applySubLedgerEvent,
  openSubLedgers,
  type SubLedgerEvent,
  strategyHolding,
} from '../strategies/sub-ledgers.ts';
import type { FlowAssets, ScopeFlow } from './scope-flow.ts';

export interface StrategyEvent {
  readonly atMs: number;
  /** The transaction of the book that it is of; null where it is of none. */
  readonly sequence: number | null;
  readonly event: SubLedgerEvent;
}

/** Of events in the order in which they were booked. A strategy is the scope. */
export function strategyFlows(
  events: readonly StrategyEvent[],
  { isCash }: Pick<FlowAssets, 'isCash'>,
): readonly ScopeFlow[] {
  const flows: ScopeFlow[] = [];
  let ledgers = openSubLedgers(new Map());
  for (const { atMs, sequence, event } of events) {
    const before = ledgers;
    const outcome = applySubLedgerEvent({ ...before, bookedIds: new Set() }, event);
    assert(outcome.state === 'booked', `an event of the sub-ledgers is booked again: ${event.id}`);
    ledgers = outcome.ledgers;
    if (isCash(event.asset)) continue;
    for (const strategy of ledgers.strategies.keys()) {
      const changeOf = (asset: string) =>
        subtract(strategyHolding(ledgers, strategy, asset), strategyHolding(before, strategy, asset));
      const quantity = changeOf(event.asset);
      const paid = 'cashAsset' in event ? negate(changeOf(event.cashAsset)) : null;
      if (isZero(quantity) && (paid === null || isZero(paid))) continue;
      // What is only assigned, or traded for something else, is worth what a price says.
      const usd = 'cashAsset' in event && isCash(event.cashAsset) ? paid : null;
      flows.push({ scope: strategy, sequence, atMs, asset: event.asset, quantity, usd });
    }
  }
  return flows;
}
