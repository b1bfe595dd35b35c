import { amount } from '../../src/domain/money/amount.ts';
import { perpetualAsset } from '../../src/domain/venue/venue.ts';
import { openDydxExchange } from '../../src/exchanges/dydx/dydx-exchange.ts';
import { serveDydx } from '../../src/exchanges/simulated/dydx-server.ts';
import type { SolanaServer } from '../../src/exchanges/simulated/solana-server.ts';
import { startSolanaServer } from '../../src/exchanges/simulated/solana-server.ts';
import {
  createSimulatedVenue,
  type SimulatedVenueEngine,
} from '../../src/exchanges/simulated/venue-engine.ts';
import type { TurnClock } from '../../src/platform/turn-clock.ts';
import { TEST_ADDRESS, TEST_MNEMONIC } from './dydx-account.ts';
import { type OtherVenue, TEST_PRICES } from './reconciliation-world.ts';
import { PYUSD, USDC } from './solana-chain.ts';
import { openTestSolana } from './solana-wallet.ts';

export interface DydxVariant {
  /** Whether the market tells its margins. */
  readonly tellsMargins?: boolean;
  /** Signed. */
  readonly size?: string;
}

/** A dYdX account with 10 000 USDC and a long of 0.1 BTC, unless told otherwise. */
export async function dydxBeside(
  worldClock: TurnClock,
  now: () => number,
  unsettledFunding: 'included' | 'apart' = 'included',
  { tellsMargins = true, size = '0.1' }: DydxVariant = {},
): Promise<OtherVenue & { readonly venue: SimulatedVenueEngine }> {
  const venue = createSimulatedVenue({
    venue: 'dydx',
    now: worldClock.now,
    prices: TEST_PRICES,
    markets: [
      {
        market: 'BTC-USD',
        kind: 'perpetual',
        base: perpetualAsset('BTC-USD'),
        quote: 'USDC',
        step: amount('0.0001'),
        tick: amount('1'),
        minQuantity: amount('0.0001'),
        minNotional: amount('0'),
        takerFeeRate: amount('0.0005'),
        ...(tellsMargins ? { initialMarginRate: amount('0.05') } : {}),
        isTradable: true,
        spreadBps: amount('5'),
        pricedAs: { base: 'BTC', quote: 'USDC' },
      },
    ],
    balances: { USDC: amount('10000') },
    positions: [
      {
        market: 'BTC-USD',
        side: size.startsWith('-') ? 'short' : 'long',
        size: amount(size),
        entryPrice: amount('60000'),
      },
    ],
    feeDecimals: 6,
    fundingDecimals: 6,
  });
  const server = await serveDydx({ venue, clock: worldClock, address: TEST_ADDRESS });
  const { indexerUrl = '', validatorUrl = '' } = server.urls;
  const exchange = await openDydxExchange({
    venue: 'dydx',
    indexerUrl,
    validatorUrl,
    credentials: { mnemonic: TEST_MNEMONIC },
    unsettledFunding,
    scope: { address: TEST_ADDRESS, subaccountNumbers: [0] },
    now,
  });
  const settings = {
    venue: 'dydx',
    kind: 'dydx',
    numberedAccount: `${TEST_ADDRESS}/0`,
    markets: ['BTC-USD'],
    cashAsset: 'USDC',
    usesHolds: false,
  } as const;
  return { venue, server, exchange, settings };
}

/** A wallet with 10 SOL, 1000 USDC in three accounts and 50.5 PYUSD of Token-2022. */
export async function solanaBeside(
  worldClock: TurnClock,
  now: () => number,
): Promise<OtherVenue & { readonly chain: SolanaServer }> {
  const server = await startSolanaServer({
    clock: worldClock,
    seed: 'seven',
    mints: [
      { mint: USDC, symbol: 'USDC', decimals: 6, program: 'spl-token' },
      { mint: PYUSD, symbol: 'PYUSD', decimals: 6, program: 'spl-token-2022' },
    ],
    balances: [
      { asset: 'SOL', amount: amount('10') },
      { asset: USDC, amount: amount('1000.000001'), accounts: 3 },
      { asset: PYUSD, amount: amount('50.5') },
    ],
    prices: TEST_PRICES,
  });
  const { rpcUrl = '', secondRpcUrl = '', swapUrl = '' } = server.urls;
  const exchange = await openTestSolana({
    venue: 'solana',
    rpcUrls: [rpcUrl, secondRpcUrl],
    swapUrl,
    credentials: { secretKey: server.secretKey },
    scope: { owner: server.owner },
    tokens: { [USDC]: { symbol: 'USDC' }, [PYUSD]: { symbol: 'PYUSD' } },
    now,
  });
  const settings = {
    venue: 'solana',
    kind: 'solana',
    markets: [],
    cashAsset: USDC,
    usesHolds: false,
  } as const;
  return { chain: server, server, exchange, settings };
}
