import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { amount } from '../../src/domain/money/amount.ts';
import { perpetualAsset } from '../../src/domain/venue/venue.ts';
import { serveCoinbase } from '../../src/exchanges/simulated/coinbase-server.ts';
import { createSimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import { serveCoinbaseWallet } from '../../src/exchanges/simulated/coinbase-wallet-server.ts';
import { serveDydx } from '../../src/exchanges/simulated/dydx-server.ts';
import { startSolanaServer } from '../../src/exchanges/simulated/solana-server.ts';
import { createSimulatedVenue } from '../../src/exchanges/simulated/venue-engine.ts';
import { decodeBase58 } from '../../src/exchanges/solana/base58.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { auditKeyPem } from './audit-tamperings.ts';
import { createEd25519Key } from './coinbase-keys.ts';
import { TEST_ADDRESS, TEST_MNEMONIC } from './dydx-account.ts';
import { type EchoingProxy, serveEcho } from './echoing-proxy.ts';
import { plantSecrets, quotedForms } from './planted-secrets.ts';
import { realTimeVenue, TARGETS } from './real-time-venue.ts';
import { TEST_PRICES } from './reconciliation-world.ts';
import { USDC } from './solana-chain.ts';
import { DatabaseFolder } from './temporary-database.ts';

const keyName = (): string => `organizations/${randomUUID()}/apiKeys/${randomUUID()}`;
const token = (): string => randomUUID().replaceAll('-', '');

const PORTFOLIO = 'portfolio-1';
const NETWORK = 'base-mainnet';
const WALLET = '0x00000000000000000000000000000000000000a1';

/** All kinds of venues with a key, each behind a proxy that can quote what it is sent, and every secret that they take. */
export async function openSecretWorld() {
  const folder = new DatabaseFolder();
  const clock = systemClock;
  const account = createSimulatedKey(keyName());
  const platform = createEd25519Key(keyName());
  const trade = createEd25519Key(keyName());
  const audit = auditKeyPem(113);
  const [rpcPath, rpcQuery, hook, validatorPath] = [token(), token(), token(), token()];
  const coinbase = await serveCoinbase({
    venue: realTimeVenue('cb'),
    clock,
    portfolio: PORTFOLIO,
    keyName: account.credentials.keyName,
    publicKey: account.publicKey,
  });
  const wallet = await serveCoinbaseWallet({
    venue: createSimulatedVenue({
      venue: 'wallet',
      now: clock.now,
      prices: TEST_PRICES,
      markets: [],
      balances: { eth: amount('1') },
    }),
    clock,
    network: NETWORK,
    address: WALLET,
    assets: [{ asset: 'eth', assetId: 'eth', decimals: 18 }],
    keyName: platform.credentials.keyName,
    publicKey: platform.publicKey,
  });
  const dydx = await serveDydx({ venue: dydxVenue(), clock, address: TEST_ADDRESS });
  const solana = await startSolanaServer({
    clock,
    seed: 'secrets',
    mints: [{ mint: USDC, symbol: 'USDC', decimals: 6, program: 'spl-token' }],
    balances: [
      { asset: 'SOL', amount: amount('10') },
      { asset: USDC, amount: amount('1000') },
    ],
    prices: TEST_PRICES,
  });
  const planted = plantSecrets([
    ...Object.values(account.credentials),
    ...Object.values(platform.credentials),
    ...Object.values(trade.credentials),
    TEST_MNEMONIC,
    solana.secretKey,
    JSON.stringify([...(decodeBase58(solana.secretKey) ?? [])]),
    audit.signing,
    rpcPath,
    rpcQuery,
    hook,
    validatorPath,
  ]);
  const quoted = (...secrets: readonly string[]) => ({ more: secrets.flatMap(quotedForms) });
  const ofAccount = quoted(...Object.values(account.credentials));
  const ofChain = quoted(solana.secretKey, rpcPath, rpcQuery, hook);
  const rpcPlace = `/rpc/${rpcPath}?api-key=${rpcQuery}`;
  const swapPlace = `/services/T0/B0/${hook}`;
  const proxies: Readonly<Record<string, EchoingProxy>> = {
    cb: await serveEcho(() => coinbase.urls.baseUrl ?? '', ofAccount),
    wallet: await serveEcho(
      () => new URL(wallet.urls.baseUrl ?? '').origin,
      quoted(...Object.values(platform.credentials)),
    ),
    indexer: await serveEcho(() => dydx.urls.indexerUrl ?? '', quoted(TEST_MNEMONIC, validatorPath)),
    validator: await serveEcho(() => dydx.urls.validatorUrl ?? '', {
      ...quoted(TEST_MNEMONIC, validatorPath),
      strip: `/${validatorPath}`,
    }),
    rpc: await serveEcho(() => solana.urls.rpcUrl ?? '', { ...ofChain, strip: rpcPlace }),
    second: await serveEcho(() => solana.urls.secondRpcUrl ?? '', { ...ofChain, strip: rpcPlace }),
    swap: await serveEcho(() => solana.urls.swapUrl ?? '', { ...ofChain, strip: swapPlace }),
  };
  const urlOf = (name: string): string => proxies[name]?.url ?? '';
  writeFileSync(folder.path('cdp.key'), platform.credentials.privateKey);
  writeFileSync(folder.path('audit.pem'), audit.signing);
  const common = { policy: 'propose', opening: 'auto' };
  const cb = {
    id: 'cb',
    kind: 'coinbase',
    ...common,
    baseUrl: urlOf('cb'),
    credentialsEnv: 'CB',
    scope: { portfolio: PORTFOLIO },
    markets: ['BTC-USD', 'ETH-USD'],
  };
  const configuration = {
    database: 'book.sqlite',
    venues: [
      cb,
      {
        id: 'wallet',
        kind: 'coinbase-wallet',
        ...common,
        baseUrl: `${urlOf('wallet')}/platform`,
        credentialsEnv: 'CDP',
        scope: { network: NETWORK, addresses: [WALLET] },
      },
      {
        id: 'dydx',
        kind: 'dydx',
        ...common,
        indexerUrl: urlOf('indexer'),
        validatorUrl: `${urlOf('validator')}/${validatorPath}`,
        credentialsEnv: 'DYDX',
        custody: 'full',
        scope: { address: TEST_ADDRESS, subaccountNumbers: [0] },
      },
      {
        id: 'solana',
        kind: 'solana',
        ...common,
        rpcUrls: [`${urlOf('rpc')}${rpcPlace}`, `${urlOf('second')}${rpcPlace}`],
        swapUrl: `${urlOf('swap')}${swapPlace}`,
        credentials: { secretKey: solana.secretKey },
        custody: 'full',
        scope: { owner: solana.owner },
      },
      { ...cb, id: 'crashing', scope: { portfolio: 'another' } },
    ],
    reconciliation: { intervalSeconds: 3_600, quietWindowSeconds: 0, timeoutSeconds: 3, retryCount: 0 },
    audit: { signingKeyFile: 'audit.pem' },
    metrics: { port: 0 },
    ...TARGETS,
  };
  const own = [...ofAccount.more, ...ofChain.more, ...quoted(TEST_MNEMONIC).more];
  return {
    folder,
    planted,
    /** What a bug of the service may come upon. */
    inMemory: own,
    configuration,
    environment: {
      CB_KEY_NAME: account.credentials.keyName,
      CB_PRIVATE_KEY: account.credentials.privateKey,
      CDP_KEY_NAME: platform.credentials.keyName,
      CDP_PRIVATE_KEY_FILE: folder.path('cdp.key'),
      DYDX_MNEMONIC: TEST_MNEMONIC,
      TRADE_KEY_NAME: trade.credentials.keyName,
      TRADE_PRIVATE_KEY: trade.credentials.privateKey,
      TRUEUP_DEBUG: '1',
      USER: 'tester',
    },
    /** A configuration file, and its path. */
    configure(name: string, document: object = configuration): string {
      writeFileSync(folder.path(name), JSON.stringify(document));
      return folder.path(name);
    },
    echo(isEchoing: boolean): void {
      for (const proxy of Object.values(proxies)) proxy.isEchoing = isEchoing;
    },
    /** How often each proxy has quoted something. */
    echoes: () => Object.fromEntries(Object.entries(proxies).map(([name, proxy]) => [name, proxy.echoes()])),
    /** What the program wrote: every file whose name begins so, byte by byte. */
    written: (name: string): readonly string[] =>
      readdirSync(folder.path('.'))
        .filter((file) => file.startsWith(name))
        .map((file) => readFileSync(folder.path(file), 'latin1')),
    async close(): Promise<void> {
      for (const { close } of Object.values(proxies)) await close();
      for (const { close } of [coinbase, wallet, dydx, solana]) await close();
      await folder.clean();
    },
  };
}

const dydxVenue = () =>
  createSimulatedVenue({
    venue: 'dydx',
    now: systemClock.now,
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
        initialMarginRate: amount('0.05'),
        isTradable: true,
        spreadBps: amount('5'),
        pricedAs: { base: 'BTC', quote: 'USDC' },
      },
    ],
    balances: { USDC: amount('10000') },
    feeDecimals: 6,
    fundingDecimals: 6,
  });
