import { type Amount, amount } from '../domain/money/amount.ts';
import { perpetualAsset } from '../domain/venue/venue.ts';
import { openCoinbaseExchange } from '../exchanges/coinbase/coinbase-exchange.ts';
import { openCoinbaseWalletExchange } from '../exchanges/coinbase/coinbase-wallet-exchange.ts';
import { openDydxExchange } from '../exchanges/dydx/dydx-exchange.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import { serveCoinbase } from '../exchanges/simulated/coinbase-server.ts';
import { createSimulatedKey } from '../exchanges/simulated/coinbase-tokens.ts';
import { serveCoinbaseWallet } from '../exchanges/simulated/coinbase-wallet-server.ts';
import { serveDydx } from '../exchanges/simulated/dydx-server.ts';
import type { MarketRules } from '../exchanges/simulated/market-rules.ts';
import type { PriceFeed, SimulatedVenue, VenueServer } from '../exchanges/simulated/simulated-venue.ts';
import { type SolanaServer, startSolanaServer } from '../exchanges/simulated/solana-server.ts';
import { createSimulatedVenue } from '../exchanges/simulated/venue-engine.ts';
import { openSolanaExchange } from '../exchanges/solana/solana-exchange.ts';
import type { TurnClock } from '../platform/turn-clock.ts';

/** USDC's mint on Solana, as Circle publishes it. */
export const USDC_MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
/** PayPal USD, a Token-2022 mint. */
export const PYUSD_MINT = '2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo';
/** USDC on Base. */
export const USDC_ON_BASE = '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913';

/** The public test wallet of dYdX's own client. It holds nothing anywhere else. */
export const DYDX_SCOPE = {
  address: 'dydx14zzueazeh0hj67cghhf9jypslcf9sh2n5k6art',
  subaccountNumbers: [0],
} as const;
const DYDX_MNEMONIC =
  'mirror actor skill push coach wait confirm orchard lunch mobile athlete gossip awake miracle matter bus reopen team ladder lazy list timber render wait';
const WALLET_ADDRESS = '0x00000000000000000000000000000000000000a1';
const WALLET_NETWORK = 'base-mainnet';
const PORTFOLIO = 'a1b2c3d4-0000-4000-8000-000000000001';

/** Four simulated venues on loopback, and the real adapters opened on them. */
export interface DemoWorld {
  readonly coinbase: SimulatedVenue;
  readonly dydx: SimulatedVenue;
  readonly solana: SolanaServer;
  readonly servers: Readonly<Record<DemoVenue, VenueServer>>;
  readonly exchanges: readonly Exchange[];
  close(): Promise<void>;
}

export type DemoVenue = 'coinbase' | 'dydx' | 'solana' | 'wallet';

export interface DemoWorldOptions {
  readonly worldClock: TurnClock;
  /** The service's clock, which the adapters read. */
  readonly now: () => number;
  readonly prices: PriceFeed;
  readonly seed: number;
}

/** Starts the venues on free ports. Everything but the ports and the keys follows from seed and clock. */
export async function openDemoWorld(options: DemoWorldOptions): Promise<DemoWorld> {
  const { worldClock, now, prices } = options;
  const seed = String(options.seed);
  const shared = { now: worldClock.now, prices, seed };
  const coinbase = createSimulatedVenue({
    ...shared,
    venue: 'coinbase',
    markets: [spot('BTC'), spot('ETH')],
    balances: amounts({ USD: '2500', BTC: '0.82', ETH: '1.9' }),
  });
  const dydx = createSimulatedVenue({
    ...shared,
    venue: 'dydx',
    markets: [perpetual('BTC', '0.0001', '1'), perpetual('ETH', '0.001', '0.1')],
    balances: amounts({ USDC: '6400' }),
    positions: [{ market: 'BTC-USD', side: 'long', size: amount('0.12'), entryPrice: amount('55000') }],
    feeDecimals: 6,
    fundingDecimals: 6,
  });
  const wallet = createSimulatedVenue({
    ...shared,
    venue: 'wallet',
    markets: [],
    balances: amounts({ eth: '0.75', [USDC_ON_BASE]: '900' }),
  });
  const key = createSimulatedKey();
  const servers = {
    coinbase: await serveCoinbase({
      venue: coinbase,
      clock: worldClock,
      portfolio: PORTFOLIO,
      ...publicPart(key),
    }),
    dydx: await serveDydx({ venue: dydx, clock: worldClock, address: DYDX_SCOPE.address }),
    wallet: await serveCoinbaseWallet({
      venue: wallet,
      clock: worldClock,
      network: WALLET_NETWORK,
      address: WALLET_ADDRESS,
      assets: [
        { asset: 'eth', assetId: 'eth', decimals: 18 },
        { asset: USDC_ON_BASE, assetId: 'usdc', decimals: 6, contractAddress: USDC_ON_BASE },
      ],
      ...publicPart(key),
    }),
    solana: await startSolanaServer({
      clock: worldClock,
      seed,
      mints: [
        { mint: USDC_MINT, symbol: 'USDC', decimals: 6, program: 'spl-token' },
        { mint: PYUSD_MINT, symbol: 'PYUSD', decimals: 6, program: 'spl-token-2022' },
      ],
      balances: [
        { asset: 'SOL', amount: amount('65') },
        { asset: USDC_MINT, amount: amount('14500') },
        { asset: PYUSD_MINT, amount: amount('400') },
      ],
      prices,
    }),
  };
  const exchanges = await openAdapters(servers, { key, now });
  return {
    coinbase,
    dydx,
    solana: servers.solana,
    servers,
    exchanges,
    close: async () => {
      for (const server of Object.values(servers)) await server.close();
    },
  };
}

type Key = ReturnType<typeof createSimulatedKey>;
const publicPart = ({ credentials, publicKey }: Key) => ({ keyName: credentials.keyName, publicKey });

/** The same adapters and SDKs as in production, unmodified, on other URLs. */
async function openAdapters(
  servers: {
    readonly coinbase: VenueServer;
    readonly dydx: VenueServer;
    readonly wallet: VenueServer;
    readonly solana: SolanaServer;
  },
  { key, now }: { readonly key: Key; readonly now: () => number },
): Promise<readonly Exchange[]> {
  const urlOf = (server: VenueServer, name: string): string => server.urls[name] ?? '';
  return [
    openCoinbaseExchange({
      venue: 'coinbase',
      baseUrl: urlOf(servers.coinbase, 'baseUrl'),
      credentials: key.credentials,
      scope: { portfolio: PORTFOLIO },
      now,
    }),
    await openDydxExchange({
      venue: 'dydx',
      indexerUrl: urlOf(servers.dydx, 'indexerUrl'),
      validatorUrl: urlOf(servers.dydx, 'validatorUrl'),
      credentials: { mnemonic: DYDX_MNEMONIC },
      scope: DYDX_SCOPE,
      now,
    }),
    await openSolanaExchange({
      venue: 'solana',
      rpcUrls: [urlOf(servers.solana, 'rpcUrl'), urlOf(servers.solana, 'secondRpcUrl')],
      swapUrl: urlOf(servers.solana, 'swapUrl'),
      credentials: { secretKey: servers.solana.secretKey },
      scope: { owner: servers.solana.owner },
      tokens: { [USDC_MINT]: { symbol: 'USDC' }, [PYUSD_MINT]: { symbol: 'PYUSD' } },
      now,
    }),
    await openCoinbaseWalletExchange({
      venue: 'wallet',
      baseUrl: urlOf(servers.wallet, 'baseUrl'),
      credentials: key.credentials,
      scope: { network: WALLET_NETWORK, addresses: [WALLET_ADDRESS] },
      now,
    }),
  ];
}

function amounts(record: Readonly<Record<string, string>>): Readonly<Record<string, Amount>> {
  return Object.fromEntries(Object.entries(record).map(([asset, text]) => [asset, amount(text)]));
}

function spot(base: string): MarketRules {
  return {
    market: `${base}-USD`,
    kind: 'spot',
    base,
    quote: 'USD',
    step: amount('0.00000001'),
    tick: amount('0.01'),
    minQuantity: amount('0.00001'),
    minNotional: amount('1'),
    takerFeeRate: amount('0.004'),
    isTradable: true,
    spreadBps: amount('2'),
    pricedAs: { base, quote: 'USD' },
  };
}

function perpetual(base: string, step: string, tick: string): MarketRules {
  return {
    market: `${base}-USD`,
    kind: 'perpetual',
    base: perpetualAsset(`${base}-USD`),
    quote: 'USDC',
    step: amount(step),
    tick: amount(tick),
    minQuantity: amount(step),
    minNotional: amount('0'),
    takerFeeRate: amount('0.0005'),
    initialMarginRate: amount('0.05'),
    isTradable: true,
    spreadBps: amount('3'),
    pricedAs: { base, quote: 'USDC' },
  };
}
