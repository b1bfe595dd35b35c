import { afterEach, describe, expect, it } from '@jest/globals';
import { readTransaction } from '../../src/exchanges/coinbase/transaction-rows.ts';
import { openTestAccount, serveAccount } from '../support/coinbase-account.ts';
import { fixture } from '../support/fixture.ts';
import type { ScriptedAnswer, ScriptedRequest, ScriptedServer } from '../support/scripted-server.ts';

const signal = new AbortController().signal;
const accounts = fixture('coinbase/accounts.json') as object;
const ledger = fixture('coinbase/transactions.json') as {
  pagination: object;
  data: { id: string; type: string }[];
};
const row = (id: string) => ledger.data.find((one) => one.id === id) as never;
const LEDGER_PATH = '/v2/accounts/account-2/transactions';

let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function readActivity(answer: (request: ScriptedRequest) => ScriptedAnswer, sinceMs = 0) {
  server = await serveAccount({ accounts }, (request) =>
    request.path.startsWith('/v2/') ? answer(request) : null,
  );
  return openTestAccount(server.url).readActivity({ sinceMs, assets: ['USD'] }, signal);
}

describe('a row of a Coinbase ledger', () => {
  it.each([
    ['deposit-1', [{ kind: 'deposit', deltas: [{ asset: 'USD', amount: '250.5' }] }]],
    [
      'withdrawal-1',
      [
        { id: 'withdrawal-1', kind: 'withdrawal', deltas: [{ asset: 'BTC', amount: '-0.5' }] },
        { id: 'withdrawal-1:fee', kind: 'fee', deltas: [{ asset: 'BTC', amount: '-0.0001' }] },
      ],
    ],
    ['withdrawal-2', [{ kind: 'withdrawal', deltas: [{ asset: 'BTC', amount: '-0.5001' }] }]],
    [
      'conversion-1',
      [{ id: 'conversion-1:USDC', kind: 'conversion', deltas: [{ asset: 'USDC', amount: '-10' }] }],
    ],
    ['reward-1', [{ kind: 'reward', deltas: [{ asset: 'SOL', amount: '0.000000001' }] }]],
    ['earned-1', [{ kind: 'reward', deltas: [{ asset: 'NMR', amount: '0.02' }] }]],
    ['moved-1', [{ kind: 'transfer', deltas: [{ asset: 'USD', amount: '-5' }] }]],
    ['fill-1', []],
    ['pending-1', []],
  ])('%s moves the holdings by exactly what it says', (id, expected) => {
    expect(readTransaction(row(id), 'row')).toMatchObject(expected);
    expect(readTransaction(row(id), 'row')).toHaveLength(expected.length);
  });

  it.each([
    ['a number for an amount', { amount: { amount: 1, currency: 'USD' } }],
    ['a status nobody knows', { status: 'perhaps' }],
    ['no type', { type: undefined }],
    ['no time', { created_at: null }],
  ])('is malformed with %s', (_case, change) => {
    expect(() => readTransaction({ ...(row('deposit-1') as object), ...change }, 'row')).toThrow(/malformed/);
  });
});

describe('the activity of a Coinbase account', () => {
  it('is read by the asset’s own account, oldest first, and certified', async () => {
    const read = await readActivity(() => ({ body: ledger }));
    expect(server?.requests.map(({ path }) => path)).toEqual([
      '/api/v3/brokerage/accounts',
      '/v2/accounts/account-2/transactions',
    ]);
    expect(read).toMatchObject({
      state: 'known',
      certificate: { complete: true, scope: '5d9b2f0e-0c1d-4a52-9a6e-7f1f0a3b2c4d' },
    });
    const times = read.state === 'known' ? read.value.map(({ atMs }) => atMs) : [];
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('holds what settled since the time asked for, also when it was made before', async () => {
    const read = await readActivity(() => ({ body: ledger }), Date.UTC(2025, 0, 5));
    expect(read.state === 'known' && read.value.map(({ id }) => id)).toEqual(['deposit-1']);
  });

  it('follows the pages by their cursor and never goes where an answer says', async () => {
    const next = 'https://elsewhere.example/v2/steal?starting_after=fill-1';
    const read = await readActivity(({ query }) =>
      query.get('starting_after') === 'fill-1'
        ? {
            body: {
              pagination: { next_uri: null },
              data: [{ ...(row('deposit-1') as object), id: 'deposit-2' }],
            },
          }
        : { body: { ...ledger, pagination: { next_uri: next } } },
    );
    expect(read).toMatchObject({ state: 'known' });
    expect(server?.requests.filter(({ path }) => path === LEDGER_PATH)).toHaveLength(2);
  });

  it('tells a conversion of USD into USDC by both of its legs, each in its own account', async () => {
    const leg = (currency: string, value: string) => ({
      id: 'conversion-9',
      type: 'trade',
      status: 'completed',
      amount: { amount: value, currency },
      created_at: '2025-01-03T00:00:00Z',
    });
    const wallet = (uuid: string, currency: string) => ({
      uuid,
      currency,
      available_balance: { value: '0', currency },
      hold: { value: '0', currency },
    });
    const rows = { usd: leg('USD', '-250.00'), usdc: leg('USDC', '250.000000') };
    server = await serveAccount(
      { accounts: { accounts: [wallet('usd', 'USD'), wallet('usdc', 'USDC')] } },
      ({ path }) => {
        const [, uuid] = /^\/v2\/accounts\/(\w+)\//.exec(path) ?? [];
        if (uuid === undefined) return null;
        return { body: { pagination: { next_uri: null }, data: [rows[uuid as 'usd' | 'usdc']] } };
      },
    );
    const exchange = openTestAccount(server.url);
    const both = await exchange.readActivity({ sinceMs: 0, assets: ['USD', 'USDC'] }, signal);
    expect(both).toMatchObject({
      value: [
        { id: 'conversion-9:USD', kind: 'conversion', deltas: [{ asset: 'USD', amount: '-250' }] },
        { id: 'conversion-9:USDC', kind: 'conversion', deltas: [{ asset: 'USDC', amount: '250' }] },
      ],
    });
    const one = await exchange.readActivity({ sinceMs: 0, assets: ['USDC'] }, signal);
    expect(one).toMatchObject({ value: [{ id: 'conversion-9:USDC' }] });
  });

  it('stops where no older row can have settled since', async () => {
    const endless = { ...ledger, pagination: { next_uri: '/v2/accounts/x/transactions?starting_after=x' } };
    const read = await readActivity(() => ({ body: endless }), Date.UTC(2025, 5, 1));
    expect(read).toMatchObject({ state: 'known', value: [] });
  });

  it.each<[string, ScriptedAnswer, object]>([
    ['no end marker', { body: { data: [] } }, { reason: 'incomplete' }],
    [
      'more without a cursor',
      { body: { data: [], pagination: { next_uri: '/v2/more' } } },
      { reason: 'incomplete' },
    ],
    [
      'a next address that is none',
      { body: { data: [], pagination: { next_uri: 'http://[' } } },
      { reason: 'incomplete' },
    ],
    [
      'the same rows again',
      { body: { ...ledger, pagination: { next_uri: '?starting_after=a' } } },
      { reason: 'incomplete' },
    ],
    [
      'pages without an end',
      { body: { data: [], pagination: { next_uri: '?starting_after=a' } } },
      { reason: 'incomplete' },
    ],
    [
      '429',
      { status: 429, headers: { 'retry-after': '2' }, body: '' },
      { reason: 'rateLimited', retryAfterMs: 2_000 },
    ],
    ['an empty success', { body: '' }, { reason: 'malformed' }],
    ['no rows', { body: { pagination: {} } }, { reason: 'malformed' }],
  ])('is unknown after %s', async (_case, answer, expected) => {
    expect(await readActivity(() => answer)).toMatchObject({ state: 'unknown', ...expected });
  });
});
