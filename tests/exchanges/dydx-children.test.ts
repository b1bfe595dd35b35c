import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { add, amount, subtract } from '../../src/domain/money/amount.ts';
import type { Snapshot } from '../../src/domain/venue/observation.ts';
import { simulatedDydx } from '../support/dydx-venue.ts';

const signal = new AbortController().signal;
const CHILD = 128;

describe('a dYdX account whose positions are isolated in child subaccounts', () => {
  let dydx: Awaited<ReturnType<typeof simulatedDydx>>;
  beforeEach(async () => {
    dydx = await simulatedDydx({ children: [CHILD, 256] });
  });
  afterEach(() => dydx.close());

  async function snapshot(): Promise<Snapshot> {
    const observed = await dydx.exchange.observe({ fillsSinceMs: null }, signal);
    if (observed.state === 'unknown') throw new Error(`${observed.reason}: ${observed.detail}`);
    return observed.value;
  }
  const collateral = async () => (await snapshot()).balances[0]?.total;
  const child = () => {
    const venue = dydx.children[CHILD];
    if (venue === undefined) throw new Error('the child is there');
    return venue;
  };
  const order = (side: 'buy' | 'sell', quantity: string, limitPrice: string) => ({
    clientOrderId: `${side}-${quantity}-${limitPrice}`,
    market: 'ETH-USD',
    side,
    quantity: amount(quantity),
    limitPrice: amount(limitPrice),
    timeInForce: 'goodTilCancelled' as const,
    reduceOnly: false,
  });

  it('holds what it held before, wherever its collateral goes', async () => {
    expect(await collateral()).toBe('10000');
    dydx.server.moveCollateral({ from: 0, to: CHILD, amount: amount('2500.000001') });
    dydx.server.moveCollateral({ from: CHILD, to: 0, amount: amount('100') });
    dydx.server.moveCollateral({ from: CHILD, to: 256, amount: amount('0.000001') });
    expect(await collateral()).toBe('10000');
    const activity = await dydx.exchange.readActivity({ sinceMs: 0, assets: ['USDC'] }, signal);
    expect(activity).toMatchObject({ state: 'known', value: [] });
  });

  it('shows positions, open orders and fills of a child with those of its parent', async () => {
    dydx.server.moveCollateral({ from: 0, to: CHILD, amount: amount('5000') });
    child().submit(order('sell', '1.5', '2900'));
    child().submit(order('buy', '0.2', '2000'));
    dydx.venue.submit(order('buy', '0.5', '3100'));
    const { balances, positions, openOrders, fills } = await snapshot();
    // -1.5 in the child and 0.5 in the parent
    expect(positions).toMatchObject([{ market: 'ETH-USD', side: 'short', size: '-1' }]);
    expect(openOrders).toMatchObject([{ side: 'buy', remaining: '0.2', limitPrice: '2000' }]);
    expect(fills.map(({ side, quantity }) => `${side} ${quantity}`).sort()).toEqual(['buy 0.5', 'sell 1.5']);
    const cash = fills.reduce(
      (total, { side, quoteAmount, fee }) =>
        subtract(side === 'buy' ? subtract(total, quoteAmount) : add(total, quoteAmount), fee.amount),
      amount('10000'),
    );
    expect(balances).toMatchObject([{ total: cash }]);
  });

  it('tells deposits to a child and funding of a child as what changed the account', async () => {
    dydx.server.moveCollateral({ from: 0, to: CHILD, amount: amount('5000') });
    child().submit(order('sell', '1.5', '2900'));
    dydx.passTime(3_600_000);
    child().deposit('USDC', amount('7.5'));
    child().settleFunding(amount('0.0001'));
    const sinceMs = dydx.venue.now() - 1_000;
    const activity = await dydx.exchange.readActivity({ sinceMs, assets: ['USDC'] }, signal);
    if (activity.state === 'unknown') throw new Error(activity.detail);
    expect(activity.value.map(({ kind, deltas }) => [kind, deltas[0]?.amount])).toEqual([
      ['deposit', '7.5'],
      ['funding', '0.45'],
    ]);
    expect(activity.value[1]?.id).toContain(`:${CHILD}:`);
  });

  it('is read again where collateral moves to a child while it is read', async () => {
    await snapshot();
    dydx.server.moveCollateral({ from: 0, to: CHILD, amount: amount('2500') });
    dydx.passTime(1_000);
    dydx.server.inject({ fault: { kind: 'staleRead' }, endpoint: '/v4/addresses', count: 1 });
    expect(await collateral()).toBe('10000');
  });
});
