import { afterEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import type { PreparedOrder } from '../../src/domain/venue/order.ts';
import type { ChainLie } from '../../src/exchanges/simulated/solana/lying-methods.ts';
import { FINALITY_SLOTS, SLOT_MS } from '../../src/exchanges/simulated/solana/simulated-chain.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { instruct, PYUSD, startTestChain, type TestChain, USDC } from '../support/solana-chain.ts';
import {
  openTestSolana,
  type RpcCall,
  type RpcReply,
  serveSolana,
  TEST_NOW_MS,
} from '../support/solana-wallet.ts';

const signal = new AbortController().signal;
/** Longer than a blockhash lives and a block takes to become final. */
const EXPIRED_MS = 75_000;

const open: { chain?: TestChain | undefined; servers: ScriptedServer[] } = { servers: [] };
afterEach(async () => {
  await open.chain?.server.close();
  open.chain = undefined;
  await Promise.all(open.servers.splice(0).map((server) => server.close()));
});

async function prepared(): Promise<TestChain & { readonly order: PreparedOrder }> {
  const chain = await startTestChain();
  open.chain = chain;
  const made = await chain.exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
  if (made.state !== 'prepared') throw new Error(JSON.stringify(made));
  return { ...chain, order: made.order };
}

describe('a swap that nobody has seen', () => {
  it('is proven absent by two endpoints past its expiry', async () => {
    const { exchange, clock, order } = await prepared();
    await clock.moveTo(TEST_NOW_MS + EXPIRED_MS);
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: true });
  });

  it('lands once when its bytes are sent again after the request was lost', async () => {
    const { exchange, server, order } = await prepared();
    server.inject({ fault: { kind: 'requestLost' }, endpoint: 'RPC sendTransaction', count: 1 });
    expect(await exchange.submitOrder(order, signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', mayResend: true });
    expect(await exchange.submitOrder(order, signal)).toMatchObject({ state: 'accepted' });
    const after = server.balances();
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'found', status: 'filled' });
    await exchange.submitOrder(order, signal);
    expect(server.balances()).toEqual(after);
  });

  it('is not to be sent again once an endpoint is past its expiry', async () => {
    const { server, clock, order, open: openExchange } = await prepared();
    const alone = await openExchange({ rpcUrls: [server.urls.rpcUrl ?? ''] });
    await clock.moveTo(TEST_NOW_MS + EXPIRED_MS);
    expect(await alone.findOrder(order, signal)).toMatchObject({
      state: 'absent',
      isProven: false,
      mayResend: false,
    });
  });

  it('is not proven absent by confirmed blocks past its expiry, only by finalized ones', async () => {
    const { exchange, server, clock, order } = await prepared();
    const slotsLeft = (order.expiresAtHeight ?? 0) + 1 - server.slot();
    for (const [slots, isProven] of [
      [slotsLeft, false],
      [slotsLeft + FINALITY_SLOTS - 1, false],
      [slotsLeft + FINALITY_SLOTS, true],
    ] as const) {
      await clock.moveTo(TEST_NOW_MS + slots * SLOT_MS);
      expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven });
    }
  });

  it.each<[string, RegExp, (order: PreparedOrder) => ChainLie]>([
    [
      'forgets what was before its expiry',
      /goes back to height \d+, it may have landed before/,
      (order) => ({ kind: 'forgets', before: order.expiresAtHeight ?? 0 }),
    ],
    [
      'looks statuses up in a replica that lags',
      /looked at slot 1100, before the finalized/,
      () => ({ kind: 'statusesFrom', slot: 1_100 }),
    ],
  ])('is not proven absent by an endpoint that %s', async (_name, detail, lie) => {
    const { exchange, server, clock, order } = await prepared();
    server.lie('second', lie(order));
    await clock.moveTo(TEST_NOW_MS + EXPIRED_MS);
    expect(await exchange.findOrder(order, signal)).toMatchObject({
      state: 'absent',
      isProven: false,
      detail: expect.stringMatching(detail),
    });
  });

  it('is proven absent by an endpoint that forgets only what was long before', async () => {
    const { exchange, server, clock, order } = await prepared();
    server.lie('second', { kind: 'forgets', before: (order.expiresAtHeight ?? 0) - 450 });
    await clock.moveTo(TEST_NOW_MS + EXPIRED_MS);
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: true });
  });

  it('is not proven absent while one endpoint alone runs ahead', async () => {
    const { exchange, server, order } = await prepared();
    server.lie('second', { kind: 'ahead', blocks: 1_000 });
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
  });
});

describe('an order whose height comes from a replica that lags', () => {
  it('is not prepared: it would expire before the chain drops it', async () => {
    const { exchange, server } = await prepared();
    server.lie('first', { kind: 'behind', blocks: 10 });
    const made = await exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
    expect(made).toMatchObject({ state: 'unknown', reason: 'stale' });
  });
});

describe('a swap that one endpoint denies', () => {
  it.each(['first', 'second'] as const)('is found though the %s says it never saw it', async (liar) => {
    const { exchange, server, clock, order } = await prepared();
    server.lie(liar, { kind: 'neverSeen', signature: order.reference ?? '' });
    await exchange.submitOrder(order, signal);
    await clock.moveTo(TEST_NOW_MS + EXPIRED_MS);
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'found', status: 'filled' });
  });
});

describe('a swap that landed long ago', () => {
  /** A node no longer has the status at hand then, and looks into its ledger only when it is told to. */
  const HOURS_MS = 3 * 3_600_000;

  it('is found with its fill', async () => {
    const { exchange, clock, order } = await prepared();
    await exchange.submitOrder(order, signal);
    await clock.moveTo(TEST_NOW_MS + HOURS_MS);
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'found', status: 'filled' });
  });
});

describe('what an endpoint says to a swap that is sent', () => {
  const answering = async (order: PreparedOrder, reply: (call: RpcCall) => RpcReply) => {
    const server = await serveSolana(reply);
    open.servers.push(server);
    const exchange = await openTestSolana({
      rpcUrls: [server.url],
      scope: { owner: '11111111111111111111111111111111' },
    });
    return { outcome: await exchange.submitOrder(order, signal), server };
  };
  const refusal = (code: number, message: string): RpcReply => ({ error: { code, message } });
  const processed = 'Transaction simulation failed: This transaction has already been processed';
  const landed = { slot: 1, confirmations: null, err: null, confirmationStatus: 'finalized' };

  it.each([
    ['a parameter that it does not like', refusal(-32602, 'invalid transaction: too large')],
    ['a signature that it calls wrong', refusal(-32003, 'Transaction signature verification failure')],
    ['a node that is behind', refusal(-32005, 'Node is behind by 42 slots')],
    ['a limit of its own', refusal(429, 'Too many requests')],
    ['a 429', { status: 429, headers: { 'retry-after': '0' }, body: '' } as const],
    ['a 5xx', { status: 502, body: 'upstream' } as const],
    ['HTML', { body: '<html>' } as const],
    ['the signature of something else', { result: 'other' } as const],
  ] as const)('ends nothing when it is %s, and is not sent again', async (_name, reply) => {
    const { order } = await prepared();
    const { outcome, server } = await answering(order, () => reply);
    expect(outcome.state).toBe('outcomeUnknown');
    const sent = server.requests.filter(({ body }) => body.includes('sendTransaction'));
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['landed', landed, 'accepted'],
    ['is not known after all', null, 'outcomeUnknown'],
  ])('is taken by its status when it was processed already and %s', async (_name, status, state) => {
    const { order } = await prepared();
    const { outcome } = await answering(order, ({ method }) =>
      method === 'sendTransaction'
        ? refusal(-32002, processed)
        : { result: { context: { slot: 1 }, value: [status] } },
    );
    expect(outcome.state).toBe(state);
  });

  it('has come for the bytes that were prepared, each time, without simulation and without repeats of its own', async () => {
    const { order } = await prepared();
    const { server } = await answering(order, () => ({ result: order.reference }));
    const again = await openTestSolana({
      rpcUrls: [server.url],
      scope: { owner: '11111111111111111111111111111111' },
    });
    expect(await again.submitOrder(order, signal)).toMatchObject({ state: 'accepted' });
    const bodies = server.requests.map(({ body }) => JSON.parse(body));
    const sent = [order.payload, { encoding: 'base64', maxRetries: 0, skipPreflight: true }];
    expect(bodies.map(({ method, params }) => [method, params])).toEqual([
      ['sendTransaction', [sent[0], expect.objectContaining(sent[1] as object)]],
      ['sendTransaction', [sent[0], expect.objectContaining(sent[1] as object)]],
    ]);
  });

  it('is never asked for a payload that its reference does not name', async () => {
    const { order } = await prepared();
    const { outcome, server } = await answering({ ...order, reference: 'another' }, () => 'cut');
    expect(outcome).toMatchObject({ state: 'deniedLocally' });
    expect(server.requests).toEqual([]);
  });
});

describe('a mint that one endpoint lies about', () => {
  it.each(['first', 'second'] as const)(
    'leaves the wallet unknown, whichever endpoint answers: the %s lies',
    async (liar) => {
      const chain = await startTestChain();
      open.chain = chain;
      chain.server.lie(liar, { kind: 'decimals', mint: USDC, decimals: 9 });
      for (const read of [0, 1]) {
        expect(await chain.exchange.observe({ fillsSinceMs: null, read }, signal)).toMatchObject({
          state: 'unknown',
          reason: 'suspectSource',
          detail: expect.stringContaining(USDC),
        });
      }
    },
  );

  it('is neither traded nor booked: no order and no activity', async () => {
    const chain = await startTestChain();
    open.chain = chain;
    chain.server.lie('first', { kind: 'decimals', mint: PYUSD, decimals: 2 });
    chain.server.deposit(PYUSD, amount('1'));
    const order = await chain.exchange.prepareOrder(instruct('PYUSD/USDC', 'sell', '1', '0.9'), signal);
    expect(order).toMatchObject({ state: 'unknown', reason: 'suspectSource' });
    const read = await chain.exchange.readActivity({ sinceMs: 0, assets: [PYUSD] }, signal);
    expect(read).toMatchObject({ state: 'unknown', reason: 'suspectSource' });
  });

  it('that changes its decimals after they were confirmed is malformed', async () => {
    const chain = await startTestChain();
    open.chain = chain;
    expect(await chain.exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({ state: 'known' });
    chain.server.lie('first', { kind: 'decimals', mint: USDC, decimals: 9 });
    expect(await chain.exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
      state: 'unknown',
      reason: 'malformed',
    });
    expect(await chain.exchange.observe({ fillsSinceMs: null, read: 1 }, signal)).toMatchObject({
      state: 'known',
    });
  });

  it.each(['serverError', 'requestLost'] as const)(
    'cannot be read while the other endpoint has a %s',
    async (kind) => {
      const chain = await startTestChain();
      open.chain = chain;
      const fault = kind === 'serverError' ? { kind, status: 503 } : { kind };
      chain.server.inject({ fault, endpoint: 'RPC getMultipleAccounts', count: 1 });
      expect(await chain.exchange.observe({ fillsSinceMs: null, read: 1 }, signal)).toMatchObject({
        state: 'unknown',
        reason: 'unreachable',
      });
      expect(await chain.exchange.observe({ fillsSinceMs: null, read: 1 }, signal)).toMatchObject({
        state: 'known',
      });
    },
  );
});
