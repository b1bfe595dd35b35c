import { describe, expect, it } from '@jest/globals';
import { OrderDoor } from '../../src/app/order-door.ts';
import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction, PreparedOrder } from '../../src/domain/venue/order.ts';
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
});
