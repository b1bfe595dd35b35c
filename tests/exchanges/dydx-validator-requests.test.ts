import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { DYDX_MAINNET, openDydxChain } from '../../src/exchanges/dydx/dydx-chain.ts';
import { dydxScope } from '../../src/exchanges/dydx/dydx-scope.ts';
import { loadDydxSdk } from '../../src/exchanges/dydx/dydx-sdk.ts';
import { signerOf } from '../../src/exchanges/dydx/dydx-signer.ts';
import { parsePayload } from '../../src/exchanges/dydx/order-payload.ts';
import {
  askThrough,
  askValidator,
  type RpcRequest,
  type ValidatorCall,
} from '../../src/exchanges/dydx/validator-requests.ts';
import { type Pace, UNPACED } from '../../src/exchanges/pace.ts';
import { REQUEST_TIMEOUT_MS } from '../../src/resilience/request-gate.ts';
import type { RequestClass } from '../../src/resilience/token-bucket.ts';
import { TEST_ADDRESS, TEST_PRIVATE_KEY } from '../support/dydx-account.ts';
import { simulatedDydx } from '../support/dydx-venue.ts';
import { manualPace } from '../support/manual-pace.ts';
import { type ScriptedAnswer, type ScriptedServer, serveScript } from '../support/scripted-server.ts';

const REQUEST: RpcRequest = { jsonrpc: '2.0', id: 5, method: 'abci_info', params: {} };
const ANSWER = { body: { jsonrpc: '2.0', id: 5, result: { response: {} } } };
const never = new AbortController().signal;

const loaded = loadDydxSdk();
const fromClient = createRequire(createRequire(import.meta.url).resolve('@dydxprotocol/v4-client-js'));
const { HttpClient } = fromClient('@cosmjs/tendermint-rpc') as {
  HttpClient: {
    new (url: string): { execute(request: RpcRequest): Promise<unknown> };
    readonly prototype: { readonly execute: unknown };
  };
};

/** Rejects with the signal's reason once it aborts, and lets nothing through. */
const waitForever: Pace = (_requestClass, signal) =>
  new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );

describe('invariants of requests to a validator', () => {
  let server: ScriptedServer;
  let trap: ScriptedServer;
  let answer: () => ScriptedAnswer;
  beforeEach(async () => {
    answer = () => ANSWER;
    server = await serveScript(() => answer());
    trap = await serveScript(() => ANSWER);
  });
  afterEach(async () => {
    await server.close();
    await trap.close();
  });

  const callOf = (changes: Partial<ValidatorCall> = {}): ValidatorCall => ({
    validatorUrl: server.url,
    pace: UNPACED,
    now: () => 0,
    requestClass: 'reconcile',
    signal: never,
    ...changes,
  });
  const ask = (changes: Partial<ValidatorCall> = {}) => askValidator(REQUEST, callOf(changes));
  const execute = (url = server.url) => new HttpClient(url).execute(REQUEST);
  const redirect = (status: number) => ({ status, headers: { location: trap.url }, body: '' });

  it("1. A request to a validator ends: by an answer of bounded size, the caller's signal, or the timeout.", async () => {
    expect(await ask()).toMatchObject({ state: 'answered', result: { response: {} } });
    answer = () => ({ body: 'x'.repeat(65_537) });
    expect(await ask()).toMatchObject({
      unknown: { reason: 'malformed', detail: 'RPC abci_info: the body is larger than 65536 bytes' },
    });
    const abort = new AbortController();
    answer = () => {
      abort.abort();
      return 'hang';
    };
    expect(await ask({ signal: abort.signal })).toMatchObject({ unknown: { reason: 'timedOut' } });

    const { clock, pace } = manualPace();
    answer = () => {
      void clock.moveTo(clock.now() + REQUEST_TIMEOUT_MS);
      return 'hang';
    };
    expect(await ask({ pace })).toMatchObject({
      unknown: { reason: 'timedOut', detail: 'RPC abci_info: no answer within 10000 ms' },
      wasSent: true,
    });
  });

  it('2. A request to a validator goes to the address that is configured, and follows no redirect.', async () => {
    for (const status of [301, 302, 307, 308]) {
      answer = () => redirect(status);
      expect(await ask()).toMatchObject({ unknown: { reason: 'refused' }, wasSent: true });
      await expect(askThrough(callOf(), () => execute())).rejects.toMatchObject({ name: 'RequestFailed' });
    }
    answer = () => ANSWER;
    await askThrough(callOf(), () => execute(trap.url));
    expect(trap.requests).toEqual([]);
    expect(server.requests).toHaveLength(9);
  });

  it('3. A failure says that nothing was sent only where nothing was.', async () => {
    const aborted = AbortSignal.abort();
    expect(await ask({ signal: aborted })).toMatchObject({ unknown: { reason: 'timedOut' }, wasSent: false });
    const abort = new AbortController();
    const waiting = ask({ signal: abort.signal, pace: waitForever });
    abort.abort();
    expect(await waiting).toMatchObject({ unknown: { reason: 'timedOut' }, wasSent: false });
    expect(server.requests).toEqual([]);
    const troubles: readonly ScriptedAnswer[] = [
      'cut',
      { status: 429, body: '' },
      { status: 503, body: '' },
      { body: '{"jsonrpc"' },
      { body: '[]' },
      { body: { jsonrpc: '2.0', id: 5, error: { code: -32_603, message: 'Internal error' } } },
    ];
    for (const trouble of troubles) {
      answer = () => trouble;
      expect([trouble, await ask()]).toMatchObject([trouble, { state: 'unanswered', wasSent: true }]);
    }
    expect(server.requests).toHaveLength(troubles.length);
  });

  it('4. Whoever uses cosmjs beside this adapter notices nothing.', async () => {
    const wrapped = HttpClient.prototype.execute;
    loadDydxSdk();
    expect(HttpClient.prototype.execute).toBe(wrapped);
    answer = () => redirect(307);
    const theirs = execute();
    await expect(askThrough(callOf(), () => execute())).rejects.toMatchObject({ name: 'RequestFailed' });
    expect(await theirs).toEqual(ANSWER.body);
    expect(trap.requests).toHaveLength(1);
    answer = () => ({ status: 429, body: '' });
    await expect(execute()).rejects.toThrow('Bad status on response: 429');
    answer = () => ({ body: 'x'.repeat(65_537) });
    await expect(execute()).rejects.toThrow('JSON');
  });

  it.each<readonly [string, string, ScriptedAnswer]>([
    ['rateLimited', 'HTTP 429', { status: 429, headers: { 'retry-after': '7' }, body: '' }],
    ['refused', 'HTTP 403', { status: 403, body: '' }],
    ['unreachable', 'HTTP 502', { status: 502, body: '' }],
    [
      'unreachable',
      '-32603',
      { body: { error: { code: -32_603, message: 'Internal error', data: 'full' } } },
    ],
    ['refused', '-32601', { body: { error: { code: -32_601, message: 'Method not found' } } }],
    ['malformed', 'expected JSON', { body: '<html></html>' }],
    ['malformed', 'result: expected an object', { body: { jsonrpc: '2.0', id: 5 } }],
  ])('is unknown as %s where a validator answers %s', async (reason, detail, given) => {
    answer = () => given;
    expect(await ask()).toMatchObject({ unknown: { reason, detail: expect.stringContaining(detail) } });
    if (reason === 'rateLimited') expect(await ask()).toMatchObject({ unknown: { retryAfterMs: 7_000 } });
  });
});

describe("the client's own requests to a validator", () => {
  let dydx: Awaited<ReturnType<typeof simulatedDydx>>;
  beforeEach(async () => {
    dydx = await simulatedDydx();
  });
  afterEach(() => dydx.close());

  const open = (pace: Pace, address = TEST_ADDRESS) =>
    openDydxChain({
      loaded,
      indexerUrl: dydx.server.urls.indexerUrl ?? '',
      validatorUrl: dydx.server.urls.validatorUrl ?? '',
      chainId: DYDX_MAINNET,
      signer: signerOf(loaded, { privateKey: TEST_PRIVATE_KEY }, address),
      scope: dydxScope({ address, subaccountNumbers: [0] }),
      pace,
      now: () => 0,
    });
  async function payload() {
    const instruction = {
      intentId: 'intent-1',
      venue: 'dydx',
      market: 'BTC-USD',
      side: 'buy',
      quantity: amount('0.01'),
      limitPrice: amount('50000'),
      timeInForce: 'goodTilCancelled',
      reduceOnly: false,
      clientOrderId: '1',
    } as const;
    const prepared = await dydx.exchange.prepareOrder(instruction, never);
    if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
    return parsePayload(prepared.order.payload);
  }

  it('each wait for their turn, in the class of what they are for', async () => {
    const turns: RequestClass[] = [];
    const chain = open((requestClass, signal, request) => {
      turns.push(requestClass);
      return request(signal);
    });
    const order = await payload();
    expect(await chain.account(never)).toMatchObject({ state: 'read' });
    expect(await chain.place(order, never)).toEqual({ state: 'accepted' });
    expect(await chain.cancel(order, never)).toEqual({ state: 'accepted' });
    // To connect and to read the account; to place; to read the account and to cancel.
    expect(turns).toEqual(['reconcile', 'reconcile', 'trade', 'cancel', 'cancel']);
  });

  it('are not sent where the wait is aborted', async () => {
    const order = await payload();
    const abort = new AbortController();
    let turns = 0;
    const chain = open((requestClass, signal, request) => {
      turns += 1;
      if (turns === 1) return request(signal);
      queueMicrotask(() => abort.abort());
      return waitForever(requestClass, signal, request);
    });
    expect(await chain.place(order, abort.signal)).toMatchObject({ state: 'unknown', wasSent: false });
    expect(turns).toBe(2);
    expect(dydx.venue.orders()).toEqual([]);
  });

  it('are said to have been sent where no answer came', async () => {
    const order = await payload();
    const chain = open(UNPACED);
    dydx.server.inject({ fault: { kind: 'hang' }, endpoint: 'RPC broadcast_tx_sync', count: 1 });
    const abort = new AbortController();
    const placing = chain.place(order, abort.signal);
    while (dydx.server.parked() === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await placing).toMatchObject({ state: 'unknown', wasSent: true });
    dydx.server.inject({ fault: { kind: 'answerLost' }, endpoint: 'RPC broadcast_tx_sync', count: 1 });
    expect(await chain.place(order, never)).toMatchObject({ state: 'unknown', wasSent: true });
    expect(dydx.venue.orders()).toHaveLength(1);
  });

  it('take no other along where the one that connects is aborted', async () => {
    dydx.server.inject({ fault: { kind: 'hang' }, endpoint: 'RPC status', count: 1 });
    const chain = open(UNPACED);
    const abort = new AbortController();
    const first = chain.account(abort.signal);
    while (dydx.server.parked() === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = chain.account(never);
    abort.abort();
    expect(await first).toMatchObject({ state: 'unknown', reason: 'timedOut' });
    expect(await second).toMatchObject({ state: 'read' });
  });

  it('leave an account unknown as refused that the chain has not', async () => {
    const chain = open(UNPACED, TEST_ADDRESS.replace('dydx14', 'dydx15'));
    expect(await chain.account(never)).toMatchObject({
      state: 'unknown',
      reason: 'refused',
      detail: expect.stringContaining('not found'),
    });
  });
});
