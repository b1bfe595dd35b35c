import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction } from '../../src/domain/venue/order.ts';
import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import { openCoinbaseWalletExchange } from '../../src/exchanges/coinbase/coinbase-wallet-exchange.ts';
import { serveCoinbase } from '../../src/exchanges/simulated/coinbase-server.ts';
import { createSimulatedKey, type SimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import { serveCoinbaseWallet } from '../../src/exchanges/simulated/coinbase-wallet-server.ts';
import { createEd25519Key } from '../support/coinbase-keys.ts';
import { serveScript } from '../support/scripted-server.ts';
import { EXAMPLE_MARKETS, exampleVenue } from './simulated/example-venue.ts';

const signal = new AbortController().signal;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const KEYS: readonly (readonly [string, () => SimulatedKey])[] = [
  ['ES256', createSimulatedKey],
  ['Ed25519', createEd25519Key],
];

/** Prefers the key in another form than the venue gave it out in. */
function pkcs8(): SimulatedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { credentials: { keyName: 'organizations/simulated/apiKeys/pkcs8', privateKey: pem }, publicKey };
}

async function openAccount(key: SimulatedKey) {
  const world = exampleVenue({
    venue: 'coinbase',
    markets: EXAMPLE_MARKETS.slice(0, 2),
    balances: { USD: amount('10000'), BTC: amount('1') },
  });
  const { venue } = world;
  const clock = { now: () => venue.now(), setTimeout: () => null, clearTimeout: () => {} };
  const { keyName } = key.credentials;
  const server = await serveCoinbase({ venue, clock, portfolio: 'p', keyName, publicKey: key.publicKey });
  closing.push(server.close);
  const exchange = openCoinbaseExchange({
    venue: 'coinbase',
    baseUrl: server.urls.baseUrl ?? '',
    credentials: key.credentials,
    scope: { portfolio: 'p' },
    now: () => venue.now(),
  });
  return { world, venue, exchange };
}

async function serveWallet(key: SimulatedKey, atoms: string) {
  const { venue } = exampleVenue({ markets: [], balances: { eth: amount(atoms) } });
  const clock = { now: () => venue.now(), setTimeout: () => null, clearTimeout: () => {} };
  const server = await serveCoinbaseWallet({
    venue,
    clock,
    network: 'base-mainnet',
    address: '0xAbC1',
    keyName: key.credentials.keyName,
    publicKey: key.publicKey,
    assets: [{ asset: 'eth', assetId: 'eth', decimals: 18 }],
  });
  closing.push(server.close);
  return { baseUrl: server.urls.baseUrl ?? '', now: () => venue.now() };
}

async function openWallet(key: SimulatedKey, at: { readonly baseUrl: string; readonly now: () => number }) {
  const exchange = await openCoinbaseWalletExchange({
    venue: 'base',
    ...at,
    credentials: key.credentials,
    scope: { network: 'base-mainnet', addresses: ['0xAbC1'] },
  });
  closing.unshift(exchange.close);
  return exchange;
}

const INSTRUCTION: OrderInstruction = {
  intentId: 'intent-1',
  venue: 'coinbase',
  market: 'BTC-USD',
  side: 'buy',
  quantity: amount('0.05'),
  limitPrice: amount('10100'),
  timeInForce: 'immediateOrCancel',
  reduceOnly: false,
  clientOrderId: 'client-1',
};

describe.each(KEYS)('a key of the kind %s', (_kind, createKey) => {
  it('reads, orders, finds and cancels at an account', async () => {
    const { exchange } = await openAccount(createKey());
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
      state: 'known',
      certificate: { clockSkewMs: 0 },
    });
    expect(await exchange.readKeyRights?.(signal)).toEqual({ canTrade: true, canWithdraw: false });
    const resting = { limitPrice: amount('9000'), timeInForce: 'goodTilCancelled' } as const;
    const prepared = await exchange.prepareOrder({ ...INSTRUCTION, ...resting }, signal);
    if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
    const placed = await exchange.submitOrder(prepared.order, signal);
    if (placed.state !== 'accepted') throw new Error(JSON.stringify(placed));
    expect(await exchange.cancelOrder(prepared.order, placed.venueOrderId ?? '', signal)).toEqual({
      state: 'requested',
    });
    expect(await exchange.findOrder(prepared.order, signal)).toMatchObject({ status: 'cancelled' });
  });

  it('reads a wallet, beside another one in the same process', async () => {
    const mine = createKey();
    const other = createSimulatedKey('other');
    const [atMine, atOther] = [await serveWallet(mine, '1.5'), await serveWallet(other, '2.5')];
    const exchanges = [await openWallet(mine, atMine), await openWallet(other, atOther)];
    const read = await Promise.all(
      [...exchanges, ...exchanges].map((one) => one.observe({ fillsSinceMs: null }, signal)),
    );
    expect(read.map((one) => one.state === 'known' && one.value.balances[0]?.total)).toEqual([
      '1.5',
      '2.5',
      '1.5',
      '2.5',
    ]);
    const stranger = await openWallet(mine, atOther);
    expect(await stranger.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'refused' });
  });
});

describe('a key in PKCS8', () => {
  it('opens a wallet as in SEC1, although the SDK takes that form alone', async () => {
    const key = pkcs8();
    const exchange = await openWallet(key, await serveWallet(key, '3'));
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
      value: { balances: [{ total: '3' }] },
    });
  });

  it('is refused at the opening in words, without a word of the key, where it is encrypted', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString();
    const key = { credentials: { keyName: 'k', privateKey: pem }, publicKey: pkcs8().publicKey };
    const opening = openWallet(key, { baseUrl: 'http://127.0.0.1:1/platform', now: () => 0 });
    await expect(opening).rejects.toThrow(/credentials\.privateKey is expected to be a PEM/);
    await expect(opening).rejects.not.toThrow(pem.split('\n')[1] ?? '');
  });
});

it('a wallet is unknown where an answer is longer than anyone sends', async () => {
  const server = await serveScript(() => ({ body: `{"pad":"${'x'.repeat(17 * 1024 * 1024)}"}` }));
  closing.push(server.close);
  const exchange = await openWallet(createSimulatedKey(), {
    baseUrl: `${server.url}/platform`,
    now: Date.now,
  });
  expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
    state: 'unknown',
    reason: 'incomplete',
  });
});

it('a market order for an amount of quote spends at most that, and its fills are in base', async () => {
  const { venue, exchange } = await openAccount(createSimulatedKey());
  const usd = () => venue.balances().find(({ asset }) => asset === 'USD')?.available;
  const prepared = await exchange.prepareOrder({ ...INSTRUCTION, quoteSize: amount('500') }, signal);
  if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
  const placed = await exchange.submitOrder(prepared.order, signal);
  expect(await exchange.submitOrder(prepared.order, signal)).toEqual(placed);
  const [truth] = venue.fills();
  expect(venue.fills()).toHaveLength(1);
  expect(await exchange.findOrder(prepared.order, signal)).toMatchObject({
    state: 'found',
    status: 'filled',
    filledQuantity: truth?.quantity,
    fills: [{ quantity: truth?.quantity, quoteAmount: truth?.quoteAmount, fee: truth?.fee }],
  });
  const spent = Number(truth?.quoteAmount) + Number(truth?.fee.amount);
  expect([spent > 480, spent <= 500, Number(usd()) >= 9_500]).toEqual([true, true, true]);
  const observed = await exchange.observe({ fillsSinceMs: null }, signal);
  expect(observed).toMatchObject({ value: { fills: [{ quantity: truth?.quantity }], openOrders: [] } });
});
