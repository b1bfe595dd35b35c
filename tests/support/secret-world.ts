import { createECDH, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { amount } from '../../src/domain/money/amount.ts';
import { perpetualAsset } from '../../src/domain/venue/venue.ts';
import { loadDydxSdk } from '../../src/exchanges/dydx/dydx-sdk.ts';
import { serveCoinbase } from '../../src/exchanges/simulated/coinbase-server.ts';
import { createSimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import { serveCoinbaseWallet } from '../../src/exchanges/simulated/coinbase-wallet-server.ts';
import { serveDydx } from '../../src/exchanges/simulated/dydx-server.ts';
import { startSolanaServer } from '../../src/exchanges/simulated/solana-server.ts';
import { createSimulatedVenue } from '../../src/exchanges/simulated/venue-engine.ts';
import { decodeBase58 } from '../../src/exchanges/solana/base58.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openReceiver } from './alert-receiver.ts';
import { auditKeyPem } from './audit-tamperings.ts';
import { createEd25519Key } from './coinbase-keys.ts';
import { TEST_ADDRESS, TEST_MNEMONIC } from './dydx-account.ts';
import { numbered, publicKeyOf, tradingKey } from './dydx-authenticators.ts';
import { type EchoingProxy, serveEcho } from './echoing-proxy.ts';
import { plantSecrets, quotedForms } from './planted-secrets.ts';
import { realTimeVenue, TARGETS } from './real-time-venue.ts';
import { TEST_PRICES } from './reconciliation-world.ts';
import { openRefusingMailServer } from './refusing-mail-server.ts';
import { USDC } from './solana-chain.ts';
import { coinbaseStream, type StreamServer, serveStream } from './stream-server.ts';
import { DatabaseFolder } from './temporary-database.ts';
import { RECEIVER } from './transfer-world.ts';

const keyName = (): string => `organizations/${randomUUID()}/apiKeys/${randomUUID()}`;
const hexKey = (): string => {
  const pair = createECDH('secp256k1');
  pair.generateKeys();
  return pair.getPrivateKey('hex').padStart(64, '0');
};
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
  const stranger = createEd25519Key(keyName());
  const [ownKey, permissionedKey] = [hexKey(), hexKey()];
  const audit = auditKeyPem(113);
  const [rpcPath, rpcQuery, hook, validatorPath] = [token(), token(), token(), token()];
  const [streamPath, streamQuery] = [token(), token()];
  const [hookPath, hookKey, botToken, mailPassword] = [token(), token(), token(), token()];
  const atCoinbase = realTimeVenue('cb');
  const coinbase = await serveCoinbase({
    venue: atCoinbase,
    clock,
    portfolio: PORTFOLIO,
    keyName: account.credentials.keyName,
    publicKey: account.publicKey,
    secondKey: { keyName: trade.credentials.keyName, publicKey: trade.publicKey },
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
  const dydx = await serveDydx({ venue: dydxVenue('dydx'), clock, address: TEST_ADDRESS });
  // An account whose own key is written in hex.
  const { sdk } = loadDydxSdk();
  const { address: ownAddress = '' } = await sdk.LocalWallet.fromPrivateKey(ownKey, 'dydx');
  const own = await serveDydx({ venue: dydxVenue('own'), clock, address: ownAddress });
  // An account that lets another key trade; whose the account's own key is, nobody here knows.
  const { address: lendingAddress = '' } = await sdk.LocalWallet.fromPrivateKey(hexKey(), 'dydx');
  const lending = await serveDydx({
    venue: dydxVenue('lending'),
    clock,
    address: lendingAddress,
    authenticators: [numbered(7, tradingKey(publicKeyOf(permissionedKey)))],
  });
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
    ...Object.values(stranger.credentials),
    TEST_MNEMONIC,
    ownKey,
    permissionedKey,
    streamPath,
    streamQuery,
    solana.secretKey,
    JSON.stringify([...(decodeBase58(solana.secretKey) ?? [])]),
    audit.signing,
    rpcPath,
    rpcQuery,
    hook,
    validatorPath,
    hookPath,
    hookKey,
    botToken,
    mailPassword,
  ]);
  const quoted = (...secrets: readonly string[]) => ({ more: secrets.flatMap(quotedForms) });
  const ofAccount = quoted(...Object.values(account.credentials), ...Object.values(trade.credentials));
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
    ownIndexer: await serveEcho(() => own.urls.indexerUrl ?? '', quoted(ownKey)),
    ownValidator: await serveEcho(() => own.urls.validatorUrl ?? '', quoted(ownKey)),
    lendingIndexer: await serveEcho(() => lending.urls.indexerUrl ?? '', quoted(permissionedKey)),
    lendingValidator: await serveEcho(() => lending.urls.validatorUrl ?? '', quoted(permissionedKey)),
    rpc: await serveEcho(() => solana.urls.rpcUrl ?? '', { ...ofChain, strip: rpcPlace }),
    second: await serveEcho(() => solana.urls.secondRpcUrl ?? '', { ...ofChain, strip: rpcPlace }),
    swap: await serveEcho(() => solana.urls.swapUrl ?? '', { ...ofChain, strip: swapPlace }),
  };
  const script = coinbaseStream();
  const stream = await serveStream({ answer: script.answer });
  const streamOf = (server: StreamServer): string => `${server.url}/${streamPath}?token=${streamQuery}`;
  // The indexer's stream quotes where it was asked, and never gets further.
  const dydxStream = await serveStream({
    answer: (_message, peer) =>
      peer.say({ type: 'error', message: `no ${streamPath} ${streamQuery} ${permissionedKey}` }),
  });
  const write = (name: string, text: string): string => {
    writeFileSync(folder.path(name), text);
    return folder.path(name);
  };
  // Whoever is told of alerts refuses it, and quotes every secret of every channel.
  const quotes = [hookPath, hookKey, botToken, mailPassword].flatMap(quotedForms).join(' ');
  const receiver = await openReceiver({ status: 400, body: quotes });
  const mailServer = await openRefusingMailServer(quotes);
  const urlOf = (name: string): string => proxies[name]?.url ?? '';
  writeFileSync(folder.path('cdp.key'), platform.credentials.privateKey);
  writeFileSync(folder.path('audit.pem'), audit.signing);
  const common = { policy: 'propose', opening: 'auto', requestsPerSecond: 1_000 };
  const cb = {
    id: 'cb',
    kind: 'coinbase',
    ...common,
    baseUrl: urlOf('cb'),
    credentialsEnv: 'CB',
    tradeCredentialsEnv: 'TRADE',
    scope: { portfolio: PORTFOLIO },
    markets: ['BTC-USD', 'ETH-USD'],
  };
  const configuration = {
    database: 'book.sqlite',
    venues: [
      { ...cb, streamUrl: streamOf(stream) },
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
        id: 'own',
        kind: 'dydx',
        ...common,
        indexerUrl: urlOf('ownIndexer'),
        validatorUrl: urlOf('ownValidator'),
        credentials: { privateKey: ownKey },
        custody: 'full',
        scope: { address: ownAddress, subaccountNumbers: [0] },
      },
      {
        id: 'lending',
        kind: 'dydx',
        ...common,
        indexerUrl: urlOf('lendingIndexer'),
        streamUrl: streamOf(dydxStream),
        validatorUrl: urlOf('lendingValidator'),
        credentialsEnv: 'LENT',
        scope: { address: lendingAddress, subaccountNumbers: [0] },
      },
      {
        id: 'solana',
        kind: 'solana',
        ...common,
        rpcUrls: [`${urlOf('rpc')}${rpcPlace}`, `${urlOf('second')}${rpcPlace}`],
        swapUrl: `${urlOf('swap')}${swapPlace}`,
        credentials: { secretKey: solana.secretKey },
        custody: 'full',
        transfersTo: [RECEIVER],
        scope: { owner: solana.owner },
      },
      { ...cb, id: 'crashing', scope: { portfolio: 'another' } },
    ],
    reconciliation: { intervalSeconds: 3_600, quietWindowSeconds: 0, timeoutSeconds: 3, retryCount: 0 },
    audit: { signingKeyFile: 'audit.pem' },
    metrics: { port: 0 },
    alerts: {
      checkIntervalSeconds: 1,
      channels: [
        { kind: 'webhook', name: 'ops', urlEnv: 'HOOK_URL', signingSecretEnv: 'HOOK_KEY' },
        { kind: 'telegram', name: 'phone', tokenEnv: 'BOT_TOKEN', chatId: '1', baseUrl: receiver.url },
        {
          kind: 'email',
          name: 'mail',
          host: '127.0.0.1',
          port: mailServer.port,
          user: 'bot',
          passwordEnv: 'MAIL_PASSWORD',
          from: 'bot@example.org',
          to: ['ann@example.org'],
        },
      ],
    },
    ...TARGETS,
  };
  const everything = [
    ...ofAccount.more,
    ...ofChain.more,
    ...quoted(TEST_MNEMONIC, ownKey, permissionedKey).more,
  ];
  return {
    folder,
    planted,
    /** What the receiver of alerts was sent. */
    alertsReceived: receiver.received,
    /** What a bug of the service may come upon. */
    inMemory: everything,
    configuration,
    streamUrl: streamOf(stream),
    environment: {
      CB_KEY_NAME: account.credentials.keyName,
      CB_PRIVATE_KEY: account.credentials.privateKey,
      CDP_KEY_NAME: platform.credentials.keyName,
      CDP_PRIVATE_KEY_FILE: folder.path('cdp.key'),
      DYDX_MNEMONIC: TEST_MNEMONIC,
      TRADE_KEY_NAME: trade.credentials.keyName,
      TRADE_PRIVATE_KEY: trade.credentials.privateKey,
      STRANGER_KEY_NAME: stranger.credentials.keyName,
      STRANGER_PRIVATE_KEY: stranger.credentials.privateKey,
      LENT_PRIVATE_KEY: permissionedKey,
      LENT_AUTHENTICATOR_ID: '7',
      HOOK_URL: `${receiver.url}/hooks/${hookPath}`,
      HOOK_KEY: hookKey,
      BOT_TOKEN: botToken,
      MAIL_PASSWORD: mailPassword,
      TRUEUP_DEBUG: '1',
      USER: 'tester',
    },
    /** A configuration file, and its path. */
    configure: (name: string, document: object = configuration): string =>
      write(name, JSON.stringify(document)),
    /** A file, and its path. */
    write,
    echo(isEchoing: boolean): void {
      for (const proxy of Object.values(proxies)) proxy.isEchoing = isEchoing;
    },
    /** Money that arrives at a venue without the bot's doing. */
    deposit: (usd: string) => atCoinbase.deposit('USD', amount(usd)),
    /** The stream refuses what it was sent, word for word, with where it was sent. */
    quoteOnStream(): void {
      const peer = stream.connections.at(-1);
      peer?.say({ type: 'error', message: `${streamPath} ${streamQuery} ${JSON.stringify(peer.heard)}` });
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
      await receiver.close();
      await mailServer.close();
      for (const { close } of [coinbase, wallet, dydx, own, lending, solana, stream, dydxStream])
        await close();
      await folder.clean();
    },
  };
}

const dydxVenue = (venue: string) =>
  createSimulatedVenue({
    venue,
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
