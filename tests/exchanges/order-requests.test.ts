import { afterEach, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction } from '../../src/domain/venue/order.ts';
import { openDydxExchange } from '../../src/exchanges/dydx/dydx-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import type { Pace } from '../../src/exchanges/pace.ts';
import type { RequestClass } from '../../src/resilience/token-bucket.ts';
import { TEST_ADDRESS, TEST_PRIVATE_KEY } from '../support/dydx-account.ts';
import { DYDX_START_MS, simulatedDydx } from '../support/dydx-venue.ts';
import { instruct, startTestChain } from '../support/solana-chain.ts';

const { signal } = new AbortController();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Open = (pace: Pace) => Promise<{ readonly exchange: Exchange; readonly instruction: OrderInstruction }>;

const openDydx: Open = async (pace) => {
  const dydx = await simulatedDydx();
  const { indexerUrl = '', validatorUrl = '' } = dydx.server.urls;
  const exchange = await openDydxExchange({
    venue: 'dydx',
    indexerUrl,
    validatorUrl,
    credentials: { privateKey: TEST_PRIVATE_KEY },
    scope: { address: TEST_ADDRESS, subaccountNumbers: [0] },
    now: () => DYDX_START_MS,
    pace,
  });
  closing.push(exchange.close, dydx.close);
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
  return { exchange, instruction };
};

const openSolana: Open = async (pace) => {
  const chain = await startTestChain();
  closing.push(chain.server.close);
  return { exchange: await chain.open({ pace }), instruction: instruct('SOL/USDC', 'sell', '1', '149') };
};

it.each([
  ['dydx', openDydx],
  ['solana', openSolana],
])('what prepares an order at %s counts as trading, what looks one up as reconciliation', async (_, open) => {
  const asked: RequestClass[] = [];
  const { exchange, instruction } = await open((requestClass, ending, request) => {
    asked.push(requestClass);
    return request(ending);
  });
  const classesOf = async <T>(work: Promise<T>): Promise<readonly [T, readonly RequestClass[]]> => {
    const answer = await work;
    return [answer, [...new Set(asked.splice(0))]];
  };
  const [observed, reading] = await classesOf(exchange.observe({ fillsSinceMs: null }, signal));
  expect([observed.state, reading]).toEqual(['known', ['reconcile']]);
  const [prepared, preparing] = await classesOf(exchange.prepareOrder(instruction, signal));
  if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
  expect(preparing).toEqual(['trade']);
  const [, sending] = await classesOf(exchange.submitOrder(prepared.order, signal));
  expect(sending).toContain('trade');
  const [found, lookingUp] = await classesOf(exchange.findOrder(prepared.order, signal));
  expect([found.state, lookingUp]).toEqual(['found', ['reconcile']]);
});
