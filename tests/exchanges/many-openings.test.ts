import { AsyncResource } from 'node:async_hooks';
import { afterEach, expect, it } from '@jest/globals';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { openTestDydx } from '../support/dydx-account.ts';
import { type ScriptedServer, serveScript } from '../support/scripted-server.ts';
import { openTestSolana } from '../support/solana-wallet.ts';

const signal = new AbortController().signal;
let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

/** What the platform carries along with every asynchronous step from here on. */
const carried = (): number => Object.getOwnPropertySymbols(new AsyncResource('probe')).length;

const OPENINGS: readonly (readonly [string, (url: string) => Promise<Exchange>])[] = [
  ['dYdX', (url) => openTestDydx(url)],
  [
    'Solana',
    (url) =>
      openTestSolana({ rpcUrls: [url], scope: { owner: '9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM' } }),
  ],
];

it.each(OPENINGS)(
  'leaves nothing behind however often %s is opened, read and closed',
  async (_venue, open) => {
    server = await serveScript(() => ({ status: 404, body: {} }));
    const { url } = server;
    const readOnce = async () => {
      const exchange = await open(url);
      expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({ state: 'unknown' });
      await exchange.close();
    };
    await readOnce();
    const before = carried();
    for (let opening = 0; opening < 5; opening += 1) await readOnce();
    expect(carried()).toBe(before);
  },
);
