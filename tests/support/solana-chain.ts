import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction } from '../../src/domain/venue/order.ts';
import type { Side } from '../../src/domain/venue/venue.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import type { InitialBalance, SimulatedMint } from '../../src/exchanges/simulated/solana/genesis.ts';
import { type SolanaServer, startSolanaServer } from '../../src/exchanges/simulated/solana-server.ts';
import type { SolanaOptions } from '../../src/exchanges/solana/solana-exchange.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { openTestSolana, TEST_NOW_MS } from './solana-wallet.ts';

export const USDC = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
export const JUP = 'JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN';
export const PYUSD = '2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo';
/** A Token-2022 mint of our own that withholds 1 % of every transfer. */
export const TAXED = 'TaxedTaxedTaxedTaxedTaxedTaxedTaxedTaxed111';
export const WSOL = 'So11111111111111111111111111111111111111112';

export interface TestChain {
  readonly server: SolanaServer;
  readonly clock: TurnClock;
  /** Reads through both endpoints of the chain and holds the owner's key. */
  readonly exchange: Exchange;
  open(options: Partial<SolanaOptions>): Promise<Exchange>;
}

/** A chain with 10 SOL, 1000 USDC in three accounts and 50.5 PYUSD of Token-2022, and an adapter on it. */
export async function startTestChain(
  more: readonly InitialBalance[] = [],
  seed = 'seven',
  moreMints: readonly SimulatedMint[] = [],
): Promise<TestChain> {
  const clock = new TurnClock(TEST_NOW_MS);
  const prices: Readonly<Record<string, string>> = {
    SOL: '150',
    USDC: '1',
    JUP: '0.8',
    PYUSD: '1',
    TAXED: '2',
  };
  const server = await startSolanaServer({
    clock,
    seed,
    mints: [
      { mint: USDC, symbol: 'USDC', decimals: 6, program: 'spl-token' },
      { mint: JUP, symbol: 'JUP', decimals: 6, program: 'spl-token' },
      { mint: PYUSD, symbol: 'PYUSD', decimals: 6, program: 'spl-token-2022' },
      { mint: TAXED, symbol: 'TAXED', decimals: 6, program: 'spl-token-2022', transferFeeBps: 100 },
      ...moreMints,
    ],
    balances: [
      { asset: 'SOL', amount: amount('10') },
      { asset: USDC, amount: amount('1000.000001'), accounts: 3 },
      { asset: PYUSD, amount: amount('50.5') },
      ...more,
    ],
    prices: { priceAt: (asset) => amount(prices[asset] ?? 'no price') },
  });
  const { rpcUrl = '', secondRpcUrl = '', swapUrl = '' } = server.urls;
  const open = (options: Partial<SolanaOptions>) =>
    openTestSolana({
      rpcUrls: [rpcUrl, secondRpcUrl],
      swapUrl,
      credentials: { secretKey: server.secretKey },
      scope: { owner: server.owner },
      tokens: { [TAXED]: { symbol: 'TAXED' } },
      now: clock.now,
      ...options,
    });
  return { server, clock, open, exchange: await open({}) };
}

export function instruct(
  market: string,
  side: Side,
  quantity: string,
  limitPrice: string,
  intentId = 'intent-1',
): OrderInstruction {
  return {
    intentId,
    venue: 'solana-test',
    market,
    side,
    quantity: amount(quantity),
    limitPrice: amount(limitPrice),
    timeInForce: 'immediateOrCancel',
    reduceOnly: false,
    clientOrderId: `client-${intentId}`,
  };
}
