import {
  certify,
  type Observation,
  type Snapshot,
  type Unknown,
  unknown,
} from '../../domain/venue/observation.ts';
import { factsOf } from './holding-facts.ts';
import { balancesOf, collectHoldings, type Holdings, mintsOf } from './holdings.ts';
import type { RpcEndpoint } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';
import { readTransferFees } from './transfer-fees.ts';

/** Reads after the first, before a moving wallet is given up on. */
const READS_AGAIN_MAX = 3;

/**
 * What the owner holds, certified: all from one slot, or the same content in two reads of which the second is nowhere
 * before the first, so that all of it stood so at one moment in between.
 * Fees on transfers are the tokens' terms, not holdings: they are read after that, from no earlier slot.
 * A chain has no orders and no fills of its own; swaps are activity.
 */
export async function readSnapshot(
  scope: SolanaScope,
  endpoint: RpcEndpoint,
  signal: AbortSignal,
): Promise<Observation<Snapshot>> {
  const knownSlot = scope.seen.slot();
  const collect = (minContextSlot: number) => collectHoldings({ ...scope, endpoint, signal, minContextSlot });
  let before = await collect(knownSlot);
  if (before.state === 'unknown') return before;
  let after: Holdings | Unknown = before;
  const pages = [...before.pages];
  for (let again = 0; again < READS_AGAIN_MAX && !isCoherent(before, after); again += 1) {
    if (again > 0) before = after;
    after = await collect(Math.max(...before.slots));
    if (after.state === 'unknown') return after;
    pages.push(...after.pages);
  }
  if (!isCoherent(before, after)) {
    return unknown('incoherent', `the wallet moved, or its slots went back, in ${READS_AGAIN_MAX + 1} reads`);
  }
  const height = Math.min(...after.slots);
  if (height < knownSlot) {
    return unknown('stale', `the endpoint answers from slot ${height}, ours landed in slot ${knownSlot}`);
  }
  const fees = await readTransferFees({
    web3: scope.web3,
    endpoint,
    mints: mintsOf(after.accounts.filter(({ withheldAtoms }) => withheldAtoms !== null)),
    minContextSlot: height,
    signal,
  });
  if (fees.state === 'unknown') return fees;
  pages.push(...fees.pages);
  const snapshot: Snapshot = {
    balances: balancesOf(after, scope.registry),
    positions: [],
    openOrders: [],
    fills: [],
    accrued: [],
    facts: factsOf(after, scope.limits.feeReserveLamports, fees.byMint),
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
    sources: [endpoint.origin],
  });
}

/**
 * Replicas behind one address may be apart: content that is the same twice is one moment's only where the second
 * answers are not from before the first. Nodes are asked to refuse that. Where one does not know how, the slots must
 * at least stand as still as the content.
 */
function isCoherent(before: Holdings, after: Holdings): boolean {
  if (before === after) return new Set(before.slots).size === 1;
  if (before.hash !== after.hash) return false;
  const standsStill = before.slots.every((slot, index) => slot === after.slots[index]);
  return standsStill || Math.min(...after.slots) >= Math.max(...before.slots);
}
