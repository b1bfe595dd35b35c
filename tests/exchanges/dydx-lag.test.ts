import { afterEach, describe, expect, it } from '@jest/globals';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import type { Pace } from '../../src/exchanges/pace.ts';
import {
  CHAIN_PATH,
  openTestDydx,
  serveDydxAccount,
  statusBody,
  TEST_ADDRESS,
} from '../support/dydx-account.ts';
import { fixture } from '../support/fixture.ts';
import { manualPace } from '../support/manual-pace.ts';
import type { ScriptedAnswer, ScriptedServer } from '../support/scripted-server.ts';

const signal = new AbortController().signal;
/** Where the fixture's subaccount says that the indexer stands. */
const INDEXER_HEIGHT = 41_000_300;

describe("an indexer against the chain's own height", () => {
  let server: ScriptedServer | null = null;
  let exchange: Exchange | null = null;
  afterEach(async () => {
    await exchange?.close();
    await server?.close();
  });

  async function open(chain: ScriptedAnswer | (() => ScriptedAnswer), pace?: Pace): Promise<Exchange> {
    server = await serveDydxAccount(
      TEST_ADDRESS,
      {
        subaccounts: { 0: fixture('dydx/subaccount-0.json') as object },
        others: { '/v4/transfers': { transfers: [] }, '/v4/fundingPayments': { fundingPayments: [] } },
      },
      ({ path }) => {
        if (path !== CHAIN_PATH) return null;
        return typeof chain === 'function' ? chain() : chain;
      },
    );
    exchange = await openTestDydx(server.url, pace === undefined ? {} : { pace });
    return exchange;
  }

  it.each([
    ['known', 'stands with it', 0],
    ['known', 'is ahead of this validator', -5],
    ['known', 'is ten blocks behind', 10],
    ['unknown', 'is eleven blocks behind', 11],
    ['unknown', 'is an hour behind', 3_600],
  ])('is %s where it %s', async (state, _where, blocks) => {
    const venue = await open({ body: statusBody(INDEXER_HEIGHT + blocks) });
    const stale = state === 'known' ? {} : { reason: 'stale' };
    expect(await venue.observe({ fillsSinceMs: null }, signal)).toMatchObject({ state, ...stale });
    const request = { sinceMs: 0, assets: ['USDC'] };
    expect(await venue.readActivity(request, signal)).toMatchObject({ state, ...stale });
  });

  it('names the validator among the sources, and what it said among the pages', async () => {
    const venue = await open({ body: statusBody(INDEXER_HEIGHT) });
    const observed = await venue.observe({ fillsSinceMs: null }, signal);
    if (observed.state === 'unknown') throw new Error(observed.detail);
    expect(observed.certificate.sources).toHaveLength(2);
    expect(observed.certificate.pages.map(({ endpoint }) => endpoint)).toContain('RPC status');
  });

  it.each<readonly [string, ScriptedAnswer]>([
    ['is not there', { status: 404, body: '' }],
    ['is cut off', 'cut'],
    ['fails', { status: 502, body: 'bad gateway' }],
    ['redirects', { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' }],
    ['is no RPC', { body: '<html></html>' }],
    ['says nothing of blocks', { body: { jsonrpc: '2.0', id: 1, result: { node_info: {} } } }],
    ['says too much', { body: JSON.stringify({ ...statusBody(1), padding: 'x'.repeat(70_000) }) }],
  ])('claims the height of the indexer alone where the validator %s', async (_what, answer) => {
    const venue = await open(answer);
    const observed = await venue.observe({ fillsSinceMs: null }, signal);
    expect(observed).toMatchObject({
      state: 'known',
      certificate: { watermarkAfter: { height: INDEXER_HEIGHT } },
    });
    if (observed.state === 'known') expect(observed.certificate.sources).toEqual([server?.url]);
  });

  it('waits 3 s for a validator that hangs, and goes on without it', async () => {
    const { clock, pace } = manualPace();
    const venue = await open(() => {
      void clock.moveTo(clock.now() + 3_000);
      return 'hang';
    }, pace);
    const observed = await venue.observe({ fillsSinceMs: null }, signal);
    expect(observed).toMatchObject({ state: 'known', certificate: { sources: [server?.url] } });
    expect(clock.now()).toBe(3_000);
  });

  it('ends with the caller where the validator hangs', async () => {
    const abort = new AbortController();
    const venue = await open('hang');
    const observing = venue.observe({ fillsSinceMs: null }, abort.signal);
    while (!server?.requests.some(({ path }) => path === CHAIN_PATH))
      await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await observing).toMatchObject({ state: 'unknown', reason: 'timedOut' });
  });
});
