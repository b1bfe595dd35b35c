import { afterEach, describe, expect, it } from '@jest/globals';
import { openRequestGates } from '../../src/app/request-limits.ts';
import type { VenueConfiguration } from '../../src/app/venue-configuration.ts';
import type { PreparedOrder } from '../../src/domain/venue/order.ts';
import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import type { Pace } from '../../src/exchanges/pace.ts';
import { withDeadline } from '../../src/platform/deadline.ts';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { REQUEST_TIMEOUT_MS } from '../../src/resilience/request-gate.ts';
import { TEST_CREDENTIALS } from '../support/coinbase-account.ts';
import { manualPace } from '../support/manual-pace.ts';
import { PACED_ADAPTERS } from '../support/paced-adapters.ts';
import { type ScriptedServer, serveScript } from '../support/scripted-server.ts';

const venue = (more: object): VenueConfiguration =>
  ({ id: 'v', kind: 'coinbase', ...more }) as VenueConfiguration;

describe('the gates before requests', () => {
  it.each([
    ['coinbase', {}, 18],
    ['dydx', { kind: 'dydx' }, 30],
    ['slower than usual', { requestsPerSecond: 1.5 }, 1],
  ])('let trading take its share of the burst at once: %s', async (_, more, expected) => {
    const gate = openRequestGates([venue(more)], new TurnClock(0)).get('v');
    if (!gate) throw new Error('every venue has a gate');
    let passed = 0;
    for (let n = 0; n < 100; n += 1)
      void gate.pass('trade', new AbortController().signal, async () => {
        passed += 1;
      });
    for (let n = 0; n < 50; n += 1) await settle();
    expect(passed).toBeGreaterThanOrEqual(expected);
    expect(passed).toBeLessThan(100);
    expect(gate.state().waiting).toBe(100 - passed);
  });
});

describe.each(PACED_ADAPTERS)('the adapter of %s', (_kind, open) => {
  let server: ScriptedServer | null = null;
  let exchange: Exchange | null = null;
  afterEach(async () => {
    await exchange?.close();
    await server?.close();
  });

  it('makes no request that has not waited for its turn', async () => {
    let passed = 0;
    const arrived: number[] = [];
    server = await serveScript(() => {
      arrived.push(passed);
      return { status: 404, body: '{}' };
    });
    exchange = await open(server.url, (_requestClass, signal, request) => {
      passed += 1;
      return request(signal);
    });
    const { signal } = new AbortController();
    await exchange.observe({ fillsSinceMs: null }, signal);
    await exchange.readActivity({ sinceMs: 0, assets: ['USDC'] }, signal);
    await exchange.readMarkets(['SOL-USDC'], signal);
    expect(arrived.length).toBeGreaterThan(0);
    expect(passed).toBe(arrived.length);
  });

  it('ends a request that hangs at its own deadline, and not with the operation', async () => {
    const { clock, pace } = manualPace();
    server = await serveScript(() => {
      void clock.moveTo(clock.now() + REQUEST_TIMEOUT_MS);
      return 'hang';
    });
    exchange = await open(server.url, pace);
    const operation = { clock, timeoutMs: 10 * REQUEST_TIMEOUT_MS };
    let wasAborted = false;
    const observed = await withDeadline(operation, async (signal) => {
      const read = await exchange?.observe({ fillsSinceMs: null }, signal);
      wasAborted = signal.aborted;
      return read;
    });
    expect(observed).toMatchObject({ state: 'unknown', reason: 'timedOut' });
    expect(observed).toMatchObject({ detail: expect.stringContaining('no answer within 10000 ms') });
    expect(wasAborted).toBe(false);
  });
});

describe('an adapter', () => {
  let server: ScriptedServer | null = null;
  afterEach(() => server?.close());

  it('waits for its turn before every request, by what the request is for', async () => {
    const asked: string[] = [];
    const pace: Pace = (requestClass, signal, request) => {
      asked.push(requestClass);
      return request(signal);
    };
    server = await serveScript(() => ({ status: 503, body: '{}' }));
    const signal = new AbortController().signal;
    const exchange = openCoinbaseExchange({
      venue: 'coinbase',
      baseUrl: server.url,
      credentials: TEST_CREDENTIALS,
      scope: {},
      now: () => 0,
      pace,
    });
    const order = { instruction: { clientOrderId: 'c' }, payload: '{}' } as PreparedOrder;
    await exchange.readMarkets(['BTC-USD'], signal);
    await exchange.submitOrder(order, signal);
    await exchange.cancelOrder(order, 'id', signal);
    expect([...new Set(asked)]).toEqual(['reconcile', 'trade', 'cancel']);
    expect(asked).toHaveLength(server.requests.length);
  });

  it('sends nothing for whoever has given up waiting', async () => {
    server = await serveScript(() => ({ status: 200, body: '{}' }));
    const given = new AbortController();
    const exchange = openCoinbaseExchange({
      venue: 'coinbase',
      baseUrl: server.url,
      credentials: TEST_CREDENTIALS,
      scope: {},
      now: () => 0,
      pace: async (_requestClass, signal) => {
        given.abort();
        throw signal.reason;
      },
    });
    expect(await exchange.readMarkets(['BTC-USD'], given.signal)).toMatchObject({ reason: 'timedOut' });
    expect(server.requests).toEqual([]);
  });
});
