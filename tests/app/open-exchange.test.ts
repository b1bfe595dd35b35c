import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openExchange } from '../../src/app/open-exchange.ts';
import { Secret } from '../../src/app/secret.ts';
import type { VenueConfiguration } from '../../src/app/venue-configuration.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { TEST_CREDENTIALS } from '../support/coinbase-account.ts';
import { TEST_ADDRESS } from '../support/dydx-account.ts';
import { BTC_BUY, simulatedDydx } from '../support/dydx-venue.ts';
import { type ScriptedServer, serveScript } from '../support/scripted-server.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await serveScript(() => ({ status: 403, body: { error: 'no' } }));
});
afterEach(() => server.close());

const common = { id: 'v', policy: 'propose', opening: 'confirm', markets: [] as string[] } as const;
const trading = { ...common, cashAsset: 'USD' } as const;
const credentials = {
  keyName: new Secret(TEST_CREDENTIALS.keyName),
  privateKey: new Secret(TEST_CREDENTIALS.privateKey),
};

const venues: readonly (readonly [
  VenueConfiguration['kind'],
  (url: string) => VenueConfiguration,
  string,
])[] = [
  [
    'coinbase',
    (baseUrl) => ({
      ...trading,
      kind: 'coinbase',
      baseUrl,
      streamUrl: null,
      credentials,
      tradeCredentials: null,
      keyRights: 'checked',
      scope: {},
    }),
    '/api/v3/brokerage/',
  ],
  [
    'coinbase-wallet',
    (url) => {
      const scope = { network: 'base-mainnet', addresses: ['0x0000000000000000000000000000000000000001'] };
      return { ...common, kind: 'coinbase-wallet', baseUrl: `${url}/platform`, credentials, scope };
    },
    '/platform/v1/networks/base-mainnet/',
  ],
  [
    'dydx',
    (url) => {
      const scope = { address: TEST_ADDRESS, subaccountNumbers: [0] };
      const urls = { indexerUrl: url, streamUrl: null, validatorUrl: url, chainId: 'dydx-mainnet-1' };
      return { ...trading, kind: 'dydx', ...urls, credentials: null, permission: null, scope };
    },
    '/v4/',
  ],
  [
    'solana',
    (url) => {
      const scope = { owner: '9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM' };
      return {
        ...trading,
        kind: 'solana',
        rpcUrls: [`${url}/rpc`],
        swapUrl: url,
        transfersTo: [],
        credentials: null,
        scope,
      };
    },
    '/rpc',
  ],
];

describe('opening an exchange', () => {
  it.each(venues)(
    'of kind %s reads from the configured place, and is unknown when refused',
    async (kind, of, path) => {
      const exchange = await openExchange(of(server.url), { now: () => 1_700_000_000_000 });
      try {
        expect(exchange).toMatchObject({ venue: 'v', kind });
        expect(server.requests).toEqual([]);
        const observed = await exchange.observe({ fillsSinceMs: null }, AbortSignal.timeout(5_000));
        expect(observed).toMatchObject({ state: 'unknown' });
        expect(server.requests[0]?.path).toContain(path);
      } finally {
        await exchange.close();
      }
    },
  );

  it.each([
    [undefined, []],
    ['included', []],
    ['apart', [{ asset: 'USDC', amount: '-0.3' }]],
  ] as const)('tells unsettled funding as configured: %s', async (unsettledFunding, accrued) => {
    const dydx = await simulatedDydx();
    const { indexerUrl = '', validatorUrl = '' } = dydx.server.urls;
    const place = {
      indexerUrl,
      validatorUrl,
      chainId: 'dydx-mainnet-1',
      credentials: null,
      streamUrl: null,
      permission: null,
    };
    const scope = { address: TEST_ADDRESS, subaccountNumbers: [0] };
    const option = unsettledFunding && { unsettledFunding };
    const exchange = await openExchange(
      { ...trading, kind: 'dydx', ...place, ...option, scope },
      { now: dydx.venue.now },
    );
    try {
      dydx.venue.submit(BTC_BUY);
      dydx.passTime(3_600_000);
      dydx.venue.settleFunding(amount('0.0001'));
      const observed = await exchange.observe({ fillsSinceMs: null }, AbortSignal.timeout(5_000));
      expect(observed).toMatchObject({ state: 'known', value: { accrued } });
    } finally {
      await exchange.close();
      await dydx.close();
    }
  });

  it('fails without showing the key where the key is unusable', async () => {
    const secretKey = new Secret('planted-c0ffee-not-a-key');
    const venue: VenueConfiguration = {
      ...trading,
      kind: 'solana',
      rpcUrls: [server.url],
      swapUrl: server.url,
      transfersTo: [],
      credentials: { secretKey },
      scope: { owner: '9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM' },
    };
    const failure = await openExchange(venue, { now: () => 0 }).catch((error: Error) => error);
    expect(String(failure)).toContain('credentials.secretKey is expected to be 64 bytes');
    expect(String(failure)).not.toContain('planted');
  });
});

it('names the file of a statement that cannot be read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trueup-'));
  const path = join(folder, 'kraken.csv');
  writeFileSync(path, 'total,asset\n1,BTC\n');
  const venue = {
    ...common,
    kind: 'statement',
    file: 'kraken.csv',
    path,
    maxAgeMs: 60_000,
    credentials: null,
  } as const;
  const exchange = await openExchange(venue, { now: Date.now });
  const signal = AbortSignal.timeout(5_000);
  const named = { state: 'unknown', detail: expect.stringMatching(/^kraken\.csv: /) };
  expect(await exchange.observe({ fillsSinceMs: null, read: 0 }, signal)).toMatchObject(named);
  expect(await exchange.readActivity({ sinceMs: 0, assets: ['BTC'] }, signal)).toMatchObject(named);
  rmSync(folder, { recursive: true });
});
