import { describe, expect, it } from '@jest/globals';
import { OrderDoor } from '../../src/app/order-door.ts';
import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction, PreparedOrder } from '../../src/domain/venue/order.ts';
import type { PreparedTransfer } from '../../src/domain/venue/transfer.ts';
import { transfersOf } from '../../src/exchanges/exchange.ts';
import { realTimeExchange } from '../support/real-time-venue.ts';

const signal = new AbortController().signal;
const instruction: OrderInstruction = {
  intentId: 'intent-1',
  venue: 'coinbase',
  market: 'BTC-USD',
  side: 'sell',
  quantity: amount('0.01'),
  limitPrice: amount('49000'),
  timeInForce: 'immediateOrCancel',
  reduceOnly: false,
  clientOrderId: 'client-1',
};

const transfer: PreparedTransfer = {
  instruction: {
    transferId: 't-1',
    venue: 'coinbase',
    asset: 'BTC',
    amount: amount('1'),
    to: 'friend',
  },
  reference: 'signature',
  payload: 'bytes',
  expiresAtHeight: null,
  arrives: amount('1'),
  fee: { asset: 'BTC', amount: amount('0') },
};

async function prepared(): Promise<{ order: PreparedOrder } & ReturnType<typeof realTimeExchange>> {
  const world = realTimeExchange();
  const outcome = await world.exchange.prepareOrder(instruction, signal);
  if (outcome.state !== 'prepared') throw new Error(outcome.state);
  return { ...world, order: outcome.order };
}

describe('the door of orders', () => {
  it('is a wall in paper mode, whoever asks', async () => {
    const { exchange, venue, order } = await prepared();
    const behind = new OrderDoor('paper').before(exchange);
    const denied = { state: 'deniedLocally', reason: 'paper mode sends no order' };
    expect(await behind.prepareOrder(instruction, signal)).toEqual(denied);
    expect(await behind.submitOrder(order, signal)).toEqual(denied);
    expect(await behind.cancelOrder(order, 'order-1', signal)).toMatchObject({ state: 'rejected' });
    expect(venue.orders()).toEqual([]);
    expect(await behind.observe({ fillsSinceMs: null }, signal)).toMatchObject({ state: 'known' });
  });

  it('lets orders through in live mode, and knows when those that left have their answer', async () => {
    const { exchange, venue, order } = await prepared();
    const door = new OrderDoor('live');
    const answer = door.before(exchange).submitOrder(order, signal);
    expect(door.underWay).toBe(1);
    await door.quiet();
    expect(door.underWay).toBe(0);
    expect(await answer).toMatchObject({ state: 'accepted' });
    expect(venue.orders()).toHaveLength(1);
  });

  it('prepares nothing more once it is shut, which is neither a refusal nor a failure of the order', async () => {
    const { exchange } = await prepared();
    const door = new OrderDoor('live');
    door.shut();
    const ending = new AbortController();
    const outcome = door.before(exchange).prepareOrder(instruction, ending.signal);
    ending.abort();
    expect(await outcome).toMatchObject({ state: 'unknown', reason: 'timedOut' });
  });

  it('lets transfers through as it lets orders, and none in paper mode', async () => {
    const { exchange } = await prepared();
    const transfers = {
      prepareTransfer: async () => ({ state: 'prepared', transfer }) as const,
      submitTransfer: async () => ({ state: 'accepted', venueOrderId: 'signature' }) as const,
      findTransfer: async () => ({ state: 'found', status: 'open' }) as const,
    };
    const denied = { state: 'deniedLocally', reason: 'paper mode sends no transfer' };
    const paper = transfersOf(new OrderDoor('paper').before({ ...exchange, ...transfers }));
    expect(await paper?.prepareTransfer(transfer.instruction, signal)).toEqual(denied);
    expect(await paper?.submitTransfer(transfer, signal)).toEqual(denied);
    expect(await paper?.findTransfer(transfer, signal)).toEqual({ state: 'found', status: 'open' });
    const door = new OrderDoor('live');
    const live = transfersOf(door.before({ ...exchange, ...transfers }));
    const answer = live?.submitTransfer(transfer, signal);
    expect(door.underWay).toBe(1);
    expect(await answer).toMatchObject({ state: 'accepted' });
    door.shut();
    const ending = new AbortController();
    const outcome = live?.prepareTransfer(transfer.instruction, ending.signal);
    ending.abort();
    expect(await outcome).toMatchObject({ state: 'unknown', reason: 'timedOut' });
    expect(transfersOf(new OrderDoor('live').before(exchange))).toBeNull();
  });
});
