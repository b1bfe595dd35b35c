// A read is tried once: whoever asked decides on another try, and sees every failure with its cause.

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openCoinbaseWalletExchange } from '../../src/exchanges/coinbase/coinbase-wallet-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import {
  ACCOUNTS_PATH,
  FILLS_PATH,
  ORDERS_PATH,
  openTestAccount,
  PERMISSIONS_PATH,
  serveAccount,
  TEST_CREDENTIALS,
  TIME_PATH,
} from '../support/coinbase-account.ts';
import { type ScriptedAnswer, serveScript } from '../support/scripted-server.ts';

const signal = new AbortController().signal;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const FAILURES: readonly (readonly [string, ScriptedAnswer])[] = [
  ['a cut connection', 'cut'],
  ['429', { status: 429, headers: { 'retry-after': '1' }, body: '{}' }],
  ['503', { status: 503, body: '{}' }],
];
const V1_PATH = '/platform/v1/networks/base-mainnet/addresses/0xabc1/balances';
const V2_PATH = '/platform/v2/evm/token-balances/base/0xabc1';
const NETWORK_OF: Readonly<Record<string, string>> = { [V1_PATH]: 'base-mainnet', [V2_PATH]: 'base' };

async function openWallet(baseUrl: string, network: string): Promise<Exchange> {
  const scope = { network, addresses: ['0xAbC1'] };
  const wallet = await openCoinbaseWalletExchange({
    venue: 'base',
    baseUrl: `${baseUrl}/platform`,
    credentials: TEST_CREDENTIALS,
    scope,
    now: Date.now,
  });
  closing.unshift(wallet.close);
  return wallet;
}

/** A port that nobody listens at any more. */
async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe.each(FAILURES)('after %s', (_case, answer) => {
  it.each([TIME_PATH, ACCOUNTS_PATH, ORDERS_PATH, FILLS_PATH, PERMISSIONS_PATH])(
    'the account asks once: %s',
    async (path) => {
      const server = await serveAccount({ accounts: { accounts: [] } }, (request) =>
        request.path === path ? answer : null,
      );
      closing.push(server.close);
      const exchange = openTestAccount(server.url);
      if (path === PERMISSIONS_PATH) await exchange.readKeyRights?.(signal);
      else await exchange.observe({ fillsSinceMs: null }, signal);
      expect(server.requests.filter((request) => request.path === path)).toHaveLength(1);
    },
  );

  it.each([V1_PATH, V2_PATH])('the wallet asks once: %s', async (path) => {
    const server = await serveScript(() => answer);
    closing.push(server.close);
    const wallet = await openWallet(server.url, NETWORK_OF[path] ?? '');
    expect(await wallet.observe({ fillsSinceMs: null }, signal)).toMatchObject({ state: 'unknown' });
    expect(server.requests.map((request) => request.path)).toEqual([path]);
  });
});

describe('at a closed port', () => {
  it('the account says why it cannot be read', async () => {
    const exchange = openTestAccount(await closedPort());
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
      reason: 'unreachable',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it.each(Object.values(NETWORK_OF))('the wallet on %s says why it cannot be read', async (network) => {
    const wallet = await openWallet(await closedPort(), network);
    expect(await wallet.observe({ fillsSinceMs: null }, signal)).toMatchObject({
      reason: 'unreachable',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
