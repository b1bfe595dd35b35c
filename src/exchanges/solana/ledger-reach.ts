import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { RpcEndpoint } from './rpc-endpoint.ts';

/** How far back an endpoint's own record goes. Nodes forget: what lies before it is not there, and proves nothing. */
export type LedgerReach =
  | { readonly state: 'whole' }
  /** The oldest block that it still has. */
  | { readonly state: 'since'; readonly height: number; readonly atMs: number };

/** One question where the record is whole, two where it is not. */
export async function readLedgerReach(
  endpoint: RpcEndpoint,
  signal: AbortSignal,
): Promise<LedgerReach | Unknown> {
  const first = await endpoint.ask(signal, (connection) => connection.getFirstAvailableBlock());
  if (first.state === 'unanswered') return first.unknown;
  if (first.value === 0) return { state: 'whole' };
  const block = await endpoint.ask(signal, (connection) =>
    connection.getBlock(first.value, {
      transactionDetails: 'none',
      rewards: false,
      maxSupportedTransactionVersion: 0,
    }),
  );
  if (block.state === 'unanswered') return block.unknown;
  const { blockHeight, blockTime } = (block.value ?? {}) as {
    readonly blockHeight?: number | null;
    readonly blockTime?: number | null;
  };
  if (typeof blockHeight !== 'number' || typeof blockTime !== 'number') {
    return unknown(
      'incomplete',
      `the oldest block ${first.value} of ${endpoint.origin} has no height and time`,
    );
  }
  return { state: 'since', height: blockHeight, atMs: blockTime * 1_000 };
}
