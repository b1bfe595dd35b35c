import type { Unknown } from '../../domain/venue/observation.ts';
import type { HeightRow } from './dydx-rows.ts';
import { LAG_BLOCKS_MAX } from './indexer-lag.ts';
import { type OrderPayload, SHORT_TERM } from './order-payload.ts';
import type { ChainStatus } from './validator-status.ts';

/** From when on an order that is not listed can never come any more, and whether that is so. */
export interface Expiry {
  readonly isPast: boolean;
  readonly detail: string;
}

/**
 * Whether chain and indexer alike are past the order's own end: the chain, so that it takes the order no more; the
 * indexer, so that it has heard of all that the chain took.
 */
export function expiryOf(payload: OrderPayload, indexer: HeightRow, chain: ChainStatus | Unknown): Expiry {
  const at = `not listed at height ${indexer.height}`;
  if (chain.state === 'unknown') {
    return { isPast: false, detail: `${at}; the chain's own height is unknown: ${chain.detail}` };
  }
  const isPast = (height: number, timeMs: number): boolean =>
    payload.orderFlags === SHORT_TERM
      ? height > payload.goodTilBlock
      : timeMs > payload.goodTilBlockTime * 1_000;
  if (!isPast(indexer.height, indexer.time)) return { isPast: false, detail: `${at}, before its expiry` };
  return isPast(chain.height, chain.timeMs)
    ? { isPast: true, detail: `${at}, past its expiry, and so is the chain at ${chain.height}` }
    : { isPast: false, detail: `${at}, while the chain at ${chain.height} has not passed its expiry` };
}

/** Orders remembered whose sequence the chain has spent; the oldest is forgotten first, and then proven anew. */
const REMEMBERED_MAX = 1_000;

/**
 * Remembers at which height the chain was first seen to have spent an order's sequence, so that the indexer can be
 * waited for: no transaction with that sequence is taken afterwards.
 */
export interface SpentSequences {
  /** Whether the indexer is past that height by so much that validators may have differed about it. */
  isProven(reference: string, spentAt: number | null, indexerHeight: number): boolean;
}

export function createSpentSequences(): SpentSequences {
  const spent = new Map<string, number>();
  return {
    isProven(reference, spentAt, indexerHeight) {
      const first = spent.get(reference) ?? spentAt;
      if (first === null) return false;
      spent.set(reference, first);
      for (const oldest of spent.keys()) {
        if (spent.size <= REMEMBERED_MAX) break;
        spent.delete(oldest);
      }
      return indexerHeight > first + LAG_BLOCKS_MAX;
    },
  };
}
