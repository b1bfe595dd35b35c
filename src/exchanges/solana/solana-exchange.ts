import type { VenueId } from '../../domain/venue/venue.ts';
import type { Exchange } from '../exchange.ts';
import { type Pace, paceOfOrders, UNPACED } from '../pace.ts';
import type { RequestPorts } from './bounded-fetch.ts';
import { findSwap } from './find-swap.ts';
import { findTransfer } from './find-transfer.ts';
import { createMintFacts } from './mint-facts.ts';
import { createSwapPreparer } from './prepare-swap.ts';
import { createTransferPreparer } from './prepare-transfer.ts';
import { readActivity } from './read-activity.ts';
import { readMarkets } from './read-markets.ts';
import { readSnapshot } from './read-snapshot.ts';
import { openRpcEndpoint, type RpcEndpoint, type Web3 } from './rpc-endpoint.ts';
import { readSecretKey } from './secret-key.ts';
import { createSeenSlots, type SolanaScope } from './solana-scope.ts';
import { DEFAULT_SPENDING_LIMITS, type SpendingLimits } from './spending-limits.ts';
import { submitTransaction } from './submit-transaction.ts';
import { createSwapService } from './swap-service.ts';
import { createTokenRegistry, type TokenSymbols } from './token-registry.ts';

export interface SolanaOptions {
  readonly venue: VenueId;
  /** They answer the reads of a round in turn; a transaction is proven absent only by two of them. */
  readonly rpcUrls: readonly string[];
  /** A Jupiter-compatible service with GET /quote and POST /swap under it. */
  readonly swapUrl: string | null;
  /** Needed for orders and transfers only. */
  readonly credentials: { readonly secretKey: string } | null;
  readonly scope: { readonly owner: string };
  /** Mint → symbol, over the known ones. */
  readonly tokens: TokenSymbols;
  /** Addresses that transfers may go to; none without it. */
  readonly transfersTo?: readonly string[];
  /** Over the default ones. */
  readonly limits?: Partial<SpendingLimits>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Stands before every request; nobody waits without it. */
  readonly pace?: Pace;
}

/**
 * Opens a Solana wallet as a venue: token balances, and swaps through a quote service as orders.
 *
 * The SDK is loaded here, when a Solana venue is configured, and speaks HTTP alone: no socket is kept.
 * Throws for a configuration that cannot work, never with a key in the message.
 */
export async function openSolanaExchange(options: SolanaOptions): Promise<Exchange> {
  const web3: Web3 = await import('@solana/web3.js');
  const { venue, now, credentials, swapUrl, pace = UNPACED } = options;
  const owner = readAddress(web3, 'scope.owner', options.scope.owner);
  const endpoints = openEndpoints(web3, options.rpcUrls, { pace, now });
  const scope: SolanaScope = {
    web3,
    venue,
    owner,
    endpoints,
    registry: createTokenRegistry(options.tokens),
    mints: createMintFacts(web3, endpoints),
    seen: createSeenSlots(),
    limits: { ...DEFAULT_SPENDING_LIMITS, ...options.limits },
    now,
  };
  const swaps = swapUrl === null ? null : createSwapService(swapUrl, { pace, now });
  const keypair = credentials === null ? null : readSecretKey(web3, credentials.secretKey, owner);
  const orderEndpoints = openEndpoints(web3, options.rpcUrls, { pace: paceOfOrders(pace), now });
  const orderScope: SolanaScope = { ...scope, endpoints: orderEndpoints };
  const preparer = createSwapPreparer(orderScope, swaps, keypair);
  const allowed = (options.transfersTo ?? []).map((text) => readAddress(web3, 'transfersTo', text));
  const transfers = createTransferPreparer(orderScope, new Set(allowed), keypair);
  return {
    venue,
    kind: 'solana',
    clientOrderIds: 'text',
    observe: ({ read = 0 }, signal) =>
      readSnapshot(scope, endpoints[read % endpoints.length] ?? endpoints[0], signal),
    readActivity: (request, signal) => readActivity(scope, request, signal),
    readMarkets: (markets, signal) => readMarkets(scope, swaps, markets, signal),
    prepareOrder: (instruction, signal) => preparer.prepare(instruction, signal),
    submitOrder: (order, signal) => submitTransaction(scope, order, signal),
    findOrder: (order, signal) => findSwap(scope, order, signal),
    cancelOrder: async () => ({ state: 'rejected', reason: 'a swap cannot be cancelled' }),
    prepareTransfer: (instruction, signal) => transfers.prepare(instruction, signal),
    submitTransfer: (transfer, signal) => submitTransaction(scope, transfer, signal),
    findTransfer: (transfer, signal) => findTransfer(scope, transfer, signal),
    // Requests end with their signals and the SDK's socket was never opened: there is nothing to release.
    close: async () => {},
  };
}

function openEndpoints(
  web3: Web3,
  urls: readonly string[],
  ports: RequestPorts,
): readonly [RpcEndpoint, ...RpcEndpoint[]] {
  const [first, ...others] = urls.map((url) => openRpcEndpoint(web3, url, ports));
  if (first === undefined) throw new Error('rpcUrls is expected to name at least one endpoint, found none');
  return [first, ...others];
}

function readAddress(web3: Web3, place: string, text: string): string {
  try {
    return new web3.PublicKey(text).toBase58();
  } catch {
    throw new Error(`${place} is expected to be an address in base 58, found ${text.slice(0, 64)}`);
  }
}
