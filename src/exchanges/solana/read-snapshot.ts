import {
  certify,
  type Observation,
  type Snapshot,
  type Unknown,
  unknown,
} from '../../domain/venue/observation.ts';
import { balancesOf, collectHoldings, type Holdings } from './holdings.ts';
import type { SolanaScope } from './solana-scope.ts';

/** Reads after the first, before a moving wallet is given up on. */
const READS_AGAIN_MAX = 3;

/**
 * What the owner holds, certified: all from one slot, or the same content in two reads in a row.
 * A chain has no orders and no fills of its own; swaps are activity.
 */
export async function readSnapshot(scope: SolanaScope, signal: AbortSignal): Promise<Observation<Snapshot>> {
  const collect = () => collectHoldings({ ...scope, endpoint: scope.endpoints[0], signal });
  let before = await collect();
  if (before.state === 'unknown') return before;
  let after: Holdings | Unknown = before;
  const pages = [...before.pages];
  for (let again = 0; again < READS_AGAIN_MAX && !isCoherent(before, after); again += 1) {
    if (again > 0) before = after;
    after = await collect();
    if (after.state === 'unknown') return after;
    pages.push(...after.pages);
  }
  const height = Math.min(...after.slots);
  const knownSlot = scope.seen.slot();
  if (height < knownSlot) {
    return unknown('stale', `the endpoint answers from slot ${height}, ours landed in slot ${knownSlot}`);
  }
  const snapshot: Snapshot = {
    balances: balancesOf(after, scope.registry),
    positions: [],
    openOrders: [],
    fills: [],
    accrued: [],
  };
  return certify(snapshot, {
    venue: scope.venue,
    kind: 'solana',
    scope: scope.owner,
    // These lists have no pages: an answer is the whole list or an error.
    complete: true,
    observedAtMs: scope.now(),
    clockSkewMs: null,
    watermarkBefore: { activity: before.hash, height: Math.min(...before.slots) },
    watermarkAfter: { activity: after.hash, height },
    pages,
    sources: [scope.endpoints[0].origin],
  });
}

function isCoherent(before: Holdings, after: Holdings): boolean {
  if (before !== after) return before.hash === after.hash;
  return new Set(before.slots).size === 1;
}
