import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDatabaseReadOnly } from '../../db/database.ts';
import { openPortfolio, type PortfolioOptions } from '../../src/app/open-portfolio.ts';
import type { Portfolio } from '../../src/app/portfolio-api.ts';
import { readHistory } from '../../src/app/read-history.ts';
import { createSimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import type { FaceAnswer } from '../../src/exchanges/simulated/http-face.ts';
import { openInProcessExchange } from '../../src/exchanges/simulated/in-process-exchange.ts';
import { replayService } from '../../src/replay/replay-service.ts';
import { PERMISSIONS, PERMISSIONS_PATH } from '../support/coinbase-account.ts';
import { TEST_ADDRESS, TEST_PRIVATE_KEY, TRADING_PRIVATE_KEY } from '../support/dydx-account.ts';
import {
  numbered,
  type Part,
  signedBy,
  TRADING_PUBLIC_KEY,
  tradingKey,
} from '../support/dydx-authenticators.ts';
import { simulatedDydx } from '../support/dydx-venue.ts';
import { realTimeExchange, TARGETS } from '../support/real-time-venue.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

/** What the venue says of the key, as long as a test wants it. */
let rights: FaceAnswer;
let folder: DatabaseFolder;
let world: Awaited<ReturnType<typeof servedCoinbase>>;
let problems: string[];
const open: Portfolio[] = [];

beforeEach(async () => {
  folder = new DatabaseFolder();
  problems = [];
  says({});
  world = await servedCoinbase({
    intercept: (answer, { path }) => (path === PERMISSIONS_PATH ? rights : answer),
  });
});
afterEach(async () => {
  for (const portfolio of open.splice(0)) await portfolio.close();
  await world.server.close();
  await folder.clean();
});

function says(permissions: Partial<typeof PERMISSIONS>): void {
  rights = { status: 200, body: JSON.stringify({ ...PERMISSIONS, ...permissions }) };
}

async function start(
  options: Partial<PortfolioOptions> = {},
  changes: Parameters<typeof world.configuration>[0] = {},
): Promise<Portfolio> {
  const portfolio = await openPortfolio({
    configuration: world.configuration(changes),
    database: folder.path(),
    environment: world.environment,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  open.push(portfolio);
  return portfolio;
}

async function declared(): Promise<readonly string[]> {
  const database = await openDatabaseReadOnly(folder.path());
  try {
    const history = await readHistory(database.db, { venue: null, sinceMs: null, limit: 100 });
    return history.filter(({ kind }) => kind === 'key').map(({ venue, text }) => `${venue}: ${text}`);
  } finally {
    await database.close();
  }
}

const aboutKeys = (): readonly string[] => problems.filter((problem) => !problem.includes('audit log'));

/** Both venues agree, and a plan of two orders is asked for. */
async function rebalanced(portfolio: Portfolio) {
  await portfolio.reports();
  await portfolio.reconcile();
  return portfolio.rebalance({ approve: true });
}

describe('a start', () => {
  it.each(['paper', 'live'] as const)('in %s mode takes a key that reads and trades', async (mode) => {
    await start({ mode });
    expect(aboutKeys()).toEqual([]);
    expect(await declared()).toEqual([]);
  });

  it.each(['paper', 'live'] as const)('in %s mode refuses a key that can transfer', async (mode) => {
    says({ can_transfer: true });
    await expect(start({ mode })).rejects.toMatchObject({
      name: 'KeyRefusedError',
      message:
        'cb credentials: expected a key that can neither withdraw nor transfer, found one that can withdraw or transfer; make an API key with the permissions View and Trade, without Transfer, or write "keyRights": "unchecked" beside the credentials to use it all the same',
    });
    says({});
    await start({ mode });
  });

  it.each<[string, FaceAnswer]>([
    ['refuses to tell', { status: 403, body: '{"error":"no"}' }],
    ['has nothing there', { status: 404, body: '' }],
    ['says nothing of transfers', { status: 200, body: '{"can_view":true,"can_trade":true}' }],
    ['says it in other words', { status: 200, body: JSON.stringify({ ...PERMISSIONS, can_transfer: 'no' }) }],
    ['answers with a page', { status: 200, body: '<html>' }],
  ])('refuses a key of which the venue %s', async (_what, answer) => {
    rights = answer;
    await expect(start()).rejects.toThrow('expected a key whose rights the venue tells, found');
  });

  it('takes a key that only reads in paper mode, and refuses it where orders would be sent', async () => {
    says({ can_trade: false });
    await start();
    await open.splice(0)[0]?.close();
    await expect(start({ mode: 'live' }, { more: TARGETS })).rejects.toThrow(
      'expected a key that can trade, as orders are sent in live mode, found one that can only read',
    );
    await start({ mode: 'live' });
  });

  it('takes any key with keyRights "unchecked", and says so each time, to the audit log as well', async () => {
    says({ can_transfer: true });
    const text = 'cb: keyRights is "unchecked": its key is used whatever it may do, withdrawals included';
    for (const starts of [1, 2]) {
      problems = [];
      const portfolio = await start({}, { venue: { keyRights: 'unchecked' } });
      await portfolio.close();
      expect(aboutKeys()).toEqual([text]);
      expect(await declared()).toEqual(Array(starts).fill(text));
    }
  });

  it('that declared something is replayed to the same rows', async () => {
    says({ can_transfer: true });
    const journal = folder.path('journal.jsonl');
    const portfolio = await start({ journal }, { venue: { keyRights: 'unchecked' } });
    await portfolio.reports();
    await portfolio.close();
    expect(await replayService(journal)).toMatchObject({ identical: true });
  });
});

describe('a key whose rights its venue never tells', () => {
  it('is told of at every start, to the audit log as well, and taken: it only reads', async () => {
    const { credentials } = createSimulatedKey();
    const scope = { network: 'base-mainnet', addresses: ['0x0000000000000000000000000000000000000001'] };
    const wallet = {
      id: 'wallet',
      kind: 'coinbase-wallet',
      baseUrl: 'http://127.0.0.1:9',
      credentials,
      scope,
    };
    await start({ configuration: { ...world.configuration({}), venues: [wallet] } });
    const text =
      'wallet: the platform does not tell what its key may do: give it no wallet secret, without which it can move nothing';
    expect(aboutKeys()).toEqual([text]);
    expect(await declared()).toEqual([text]);
  });
});

describe('a key that is custody', () => {
  const dydx = {
    id: 'dydx',
    kind: 'dydx',
    opening: 'auto',
    custody: 'full',
    scope: { address: 'dydx1abc' },
  };
  const startWith = (more: object) => {
    const { venue } = realTimeExchange('dydx');
    const exchange = openInProcessExchange({ venue, kind: 'dydx', now: Date.now });
    const configuration = { ...world.configuration(), venues: [{ ...dydx, ...more }] };
    return start({ configuration, exchanges: { dydx: exchange } });
  };

  it('is told of at every start, to the audit log as well', async () => {
    await startWith({ credentials: { mnemonic: 'a planted wallet of words' } });
    const text = 'dydx: custody is "full": its key can move all that is there';
    expect(aboutKeys()).toEqual([text]);
    expect(await declared()).toEqual([text]);
  });

  it('is told of only where there is a key', async () => {
    await startWith({});
    expect(aboutKeys()).toEqual([]);
    expect(await declared()).toEqual([]);
  });
});

describe('a permissioned key of dYdX', () => {
  let dydx: Awaited<ReturnType<typeof simulatedDydx>>;
  afterEach(() => dydx.close());

  /** Starts with that one at the account, and nothing said of custody. */
  async function startWith(part: Part, more: object = {}, options: Partial<PortfolioOptions> = {}) {
    dydx = await simulatedDydx({ authenticators: [numbered(7, part)] });
    return startAgain(more, options);
  }
  const startAgain = (more: object = {}, options: Partial<PortfolioOptions> = {}) => {
    const venue = {
      id: 'dydx',
      kind: 'dydx',
      opening: 'auto',
      markets: ['BTC-USD', 'ETH-USD'],
      ...dydx.server.urls,
      credentials: { privateKey: TRADING_PRIVATE_KEY, authenticatorId: 7 },
      scope: { address: TEST_ADDRESS },
      ...more,
    };
    const configuration = { ...world.configuration({ more: TARGETS }), venues: [venue] };
    return start({ configuration, ...options });
  };
  const WAY_OUT =
    'make an API trading key at dYdX and configure its authenticatorId, or write "custody": "full" beside the credentials to use this one all the same';

  it.each(['paper', 'live'] as const)('in %s mode is taken without a word of custody', async (mode) => {
    await startWith(tradingKey(), {}, { mode });
    expect(aboutKeys()).toEqual([]);
    expect(await declared()).toEqual([]);
  });

  it('is refused where it can do more than place and cancel orders', async () => {
    await expect(startWith(signedBy(TRADING_PUBLIC_KEY))).rejects.toMatchObject({
      name: 'KeyRefusedError',
      message: `dydx credentials: expected a key that can neither withdraw nor transfer, found one that can do more than place and cancel orders: authenticator 7 lets it sign any message; ${WAY_OUT}`,
    });
  });

  it("is refused where it is the account's own key", async () => {
    const credentials = { privateKey: TEST_PRIVATE_KEY, authenticatorId: 7 };
    await expect(startWith(tradingKey(), { credentials })).rejects.toThrow(
      "found the account's own key, which no authenticator limits; make an API trading key",
    );
  });

  it('is refused where its authenticator is not there, with those that are', async () => {
    const credentials = { privateKey: TRADING_PRIVATE_KEY, authenticatorId: 0 };
    await expect(startWith(tradingKey(), { credentials })).rejects.toThrow(
      'expected a key whose rights the venue tells, found wrongScope: authenticator 0 is not there: the account has 7, and for this key 7',
    );
  });

  it('of another subaccount is taken in paper mode, and refused where orders would be sent', async () => {
    const elsewhere = { scope: { address: TEST_ADDRESS, subaccountNumbers: [1] } };
    await startWith(tradingKey(), elsewhere);
    await open.splice(0)[0]?.close();
    await expect(startAgain(elsewhere, { mode: 'live' })).rejects.toThrow(
      'found one that cannot place and cancel orders of subaccount 1: authenticator 7 does not let them pass',
    );
  });

  it('is taken whatever it may do with custody "full", and told of each time, to the audit log as well', async () => {
    await startWith(signedBy(TRADING_PUBLIC_KEY), { custody: 'full' });
    const text =
      'dydx: custody is "full": its permissioned key is used whatever it may do, withdrawals included';
    expect(aboutKeys()).toEqual([text]);
    expect(await declared()).toEqual([text]);
  });

  it('of which no validator tells at the start trades nothing before one does', async () => {
    dydx = await simulatedDydx({ authenticators: [numbered(7, signedBy(TRADING_PUBLIC_KEY))] });
    dydx.server.inject({ fault: { kind: 'serverError', status: 503 }, endpoint: 'RPC abci_query', count: 1 });
    const portfolio = await startAgain({}, { mode: 'live' });
    expect(aboutKeys()).toEqual([
      expect.stringMatching(/^dydx: what its key may do is not known yet.*: unreachable: RPC abci_query/),
    ]);
    await portfolio.reports();
    const [report] = await portfolio.reconcile();
    expect(report).toMatchObject({
      status: 'inconclusive',
      unknown: { reason: 'refused', detail: expect.stringContaining('authenticator 7 lets it sign any') },
    });
  });
});

describe('a venue that does not answer at the start', () => {
  beforeEach(() => {
    rights = { status: 503, body: '' };
  });

  it('is read all the same, and whoever runs it is told', async () => {
    const portfolio = await start();
    await portfolio.reports();
    expect(await portfolio.reconcile()).toMatchObject([{ status: 'reconciled' }]);
    const [problem = ''] = aboutKeys();
    expect(problem).toMatch(/^cb: what its key may do is not known yet, .*: cb credentials: unreachable/);
    expect(await declared()).toEqual([problem]);
  });

  it('gets no order before the rights are read, and does after', async () => {
    const portfolio = await start({ mode: 'live' }, { more: TARGETS });
    const details: string[] = [];
    portfolio.on('orderChanged', ({ detail }) => void details.push(detail));
    await rebalanced(portfolio);
    expect(world.orderRequests()).toBe(0);
    expect(details.join()).toContain('no order before the rights of the key are read: cb credentials');
    says({});
    expect(await portfolio.rebalance({ approve: true })).toMatchObject({ outcome: 'done' });
    expect(world.orderRequests()).toBe(2);
  });

  it('is believed in nothing once its key turns out to be one that can transfer', async () => {
    const portfolio = await start({ mode: 'live' }, { more: TARGETS });
    await portfolio.reports();
    says({ can_transfer: true });
    const [report] = await portfolio.reconcile();
    expect(report).toMatchObject({
      status: 'inconclusive',
      unknown: { reason: 'refused', detail: expect.stringContaining('can withdraw or transfer') },
    });
    // Whatever it says from now on: a key is not made harmless by another answer.
    says({});
    expect(await portfolio.reconcile()).toMatchObject([{ status: 'inconclusive' }]);
    await portfolio.rebalance({ approve: true });
    expect(world.orderRequests()).toBe(0);
  });
});
