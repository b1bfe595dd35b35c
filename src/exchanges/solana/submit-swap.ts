import type { PreparedOrder, SubmitOutcome } from '../../domain/venue/order.ts';
import { encodeBase58 } from './base58.ts';
import type { SolanaScope } from './solana-scope.ts';

/** Errors about the bytes themselves, which no node ever takes: malformed parameters and a signature that is wrong. */
const NEVER_TAKEN: readonly number[] = [-32602, -32003];

/**
 * Sends exactly the prepared bytes, once. Any number of sends has one effect at most: a signature lands once.
 * An error that another node, or an earlier send, may contradict leaves the outcome unknown.
 */
export async function submitSwap(
  scope: SolanaScope,
  order: PreparedOrder,
  signal: AbortSignal,
): Promise<SubmitOutcome> {
  const bytes = Buffer.from(order.payload, 'base64');
  if (order.reference === null || encodeBase58(bytes.subarray(1, 65)) !== order.reference) {
    return { state: 'deniedLocally', reason: 'the payload is not the transaction that its reference names' };
  }
  const answer = await scope.endpoints[0].ask(signal, (connection) =>
    connection.sendRawTransaction(bytes, { skipPreflight: true, maxRetries: 0 }),
  );
  if (answer.state === 'answered') {
    if (answer.value === order.reference) return { state: 'accepted', venueOrderId: order.reference };
    return {
      state: 'outcomeUnknown',
      detail: `the endpoint answers with another signature: ${answer.value}`,
    };
  }
  const { rpcCode, unknown } = answer;
  if (rpcCode !== null && NEVER_TAKEN.includes(rpcCode)) return { state: 'rejected', reason: unknown.detail };
  return { state: 'outcomeUnknown', detail: `${unknown.reason}: ${unknown.detail}` };
}
