import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import { readLedgerReach } from './ledger-reach.ts';
import type { RpcEndpoint } from './rpc-endpoint.ts';

export interface Landed {
  readonly state: 'landed';
  readonly hasFailed: boolean;
  /** `processed` blocks may still be dropped; `confirmed` ones never have been; `final` ones cannot be. */
  readonly depth: 'processed' | 'confirmed' | 'final';
}

export interface NotFound {
  readonly state: 'notFound';
  /** The slot that the endpoint answered at. */
  readonly slot: number;
}

/** What one endpoint says of a signature, its history included. */
export async function readTransactionStatus(
  endpoint: RpcEndpoint,
  signature: string,
  signal: AbortSignal,
): Promise<Landed | NotFound | Unknown> {
  const answer = await endpoint.ask(signal, (connection) =>
    connection.getSignatureStatuses([signature], { searchTransactionHistory: true }),
  );
  if (answer.state === 'unanswered') return answer.unknown;
  const { context, value: statuses } = answer.value;
  // An empty list is not the answer "null" to the one signature that was asked for.
  if (statuses.length !== 1)
    return unknown('malformed', `asked for 1 signature, ${statuses.length} answered`);
  const status = statuses[0] ?? null;
  if (status === null) return { state: 'notFound', slot: context.slot };
  const { confirmationStatus } = status;
  const depth =
    confirmationStatus === 'finalized'
      ? 'final'
      : confirmationStatus === 'confirmed'
        ? 'confirmed'
        : 'processed';
  return { state: 'landed', hasFailed: status.err !== null, depth };
}

/** What an endpoint testifies on a transaction that it does not show. */
export type Testimony =
  | Landed
  | { readonly state: 'absent'; readonly isProof: boolean; readonly detail: string }
  | Unknown;

/**
 * One endpoint's word on a transaction. It is proof of absence when the endpoint has finalized a block beyond the
 * expiry, has looked at that block's slot or a later one, and its record goes back to before the transaction was made.
 */
export async function hearWitness(
  endpoint: RpcEndpoint,
  { signature, expiresAtHeight, lifetime }: ExpiringTransaction,
  signal: AbortSignal,
): Promise<Testimony> {
  // The height is read before the status: a transaction that is not there after its expiry never will be.
  const tip = await endpoint.ask(signal, (connection) => connection.getEpochInfo('finalized'));
  const status = await readTransactionStatus(endpoint, signature, signal);
  if (status.state !== 'notFound') return status;
  const absent = (isProof: boolean, why: string) =>
    ({ state: 'absent', isProof, detail: `${endpoint.origin} ${why}` }) as const;
  if (expiresAtHeight === null) return absent(false, 'does not have it, it has no expiry');
  if (tip.state === 'unanswered') return absent(false, `says no height: ${tip.unknown.detail}`);
  const { absoluteSlot, blockHeight } = tip.value;
  if (blockHeight === undefined) return absent(false, 'says no height');
  if (blockHeight <= expiresAtHeight) return absent(false, 'is not past its expiry');
  if (status.slot < absoluteSlot) {
    return absent(false, `looked at slot ${status.slot}, before the finalized ${absoluteSlot}`);
  }
  const reach = await readLedgerReach(endpoint, signal);
  if (reach.state === 'unknown') return absent(false, `does not say how far back it goes: ${reach.detail}`);
  if (reach.state === 'since' && reach.height > expiresAtHeight - lifetime) {
    return absent(false, `goes back to height ${reach.height}, it may have landed before`);
  }
  return absent(true, 'is past its expiry');
}

export interface ExpiringTransaction {
  readonly signature: string;
  readonly expiresAtHeight: number | null;
  /** Blocks before its expiry in which it may have landed. */
  readonly lifetime: number;
}
