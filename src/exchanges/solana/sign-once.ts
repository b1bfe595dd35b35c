import type { Keypair, VersionedTransaction } from '@solana/web3.js';
import { encodeBase58 } from './base58.ts';

/** A signed transaction, named by its signature, or which other intent the same bytes were signed for. */
export type SignedOnce =
  | { readonly state: 'signed'; readonly reference: string; readonly payload: string }
  | { readonly state: 'taken'; readonly by: string };

/** Signs a transaction for an intent, whose id it is given. */
export type SignOnce = (transaction: VersionedTransaction, keypair: Keypair, intentId: string) => SignedOnce;

/** Signatures that are remembered. */
const SIGNATURES_MAX = 1_000;

/**
 * Signs so that one transaction never stands for two intents: equal bytes are one transaction, which lands once.
 * Signing again for the same intent gives the same. Sends nothing.
 */
export function createSignOnce(): SignOnce {
  const intentBySignature = new Map<string, string>();
  return (transaction, keypair, intentId) => {
    transaction.sign([keypair]);
    const reference = encodeBase58(transaction.signatures[0] ?? new Uint8Array());
    const earlier = intentBySignature.get(reference);
    if (earlier !== undefined && earlier !== intentId) return { state: 'taken', by: earlier };
    intentBySignature.set(reference, intentId);
    for (const oldest of intentBySignature.keys()) {
      if (intentBySignature.size <= SIGNATURES_MAX) break;
      intentBySignature.delete(oldest);
    }
    return { state: 'signed', reference, payload: Buffer.from(transaction.serialize()).toString('base64') };
  };
}
