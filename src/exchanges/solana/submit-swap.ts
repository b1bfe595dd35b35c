import type { PreparedOrder, SubmitOutcome } from '../../domain/venue/order.ts';
import { encodeBase58 } from './base58.ts';
import type { SolanaScope } from './solana-scope.ts';
import { readSwapStatus } from './swap-status.ts';

/** A node that simulates first, though told not to, refuses so what has landed already. */
const PREFLIGHT_FAILED = -32002;

/**
 * Sends exactly the prepared bytes, once. Any number of sends has one effect at most: a signature lands once.
 * Whatever an endpoint refuses, it may have passed on before, or another did: no refusal ends the order, only its
 * status does, or its expiry at two endpoints.
 */
export async function submitSwap(
  scope: SolanaScope,
  order: PreparedOrder,
  signal: AbortSignal,
): Promise<SubmitOutcome> {
  const [endpoint] = scope.endpoints;
  const bytes = Buffer.from(order.payload, 'base64');
  if (order.reference === null || encodeBase58(bytes.subarray(1, 65)) !== order.reference) {
    return { state: 'deniedLocally', reason: 'the payload is not the transaction that its reference names' };
  }
  const accepted = { state: 'accepted', venueOrderId: order.reference } as const;
  const answer = await endpoint.ask(signal, (connection) =>
    connection.sendRawTransaction(bytes, { skipPreflight: true, maxRetries: 0 }),
  );
  if (answer.state === 'answered') {
    if (answer.value === order.reference) return accepted;
    return {
      state: 'outcomeUnknown',
      detail: `the endpoint answers with another signature: ${answer.value}`,
    };
  }
  const { rpcCode, unknown } = answer;
  if (rpcCode === PREFLIGHT_FAILED) {
    const status = await readSwapStatus(endpoint, order.reference, signal);
    if (status.state === 'landed') return accepted;
  }
  return { state: 'outcomeUnknown', detail: `${unknown.reason}: ${unknown.detail}` };
}
