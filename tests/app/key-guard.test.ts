import { beforeEach, describe, expect, it } from '@jest/globals';
import { KeyGuard } from '../../src/app/key-guard.ts';
import { amount } from '../../src/domain/money/amount.ts';
import type { KeyRights } from '../../src/domain/venue/key-rights.ts';
import { type Unknown, unknown } from '../../src/domain/venue/observation.ts';
import type { OrderInstruction } from '../../src/domain/venue/order.ts';
import { type Exchange, transfersOf } from '../../src/exchanges/exchange.ts';
import { realTimeExchange } from '../support/real-time-venue.ts';

const signal = new AbortController().signal;
const READS = { canTrade: false, canWithdraw: false };
const TRADES = { canTrade: true, canWithdraw: false };
const DOWN = unknown('unreachable', 'ECONNREFUSED');

const INSTRUCTION: OrderInstruction = {
  intentId: 'i-1',
  venue: 'coinbase',
  market: 'BTC-USD',
  side: 'sell',
  quantity: amount('0.01'),
  limitPrice: amount('40000'),
  timeInForce: 'immediateOrCancel',
  reduceOnly: false,
  clientOrderId: 'c-1',
};

/** What the venue says of its keys; `trade` where orders go by one of their own. */
let says: { read: KeyRights | Unknown; trade?: KeyRights | Unknown };
let world: ReturnType<typeof realTimeExchange>;
beforeEach(() => {
  says = { read: TRADES };
  world = realTimeExchange();
});

const guard = (use = { sendsOrders: true }, more: Partial<Exchange> = {}): KeyGuard => {
  const trade = 'trade' in says ? { readTradeKeyRights: async () => says.trade ?? DOWN } : {};
  return new KeyGuard({ ...world.exchange, readKeyRights: async () => says.read, ...trade, ...more }, use);
};

describe('the keys of a venue', () => {
  it('are judged each by what it is for', async () => {
    says = { read: READS, trade: TRADES };
    expect(await guard().check(signal)).toEqual({ state: 'fits', warnings: [] });
    says = { read: TRADES, trade: TRADES };
    expect(await guard().check(signal)).toEqual({
      state: 'fits',
      warnings: ['coinbase credentials: it can trade, and another key is there for orders'],
    });
    says = { read: READS, trade: { canTrade: true, canWithdraw: true } };
    expect(await guard().check(signal)).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('coinbase tradeCredentials: expected a key that can neither'),
    });
    says = { read: READS, trade: READS };
    expect(await guard().check(signal)).toMatchObject({ state: 'refused' });
    expect(await guard({ sendsOrders: false }).check(signal)).toMatchObject({ state: 'fits' });
    says = { read: READS, trade: DOWN };
    expect(await guard().check(signal)).toEqual({
      state: 'unread',
      reason: 'coinbase tradeCredentials: unreachable: ECONNREFUSED',
    });
  });

  it('are not asked about again once the venue has told', async () => {
    const one = guard();
    await one.check(signal);
    says = { read: { canTrade: true, canWithdraw: true } };
    expect(await one.check(signal)).toMatchObject({ state: 'fits' });
  });
});

describe('a venue whose rights are not read yet', () => {
  beforeEach(() => {
    says = { read: DOWN };
  });

  it('takes no order, and the same order once they are', async () => {
    const exchange = guard().guarded();
    expect(await exchange.prepareOrder(INSTRUCTION, signal)).toMatchObject({ state: 'unknown' });
    const prepared = await world.exchange.prepareOrder(INSTRUCTION, signal);
    if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
    // It may have been sent by a process before: that nothing is sent now ends nothing.
    expect(await exchange.submitOrder(prepared.order, signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(world.venue.orders()).toEqual([]);
    says = { read: TRADES };
    expect(await exchange.submitOrder(prepared.order, signal)).toMatchObject({ state: 'accepted' });
    expect(world.venue.orders()).toHaveLength(1);
  });

  it('is read all the same, also where the question about its keys hangs', async () => {
    const hanging = guard(undefined, {
      readKeyRights: (asked) =>
        new Promise((resolve) => asked.addEventListener('abort', () => resolve(unknown('timedOut', 'late')))),
    }).guarded();
    expect(await hanging.observe({ fillsSinceMs: null }, signal)).toMatchObject({ state: 'known' });
  });

  it.each<[string, KeyRights | Unknown]>([
    ['can withdraw', { canTrade: true, canWithdraw: true }],
    ['is not told of', unknown('malformed', 'no such field')],
  ])(
    'is believed in nothing once its key %s, and can still be asked for orders and cancels',
    async (_what, read) => {
      const exchange = guard().guarded();
      says = { read };
      expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({ reason: 'refused' });
      expect(await exchange.prepareOrder(INSTRUCTION, signal)).toMatchObject({ state: 'deniedLocally' });
      const prepared = await world.exchange.prepareOrder(INSTRUCTION, signal);
      if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
      expect(await exchange.submitOrder(prepared.order, signal)).toMatchObject({ state: 'outcomeUnknown' });
      expect(world.venue.orders()).toEqual([]);
      expect(await exchange.findOrder(prepared.order, signal)).toMatchObject({ state: 'absent' });
      expect(await exchange.cancelOrder(prepared.order, 'none', signal)).toMatchObject({
        state: expect.any(String),
      });
    },
  );
});

describe('a transfer', () => {
  const instruction = {
    transferId: 't-1',
    venue: 'coinbase',
    asset: 'BTC',
    amount: amount('1'),
    to: 'friend',
  };
  const fee = { asset: 'BTC', amount: amount('0') };
  const signed = {
    instruction,
    reference: 's',
    payload: 'b',
    expiresAtHeight: null,
    arrives: amount('1'),
    fee,
  };
  const transfers = {
    prepareTransfer: async () => ({ state: 'prepared', transfer: signed }) as const,
    submitTransfer: async () => ({ state: 'accepted', venueOrderId: 's' }) as const,
    findTransfer: async () => ({ state: 'found', status: 'open' }) as const,
  };
  const outcomes = async () => {
    const venue = transfersOf(guard({ sendsOrders: true }, transfers).guarded());
    return [
      await venue?.prepareTransfer(instruction, signal),
      await venue?.submitTransfer(signed, signal),
      await venue?.findTransfer(signed, signal),
    ].map((outcome) => outcome?.state);
  };

  it.each([
    ['leaves with a key that fits', TRADES, ['prepared', 'accepted', 'found']],
    ['waits for the rights of the key', DOWN, ['unknown', 'outcomeUnknown', 'found']],
    [
      'does not leave with a key that is refused',
      { canTrade: true, canWithdraw: true },
      ['deniedLocally', 'outcomeUnknown', 'found'],
    ],
  ] as const)('%s', async (_name, read, expected) => {
    says = { read };
    expect(await outcomes()).toEqual(expected);
  });

  it('is not offered where the venue does not', () => {
    expect(transfersOf(guard().guarded())).toBeNull();
  });
});
