import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../src/domain/money/amount.ts';
import { instruct, startTestChain, type TestChain, USDC } from '../support/solana-chain.ts';
import { openSolanaProxy, type SolanaProxy } from '../support/solana-proxy.ts';

const signal = new AbortController().signal;
const open: { chain?: TestChain; proxy?: SolanaProxy } = {};
afterEach(async () => {
  await open.proxy?.close();
  await open.chain?.server.close();
});

/** Raw JSON, so that a number may be one that JavaScript cannot hold. */
const WRONG = [
  'null',
  'true',
  '0.5',
  '-1',
  '1e400',
  '9007199254740993',
  '""',
  '"1"',
  '"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"',
  '"\\u202e\\u0000"',
  '[]',
  '{}',
  '[[[[[[[[]]]]]]]]',
];

/** Every place in a document, as a path. */
function placesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, one]) => placesOf(one, [...path, key]))];
}

/** The document with something else in one place. */
function withWrong(value: unknown, path: readonly string[], wrong: string): string {
  const [key, ...rest] = path;
  if (key === undefined) return wrong;
  const write = (one: unknown, at: string) =>
    at === key ? withWrong(one, rest, wrong) : JSON.stringify(one);
  if (Array.isArray(value)) return `[${value.map((one, index) => write(one, String(index))).join()}]`;
  const members = Object.entries(value as object).map(
    ([at, one]) => `${JSON.stringify(at)}:${write(one, at)}`,
  );
  return `{${members.join()}}`;
}

const anyMutation = fc.record({ call: fc.nat(40), place: fc.nat(10_000), wrong: fc.constantFrom(...WRONG) });

describe('a wallet whose endpoints say something wrong in one place', () => {
  it('is known, unknown or denied, and never throws, in every method', async () => {
    const chain = await startTestChain();
    open.chain = chain;
    const { server } = chain;
    server.deposit(USDC, amount('1'));
    const landed = await chain.exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
    if (landed.state !== 'prepared') throw new Error(JSON.stringify(landed));
    await chain.exchange.submitOrder(landed.order, signal);
    let calls = 0;
    let mutation = { call: -1, place: 0, wrong: '' };
    const proxy = await openSolanaProxy(server.urls.rpcUrl ?? '', (answer) => {
      calls += 1;
      if (calls - 1 !== mutation.call) return answer;
      const places = placesOf(answer);
      return withWrong(answer, places[mutation.place % places.length] ?? [], mutation.wrong);
    });
    open.proxy = proxy;
    const states = new Map<string, number>();
    const asked = async (read: Promise<{ readonly state: string } | readonly unknown[]>) => {
      const answer = await read;
      const state = 'state' in answer ? answer.state : 'known';
      states.set(state, (states.get(state) ?? 0) + 1);
    };
    await fc.assert(
      fc.asyncProperty(anyMutation, async (next) => {
        mutation = next;
        calls = 0;
        const rpcUrls = [proxy.url, server.urls.secondRpcUrl ?? ''];
        const exchange = await chain.open({ rpcUrls, swapUrl: proxy.url });
        await asked(exchange.observe({ fillsSinceMs: null }, signal));
        await asked(exchange.readActivity({ sinceMs: 0, assets: [USDC] }, signal));
        await asked(exchange.readMarkets(['SOL/USDC'], signal));
        await asked(exchange.prepareOrder(instruct('PYUSD/USDC', 'sell', '1', '0.9'), signal));
        await asked(exchange.findOrder(landed.order, signal));
        expect(server.balances().find(({ asset }) => asset === 'SOL')?.total).toBe('8.99999');
      }),
      { numRuns: 12 },
    );
    expect([...states.keys()]).toEqual(expect.arrayContaining(['found', 'known', 'prepared', 'unknown']));
  }, 60_000);

  const places = [
    ['simulateTransaction', 'result.value.accounts.0.lamports', '0.5'],
    ['simulateTransaction', 'result.context.slot', '1e400'],
    ['getFeeForMessage', 'result.value', '0.5'],
    ['getBlockHeight', 'result', '1e400'],
    ['getBlockHeight', 'result', '0.5'],
    ['getBalance', 'result.context.slot', '1e400'],
    ['getTokenAccountsByOwner', 'result.context.slot', '0.5'],
  ] as const;
  it.each(places)('leaves an order unprepared where %s says at %s: %s', async (method, place, wrong) => {
    const chain = await startTestChain();
    open.chain = chain;
    const { rpcUrl = '', secondRpcUrl = '' } = chain.server.urls;
    const proxy = await openSolanaProxy(rpcUrl, (answer, { body }) =>
      body.includes(`"${method}"`) ? withWrong(answer, place.split('.'), wrong) : answer,
    );
    open.proxy = proxy;
    const exchange = await chain.open({ rpcUrls: [proxy.url, secondRpcUrl] });
    const made = await exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
    expect(made).toMatchObject({ state: 'unknown', reason: 'malformed' });
  });

  it.each(['1e400', '0.5', '-1'])('has no history where a transaction is of slot %s', async (wrong) => {
    const chain = await startTestChain();
    open.chain = chain;
    chain.server.deposit(USDC, amount('1'));
    const proxy = await openSolanaProxy(chain.server.urls.rpcUrl ?? '', (answer, { body }) =>
      body.includes('"getTransaction"') ? withWrong(answer, ['result', 'slot'], wrong) : answer,
    );
    open.proxy = proxy;
    const exchange = await chain.open({ rpcUrls: [proxy.url] });
    const read = await exchange.readActivity({ sinceMs: 0, assets: [USDC] }, signal);
    expect(read).toMatchObject({ state: 'unknown', reason: 'malformed' });
  });

  it.each(WRONG)('never makes an order of a swap service that says %s', async (wrong) => {
    const chain = await startTestChain();
    open.chain = chain;
    const proxy = await openSolanaProxy(chain.server.urls.swapUrl ?? '', (answer, { path }) =>
      path === '/swap' ? withWrong(answer, ['swapTransaction'], wrong) : answer,
    );
    open.proxy = proxy;
    const exchange = await chain.open({ swapUrl: proxy.url });
    const made = await exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
    expect(made.state).toBe('unknown');
  });

  it('is not read where a market names something that is no address', async () => {
    const chain = await startTestChain();
    open.chain = chain;
    const market = `${'z'.repeat(44)}/USDC`;
    expect(await chain.exchange.readMarkets([market], signal)).toMatchObject({ state: 'unknown' });
    const made = await chain.exchange.prepareOrder(instruct(market, 'sell', '1', '1'), signal);
    expect(made).toMatchObject({ state: 'unknown', reason: 'malformed' });
  });
});
