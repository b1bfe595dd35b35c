import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { recordedDydx } from '../support/dydx-wire-venue.ts';
import type { ScriptedAnswer } from '../support/scripted-server.ts';

const signal = new AbortController().signal;
/** More than the blocks by which indexer and validators may differ. */
const SETTLED_MS = 12_000;

describe('transactions of the dYdX adapter', () => {
  let dydx: Awaited<ReturnType<typeof recordedDydx>>;
  beforeEach(async () => {
    dydx = await recordedDydx();
  });
  afterEach(() => dydx.close());

  const submit = (order: Parameters<typeof dydx.exchange.submitOrder>[0]) =>
    dydx.exchange.submitOrder(order, signal);
  const find = (order: Parameters<typeof dydx.exchange.findOrder>[0]) =>
    dydx.exchange.findOrder(order, signal);
  const refusal = (codespace: string, code: number): ScriptedAnswer => ({
    body: { jsonrpc: '2.0', id: 0, result: { code, codespace, log: 'no', data: '', hash: 'AA'.repeat(32) } },
  });

  it('is the same of a long-term order on every attempt, whatever the account has sent meanwhile', async () => {
    const first = await dydx.prepare({ clientOrderId: '1' });
    dydx.answerBroadcasts((taken) => {
      taken();
      return 'cut';
    });
    expect(await submit(first)).toMatchObject({ state: 'outcomeUnknown' });
    dydx.answerBroadcasts((taken) => taken());
    dydx.passTime(SETTLED_MS);
    expect(await submit(await dydx.prepare({ clientOrderId: '2' }))).toMatchObject({ state: 'accepted' });
    dydx.passTime(SETTLED_MS);
    expect(await submit(first)).toMatchObject({
      state: 'outcomeUnknown',
      detail: expect.stringContaining('sdk 32'),
    });
    expect(dydx.transactions[2]).toBe(dydx.transactions[0]);
    expect(dydx.venue.orders()).toHaveLength(2);
    expect(await find(first)).toMatchObject({ state: 'found', status: 'open' });
  });

  it('proves a long-term order absent once its sequence is spent and the indexer is past that', async () => {
    const lost = await dydx.prepare({ clientOrderId: '1' });
    const taken = await dydx.prepare({ clientOrderId: '2' });
    dydx.answerBroadcasts(() => 'cut');
    expect(await submit(lost)).toMatchObject({ state: 'outcomeUnknown' });
    dydx.answerBroadcasts((answer) => answer());
    for (let looks = 0; looks < 3; looks += 1) {
      dydx.passTime(SETTLED_MS);
      expect(await find(lost)).toMatchObject({ state: 'absent', isProven: false });
    }
    expect(await submit(taken)).toMatchObject({ state: 'accepted' });
    expect(await find(lost)).toMatchObject({ state: 'absent', isProven: false });
    dydx.passTime(SETTLED_MS);
    expect(await find(lost)).toMatchObject({ state: 'absent', isProven: true });
    // The chain agrees: it takes no transaction of that sequence any more.
    expect(await submit(lost)).toMatchObject({ state: 'outcomeUnknown' });
    expect(dydx.venue.orders()).toHaveLength(1);
  });

  it('takes a refusal of a later attempt for no word on an earlier one', async () => {
    const order = await dydx.prepare({
      clientOrderId: '1',
      timeInForce: 'immediateOrCancel',
      limitPrice: '61000',
    });
    dydx.answerBroadcasts((taken) => {
      taken();
      return 'cut';
    });
    expect(await submit(order)).toMatchObject({ state: 'outcomeUnknown' });
    dydx.answerBroadcasts(() => refusal('clob', 12));
    expect(await submit(order)).toMatchObject({ state: 'outcomeUnknown' });
    expect(await find(order)).toMatchObject({ state: 'found', status: 'filled' });
  });

  it.each([
    ['rejected', 'clob', 12],
    ['rejected', 'sdk', 5],
    ['outcomeUnknown', 'sdk', 32],
    ['outcomeUnknown', 'clob', 20],
    ['outcomeUnknown', 'clob', 3005],
    ['accepted', 'sdk', 19],
  ])('is %s where the chain answers a first attempt with %s %i', async (state, codespace, code) => {
    const order = await dydx.prepare({ clientOrderId: '1' });
    dydx.answerBroadcasts(() => refusal(codespace, code));
    expect(await submit(order)).toMatchObject({ state });
  });

  it.each<readonly [string, ScriptedAnswer]>([
    ['is cut off', 'cut'],
    ['is a server error', { status: 502, body: 'bad gateway' }],
    ['is empty', { body: '' }],
    ['is no JSON', { body: '<html></html>' }],
    [
      'is an error of the RPC',
      { body: { jsonrpc: '2.0', id: 0, error: { code: -32603, message: 'Internal error' } } },
    ],
    ['is rate-limited', { status: 429, body: 'too many requests' }],
    ['lacks its result', { body: { jsonrpc: '2.0', id: 0 } }],
    ['has a code in text', { body: { jsonrpc: '2.0', id: 0, result: { code: 'x', hash: 'AA' } } }],
  ])('leaves an order unknown whose answer %s, and finds out by evidence', async (_what, answer) => {
    const order = await dydx.prepare({
      clientOrderId: '1',
      timeInForce: 'immediateOrCancel',
      limitPrice: '61000',
    });
    dydx.answerBroadcasts((taken) => {
      taken();
      return answer;
    });
    expect(await submit(order)).toMatchObject({ state: 'outcomeUnknown' });
    expect(await dydx.exchange.cancelOrder(order, '', signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(await find(order)).toMatchObject({ state: 'found', status: 'filled', filledQuantity: '0.01' });
    expect(dydx.venue.orders()).toHaveLength(1);
  });

  it('goes by broadcast_tx_sync alone, and waits for no block', async () => {
    const order = await dydx.prepare({ clientOrderId: '1' });
    await submit(order);
    await dydx.exchange.cancelOrder(order, '', signal);
    await submit(await dydx.prepare({ clientOrderId: '2', timeInForce: 'immediateOrCancel' }));
    expect(dydx.transactions).toHaveLength(3);
    expect(dydx.methods.filter((method) => method.startsWith('broadcast'))).toEqual(
      Array.from({ length: 3 }, () => 'broadcast_tx_sync'),
    );
    expect(dydx.methods).not.toContain('tx');
  });

  it('is not prepared for a long-term order where the account cannot be read', async () => {
    const abort = AbortSignal.abort();
    const order = await dydx.prepare({ clientOrderId: '1' });
    expect(await dydx.exchange.prepareOrder(order.instruction, abort)).toMatchObject({ state: 'unknown' });
  });

  const anyStep = fc.record({
    answer: fc.constantFrom('given', 'lost', 'neverSent', 'lateServerError'),
    waitMs: fc.constantFrom(0, 1_000, 15_000, 25_000),
  });
  it('places at most one order however often it is tried, and never proves absent what is there or may come', async () => {
    const anyTimeInForce = fc.constantFrom('immediateOrCancel', 'goodTilCancelled');
    let clientId = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 1, maxLength: 5 }),
        anyTimeInForce,
        async (steps, timeInForce) => {
          clientId += 1;
          const before = dydx.venue.orders().length;
          const order = await dydx.prepare({
            clientOrderId: String(clientId),
            timeInForce,
            quantity: '0.0001',
            limitPrice: '61000',
          });
          let isProvenAbsent = false;
          for (const { answer, waitMs } of steps) {
            dydx.answerBroadcasts((taken) => {
              if (answer === 'neverSent') return 'cut';
              const given = taken();
              if (answer === 'lost') return 'cut';
              return answer === 'given' ? given : { status: 504, body: '' };
            });
            const outcome = await submit(order);
            // Nothing that may have been sent before is taken for ended by a later answer.
            expect(['accepted', 'outcomeUnknown']).toContain(outcome.state);
            dydx.passTime(waitMs);
            const found = await find(order);
            const placed = dydx.venue.orders().length - before;
            expect(placed).toBeLessThanOrEqual(isProvenAbsent ? 0 : 1);
            expect(found.state).toBe(placed === 1 ? 'found' : 'absent');
            isProvenAbsent ||= found.state === 'absent' && found.isProven;
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('asks the indexer for nothing that is null or undefined', async () => {
    const order = await dydx.prepare({ clientOrderId: '1' });
    await submit(order);
    await find(order);
    await dydx.exchange.observe({ fillsSinceMs: null }, signal);
    await dydx.exchange.readActivity({ sinceMs: 0, assets: ['USDC'] }, signal);
    await dydx.exchange.readMarkets(['BTC-USD'], signal);
    const values = dydx.indexer.requests.flatMap(({ query }) => [...query.values()]);
    expect(values.length).toBeGreaterThan(10);
    expect(values.filter((value) => ['null', 'undefined', 'NaN', ''].includes(value))).toEqual([]);
  });
});
