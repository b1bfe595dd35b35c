import type { SubmitOutcome } from '../../domain/venue/order.ts';
import { encodeBase58 } from './base58.ts';
import type { SolanaScope } from './solana-scope.ts';
import { readTransactionStatus } from './transaction-status.ts';

/** A node that simulates first, though told not to, refuses so what has landed already. */
const PREFLIGHT_FAILED = -32002;

/** A signed transaction as an order or a transfer keeps it: its bytes in base 64, named by its signature. */
export interface SignedTransaction {
  readonly reference: string | null;
  readonly payload: string;
}

/**
 * Sends exactly the prepared bytes, once. Any number of sends has one effect at most: a signature lands once.
 * Whatever an endpoint refuses, it may have passed on before, or another did: no refusal ends the transaction, only
 * its status does, or its expiry at two endpoints.
 */
export async function submitTransaction(
  scope: SolanaScope,
  { reference, payload }: SignedTransaction,
  signal: AbortSignal,
): Promise<SubmitOutcome> {
  const [endpoint] = scope.endpoints;
  const bytes = Buffer.from(payload, 'base64');
  if (reference === null || encodeBase58(bytes.subarray(1, 65)) !== reference) {
    return { state: 'deniedLocally', reason: 'the payload is not the transaction that its reference names' };
  }
  const accepted = { state: 'accepted', venueOrderId: reference } as const;
  const answer = await endpoint.ask(signal, (connection) =>
    connection.sendRawTransaction(bytes, { skipPreflight: true, maxRetries: 0 }),
  );
  if (answer.state === 'answered') {
    if (answer.value === reference) return accepted;
    return {
      state: 'outcomeUnknown',
      detail: `the endpoint answers with another signature: ${answer.value}`,
    };
  }
  const { rpcCode, unknown } = answer;
  if (rpcCode === PREFLIGHT_FAILED) {
    const status = await readTransactionStatus(endpoint, reference, signal);
    if (status.state === 'landed') return accepted;
  }
  return { state: 'outcomeUnknown', detail: `${unknown.reason}: ${unknown.detail}` };
}
