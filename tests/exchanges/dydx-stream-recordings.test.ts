import { describe, expect, it, test } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { positionsOf } from '../../src/exchanges/dydx/consolidate-subaccounts.ts';
import { fillRow, orderRow, parseBody, subaccountRow } from '../../src/exchanges/dydx/dydx-rows.ts';
import { equityMismatch } from '../../src/exchanges/dydx/equity-identity.ts';
import { fillOf } from '../../src/exchanges/dydx/read-fills.ts';
import { openOrderOf } from '../../src/exchanges/dydx/read-orders.ts';
import { subaccountChannel } from '../../src/exchanges/dydx/subaccount-channel.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const legacy = (name: string): Recording => referenceData(`wire/nautilus/dydx-legacy/ws.${name}.json`);
const parsed = <T>(schema: Parameters<typeof parseBody<T>>[1], body: unknown): T => {
  const result = parseBody('a recording', schema, body);
  if (result.state === 'unknown') throw new Error(result.detail);
  return result.value;
};

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('recorded messages of the dYdX indexer’s first generation', () => {
    it.each([
      ['connected', 'alive'],
      ['v4_accounts_subscribed', 'alive'],
      ['v4_accounts_channel_data', 'moved'],
      ['v4_accounts_channel_data_order', 'moved'],
      ['v4_accounts_channel_data_order_opened', 'moved'],
      ['v4_accounts_channel_data_order_canceled', 'moved'],
      ['v4_accounts_fills', 'moved'],
      ['v4_accounts_rewards', 'moved'],
      ['v4_block_height_subscribed', 'alive'],
      ['v4_block_height_channel_data', 'alive'],
      ['unsubscribed', 'broken'],
      ['error', 'broken'],
    ])('%s is heard as %s', (name, kind) => {
      const message = legacy(name);
      const [address = '', number = '0'] = String(message.id ?? '').split('/');
      const channel = subaccountChannel({ address, subaccountNumbers: [Number(number) || 0] });
      const state = { ...channel.opened, last: message.message_id - 1 };
      expect(channel.hear(state, JSON.stringify(message)).heard.kind).toBe(kind);
    });

    it.each(['v4_accounts_channel_data_order_canceled', 'v4_accounts_fills'])(
      'an order of %s reads as one of a list does',
      (name) => {
        const [order] = legacy(name).contents.orders;
        const row = parsed(orderRow, order);
        expect(row).toMatchObject({ id: order.id, clientId: order.clientId, status: order.status });
        expect(openOrderOf(row)).toMatchObject({
          clientOrderId: order.clientId,
          market: order.ticker,
          side: order.side.toLowerCase(),
          remaining: order.status === 'FILLED' ? '0' : amount(order.size),
          limitPrice: amount(order.price),
        });
      },
    );

    it('what a message leaves out of an order is not made up', () => {
      const [unnamed] = legacy('v4_accounts_channel_data').contents.orders;
      expect(parseBody('a recording', orderRow, unnamed)).toMatchObject({ reason: 'malformed' });
      const [open] = legacy('v4_accounts_channel_data_order').contents.orders;
      expect(() => openOrderOf(parsed(orderRow, open))).toThrow(/has no totalFilled/);
    });

    it('fills read as those of a list do, under the name that a market has there', () => {
      const { fills, orders } = legacy('v4_accounts_fills').contents;
      expect(fills).toHaveLength(2);
      for (const raw of fills) {
        const fill = fillOf(parsed(fillRow, { ...raw, market: raw.ticker }), orders[0].clientId);
        expect(fill).toMatchObject({
          id: raw.id,
          orderId: orders[0].id,
          clientOrderId: orders[0].clientId,
          side: 'buy',
          quantity: raw.size,
          price: raw.price,
          quoteAmount: raw.quoteAmount,
          fee: { asset: 'USDC', amount: raw.fee },
          atMs: Date.parse(raw.createdAt),
        });
      }
      expect(parseBody('a recording', fillRow, fills[0])).toMatchObject({ reason: 'malformed' });
    });

    it('the confirmation of a subscription holds a subaccount as the list does', () => {
      const message: Recording = referenceData('wire/nautilus/dydx/ws_subaccounts_subscribed.json');
      const { subaccount } = message.contents;
      const channel = subaccountChannel({ address: subaccount.address, subaccountNumbers: [0] });
      expect(channel.hear(channel.opened, JSON.stringify(message)).heard.kind).toBe('alive');
      const row = parsed(subaccountRow, subaccount);
      const positions: Recording[] = Object.values(subaccount.openPerpetualPositions);
      expect(positionsOf([row])).toEqual(
        positions.map(({ market, side, size, entryPrice }) => ({
          market,
          side: side.toLowerCase(),
          size: amount(size),
          entryPrice: amount(entryPrice),
        })),
      );
      // Made up for its shape: what it reports is not what it holds.
      expect(equityMismatch(row)).toContain(amount(subaccount.equity));
    });

    it('a position reads as one of a subaccount does', () => {
      const [position] = legacy('v4_accounts_fills').contents.perpetualPositions;
      const subaccount = parsed(subaccountRow, {
        address: position.address,
        subaccountNumber: position.subaccountNumber,
        openPerpetualPositions: { [position.market]: position },
        assetPositions: {},
      });
      expect(positionsOf([subaccount])).toEqual([
        { market: 'ETH-USD', side: 'long', size: position.size, entryPrice: position.entryPrice },
      ]);
    });
  });
}
