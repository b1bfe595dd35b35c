import { inspect } from 'node:util';
import { describe, expect, it, test } from '@jest/globals';
import {
  type Configuration,
  type LoadedConfiguration,
  loadConfiguration,
} from '../../src/app/configuration.ts';
import { configurationExample } from '../../src/app/configuration-example.ts';
import type { ConfigurationProblem } from '../../src/app/configuration-problem.ts';
import { configurationSchema } from '../../src/app/configuration-schema.ts';
import { type SchemaNode, schemaTree } from '../../src/app/schema-tree.ts';
import { secretsOf } from '../../src/app/venue-configuration.ts';

const PLANTED = 'planted-c0ffee-secret-that-nobody-may-see';
const OWNER = '9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM';

const AUTHENTICATOR_ID_EXPECTED =
  'the number of an authenticator: a whole number from 0 on, or its digits as text';
const CUSTODY_EXPECTED =
  '"full" beside the credentials, because whoever has this key can move everything that the account holds: use an account that holds what the bot trades and no more';

const coinbase = { id: 'cb', kind: 'coinbase', credentials: { keyName: 'key', privateKey: PLANTED } };
const dydx = { id: 'dydx', kind: 'dydx', scope: { address: 'dydx1abc' } };
const solana = { id: 'sol', kind: 'solana', scope: { owner: OWNER } };

interface Extras {
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
}

function load(
  document: unknown,
  { environment = {}, files = {}, flags = {} }: Extras = {},
): LoadedConfiguration {
  const all: Readonly<Record<string, string>> = {
    '/etc/trueup/config.json': typeof document === 'string' ? document : JSON.stringify(document),
    ...files,
  };
  const readFile = (path: string): string => {
    const text = all[path];
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return text;
  };
  return loadConfiguration({ path: '/etc/trueup/config.json', environment, flags, readFile });
}

function configurationOf(document: unknown, extras?: Extras): Configuration {
  const loaded = load(document, extras);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.configuration;
}

function problemsOf(document: unknown, extras?: Extras): readonly ConfigurationProblem[] {
  const loaded = load(document, extras);
  return loaded.ok ? [] : loaded.problems;
}

describe('a configuration', () => {
  it('needs nothing but venues; everything else has a default', () => {
    const { venues, reconciliation, database, groups, ...rest } = configurationOf({
      venues: [coinbase, dydx, solana],
    });
    expect(database).toBe('/etc/trueup/trueup.sqlite');
    expect(venues[0]).toMatchObject({
      baseUrl: 'https://api.coinbase.com',
      policy: 'propose',
      opening: 'confirm',
      scope: {},
    });
    expect(venues[1]).toMatchObject({
      indexerUrl: 'https://indexer.dydx.trade',
      validatorUrl: 'https://dydx-ops-rpc.kingnodes.com',
      credentials: null,
      unsettledFunding: 'included',
      scope: { address: 'dydx1abc', subaccountNumbers: [0] },
    });
    expect(venues[2]).toMatchObject({ rpcUrls: ['https://api.mainnet-beta.solana.com'], credentials: null });
    expect(reconciliation).toEqual({
      isEnabled: true,
      intervalMs: 30_000,
      timeoutMs: 30_000,
      retryCount: 4,
      thresholdUsd: '10',
      thresholdFraction: '0.001',
      combine: 'or',
      dustUsd: '1',
      quietWindowMs: 5_000,
      confirmations: 2,
      approvalTimeLimitMs: 86_400_000,
      gateTimeLimitMs: 300_000,
      autoCorrect: { maxUsd: '50', maxNavFraction: '0.001', maxPerAssetPerDay: 3 },
    });
    expect(groups).toMatchObject({ USD: 'CASH', USDC: 'CASH' });
    expect(rest.targets).toEqual({});
    expect(rest.rebalancing).toEqual({
      triggers: null,
      planning: { destination: 'target' },
      returnsAgeMaxMs: null,
      execution: { release: 'streaming', priceMoveMaxBps: '50', replansMax: 2 },
    });
    expect(rest.limits).toMatchObject({ minCashPct: '1', maxSlippageBps: '20' });
  });

  it('takes keys that start with "//" as comments everywhere', () => {
    const venue = { '//': 'mine', ...solana, scope: { '//owner': 1, owner: OWNER } };
    expect(problemsOf({ '//': [], venues: [venue], targets: { '//CASH': 'all of it', CASH: '1' } })).toEqual(
      [],
    );
  });

  it('keeps amounts to the last digit', () => {
    const thresholdUsd = '10.000000000000000000000000001';
    const { reconciliation } = configurationOf({ venues: [], reconciliation: { thresholdUsd } });
    expect(reconciliation.thresholdUsd).toBe(thresholdUsd);
  });

  it('takes one RPC endpoint or several, without the slash at the end', () => {
    const urlsOf = (more: object) => configurationOf({ venues: [{ ...solana, ...more }] }).venues[0];
    expect(urlsOf({ rpcUrl: 'http://127.0.0.1:8899/' })).toMatchObject({
      rpcUrls: ['http://127.0.0.1:8899'],
    });
    expect(urlsOf({ rpcUrls: ['http://a.test', 'http://b.test'] })).toMatchObject({
      rpcUrls: ['http://a.test', 'http://b.test'],
    });
  });

  it('streams from the live venue where it reads from there, and from nowhere that nobody named', () => {
    const streamOf = (more: object) => configurationOf({ venues: [more] }).venues[0];
    const live = 'wss://advanced-trade-ws-user.coinbase.com';
    expect(streamOf(coinbase)).toMatchObject({ streamUrl: live });
    expect(streamOf({ ...coinbase, streamUrl: 'none' })).toMatchObject({ streamUrl: null });
    expect(streamOf({ ...coinbase, baseUrl: 'http://127.0.0.1:1' })).toMatchObject({ streamUrl: null });
    expect(streamOf({ ...coinbase, streamUrl: 'ws://127.0.0.1:1/x/' })).toMatchObject({
      streamUrl: 'ws://127.0.0.1:1/x/',
    });
    expect(streamOf(dydx)).toMatchObject({ streamUrl: 'wss://indexer.dydx.trade/v4/ws' });
    expect(streamOf({ ...dydx, indexerUrl: 'https://elsewhere.test' })).toMatchObject({ streamUrl: null });
    const expected =
      'a URL that starts with ws:// or wss:// and holds no user, password or fragment, or "none"';
    for (const streamUrl of ['https://a.test', 'wss://user:word@a.test', 'None', ''])
      expect(problemsOf({ venues: [{ ...dydx, streamUrl }] })).toMatchObject([
        { path: 'venues[0].streamUrl', expected },
      ]);
  });

  it('takes child subaccounts of dYdX, and an address under the prefix of a test deployment', () => {
    const scope = { address: 'cosmos1abc', subaccountNumbers: [0, 128, 128_000] };
    expect(configurationOf({ venues: [{ ...dydx, scope }] }).venues[0]).toMatchObject({ scope });
    const beyond = { ...dydx, scope: { ...scope, subaccountNumbers: [128_001] } };
    expect(problemsOf({ venues: [beyond] })).toMatchObject([
      { path: 'venues[0].scope.subaccountNumbers[0]', expected: 'a whole number between 0 and 128000' },
    ]);
  });

  it('takes unsettled funding of dYdX apart', () => {
    const apart = { ...dydx, unsettledFunding: 'apart' };
    expect(configurationOf({ venues: [apart] }).venues[0]).toMatchObject({ unsettledFunding: 'apart' });
    expect(problemsOf({ venues: [{ ...dydx, unsettledFunding: 'no' }] })).toMatchObject([
      { path: 'venues[0].unsettledFunding', expected: 'one of "included", "apart"' },
    ]);
  });
});

const venue = (more: object) => ({ venues: [{ ...solana, ...more }] });
const wrong: readonly (readonly [string, unknown, ConfigurationProblem])[] = [
  ['a document that is a list', [], { path: '$', expected: 'an object', found: 'an empty list' }],
  ['no venues', {}, { path: 'venues', expected: 'a list of 0 to 100 venues', found: 'nothing' }],
  [
    'an unknown key that is near a known one',
    { venues: [], databse: 'x' },
    { path: 'databse', expected: 'a known key, perhaps "database"', found: 'an unknown key' },
  ],
  [
    'an unknown key of a venue',
    venue({ colour: 'red' }),
    {
      path: 'venues[0].colour',
      expected:
        'one of "kind", "id", "policy", "opening", "markets", "requestsPerSecond", "cashAsset", "rpcUrl", "rpcUrls", "swapUrl", "swapPrograms", "priorityFeeMaxLamports", "feeReserveLamports", "transfersTo", "credentials", "credentialsEnv", "custody", "scope"',
      found: 'an unknown key',
    },
  ],
  [
    'an unknown kind',
    venue({ kind: 'binance' }),
    {
      path: 'venues[0].kind',
      expected: 'one of "coinbase", "coinbase-wallet", "dydx", "solana", "statement"',
      found: '"binance"',
    },
  ],
  [
    'an unknown policy',
    venue({ policy: 'yolo' }),
    { path: 'venues[0].policy', expected: 'one of "observe", "propose", "auto"', found: '"yolo"' },
  ],
  [
    'a scope without what it needs',
    venue({ scope: {} }),
    { path: 'venues[0].scope.owner', expected: 'the address of a wallet in base 58', found: 'nothing' },
  ],
  [
    'a URL of another protocol, shown without what may be a key',
    venue({ rpcUrl: `ftp://host.test/${PLANTED}` }),
    {
      path: 'venues[0].rpcUrl',
      expected: 'a URL that starts with http:// or https:// and holds no user, password or fragment',
      found: 'a URL at "ftp://host.test"',
    },
  ],
  [
    'two ways to name endpoints',
    venue({ rpcUrl: 'http://a.test', rpcUrls: ['http://b.test'] }),
    { path: 'venues[0]', expected: 'rpcUrl or rpcUrls, not both', found: 'both' },
  ],
  [
    'an amount as a JSON number',
    { venues: [], reconciliation: { thresholdUsd: 10 } },
    {
      path: 'reconciliation.thresholdUsd',
      expected: 'a decimal number as text that is not negative, such as "10"',
      found: '10',
    },
  ],
  [
    'a fraction above 1',
    { venues: [], reconciliation: { thresholdPercentage: '60' } },
    {
      path: 'reconciliation.thresholdPercentage',
      expected: 'a fraction between 0 and 1 as text, such as "0.001"',
      found: '"60"',
    },
  ],
  [
    'a number out of its bounds',
    { venues: [], reconciliation: { intervalSeconds: 0 } },
    {
      path: 'reconciliation.intervalSeconds',
      expected: 'a number of seconds between 1 and 86400',
      found: '0',
    },
  ],
  [
    'weights that do not sum to 1',
    { venues: [], targets: { CASH: '0.5', BTC: '0.4' } },
    { path: 'targets', expected: 'weights that sum to 1, cash included', found: 'a sum of 0.9' },
  ],
  [
    'a weight finer than a millionth',
    { venues: [], targets: { CASH: '0.9999999', BTC: '0.0000001' } },
    {
      path: 'targets.CASH',
      expected: 'a weight between 0 and 1 as text with at most 6 decimals, such as "0.25"',
      found: '"0.9999999"',
    },
  ],
  [
    'orders that are too small to be made and too large',
    { venues: [], limits: { maxOrderUsd: '5' } },
    {
      path: 'limits',
      expected: 'a maxOrderUsd (5) that is not below minTradeUsd (10): no order is between them',
      found: 'an object',
    },
  ],
  [
    'a name that would move the cursor of a terminal',
    { venues: [], targets: { 'B\u001b[2J': '1' } },
    {
      path: 'targets["B\\u001b[2J"]',
      expected: 'a name, without control characters',
      found: '"1"',
    },
  ],
  [
    'a target for an asset that belongs to a group',
    { venues: [], targets: { USDC: '1' } },
    { path: 'targets.USDC', expected: 'the group "CASH", which holds "USDC"', found: '"USDC"' },
  ],
  [
    'one id twice',
    { venues: [solana, { ...dydx, id: 'sol' }] },
    { path: 'venues[1].id', expected: 'an id that no other venue has; venues[0] has it', found: '"sol"' },
  ],
  [
    'one wallet in two venues',
    { venues: [solana, { ...solana, id: 'again' }] },
    {
      path: 'venues[1].scope',
      expected: 'holdings that no other venue counts; venues[0] counts them',
      found: 'the same again',
    },
  ],
  [
    'one address under two names of its network',
    {
      venues: ['base-mainnet', 'base'].map((network, index) => ({
        id: `wallet-${index}`,
        kind: 'coinbase-wallet',
        credentials: coinbase.credentials,
        scope: { network, addresses: ['0xAB'] },
      })),
    },
    {
      path: 'venues[1].scope',
      expected: 'holdings that no other venue counts; venues[0] counts them',
      found: 'the same again',
    },
  ],
  [
    'a file that is no JSON, by place and without quoting it',
    `{"venues": [\n  {"privateKey": "${PLANTED}"`,
    {
      path: '/etc/trueup/config.json',
      expected: '"," or "}" at line 2, column 61',
      found: 'the end of the file',
    },
  ],
  [
    'a key that stands twice',
    '{"venues": [],\n "venues": []}',
    {
      path: '/etc/trueup/config.json',
      expected: 'a key that does not stand twice in one object at line 2, column 2',
      found: 'something else',
    },
  ],
  [
    'credentials that are missing where every read needs them',
    { venues: [{ ...coinbase, credentials: undefined }] },
    { path: 'venues[0]', expected: 'credentials or credentialsEnv', found: 'neither' },
  ],
  [
    'credentials in two places',
    { venues: [{ ...coinbase, credentialsEnv: 'CB' }] },
    { path: 'venues[0]', expected: 'credentials or credentialsEnv, not both', found: 'both' },
  ],
  [
    'a credential of the wrong type, without showing it',
    { venues: [{ ...coinbase, credentials: { keyName: 'key', privateKey: [PLANTED] } }] },
    {
      path: 'venues[0].credentials.privateKey',
      expected: 'the private key that belongs to keyName',
      found: 'a value that is not shown',
    },
  ],
  [
    'a key where the name of a variable belongs, without showing it',
    { venues: [{ ...coinbase, credentials: undefined, credentialsEnv: PLANTED }] },
    {
      path: 'venues[0].credentialsEnv',
      expected: 'a prefix of environment variables, such as "COINBASE"',
      found: 'a value that is not shown',
    },
  ],
  [
    'both keys of dYdX',
    { venues: [{ ...dydx, credentials: { mnemonic: 'words', privateKey: PLANTED } }] },
    { path: 'venues[0].credentials', expected: '"mnemonic" or "privateKey"', found: 'both' },
  ],
  [
    'a key of dYdX that is custody, without saying so',
    { venues: [{ ...dydx, credentials: { mnemonic: PLANTED } }] },
    {
      path: 'venues[0].custody',
      expected: `${CUSTODY_EXPECTED}; better is a permissioned key, with its authenticatorId`,
      found: 'nothing',
    },
  ],
  ...[-1, 1.5, 2 ** 53, true, '', '-1', '07', '1.0', '0x7', ' 7', '18446744073709551616', PLANTED, [7]].map(
    (authenticatorId): (typeof wrong)[number] => [
      `${JSON.stringify(authenticatorId)} as the number of an authenticator`,
      { venues: [{ ...dydx, credentials: { privateKey: PLANTED, authenticatorId } }] },
      {
        path: 'venues[0].credentials.authenticatorId',
        expected: AUTHENTICATOR_ID_EXPECTED,
        found: 'a value that is not shown',
      },
    ],
  ),
  [
    'the number of an authenticator without a key',
    { venues: [{ ...dydx, credentials: { authenticatorId: 7 } }] },
    { path: 'venues[0].credentials', expected: '"mnemonic" or "privateKey"', found: 'nothing' },
  ],
  [
    'the number of an authenticator at Solana, which has none',
    { venues: [{ ...solana, credentials: { secretKey: PLANTED, authenticatorId: 7 }, custody: 'full' }] },
    {
      path: 'venues[0].credentials.authenticatorId',
      expected: 'one of "secretKey"',
      found: 'an unknown key',
    },
  ],
  [
    'a key of Solana that is custody, without saying so',
    { venues: [{ ...solana, credentials: { secretKey: PLANTED } }] },
    { path: 'venues[0].custody', expected: CUSTODY_EXPECTED, found: 'nothing' },
  ],
  [
    'a key for orders in two places',
    {
      venues: [{ ...coinbase, tradeCredentials: coinbase.credentials, tradeCredentialsEnv: 'CB' }],
    },
    { path: 'venues[0]', expected: 'tradeCredentials or tradeCredentialsEnv, not both', found: 'both' },
  ],
  [
    'a key for orders under a prefix with nothing set',
    { venues: [{ ...coinbase, tradeCredentialsEnv: 'TRADE' }] },
    {
      path: 'venues[0].tradeCredentialsEnv',
      expected: 'the environment variable TRADE_KEY_NAME or TRADE_KEY_NAME_FILE',
      found: 'nothing',
    },
  ],
  [
    'rights of keys that are neither checked nor unchecked',
    { venues: [{ ...coinbase, keyRights: 'ignored' }] },
    { path: 'venues[0].keyRights', expected: 'one of "checked", "unchecked"', found: '"ignored"' },
  ],
  [
    'a prefix under which nothing is set',
    { venues: [{ ...solana, credentialsEnv: 'SOL' }] },
    {
      path: 'venues[0].credentialsEnv',
      expected: 'the environment variable SOL_SECRET_KEY or SOL_SECRET_KEY_FILE',
      found: 'nothing',
    },
  ],
];

describe('a wrong configuration is refused with the path, what was expected and what was found', () => {
  test.each(wrong)('%s', (_name, document, problem) => {
    const problems = problemsOf(document);
    expect(problems).toContainEqual(problem);
    expect(JSON.stringify(problems)).not.toContain(PLANTED);
  });

  test('every problem of the file is named at once', () => {
    const problems = problemsOf({ venues: [{ ...solana, policy: 1, id: '' }], limits: [], nonsense: true });
    expect(problems.map(({ path }) => path).sort()).toEqual([
      'limits',
      'nonsense',
      'venues[0].id',
      'venues[0].policy',
    ]);
  });

  test('a file that is not there', () => {
    const loaded = loadConfiguration({ path: '/nowhere/trueup.json', environment: {} });
    expect(loaded).toEqual({
      ok: false,
      problems: [{ path: '/nowhere/trueup.json', expected: 'a JSON file that can be read', found: 'ENOENT' }],
    });
  });
});

describe('credentials', () => {
  const fromEnvironment = { venues: [{ ...coinbase, credentials: undefined, credentialsEnv: 'CB' }] };
  const privateKeyOf = (loaded: Configuration): string | undefined =>
    loaded.venues[0]?.kind === 'coinbase' ? loaded.venues[0].credentials.privateKey.reveal() : undefined;

  it('come from the environment under a prefix', () => {
    const environment = { CB_KEY_NAME: 'key', CB_PRIVATE_KEY: PLANTED };
    expect(privateKeyOf(configurationOf(fromEnvironment, { environment }))).toBe(PLANTED);
  });

  it('come from the file that a variable names', () => {
    const environment = { CB_KEY_NAME: 'key', CB_PRIVATE_KEY_FILE: '/run/secrets/cb' };
    const files = { '/run/secrets/cb': `${PLANTED}\n` };
    expect(privateKeyOf(configurationOf(fromEnvironment, { environment, files }))).toBe(PLANTED);
  });

  it.each([
    [{ CB_KEY_NAME: 'key' }, 'venues[0].credentialsEnv', 'nothing'],
    [{ CB_KEY_NAME: 'key', CB_PRIVATE_KEY: ' ' }, 'CB_PRIVATE_KEY', 'empty text'],
    [{ CB_KEY_NAME: 'key', CB_PRIVATE_KEY: PLANTED, CB_PRIVATE_KEY_FILE: '/x' }, 'CB_PRIVATE_KEY', 'both'],
    [{ CB_KEY_NAME: 'key', CB_PRIVATE_KEY_FILE: '/x' }, 'CB_PRIVATE_KEY_FILE', 'ENOENT at "/x"'],
  ])('are refused as %j', (environment, path, found) => {
    const problems = problemsOf(fromEnvironment, { environment: environment as Record<string, string> });
    expect(problems).toContainEqual({ path, expected: expect.any(String), found });
    expect(JSON.stringify(problems)).not.toContain(PLANTED);
  });

  it('for orders are others where they are configured, and else those for reads', () => {
    const tradeCredentials = { keyName: 'orders', privateKey: 'another' };
    const [one, other] = configurationOf({
      venues: [coinbase, { ...coinbase, id: 'two', scope: { portfolio: 'p' }, tradeCredentials }],
    }).venues;
    expect(one).toMatchObject({ tradeCredentials: null, keyRights: 'checked' });
    expect(other?.kind === 'coinbase' && other.tradeCredentials?.keyName.reveal()).toBe('orders');
    expect(other && secretsOf(other).map((secret) => secret.reveal())).toEqual([
      'key',
      PLANTED,
      'orders',
      'another',
    ]);
  });

  it('that are custody are taken once that is said', () => {
    const signing = { ...solana, credentials: { secretKey: PLANTED }, custody: 'full' };
    expect(problemsOf({ venues: [signing] })).toEqual([]);
  });

  const permissionOf = (venue: object, environment = {}) => {
    const [found] = configurationOf({ venues: [{ ...dydx, ...venue }] }, { environment }).venues;
    return found?.kind === 'dydx' ? found.permission : undefined;
  };
  const keyed = { privateKey: PLANTED, authenticatorId: 7 };
  const checked = { authenticatorId: '7', rights: 'checked' };
  const inEnvironment = { DYDX_MNEMONIC: PLANTED, DYDX_AUTHENTICATOR_ID: '7' };

  it.each<[string, object, Readonly<Record<string, string>>, object | null]>([
    [
      'of an account itself are no permission',
      { credentials: { mnemonic: PLANTED }, custody: 'full' },
      {},
      null,
    ],
    ['that are none are no permission', {}, {}, null],
    ['with an authenticator need no custody', { credentials: keyed }, {}, checked],
    ['name an authenticator as text', { credentials: { ...keyed, authenticatorId: '7' } }, {}, checked],
    [
      'name the first and the last authenticator there can be',
      { credentials: { ...keyed, authenticatorId: '18446744073709551615' } },
      {},
      { ...checked, authenticatorId: '18446744073709551615' },
    ],
    [
      'name authenticator 0',
      { credentials: { ...keyed, authenticatorId: 0 } },
      {},
      { ...checked, authenticatorId: '0' },
    ],
    [
      'are unchecked where custody is said',
      { credentials: keyed, custody: 'full' },
      {},
      { ...checked, rights: 'unchecked' },
    ],
    ['name an authenticator in the environment', { credentialsEnv: 'DYDX' }, inEnvironment, checked],
  ])('of dYdX %s', (_what, venue, environment, permission) => {
    expect(permissionOf(venue, environment)).toEqual(permission);
  });

  it.each([
    [{ DYDX_AUTHENTICATOR_ID: PLANTED }, 'DYDX_AUTHENTICATOR_ID', 'a value that is not shown'],
    [{ DYDX_AUTHENTICATOR_ID: '' }, 'DYDX_AUTHENTICATOR_ID', 'empty text'],
    [{ DYDX_AUTHENTICATOR_ID: '7', DYDX_MNEMONIC: undefined }, 'venues[0].credentialsEnv', 'nothing'],
    [{ DYDX_AUTHENTICATOR_ID: undefined }, 'venues[0].custody', 'nothing'],
  ])('of dYdX are refused with %j', (changes, path, found) => {
    const changed = { ...inEnvironment, ...changes };
    const set = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
    const problems = problemsOf(
      { venues: [{ ...dydx, credentialsEnv: 'DYDX' }] },
      { environment: set as Record<string, string> },
    );
    expect(problems).toContainEqual({ path, expected: expect.any(String), found });
    expect(JSON.stringify(problems)).not.toContain(PLANTED);
  });

  it('of dYdX hide the key, and not the number beside it, which is in many a text', () => {
    const [venue] = configurationOf({ venues: [{ ...dydx, credentials: keyed }] }).venues;
    expect(venue && secretsOf(venue).map((secret) => secret.reveal())).toEqual([PLANTED]);
    expect(JSON.stringify(venue)).not.toContain(PLANTED);
  });

  it('are never printed, however a configuration is printed', () => {
    const loaded = configurationOf({ venues: [coinbase] });
    const prints = [
      JSON.stringify(loaded),
      inspect(loaded, { depth: 9, showHidden: true }),
      String(loaded.venues),
    ];
    const secret = loaded.venues[0]?.credentials;
    prints.push(`${Object.values(secret ?? {})}`);
    for (const print of prints) expect(print).not.toContain(PLANTED);
    expect(prints.join()).toContain('[secret]');
  });
});

describe('the environment and flags', () => {
  const file = { venues: [], reconciliation: { intervalSeconds: 60, retryCount: 1 } };

  it.each([
    ['RECONCILIATION_ENABLED', 'false', { isEnabled: false }],
    ['RECONCILIATION_INTERVAL_SECONDS', '90', { intervalMs: 90_000 }],
    ['RECONCILIATION_THRESHOLD_USD', '25.5', { thresholdUsd: '25.5' }],
    ['RECONCILIATION_THRESHOLD_PERCENTAGE', '0.01', { thresholdFraction: '0.01' }],
    ['RECONCILIATION_RETRY_COUNT', '7', { retryCount: 7 }],
    ['RECONCILIATION_MAX_RETRIES', '8', { retryCount: 8 }],
    ['RECONCILIATION_TIMEOUT_SECONDS', '2.5', { timeoutMs: 2_500 }],
    ['RECONCILIATION_TIMEOUT_MILLISECONDS', '1500', { timeoutMs: 1_500 }],
  ])('%s=%s counts before the file', (name, value, expected) => {
    const { reconciliation } = configurationOf(file, { environment: { [name]: value } });
    expect(reconciliation).toMatchObject(expected);
  });

  it('count in the order file, environment, flag', () => {
    const environment = { RECONCILIATION_INTERVAL_SECONDS: '90' };
    const { reconciliation } = configurationOf(file, { environment, flags: { intervalSeconds: '120' } });
    expect(reconciliation).toMatchObject({ intervalMs: 120_000, retryCount: 1 });
  });

  it('may say the same under two names', () => {
    const environment = { RECONCILIATION_TIMEOUT_SECONDS: '2', RECONCILIATION_TIMEOUT_MILLISECONDS: '2000' };
    expect(configurationOf(file, { environment }).reconciliation.timeoutMs).toBe(2_000);
  });

  it('are refused where two names disagree, also when a flag decides', () => {
    const environment = { RECONCILIATION_RETRY_COUNT: '3', RECONCILIATION_MAX_RETRIES: '4' };
    expect(problemsOf(file, { environment, flags: { retryCount: '3' } })).toEqual([
      {
        path: 'RECONCILIATION_MAX_RETRIES',
        expected: 'the same as RECONCILIATION_RETRY_COUNT, which is "3"',
        found: '"4"',
      },
    ]);
  });

  it.each([
    ['RECONCILIATION_ENABLED', 'perhaps', 'true or false'],
    ['RECONCILIATION_INTERVAL_SECONDS', '-5', 'a number of seconds between 1 and 86400'],
    ['RECONCILIATION_TIMEOUT_MILLISECONDS', '1.5s', 'a number of seconds between 0.05 and 600'],
    ['RECONCILIATION_THRESHOLD_PERCENTAGE', '5', 'a fraction between 0 and 1 as text, such as "0.001"'],
  ])('%s=%s is a problem of that variable', (name, value, expected) => {
    expect(problemsOf(file, { environment: { [name]: value } })).toEqual([
      { path: name, expected, found: JSON.stringify(value) },
    ]);
  });

  it('name a flag that is wrong', () => {
    expect(problemsOf(file, { flags: { timeoutSeconds: 'soon' } })).toEqual([
      { path: '--timeout-seconds', expected: 'a number of seconds between 0.05 and 600', found: '"soon"' },
    ]);
  });
});

describe('the example', () => {
  const example = configurationExample();

  it('validates as it stands, comments included', () => {
    expect(problemsOf(example)).toEqual([]);
  });

  it('explains every key that there is', () => {
    const tree = schemaTree(configurationSchema);
    expect(unexplained(tree, '$')).toEqual([]);
    expect(keysMissing(example, tree, '$')).toEqual([]);
  });

  it('shows a venue of every kind', () => {
    expect(configurationOf(example).venues.map(({ kind }) => kind)).toEqual([
      'coinbase',
      'coinbase-wallet',
      'dydx',
      'solana',
      'statement',
    ]);
  });
});

/** Keys of the schema without a description. */
function unexplained(node: SchemaNode, path: string): readonly string[] {
  const parts = [...(node.oneOf ?? []), ...(node.items ? [node.items] : [])];
  return [
    ...parts.flatMap((part) => unexplained(part, `${path}[]`)),
    ...Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
      ...(child.description ? [] : [`${path}.${key}`]),
      ...unexplained(child, `${path}.${key}`),
    ]),
  ];
}

/** Keys of the schema that the example does not explain where they belong. */
function keysMissing(value: unknown, node: SchemaNode, path: string): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((member, index) => {
      const alternatives = node.items?.oneOf ?? [node.items ?? {}];
      const fitting = alternatives.find((a) => a.properties?.kind?.const === member.kind) ?? {};
      return keysMissing(member, fitting, `${path}[${index}]`);
    });
  }
  if (typeof value !== 'object' || value === null) return [];
  const object = value as Record<string, unknown>;
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => [
    ...(`//${key}` in object ? [] : [`${path}.${key}`]),
    ...keysMissing(object[key], child, `${path}.${key}`),
  ]);
}
