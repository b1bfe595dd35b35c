import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount, compare, multiply, subtract } from '../../src/domain/money/amount.ts';
import type { OrderInstruction, PreparedOrder } from '../../src/domain/venue/order.ts';
import type { Balance } from '../../src/domain/venue/venue.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import type { InitialBalance } from '../../src/exchanges/simulated/solana/genesis.ts';
import { SLOT_MS, SLOTS_PER_EPOCH } from '../../src/exchanges/simulated/solana/simulated-chain.ts';
import {
  instruct,
  JUP,
  PYUSD,
  startTestChain,
  TAXED,
  type TestChain,
  USDC,
  WSOL,
} from '../support/solana-chain.ts';
import { TEST_NOW_MS } from '../support/solana-wallet.ts';

const signal = new AbortController().signal;
/** Longer than a blockhash lives and a block takes to become final. */
const EXPIRED_MS = 75_000;
/** What a block takes to become final. */
const FINAL_MS = 32 * 400;

const chains: TestChain[] = [];
afterEach(async () => {
  await Promise.all(chains.splice(0).map(({ server }) => server.close()));
});

async function start(more: readonly InitialBalance[] = [], seed?: string): Promise<TestChain> {
  const chain = await startTestChain(more, seed);
  chains.push(chain);
  return chain;
}

async function prepare(exchange: Exchange, instruction: OrderInstruction): Promise<PreparedOrder> {
  const prepared = await exchange.prepareOrder(instruction, signal);
  if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
  return prepared.order;
}

function changes(before: readonly Balance[], after: readonly Balance[]): Record<string, string> {
  const old = new Map(before.map(({ asset, total }) => [asset, total]));
  const moved = after.map(
    ({ asset, total }) => [asset, subtract(total, old.get(asset) ?? amount('0'))] as const,
  );
  return Object.fromEntries(moved.filter(([, delta]) => delta !== '0'));
}

async function balancesSeen(exchange: Exchange): Promise<readonly Balance[]> {
  const observed = await exchange.observe({ fillsSinceMs: null }, signal);
  if (observed.state !== 'known') throw new Error(observed.detail);
  return observed.value.balances;
}

describe('a wallet on the chain', () => {
  it('is seen as it is: three accounts of a mint, Token-2022, frozen and wrapped', async () => {
    const { exchange, server } = await start([
      { asset: JUP, amount: amount('3.5'), isFrozen: true },
      { asset: WSOL, amount: amount('0.25') },
    ]);
    const seen = await balancesSeen(exchange);
    expect(seen).toEqual(server.balances());
    expect(seen.map(({ symbol, total, available, hold }) => [symbol, total, available, hold])).toEqual([
      ['PYUSD', '50.5', '50.5', '0'],
      ['USDC', '1000.000001', '1000.000001', '0'],
      ['JUP', '3.5', '0', '3.5'],
      ['SOL', '10', '10', '0'],
      ['wSOL', '0.25', '0.25', '0'],
    ]);
  });

  it('shows what a mint withholds of transfers beside the balance, and trades by what arrives', async () => {
    const { exchange, server } = await start();
    server.deposit(TAXED, amount('10'));
    const withheld = async () => {
      const observed = await exchange.observe({ fillsSinceMs: null }, signal);
      if (observed.state !== 'known') throw new Error(observed.detail);
      expect(observed.value.balances).toEqual(server.balances());
      return observed.value.facts?.filter(({ kind }) => kind === 'withheldFee');
    };
    expect(server.balances().find(({ asset }) => asset === TAXED)?.total).toBe('9.9');
    expect(await withheld()).toEqual([{ kind: 'withheldFee', asset: TAXED, amount: '0.1' }]);
    for (const [side, quantity, limit, moved, withheldAfter] of [
      ['buy', '99', '2.01', '99', '1.1'],
      ['sell', '50', '1.99', '-50', '1.1'],
    ] as const) {
      const before = server.balances();
      const order = await prepare(exchange, instruct(`${TAXED}/USDC`, side, quantity, limit));
      await exchange.submitOrder(order, signal);
      expect(changes(before, server.balances())).toMatchObject({ [TAXED]: moved });
      expect(await exchange.findOrder(order, signal)).toMatchObject({
        status: 'filled',
        filledQuantity: quantity,
      });
      expect(await withheld()).toEqual([{ kind: 'withheldFee', asset: TAXED, amount: withheldAfter }]);
    }
  });

  it('tells the fee that the token program takes, before and after the epoch in which it changes', async () => {
    const mint = 'Rise11111111111111111111111111111111111111A';
    const rising = { mint, symbol: 'RISE', decimals: 6, program: 'spl-token-2022' } as const;
    const change = { epoch: 1, bps: 250 };
    const chain = await startTestChain([{ asset: mint, amount: amount('1') }], 'seven', [
      { ...rising, transferFeeBps: 100, transferFeeChange: change },
    ]);
    chains.push(chain);
    const { exchange, server, clock } = chain;
    const maximum = '18446744073709.551615';
    const told = async () => {
      const observed = await exchange.observe({ fillsSinceMs: null }, signal);
      if (observed.state !== 'known') throw new Error(observed.detail);
      return observed.value.facts?.filter(({ kind }) => kind === 'transferFee');
    };
    const fee = { kind: 'transferFee', asset: mint, maximum };
    const arrives = () => server.deposit(mint, amount('100')).deltas;
    expect(await told()).toEqual([
      { ...fee, bps: 100, startsAtEpoch: null },
      { ...fee, bps: 250, startsAtEpoch: 1 },
    ]);
    expect(arrives()).toEqual([{ asset: mint, amount: '99' }]);
    await clock.moveTo(TEST_NOW_MS + SLOTS_PER_EPOCH * SLOT_MS);
    expect(arrives()).toEqual([{ asset: mint, amount: '97.5' }]);
    expect(await told()).toEqual([{ ...fee, bps: 250, startsAtEpoch: null }]);
  });

  it('has markets with a bid below and an ask above the price', async () => {
    const { exchange } = await start();
    const markets = await exchange.readMarkets(['SOL/USDC', `${JUP}/USDC`], signal);
    expect(markets).toMatchObject([
      { market: 'SOL/USDC', base: 'SOL', quote: USDC, bid: '149.85', ask: '150.150151', step: '0.000001' },
      { base: JUP, quote: USDC, bid: '0.7992', ask: '0.800801', takerFeeRate: '0', minNotional: '1' },
    ]);
    expect(await exchange.readMarkets(['DOGE/USDC'], signal)).toMatchObject({
      state: 'unknown',
      reason: 'refused',
    });
  });

  it('has every move in its activity with exact deltas, also those that do not name their owner', async () => {
    const { exchange, server, clock } = await start();
    const moves = [
      ['deposit', server.deposit('SOL', amount('1.25'))],
      ['deposit', server.deposit(USDC, amount('2'))],
      ['deposit', server.deposit(JUP, amount('3'))],
      ['withdrawal', server.withdraw(PYUSD, amount('0.5'))],
      ['swap', server.botSwap({ base: 'SOL', quote: USDC, side: 'buy', quantity: amount('0.1') })],
      ['swap', server.botSwap({ base: JUP, quote: USDC, side: 'sell', quantity: amount('1') })],
    ] as const;
    await clock.moveTo(TEST_NOW_MS + 10_000);
    const late = server.deposit(JUP, amount('4'));
    const assets = ['SOL', USDC, JUP, PYUSD];
    const read = await exchange.readActivity({ sinceMs: TEST_NOW_MS, assets }, signal);
    if (read.state !== 'known') throw new Error(read.detail);
    const byId = new Map(read.value.map((one) => [one.id, one]));
    expect(byId.size).toBe(moves.length + 1);
    for (const [kind, { signature: id, deltas, atMs }] of moves) {
      expect(byId.get(id)).toEqual({ id, kind, deltas, atMs });
    }
    expect(read.value.at(-1)).toMatchObject({ id: late.signature, kind: 'deposit' });
    const recent = await exchange.readActivity({ sinceMs: TEST_NOW_MS + 5_000, assets: [JUP] }, signal);
    expect(recent).toMatchObject({ state: 'known', value: [{ id: late.signature }] });
    expect(await exchange.readActivity({ sinceMs: 0, assets: [WSOL] }, signal)).toMatchObject({ value: [] });
  });

  it('shows a transaction of version 0 to those alone who say that they know the version', async () => {
    const { server } = await start();
    const { signature } = server.deposit('SOL', amount('1'));
    const ask = async (options: object) => {
      const params = [signature, { commitment: 'confirmed', ...options }];
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getTransaction', params });
      return (await fetch(server.urls.rpcUrl ?? '', { method: 'POST', body })).json();
    };
    expect(await ask({})).toMatchObject({ error: { code: -32015 } });
    expect(await ask({ maxSupportedTransactionVersion: 0 })).toMatchObject({ result: { version: 0 } });
  });

  it('blockhashes come from seed, slot and their own count: the same history gives the same signatures, and no two equal orders are one transaction', async () => {
    const history = async (seed: string) => {
      const { server, exchange } = await start([], seed);
      server.deposit('SOL', amount('1'));
      const order = await prepare(exchange, instruct('SOL/USDC', 'sell', '1', '149'));
      const equal = await prepare(exchange, instruct('SOL/USDC', 'sell', '1', '149'));
      expect(equal.reference).not.toBe(order.reference);
      const bot = server.botSwap({ base: 'SOL', quote: USDC, side: 'buy', quantity: amount('0.1') });
      return JSON.stringify([server.owner, order, equal, bot, server.balances()]);
    };
    expect(await history('one')).toBe(await history('one'));
    expect(await history('one')).not.toBe(await history('two'));
  });

  it("slots follow the injected time, 400 ms each; nothing here reads the machine's clock", async () => {
    const { server, clock } = await start();
    const first = server.slot();
    await fc.assert(
      fc.asyncProperty(fc.nat(5_000), async (ms) => {
        await clock.moveTo(clock.now() + ms);
        const passedMs = clock.now() - TEST_NOW_MS;
        expect(server.slot()).toBe(first + Math.floor(passedMs / 400));
        const { slot, atMs } = server.deposit('SOL', amount('0.001'));
        const slotAtMs = TEST_NOW_MS + (slot - first) * SLOT_MS;
        expect([slot, atMs]).toEqual([server.slot(), Math.floor(slotAtMs / 1_000) * 1_000]);
      }),
      { numRuns: 30 },
    );
  });

  it('gives all that lands in a slot its one time, also where a second ends within it', async () => {
    const { server, clock, exchange } = await start();
    const first = server.slot();
    const at = (ms: number) => clock.moveTo(TEST_NOW_MS + ms);
    // The slot from 800 to 1 200 ms; many, so that in no order of their signatures the times stand by chance.
    const deposits = [];
    for (const ms of [900, 950, 1_000, 1_050, 1_100, 1_150]) {
      await at(ms);
      deposits.push(server.deposit('SOL', amount('0.001')));
    }
    expect(deposits.map(({ slot, atMs }) => [slot, atMs])).toEqual(
      deposits.map(() => [first + 2, TEST_NOW_MS]),
    );
    await at(FINAL_MS + 1_200);
    const seen = await exchange.readActivity({ sinceMs: TEST_NOW_MS, assets: ['SOL'] }, signal);
    expect(seen).toMatchObject({ state: 'known' });
  });

  it.each([
    [0, 1],
    [30_000, 1],
    [60_000, 1],
    [60_400, 0],
    [600_000, 0],
  ])(
    'a signature has one effect at most, and none once its blockhash is 150 slots old: after %d ms %d',
    async (waitedMs, effects) => {
      const { exchange, server, clock } = await start();
      const order = await prepare(exchange, instruct('SOL/USDC', 'sell', '1', '149'));
      const before = server.balances();
      await clock.moveTo(TEST_NOW_MS + waitedMs);
      await exchange.submitOrder(order, signal);
      const once = server.balances();
      expect(changes(before, once)).toEqual(effects === 1 ? { SOL: '-1.00001', [USDC]: '149.85' } : {});
      for (const ms of [0, 400, 120_000]) {
        await clock.moveTo(clock.now() + ms);
        await exchange.submitOrder(order, signal);
        expect(server.balances()).toEqual(once);
      }
    },
  );
});

describe('a swap', () => {
  const swaps = [
    ['sells SOL', instruct('SOL/USDC', 'sell', '2', '149.85'), { SOL: '-2.00001', [USDC]: '299.7' }],
    ['buys SOL', instruct('SOL/USDC', 'buy', '1.5', '150.2'), { SOL: '1.49999', [USDC]: '-225.225226' }],
    [
      'buys a new token',
      instruct('JUP/USDC', 'buy', '100', '0.81'),
      { SOL: '-0.00204928', [USDC]: '-80.080081', [JUP]: '100' },
    ],
    [
      'sells a token',
      instruct('PYUSD/USDC', 'sell', '20.000001', '0.99'),
      { SOL: '-0.00001', [PYUSD]: '-20.000001', [USDC]: '19.98' },
    ],
    [
      'buys Token-2022 with SOL',
      instruct('PYUSD/SOL', 'buy', '7', '0.0067'),
      { SOL: '-0.046723381', [PYUSD]: '7' },
    ],
  ] as const;
  it.each(swaps)(
    '%s within its limit and is found with exact amounts',
    async (_name, instruction, expected) => {
      const { exchange, server } = await start();
      const before = server.balances();
      const order = await prepare(exchange, instruction);
      expect(server.balances()).toEqual(before);
      expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
      expect(await exchange.submitOrder(order, signal)).toEqual({
        state: 'accepted',
        venueOrderId: order.reference,
      });

      const found = await exchange.findOrder(order, signal);
      if (found.state !== 'found') throw new Error(JSON.stringify(found));
      const [fill] = found.fills;
      if (fill === undefined) throw new Error('there is a fill');
      expect(found).toMatchObject({ status: 'filled', filledQuantity: instruction.quantity });
      const moved = changes(before, server.balances());
      expect(moved).toEqual(expected);
      // Base, quote and fee account for every atom that moved.
      const sign = amount(instruction.side === 'buy' ? '1' : '-1');
      const legs: Record<string, string> = {};
      const post = (asset: string, delta: string) => {
        legs[asset] = subtract(amount(delta), multiply(amount(legs[asset] ?? '0'), amount('-1')));
      };
      post(fill.base, multiply(fill.quantity, sign));
      post(fill.quote, multiply(fill.quoteAmount, multiply(sign, amount('-1'))));
      post(fill.fee.asset, multiply(fill.fee.amount, amount('-1')));
      expect(legs).toEqual(moved);
      const limit = multiply(instruction.quantity, instruction.limitPrice);
      expect(compare(fill.quoteAmount, limit)).not.toBe(instruction.side === 'buy' ? 1 : -1);
      expect(await balancesSeen(exchange)).toEqual(server.balances());
    },
  );

  it('whose answer is lost is of unknown outcome until its signature is found', async () => {
    const { exchange, server } = await start();
    const order = await prepare(exchange, instruct('SOL/USDC', 'sell', '1', '149'));
    server.inject({ fault: { kind: 'answerLost' }, endpoint: 'RPC sendTransaction', count: 1 });
    expect(await exchange.submitOrder(order, signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'found', status: 'filled' });
  });

  it('that is sent again with the same bytes has one effect', async () => {
    const { exchange, server } = await start();
    const order = await prepare(exchange, instruct('SOL/USDC', 'sell', '1', '149'));
    await exchange.submitOrder(order, signal);
    const once = server.balances();
    for (let time = 0; time < 3; time += 1) {
      expect(await exchange.submitOrder(order, signal)).toMatchObject({ state: 'accepted' });
    }
    expect(server.balances()).toEqual(once);
  });

  it.each(['requestLost', 'emptyAnswer', 'hang'] as const)(
    'met by %s is of unknown outcome',
    async (kind) => {
      const { exchange, server } = await start();
      const order = await prepare(exchange, instruct('SOL/USDC', 'sell', '1', '149'));
      server.inject({ fault: { kind }, endpoint: 'RPC sendTransaction', count: 1 });
      const controller = new AbortController();
      const submitted = exchange.submitOrder(order, controller.signal);
      while (kind === 'hang' && server.parked() === 0) await new Promise((resolve) => setImmediate(resolve));
      if (kind === 'hang') controller.abort();
      expect(await submitted).toMatchObject({ state: 'outcomeUnknown' });
    },
  );

  it('that never arrived is proven absent only past its expiry and by two endpoints', async () => {
    const { exchange, server, clock, open } = await start();
    const order = await prepare(exchange, instruct('SOL/USDC', 'sell', '1', '149'));
    server.inject({ fault: { kind: 'requestLost' }, endpoint: 'RPC sendTransaction', count: 1 });
    await exchange.submitOrder(order, signal);
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
    await clock.moveTo(TEST_NOW_MS + EXPIRED_MS);
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: true });
    const alone = await open({ rpcUrls: [server.urls.rpcUrl ?? ''] });
    expect(await alone.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
    const sameTwice = await open({ rpcUrls: [server.urls.rpcUrl ?? '', `${server.urls.rpcUrl}/`] });
    expect(await sameTwice.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
    server.inject({
      fault: { kind: 'serverError', status: 502 },
      endpoint: 'RPC getSignatureStatuses',
      count: 1,
    });
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: false });
    // The chain refuses the old bytes for good.
    const before = server.balances();
    await exchange.submitOrder(order, signal);
    expect(server.balances()).toEqual(before);
    expect(await exchange.findOrder(order, signal)).toMatchObject({ state: 'absent', isProven: true });
  });

  it('that fails on chain is rejected without fills once its block is final, and its fee is activity', async () => {
    const { exchange, server, clock } = await start();
    const order = await prepare(exchange, instruct('PYUSD/USDC', 'sell', '50', '0.99'));
    server.withdraw(PYUSD, amount('40'));
    const before = server.balances();
    await exchange.submitOrder(order, signal);
    const fresh = await exchange.findOrder(order, signal);
    expect(fresh).toMatchObject({ state: 'found', status: 'open', filledQuantity: '0', fills: [] });
    await clock.moveTo(TEST_NOW_MS + FINAL_MS);
    const found = await exchange.findOrder(order, signal);
    expect(found).toMatchObject({ state: 'found', status: 'rejected', filledQuantity: '0', fills: [] });
    expect(changes(before, server.balances())).toEqual({ SOL: '-0.00001' });
    const read = await exchange.readActivity({ sinceMs: 0, assets: ['SOL'] }, signal);
    expect(read).toMatchObject({
      value: expect.arrayContaining([
        expect.objectContaining({
          id: order.reference,
          kind: 'fee',
          deltas: [{ asset: 'SOL', amount: '-0.00001' }],
        }),
      ]),
    });
  });

  it('cannot be cancelled', async () => {
    const { exchange } = await start();
    const order = await prepare(exchange, instruct('SOL/USDC', 'sell', '1', '149'));
    expect(await exchange.cancelOrder(order, order.reference ?? '', signal)).toMatchObject({
      state: 'rejected',
    });
  });

  it('trades wrapped SOL as a token of its own, and never unwraps it on the side', async () => {
    const { exchange, server } = await start([{ asset: WSOL, amount: amount('0.5') }]);
    const before = server.balances();
    const order = await prepare(exchange, instruct('wSOL/USDC', 'sell', '0.25', '149'));
    await exchange.submitOrder(order, signal);
    expect(changes(before, server.balances())).toEqual({
      SOL: '-0.00001',
      [WSOL]: '-0.25',
      [USDC]: '37.4625',
    });
    expect(await exchange.findOrder(order, signal)).toMatchObject({
      status: 'filled',
      filledQuantity: '0.25',
    });
    const native = await exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
    expect(native).toMatchObject({ state: 'deniedLocally', reason: expect.stringContaining('not traded') });
  });
});

describe('an order that cannot be prepared', () => {
  it.each([
    ['a limit above the bid', instruct('SOL/USDC', 'sell', '1', '149.9')],
    ['a limit below the ask', instruct('SOL/USDC', 'buy', '1', '150.1')],
    ['a quantity finer than an atom', instruct('SOL/USDC', 'sell', '0.0000000001', '149')],
    ['a quantity of nothing', instruct('SOL/USDC', 'sell', '0', '149')],
    ['a market that nobody knows', instruct('DOGE/USDC', 'sell', '1', '1')],
    ['more than there is', instruct('SOL/USDC', 'sell', '11', '149')],
    [
      'an order that rests',
      { ...instruct('SOL/USDC', 'sell', '1', '149'), timeInForce: 'goodTilCancelled' as const },
    ],
  ])('is denied here for %s, and nothing happens', async (_name, instruction) => {
    const { exchange, server } = await start();
    const before = server.balances();
    expect(await exchange.prepareOrder(instruction, signal)).toMatchObject({ state: 'deniedLocally' });
    expect(server.balances()).toEqual(before);
  });

  it('is denied without a swap service or a key', async () => {
    const { open } = await start();
    for (const missing of [{ swapUrl: null }, { credentials: null }]) {
      const exchange = await open(missing);
      const prepared = await exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
      expect(prepared).toMatchObject({
        state: 'deniedLocally',
        reason: expect.stringMatching(/^no .* configured/),
      });
    }
  });

  it.each([
    'GET /quote',
    'POST /swap',
    'RPC simulateTransaction',
    'RPC getMultipleAccounts',
    'RPC getBlockHeight',
  ])('is unknown while %s is rate limited', async (endpoint) => {
    const { exchange, server } = await start();
    server.inject({ fault: { kind: 'rateLimited', retryAfterSeconds: 3 }, endpoint, count: 1 });
    const prepared = await exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
    expect(prepared).toMatchObject({ state: 'unknown', reason: 'rateLimited', retryAfterMs: 3_000 });
    expect(server.faultsMet()).toMatchObject([{ met: 1 }]);
  });

  it('keeps the key out of what is committed and said', async () => {
    const { exchange, server } = await start();
    const order = await prepare(exchange, instruct('SOL/USDC', 'sell', '1', '149'));
    expect(JSON.stringify(order)).not.toContain(server.secretKey);
  });
});

describe('a fault of the simulated endpoint', () => {
  it.each([
    ['malformedRow', 'RPC getTokenAccountsByOwner', 'malformed'],
    ['malformedRow', 'RPC getBalance', 'malformed'],
    ['emptyAnswer', 'RPC getBalance', 'malformed'],
    ['requestLost', 'RPC getTokenAccountsByOwner', 'unreachable'],
  ] as const)('%s at %s leaves the wallet unknown', async (kind, endpoint, reason) => {
    const { exchange, server } = await start();
    server.inject({ fault: { kind }, endpoint, count: 1 });
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
      state: 'unknown',
      reason,
    });
    expect((await exchange.observe({ fillsSinceMs: null }, signal)).state).toBe('known');
  });

  it('a replica that lags behind our own swap is stale, not a loss', async () => {
    const { exchange, server, clock } = await start();
    const order = await prepare(exchange, instruct('JUP/USDC', 'buy', '1', '0.9'));
    await clock.moveTo(TEST_NOW_MS + 2_000);
    await exchange.submitOrder(order, signal);
    await exchange.findOrder(order, signal);
    server.inject({ fault: { kind: 'staleRead' }, endpoint: 'RPC getBalance', count: 1 });
    server.inject({ fault: { kind: 'staleRead' }, endpoint: 'RPC getTokenAccountsByOwner', count: 2 });
    const lagging = await exchange.observe({ fillsSinceMs: null }, signal);
    expect(lagging).toMatchObject({ state: 'unknown', reason: 'stale' });
  });
});
