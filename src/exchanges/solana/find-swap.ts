import { absolute, divide, fromAtoms, ZERO } from '../../domain/money/amount.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { OrderLookup, PreparedOrder } from '../../domain/venue/order.ts';
import type { AssetId, Fill } from '../../domain/venue/venue.ts';
import { pinnedDecimals } from './mint-facts.ts';
import { BLOCKHASH_BLOCKS, EXPIRY_BLOCKS_MAX } from './prepare-swap.ts';
import { unknownPair } from './read-markets.ts';
import { readTransaction } from './read-transaction.ts';
import type { RpcEndpoint } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';
import { hearWitness, type Landed } from './swap-status.ts';
import { NATIVE_SOL, type Pair, SOL_DECIMALS, WRAPPED_SOL_MINT } from './token-registry.ts';
import type { TransactionDeltas } from './transaction-deltas.ts';

/** Endpoints of different origins that must agree before a transaction is proven absent. */
export const WITNESSES_MIN = 2;
/** A price is for people and statistics; the amounts beside it are exact. */
const PRICE_DECIMALS = 12;

/** Blocks before its expiry in which a transaction may have landed: those of a service's node ahead of ours included. */
const LIFETIME_BLOCKS = EXPIRY_BLOCKS_MAX + BLOCKHASH_BLOCKS;

/**
 * Looks an order up by its signature, at every endpoint.
 *
 * A swap that failed on chain is `rejected` without fills once its block is final; its network fee was paid all the
 * same and is read as activity of kind `fee` under the same signature. Absence is proven only by two endpoints of
 * different origins, each past the expiry by its finalized state: with one endpoint it never is.
 */
export async function findSwap(
  scope: SolanaScope,
  order: PreparedOrder,
  signal: AbortSignal,
): Promise<OrderLookup> {
  const signature = order.reference;
  if (signature === null)
    return unknown('malformed', 'a Solana order is looked up by its signature, it has none');
  const { expiresAtHeight } = order;
  const witnesses = new Set<string>();
  const details: string[] = [];
  let trouble: Unknown | null = null;
  for (const endpoint of scope.endpoints) {
    const heard = await hearWitness(
      endpoint,
      { signature, expiresAtHeight, lifetime: LIFETIME_BLOCKS },
      signal,
    );
    if (heard.state === 'landed') return describe(scope, endpoint, order, signature, heard, signal);
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
    detail: `signature ${signature} is not known: ${detail}`,
  };
}

async function describe(
  scope: SolanaScope,
  endpoint: RpcEndpoint,
  order: PreparedOrder,
  signature: string,
  status: Landed,
  signal: AbortSignal,
): Promise<OrderLookup> {
  const found = { state: 'found', venueOrderId: signature, filledQuantity: ZERO, fills: [] } as const;
  // A block that is only processed may still be dropped, with the transaction in it.
  if (status.depth === 'processed') return { ...found, status: 'open' };
  const transaction = await readTransaction(scope, endpoint, signature, signal);
  if (transaction.state === 'unknown') return transaction;
  const { deltas } = transaction;
  scope.seen.note(deltas.slot);
  if (deltas.hasFailed !== status.hasFailed) {
    return unknown('incoherent', `the status of ${signature} and its record disagree on whether it failed`);
  }
  // What failed is made again: until its block is final, another one could hold the same bytes and succeed.
  if (deltas.hasFailed) return { ...found, status: status.depth === 'final' ? 'rejected' : 'open' };
  const pair = scope.registry.pairOf(order.instruction.market);
  if (pair === null) return unknown('malformed', unknownPair(order.instruction.market));
  const fill = fillOf(scope, order, pair, signature, deltas);
  if ('state' in fill) return fill;
  return { ...found, status: 'filled', filledQuantity: fill.quantity, fills: [fill] };
}

/**
 * The fill that accounts for every lamport: base, quote and fee together are the change of the holdings.
 * The fee is the network's, plus the rent of accounts that the swap opened and minus that of accounts it closed.
 */
function fillOf(
  scope: SolanaScope,
  order: PreparedOrder,
  pair: Pair,
  signature: string,
  deltas: TransactionDeltas,
): Fill | Unknown {
  const base = tradedOf(scope, pair.base, deltas);
  const quote = tradedOf(scope, pair.quote, deltas);
  const isBuy = order.instruction.side === 'buy';
  if (
    base === null ||
    quote === null ||
    base === 0n ||
    quote === 0n ||
    base > 0n !== isBuy ||
    quote > 0n === isBuy
  ) {
    return unknown(
      'malformed',
      `${signature} is not the ${order.instruction.side} of ${order.instruction.market}`,
    );
  }
  const isSolTraded = pair.base === NATIVE_SOL || pair.quote === NATIVE_SOL;
  const solTraded = isSolTraded ? (pair.base === NATIVE_SOL ? base : quote) : 0n;
  const quantity = absolute(fromAtoms(base, pinnedDecimals(scope.mints, pair.base)));
  const quoteAmount = absolute(fromAtoms(quote, pinnedDecimals(scope.mints, pair.quote)));
  return {
    id: signature,
    orderId: signature,
    clientOrderId: order.instruction.clientOrderId,
    market: order.instruction.market,
    base: pair.base,
    quote: pair.quote,
    side: order.instruction.side,
    quantity,
    price: divide(quoteAmount, quantity, PRICE_DECIMALS, 'half'),
    quoteAmount,
    fee: { asset: NATIVE_SOL, amount: fromAtoms(solTraded - deltas.lamports, SOL_DECIMALS) },
    atMs: deltas.atMs,
  };
}

/** Native SOL is traded as wrapped SOL that exists within the transaction alone, so both are counted together. */
function tradedOf(scope: SolanaScope, asset: AssetId, deltas: TransactionDeltas): bigint | null {
  if (asset === NATIVE_SOL) return deltas.exchanged + (deltas.tokens.get(WRAPPED_SOL_MINT) ?? 0n);
  return scope.mints.decimalsOf(asset) === null ? null : (deltas.tokens.get(asset) ?? 0n);
}
