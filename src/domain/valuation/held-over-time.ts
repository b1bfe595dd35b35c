// What was held at times that lie back, by what had happened by then.
//
// Invariants, each held by a property test of the same words:
// 1. What was held at a time is the sum of the postings of everything that happened before it.
// 2. What was held before a flow is without the flow, and with all that was before it.

import { assert } from '../assert.ts';
import type { Transaction } from '../book/transaction.ts';
import { type Amount, add, ZERO } from '../money/amount.ts';
import { applySubLedgerEvent, openSubLedgers, type SubLedgerEvent } from '../strategies/sub-ledgers.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { isExternalFlow } from './external-flow.ts';
import type { HeldAtVenue, HeldByStrategy } from './valuation.ts';

export interface HeldThen {
  readonly atMs: number;
  /** The flow that it is just before; null at one of the times that were asked for. */
  readonly beforeTransaction: string | null;
  readonly holdings: readonly HeldAtVenue[];
  readonly strategies: readonly HeldByStrategy[];
}

export interface Happened {
  /** In the order in which it happened, and what happened at one time in the order in which it was posted. */
  readonly transactions: Iterable<Transaction>;
  /** In the order in which it happened. */
  readonly strategyEvents: readonly { readonly atMs: number; readonly event: SubLedgerEvent }[];
}

/**
 * What was held at each of the times, ascending, and before each flow from the first to the last of `flows`. Reads what
 * happened once, and keeps no more than what is held.
 */
export function* heldOverTime(
  { transactions, strategyEvents }: Happened,
  asked: {
    readonly times: readonly number[];
    readonly flows: { readonly fromMs: number; readonly toMs: number };
    readonly groupOf: (asset: AssetId) => string;
  },
): Generator<HeldThen> {
  const { times, flows, groupOf } = asked;
  const book = new Map<VenueId, Map<AssetId, Amount>>();
  let ledgers = openSubLedgers(new Map());
  let event = 0;
  let time = 0;
  const then = (atMs: number, beforeTransaction: string | null): HeldThen => {
    for (let next = strategyEvents[event]; next && next.atMs < atMs; next = strategyEvents[++event]) {
      // Each is told once: what was booked before needs not be remembered.
      const outcome = applySubLedgerEvent({ ...ledgers, bookedIds: new Set() }, next.event);
      assert(outcome.state === 'booked', `an event of the sub-ledgers is booked again: ${next.event.id}`);
      ledgers = outcome.ledgers;
    }
    return {
      atMs,
      beforeTransaction,
      holdings: [...book].flatMap(([venue, assets]) =>
        [...assets].map(([asset, quantity]) => ({ venue, asset, quantity })),
      ),
      strategies: [...ledgers.strategies].flatMap(([strategy, assets]) =>
        [...assets].map(([asset, quantity]) => ({ strategy, asset, quantity })),
      ),
    };
  };
  for (const transaction of transactions) {
    const { atMs } = transaction;
    for (let next = times[time]; next !== undefined && next <= atMs; next = times[++time])
      yield then(next, null);
    if (atMs >= flows.fromMs && atMs <= flows.toMs && isExternalFlow(transaction, groupOf))
      yield then(atMs, transaction.id);
    for (const posting of transaction.postings) {
      if ('external' in posting) continue;
      const { venue, asset, amount } = posting;
      const assets = book.get(venue) ?? new Map<AssetId, Amount>();
      book.set(venue, assets.set(asset, add(assets.get(asset) ?? ZERO, amount)));
    }
  }
  for (let next = times[time]; next !== undefined; next = times[++time]) yield then(next, null);
}
