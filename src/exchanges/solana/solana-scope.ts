import type { VenueId } from '../../domain/venue/venue.ts';
import type { MintFacts } from './mint-facts.ts';
import type { RpcEndpoint, Web3 } from './rpc-endpoint.ts';
import type { SpendingLimits } from './spending-limits.ts';
import type { TokenRegistry } from './token-registry.ts';

/** What every part of the adapter works with: one owner at one or more endpoints. */
export interface SolanaScope {
  readonly web3: Web3;
  readonly venue: VenueId;
  readonly owner: string;
  /** The first answers reads; all are asked before a transaction is called absent. */
  readonly endpoints: readonly [RpcEndpoint, ...RpcEndpoint[]];
  readonly registry: TokenRegistry;
  readonly mints: MintFacts;
  readonly seen: SeenSlots;
  readonly limits: SpendingLimits;
  readonly now: () => number;
}

/** The newest slot in which a transaction of ours is known to have landed: reads from before it are stale. */
export interface SeenSlots {
  slot(): number;
  note(slot: number): void;
}

export function createSeenSlots(): SeenSlots {
  let newest = 0;
  return {
    slot: () => newest,
    note: (slot) => {
      newest = Math.max(newest, slot);
    },
  };
}
