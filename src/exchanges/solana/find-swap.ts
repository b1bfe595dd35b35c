import { absolute, divide, fromAtoms, ZERO } from '../../domain/money/amount.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { OrderLookup, PreparedOrder } from '../../domain/venue/order.ts';
import type { AssetId, Fill } from '../../domain/venue/venue.ts';
import { findTransaction } from './find-transaction.ts';
import { pinnedDecimals } from './mint-facts.ts';
import { unknownPair } from './read-markets.ts';
import type { SolanaScope } from './solana-scope.ts';
import { NATIVE_SOL, type Pair, SOL_DECIMALS, WRAPPED_SOL_MINT } from './token-registry.ts';
import type { TransactionDeltas } from './transaction-deltas.ts';

/** A price is for people and statistics; the amounts beside it are exact. */
const PRICE_DECIMALS = 12;

/** Looks an order up by its signature, at every endpoint. One that failed on chain is `rejected` without fills. */
export async function findSwap(
  scope: SolanaScope,
  order: PreparedOrder,
  signal: AbortSignal,
): Promise<OrderLookup> {
  const { reference: signature, expiresAtHeight } = order;
  if (signature === null)
    return unknown('malformed', 'a Solana order is looked up by its signature, it has none');
  const found = await findTransaction(scope, { signature, expiresAtHeight }, signal);
  if (found.state === 'unknown' || found.state === 'absent') return found;
  const landed = { state: 'found', venueOrderId: signature, filledQuantity: ZERO, fills: [] } as const;
  if (found.state === 'open') return { ...landed, status: 'open' };
  if (found.state === 'failed') return { ...landed, status: 'rejected' };
  const pair = scope.registry.pairOf(order.instruction.market);
  if (pair === null) return unknown('malformed', unknownPair(order.instruction.market));
  const fill = fillOf(scope, order, pair, signature, found.deltas);
  if ('state' in fill) return fill;
  return { ...landed, status: 'filled', filledQuantity: fill.quantity, fills: [fill] };
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
