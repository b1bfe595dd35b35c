import { afterEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { openCoinbaseWalletExchange } from '../../src/exchanges/coinbase/coinbase-wallet-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { createSimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import { serveCoinbaseWallet } from '../../src/exchanges/simulated/coinbase-wallet-server.ts';
import type { VenueServer } from '../../src/exchanges/simulated/simulated-venue.ts';
import { fixture } from '../support/fixture.ts';
import { type ScriptedAnswer, type ScriptedRequest, serveScript } from '../support/scripted-server.ts';
import { exampleVenue } from './simulated/example-venue.ts';

const signal = new AbortController().signal;
const key = createSimulatedKey();
const PAGES = fixture('coinbase/wallet-balances.json') as {
  [page: string]: { data: Record<string, unknown>[] };
};
const first = PAGES.first as { data: Record<string, unknown>[] };

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function open(
  baseUrl: string,
  options: {
    readonly network?: string;
    readonly addresses?: readonly string[];
    readonly now?: () => number;
  } = {},
): Promise<Exchange> {
  const exchange = await openCoinbaseWalletExchange({
    venue: 'base',
    baseUrl,
    credentials: key.credentials,
    scope: { network: options.network ?? 'base-mainnet', addresses: options.addresses ?? ['0xAbC1'] },
    now: options.now ?? Date.now,
  });
  opened.unshift(exchange);
  return exchange;
}

async function observe(
  answer: (request: ScriptedRequest) => ScriptedAnswer,
  options: Parameters<typeof open>[1] & { readonly signal?: AbortSignal } = {},
) {
  const server = await serveScript(answer);
  opened.push(server);
  const exchange = await open(`${server.url}/platform`, options);
  return { observed: await exchange.observe({ fillsSinceMs: null }, options.signal ?? signal), server };
}

const asDocumented = ({ query }: ScriptedRequest): ScriptedAnswer => ({
  body: PAGES[query.get('page') ?? 'first'] ?? {},
});
const withRow = (change: Record<string, unknown>): ScriptedAnswer => ({
  body: { ...first, data: [{ ...first.data[0], ...change }], has_more: false, next_page: '', total_count: 1 },
});

describe('wallets at the developer platform', () => {
  it('are read over all pages, exactly, each token by its own contract', async () => {
    const { observed, server } = await observe(asDocumented);
    expect(observed).toMatchObject({
      state: 'known',
      value: {
        balances: [
          { asset: '0xbeef', symbol: 'usdc', total: '0.000007' },
          { asset: '0xc0ffee', symbol: 'usdc', total: '2500.000001', available: '2500.000001', hold: '0' },
          { asset: 'eth', symbol: 'eth', total: '1234567.123456789012345678' },
        ],
      },
      certificate: { scope: 'base-mainnet/0xabc1', pages: [{ rows: 2 }, { rows: 1 }] },
    });
    expect(server.requests.map(({ path, query }) => `${path}?${query}`).slice(0, 2)).toEqual([
      '/platform/v1/networks/base-mainnet/addresses/0xabc1/balances?',
      '/platform/v1/networks/base-mainnet/addresses/0xabc1/balances?page=second',
    ]);
  });

  it('are added up over their addresses, each address once', async () => {
    const { observed, server } = await observe(() => withRow({}), { addresses: ['0xAB', '0xab', '0xCD'] });
    expect(observed).toMatchObject({
      value: { balances: [{ asset: 'eth', total: '2469134.246913578024691356' }] },
      certificate: { scope: 'base-mainnet/0xab,0xcd' },
    });
    expect(server.requests).toHaveLength(4);
  });

  it('need one request where one answer tells all', async () => {
    const { observed, server } = await observe(() => withRow({}));
    expect([observed.state, server.requests.length]).toEqual(['known', 1]);
  });

  const asset = { network_id: 'base-mainnet', asset_id: 'eth', decimals: 18 };
  it.each<[string, (request: ScriptedRequest) => ScriptedAnswer, object]>([
    [
      'a token without decimals',
      () => withRow({ asset: { ...asset, decimals: undefined } }),
      { reason: 'malformed' },
    ],
    ['decimals in text', () => withRow({ asset: { ...asset, decimals: '18' } }), { reason: 'malformed' }],
    ['a number for an amount', () => withRow({ amount: 12 }), { reason: 'malformed' }],
    ['a fraction of an atom', () => withRow({ amount: '1.5' }), { reason: 'malformed' }],
    [
      'another network',
      () => withRow({ asset: { ...asset, network_id: 'base-sepolia' } }),
      { reason: 'wrongScope' },
    ],
    [
      'an asset that comes twice',
      () => ({ body: { data: [first.data[0], first.data[0]], has_more: false } }),
      { reason: 'incomplete' },
    ],
    [
      'an announced page that is then refused',
      ({ query }) => (query.has('page') ? { status: 404, body: '{}' } : { body: PAGES.first ?? {} }),
      { reason: 'incomplete', detail: expect.stringContaining('then refused') },
    ],
    ['fewer rows than announced', () => ({ body: { ...first, has_more: false } }), { reason: 'incomplete' }],
    ['no end marker', () => ({ body: { data: [] } }), { reason: 'incomplete' }],
    [
      'more without a page',
      () => ({ body: { data: [], has_more: true, next_page: '' } }),
      { reason: 'incomplete' },
    ],
    [
      'a page that comes twice',
      () => ({ body: { data: [], has_more: true, next_page: 'p' } }),
      { reason: 'incomplete', detail: expect.stringContaining('the page p came twice') },
    ],
    [
      '429',
      () => ({ status: 429, headers: { 'retry-after': '3' }, body: '{}' }),
      { reason: 'rateLimited', retryAfterMs: 3_000 },
    ],
    ['503', () => ({ status: 503, body: '{}' }), { reason: 'unreachable' }],
    ['404', () => ({ status: 404, body: '{}' }), { reason: 'refused' }],
    [
      'a redirect',
      () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' }),
      { reason: 'refused' },
    ],
    ['an empty success', () => ({ body: '' }), { reason: 'malformed' }],
    ['HTML', () => ({ body: '<html>' }), { reason: 'malformed' }],
    ['a cut connection', () => 'cut', { reason: 'unreachable' }],
    [
      'a clock five seconds off',
      () => ({
        headers: { date: new Date(Date.now() - 6_000).toUTCString() },
        body: { ...first, has_more: false, next_page: '', total_count: 2 },
      }),
      { reason: 'stale' },
    ],
  ])('are unknown after %s', async (_case, answer, expected) => {
    const { observed } = await observe(answer);
    expect(observed).toMatchObject({ state: 'unknown', ...expected });
  });

  describe('that answers by its newer endpoints alone', () => {
    const NATIVE = '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE';
    const row = (contractAddress: string, amount: unknown, decimals: unknown, symbol?: string) => ({
      amount: { amount, decimals },
      token: { network: 'base', contractAddress, ...(symbol === undefined ? {} : { symbol }) },
    });
    const ether = row(NATIVE, '1234567123456789012345678', 18, 'ETH');
    const path = '/platform/v2/evm/token-balances/base/0xabc1';
    const newer =
      (pages: Readonly<Record<string, object>>) =>
      (request: ScriptedRequest): ScriptedAnswer =>
        request.path === path
          ? { body: pages[request.query.get('pageToken') ?? 'first'] ?? {} }
          : { status: 404, body: '{}' };
    const both = newer({
      first: { balances: [ether, row('0xC0FFEE', '2500000001', 6, 'USDC')], nextPageToken: 'more' },
      more: { balances: [row('0xBEEF', '7', 6)], nextPageToken: '' },
    });
    const balances = [
      { asset: '0xbeef', symbol: null, total: '0.000007', available: '0.000007', hold: '0' },
      { asset: '0xc0ffee', symbol: 'USDC', total: '2500.000001', available: '2500.000001', hold: '0' },
      {
        asset: 'eth',
        symbol: 'ETH',
        total: '1234567.123456789012345678',
        available: '1234567.123456789012345678',
        hold: '0',
      },
    ];

    it('are read over all pages, under the same assets', async () => {
      const { observed, server } = await observe(both);
      expect(observed).toMatchObject({ state: 'known', value: { balances } });
      expect(server.requests[0]?.path).toBe('/platform/v1/networks/base-mainnet/addresses/0xabc1/balances');
    });

    it('are not asked for elsewhere under a name that only these endpoints know', async () => {
      const { observed, server } = await observe(both, { network: 'base' });
      expect(observed).toMatchObject({ state: 'known', value: { balances } });
      expect(new Set(server.requests.map((request) => request.path))).toEqual(new Set([path]));
    });

    it('are read on Solana by mint', async () => {
      const mint = '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU';
      const native = 'So11111111111111111111111111111111111111111';
      const body = {
        balances: [
          { amount: { amount: '5', decimals: 9 }, token: { mintAddress: native, symbol: 'SOL' } },
          { amount: { amount: '123456', decimals: 6 }, token: { mintAddress: mint } },
        ],
      };
      const { observed } = await observe(() => ({ body }), { network: 'solana', addresses: ['HpabPRRC'] });
      expect(observed).toMatchObject({
        state: 'known',
        value: {
          balances: [
            { asset: mint, total: '0.123456' },
            { asset: 'sol', total: '0.000000005' },
          ],
        },
      });
    });

    it.each<[string, object, object]>([
      ['a body without its list', {}, { reason: 'malformed' }],
      ['a token without decimals', { balances: [row(NATIVE, '1', undefined)] }, { reason: 'malformed' }],
      ['a number for an amount', { balances: [row(NATIVE, 1, 18)] }, { reason: 'malformed' }],
      ['a token without a contract', { balances: [row('', '1', 18)] }, { reason: 'malformed' }],
      ['an asset that comes twice', { balances: [ether, ether] }, { reason: 'incomplete' }],
      ['a page that comes twice', { balances: [], nextPageToken: 'first' }, { reason: 'incomplete' }],
      [
        'another network',
        { balances: [{ ...ether, token: { ...ether.token, network: 'ethereum' } }] },
        { reason: 'wrongScope' },
      ],
    ])('are unknown after %s', async (_case, first, expected) => {
      const { observed } = await observe(newer({ first }));
      expect(observed).toMatchObject({ state: 'unknown', ...expected });
    });

    it('are unknown where neither endpoint knows the address', async () => {
      const { observed, server } = await observe(() => ({ status: 404, body: '{}' }));
      expect(observed).toMatchObject({ state: 'unknown', reason: 'refused' });
      expect(server.requests).toHaveLength(2);
    });

    it('are not asked for after a failure that is no absence', async () => {
      const { server } = await observe(() => ({ status: 503, body: '{}' }));
      expect(server.requests).toHaveLength(1);
    });
  });

  it('are unknown when a balance never holds still', async () => {
    let count = 0;
    const ever = () => {
      count += 1;
      return withRow({ amount: String(count) });
    };
    const { observed } = await observe(ever, { addresses: ['0x1', '0x2'] });
    expect(observed).toMatchObject({ state: 'unknown', reason: 'incoherent' });
  });

  it('are unknown soon after the deadline when the platform hangs', async () => {
    const deadline = new AbortController();
    const answer = () => {
      deadline.abort();
      return 'hang' as const;
    };
    const { observed } = await observe(answer, { signal: deadline.signal });
    expect(observed).toMatchObject({ state: 'unknown', reason: 'timedOut' });
  });

  it('are never traded', async () => {
    const exchange = await open('http://127.0.0.1:1/platform');
    expect((await exchange.prepareOrder({} as never, signal)).state).toBe('deniedLocally');
    expect((await exchange.submitOrder({} as never, signal)).state).toBe('deniedLocally');
    expect(await exchange.readMarkets(['ETH-USD'], signal)).toMatchObject({
      state: 'unknown',
      reason: 'refused',
    });
  });

  it('are refused at the opening without an address or a usable key', async () => {
    await expect(open('http://127.0.0.1:1', { addresses: [] })).rejects.toThrow(/addresses/);
    const options = {
      venue: 'w',
      baseUrl: 'http://127.0.0.1:1',
      scope: { network: 'n', addresses: ['a'] },
      now: Date.now,
    };
    await expect(
      openCoinbaseWalletExchange({ ...options, credentials: { keyName: 'k', privateKey: 'x' } }),
    ).rejects.toThrow(/PEM/);
  });

  it('agree with a simulated wallet over many pages, in one process with another key', async () => {
    const usdc = `0x${'833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'}`;
    const { venue } = exampleVenue({
      markets: [],
      balances: {
        eth: amount('1.000000000000000001'),
        [usdc.toLowerCase()]: amount('12.5'),
        cbbtc: amount('0.1'),
      },
    });
    const clock = { now: () => venue.now(), setTimeout: () => null, clearTimeout: () => {} };
    const servers: VenueServer[] = [];
    for (const one of [key, createSimulatedKey('another')]) {
      const server = await serveCoinbaseWallet({
        venue,
        clock,
        network: 'base-mainnet',
        address: '0xAbC1',
        keyName: one.credentials.keyName,
        publicKey: one.publicKey,
        rowsPerPage: 2,
        assets: [
          { asset: 'eth', assetId: 'eth', decimals: 18 },
          { asset: usdc.toLowerCase(), assetId: 'usdc', decimals: 6, contractAddress: usdc },
          { asset: 'cbbtc', assetId: 'cbbtc', decimals: 8 },
        ],
      });
      servers.push(server);
      opened.push(server);
    }
    const exchange = await open(servers[0]?.urls.baseUrl ?? '', { now: () => venue.now() });
    const observed = await exchange.observe({ fillsSinceMs: null }, signal);
    expect(
      observed.state === 'known' && observed.value.balances.map(({ asset, total }) => [asset, total]),
    ).toEqual([
      [usdc.toLowerCase(), '12.5'],
      ['cbbtc', '0.1'],
      ['eth', '1.000000000000000001'],
    ]);
    const stranger = await open(servers[1]?.urls.baseUrl ?? '', { now: () => venue.now() });
    expect(await stranger.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'refused' });
    servers[0]?.inject({ fault: { kind: 'droppedPage' }, endpoint: 'balances', count: 1 });
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'incomplete' });
    servers[0]?.inject({ fault: { kind: 'malformedRow' }, endpoint: 'balances', count: 1 });
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'malformed' });
  });
});
