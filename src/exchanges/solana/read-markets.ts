import {
  type Amount,
  amount,
  divide,
  fromAtoms,
  isLess,
  round,
  toAtoms,
  ZERO,
} from '../../domain/money/amount.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { AssetId, Market } from '../../domain/venue/venue.ts';
import type { SolanaScope } from './solana-scope.ts';
import type { SwapService } from './swap-service.ts';
import { mintOf, type Pair } from './token-registry.ts';

/** What is quoted to learn a price: small enough to move nothing, large enough for six digits. In quote. */
export const PROBE_NOTIONAL = amount('10');
/** Quantities are ordered in steps of at least this, so that sizes stay readable. */
export const STEP_DECIMALS_MAX = 6;
export const PRICE_DECIMALS = 6;
/** A token worth less than this is priced finer, or its bid would round to nothing. */
export const SMALL_PRICE = amount('0.01');
export const SMALL_PRICE_DECIMALS = 12;
/** Below this a swap's fee outweighs it. In quote. */
export const MIN_NOTIONAL = amount('1');

/**
 * Bid and ask of markets written "SOL/USDC", from quotes in both directions.
 * A quote is all-in: the pools' fees are in its price, so the taker fee is zero; the network's fee is SOL, per swap.
 */
export async function readMarkets(
  scope: SolanaScope,
  swaps: SwapService | null,
  markets: readonly string[],
  signal: AbortSignal,
): Promise<readonly Market[] | Unknown> {
  if (swaps === null) return unknown('refused', 'no swapUrl is configured for this venue');
  const read: Market[] = [];
  for (const market of markets) {
    const one = await readMarket(scope, swaps, market, signal);
    if ('state' in one) return one;
    read.push(one);
  }
  return read;
}

async function readMarket(
  scope: SolanaScope,
  swaps: SwapService,
  market: string,
  signal: AbortSignal,
): Promise<Market | Unknown> {
  const pair = scope.registry.pairOf(market);
  if (pair === null) return unknown('refused', unknownPair(market));
  const decimals = await readPairDecimals(scope, pair, signal);
  if (decimals.state === 'unknown') return decimals;
  const probe = { mode: 'ExactIn', slippageBps: 0 } as const;
  const baseMint = mintOf(pair.base);
  const quoteMint = mintOf(pair.quote);
  const quoteAtoms = toAtoms(PROBE_NOTIONAL, decimals.quote);
  const bought = await swaps.quote(
    { ...probe, inputMint: quoteMint, outputMint: baseMint, atoms: quoteAtoms },
    signal,
  );
  if (bought.state === 'unknown') return bought;
  const sold = await swaps.quote(
    { ...probe, inputMint: baseMint, outputMint: quoteMint, atoms: bought.outAtoms },
    signal,
  );
  if (sold.state === 'unknown') return sold;
  const baseAmount = fromAtoms(bought.outAtoms, decimals.base);
  const ask = divide(PROBE_NOTIONAL, baseAmount);
  const bid = divide(fromAtoms(sold.outAtoms, decimals.quote), baseAmount);
  const priceDecimals = isLess(ask, SMALL_PRICE) ? SMALL_PRICE_DECIMALS : PRICE_DECIMALS;
  const step = stepOf(decimals.base);
  return {
    market,
    kind: 'spot',
    ...pair,
    bid: round(bid, priceDecimals, 'down'),
    ask: round(ask, priceDecimals, 'up'),
    step,
    tick: fromAtoms(1n, priceDecimals),
    minQuantity: step,
    minNotional: MIN_NOTIONAL,
    takerFeeRate: ZERO,
    isTradable: true,
  };
}

export const stepOf = (decimals: number): Amount => fromAtoms(1n, Math.min(decimals, STEP_DECIMALS_MAX));

export const unknownPair = (market: string): string =>
  `market ${market} is expected to be BASE/QUOTE with symbols or mints that are known and name one mint each`;

export interface PairDecimals {
  readonly state: 'read';
  readonly base: number;
  readonly quote: number;
}

/** Decimals from the mints themselves; native SOL's are the chain's. */
export async function readPairDecimals(
  scope: SolanaScope,
  pair: Pair,
  signal: AbortSignal,
): Promise<PairDecimals | Unknown> {
  const base = await readDecimals(scope, pair.base, signal);
  if (typeof base !== 'number') return base;
  const quote = await readDecimals(scope, pair.quote, signal);
  return typeof quote === 'number' ? { state: 'read', base, quote } : quote;
}

async function readDecimals(
  scope: SolanaScope,
  asset: AssetId,
  signal: AbortSignal,
): Promise<number | Unknown> {
  const pinned = scope.mints.decimalsOf(asset);
  if (pinned !== null) return pinned;
  const fact = await scope.mints.read(scope.endpoints[0], asset, signal);
  return fact.state === 'unknown' ? fact : fact.decimals;
}
