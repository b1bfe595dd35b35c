import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { ACCOUNTS_PATH, serveAccount, TEST_CREDENTIALS } from '../support/coinbase-account.ts';
import { TEST_ADDRESS } from '../support/dydx-account.ts';
import { BTC_BUY, simulatedDydx } from '../support/dydx-venue.ts';
import type { ScriptedAnswer, ScriptedServer } from '../support/scripted-server.ts';
import { type Ended, runInProcess, withConfiguration } from './command-line.ts';

const PORTFOLIO = 'b1f6d5a0-0000-4000-8000-000000000001';
const DIGITS = '0.123456789012345678901234567890123456';

function account(currency: string, available: string, hold: string) {
  return {
    uuid: `00000000-0000-4000-8000-0000000000${currency.length}${available.length}`,
    name: `${currency} Wallet`,
    currency,
    available_balance: { value: available, currency },
    default: false,
    active: true,
    created_at: '2024-01-01T00:00:00.000Z',
    updated_at: '2024-01-02T00:00:00.000Z',
    deleted_at: null,
    type: currency === 'USD' ? 'ACCOUNT_TYPE_FIAT' : 'ACCOUNT_TYPE_CRYPTO',
    ready: true,
    hold: { value: hold, currency },
    retail_portfolio_id: PORTFOLIO,
    platform: 'ACCOUNT_PLATFORM_CONSUMER',
  };
}

const accounts = {
  accounts: [account('BTC', DIGITS, '1'), account('USD', '1000.10', '0')],
  has_next: false,
  cursor: '',
  size: 2,
};

let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function serve(script: () => ScriptedAnswer | null = () => null): Promise<string> {
  server = await serveAccount({ accounts }, (request) => (request.path === ACCOUNTS_PATH ? script() : null));
  return server.url;
}

const configurationFor = (
  baseUrl: string,
  more: { readonly retryCount?: number; readonly venue?: object } = {},
) => ({
  venues: [
    {
      id: 'cb',
      kind: 'coinbase',
      baseUrl,
      credentialsEnv: 'CB',
      scope: { portfolio: PORTFOLIO },
      ...more.venue,
    },
  ],
  reconciliation: { retryCount: more.retryCount ?? 0 },
});
const environment = { CB_KEY_NAME: TEST_CREDENTIALS.keyName, CB_PRIVATE_KEY: TEST_CREDENTIALS.privateKey };
/** Lines of the key that would betray it. */
const KEY_LINES = TEST_CREDENTIALS.privateKey
  .split('\n')
  .filter((line) => line.length > 10 && !line.startsWith('-'));

function snapshot(
  baseUrl: string,
  more: readonly string[] = [],
  changes: Parameters<typeof configurationFor>[1] = {},
): Promise<Ended> {
  return withConfiguration(configurationFor(baseUrl, changes), (path) =>
    runInProcess(['snapshot', '--config', path, '--venue', 'cb', ...more], { environment }),
  );
}

describe('trueup snapshot', () => {
  it('prints what is owed and not settled beside what is held', async () => {
    const dydx = await simulatedDydx();
    try {
      dydx.venue.submit(BTC_BUY);
      dydx.passTime(3_600_000);
      dydx.venue.settleFunding(amount('0.0001'));
      const scope = { address: TEST_ADDRESS };
      const venue = { id: 'd', kind: 'dydx', ...dydx.server.urls, unsettledFunding: 'apart', scope };
      const run = (...more: string[]) =>
        withConfiguration({ venues: [venue] }, (path) =>
          runInProcess(['snapshot', '--config', path, '--venue', 'd', ...more], { environment: {} }),
        );
      expect((await run()).out).toMatch(/Owed and not settled\n +Asset +Amount\n +USDC +-0\.3\n/);
      expect(JSON.parse((await run('--json')).out)).toMatchObject({
        balances: [{ asset: 'USDC', total: '6996.99925' }],
        accrued: [{ asset: 'USDC', amount: '-0.3' }],
      });
    } finally {
      await dydx.close();
    }
  });

  it('prints what the venue holds, exact to the last digit, with its certificate', async () => {
    const { exitCode, out, err } = await snapshot(await serve(), ['--json']);
    const document = JSON.parse(out);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(Object.keys(document)).toEqual([
      'venue',
      'kind',
      'state',
      'observedAtMs',
      'certificate',
      'balances',
      'positions',
      'openOrders',
      'fills',
    ]);
    expect(document).toMatchObject({
      venue: 'cb',
      kind: 'coinbase',
      state: 'known',
      positions: [],
      fills: [],
    });
    expect(document.certificate).toMatchObject({ complete: true, coherent: true });
    expect(document.certificate.pages[0]).toEqual({
      rows: expect.any(Number),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(document.balances).toMatchObject([
      { asset: 'BTC', total: `1${DIGITS.slice(1)}`, available: DIGITS, hold: '1' },
      { asset: 'USD', total: '1000.1', available: '1000.1', hold: '0' },
    ]);
  });

  it('prints tables for people', async () => {
    const { exitCode, out } = await snapshot(await serve());
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^cb coinbase {2}known at \d{4}-/);
    expect(out).toMatch(new RegExp(`BTC +1${DIGITS.slice(1)} +${DIGITS} +1\n`));
    expect(out).toContain('Open orders: none');
  });

  it.each<[string, ScriptedAnswer, string]>([
    ['a refusal', { status: 403, body: { error: 'forbidden' } }, 'refused'],
    ['an answer that is no JSON', { body: '<html>' }, 'malformed'],
    ['a limit on requests', { status: 429, headers: { 'retry-after': '7' }, body: '' }, 'rateLimited'],
    ['a server in trouble', { status: 503, body: '' }, 'unreachable'],
  ])('says unknown and why after %s, with exit code 3', async (_name, answer, reason) => {
    const { exitCode, out } = await snapshot(await serve(() => answer), ['--json']);
    expect(exitCode).toBe(3);
    expect(JSON.parse(out)).toEqual({
      venue: 'cb',
      kind: 'coinbase',
      state: 'unknown',
      reason,
      detail: expect.any(String),
    });
  });

  it('gives up on a venue that hangs when its time is over', async () => {
    const baseUrl = await serve(() => 'hang');
    const { exitCode, out } = await snapshot(baseUrl, ['--timeout-seconds', '0.1', '--json']);
    expect({ exitCode, reason: JSON.parse(out).reason }).toEqual({ exitCode: 3, reason: 'timedOut' });
  });

  it('tries again what failed in passing, and says so beside the document', async () => {
    let asked = 0;
    const baseUrl = await serve(() => {
      asked += 1;
      return asked === 1 ? { status: 502, body: '' } : null;
    });
    const { exitCode, out, err } = await snapshot(baseUrl, ['--json'], { retryCount: 1 });
    expect({ exitCode, state: JSON.parse(out).state }).toEqual({ exitCode: 0, state: 'known' });
    expect(err).toMatch(/^trueup: cb: unreachable, asked again in \d+ ms\n$/);
  });

  it('keeps to the rate limit of the venue', async () => {
    const baseUrl = await serve();
    const slow = { venue: { requestsPerSecond: 0.1 } };
    const { out } = await snapshot(baseUrl, ['--timeout-seconds', '0.2', '--json'], slow);
    expect(JSON.parse(out)).toMatchObject({ state: 'unknown', reason: 'timedOut' });
    expect(server?.requests).toHaveLength(1);
  });

  it('refuses a venue that is not configured', async () => {
    const ended = await withConfiguration(configurationFor('http://127.0.0.1:9'), (path) =>
      runInProcess(['snapshot', '--config', path, '--venue', 'cbb', '--json'], { environment }),
    );
    expect(ended.exitCode).toBe(2);
    expect(JSON.parse(ended.out)).toEqual({
      error: { kind: 'usage', message: '--venue: expected "cb", found "cbb"' },
    });
  });

  it('refuses a key that is none as a matter of configuration, without showing it', async () => {
    const CB_PRIVATE_KEY = 'planted-c0ffee-not-a-key';
    const ended = await withConfiguration(configurationFor('http://127.0.0.1:9'), (path) =>
      runInProcess(['snapshot', '--config', path, '--venue', 'cb'], {
        environment: { ...environment, CB_PRIVATE_KEY },
      }),
    );
    expect(ended).toMatchObject({ exitCode: 2, out: '' });
    expect(ended.err).toContain('the venue cb cannot be opened: credentials.privateKey is expected to be');
    expect(ended.err).not.toContain(CB_PRIVATE_KEY);
  });
});

describe('the program', () => {
  it('prints nothing but the document on stdout, ends by itself and leaves no trace of the key', async () => {
    const baseUrl = await serve();
    const ended = await withConfiguration(configurationFor(baseUrl), (path) =>
      runProgram(['snapshot', '--config', path, '--venue', 'cb', '--json']),
    );
    expect(ended.exitCode).toBe(0);
    expect(JSON.parse(ended.out)).toMatchObject({
      state: 'known',
      balances: [{ asset: 'BTC' }, { asset: 'USD' }],
    });
    for (const line of KEY_LINES) expect(ended.out + ended.err).not.toContain(line);
  }, 30_000);

  it('exits with 2 on wrong usage', async () => {
    const ended = await runProgram(['snapshot', '--json']);
    expect(ended.exitCode).toBe(2);
    expect(JSON.parse(ended.out).error.kind).toBe('usage');
  }, 30_000);
});

function runProgram(words: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', join('src', 'cli', 'main.ts'), ...words], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? -1, out, err }));
  });
}
