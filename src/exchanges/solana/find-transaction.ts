import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import { BLOCKHASH_BLOCKS, EXPIRY_BLOCKS_MAX } from './expiry.ts';
import { readTransaction } from './read-transaction.ts';
import type { RpcEndpoint } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';
import type { TransactionDeltas } from './transaction-deltas.ts';
import { hearWitness, type Landed } from './transaction-status.ts';

/** Endpoints of different origins that must agree before a transaction is proven absent. */
const WITNESSES_MIN = 2;

/** Blocks before its expiry in which a transaction may have landed: those of a node ahead of ours included. */
const LIFETIME_BLOCKS = EXPIRY_BLOCKS_MAX + BLOCKHASH_BLOCKS;

/** What became of a transaction that was signed here. */
export type FoundTransaction =
  /** It has landed, and its block may still be dropped, or its failure be undone. */
  | { readonly state: 'open' }
  | { readonly state: 'succeeded' | 'failed'; readonly deltas: TransactionDeltas }
  | {
      readonly state: 'absent';
      readonly isProven: boolean;
      /** No endpoint is past its expiry: the same bytes may still land, once. */
      readonly mayResend: boolean;
      readonly detail: string;
    }
  | Unknown;

/**
 * Looks a transaction up by its signature, at every endpoint.
 *
 * One that failed on chain has `failed` once its block is final; its network fee was paid all the same and is read as
 * activity of kind `fee` under the same signature. Absence is proven only by two endpoints of different origins, each
 * past the expiry by its finalized state: with one endpoint it never is.
 */
export async function findTransaction(
  scope: SolanaScope,
  { signature, expiresAtHeight }: { readonly signature: string; readonly expiresAtHeight: number | null },
  signal: AbortSignal,
): Promise<FoundTransaction> {
  const witnesses = new Set<string>();
  const details: string[] = [];
  let trouble: Unknown | null = null;
  for (const endpoint of scope.endpoints) {
    const heard = await hearWitness(
      endpoint,
      { signature, expiresAtHeight, lifetime: LIFETIME_BLOCKS },
      signal,
    );
    if (heard.state === 'landed') return readLanded(scope, endpoint, signature, heard, signal);
    if (heard.state === 'unknown') {
      trouble ??= heard;
      continue;
    }
    if (heard.isProof) witnesses.add(endpoint.origin);
    details.push(heard.detail);
  }
  if (details.length === 0 && trouble !== null) return trouble;
  const detail = [...details, ...(trouble === null ? [] : [trouble.detail])].join('; ');
  return {
    state: 'absent',
    isProven: witnesses.size >= WITNESSES_MIN,
    mayResend: witnesses.size === 0,
    detail: `signature ${signature} is not known: ${detail}`,
  };
}

async function readLanded(
  scope: SolanaScope,
  endpoint: RpcEndpoint,
  signature: string,
  status: Landed,
  signal: AbortSignal,
): Promise<FoundTransaction> {
  // A block that is only processed may still be dropped, with the transaction in it.
  if (status.depth === 'processed') return { state: 'open' };
  const transaction = await readTransaction(scope, endpoint, signature, signal);
  if (transaction.state === 'unknown') return transaction;
  const { deltas } = transaction;
  scope.seen.note(deltas.slot);
  if (deltas.hasFailed !== status.hasFailed) {
    return unknown('incoherent', `the status of ${signature} and its record disagree on whether it failed`);
  }
  if (!deltas.hasFailed) return { state: 'succeeded', deltas };
  // What failed is made again: until its block is final, another one could hold the same bytes and succeed.
  return status.depth === 'final' ? { state: 'failed', deltas } : { state: 'open' };
}
