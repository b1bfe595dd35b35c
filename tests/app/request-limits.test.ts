import { afterEach, describe, expect, it } from '@jest/globals';
import { openRequestGates } from '../../src/app/request-limits.ts';
import type { VenueConfiguration } from '../../src/app/venue-configuration.ts';
import type { PreparedOrder } from '../../src/domain/venue/order.ts';
import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import type { Pace } from '../../src/exchanges/pace.ts';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { TEST_CREDENTIALS } from '../support/coinbase-account.ts';
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

describe('an adapter', () => {
  let server: ScriptedServer | null = null;
  afterEach(() => server?.close());

  it('waits for its turn before every request, by what the request is for', async () => {
    const asked: string[] = [];
    const pace: Pace = (requestClass, _signal, request) => {
      asked.push(requestClass);
      return request();
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
