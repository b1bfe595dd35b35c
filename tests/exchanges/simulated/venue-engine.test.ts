import { describe, expect, it } from '@jest/globals';
import { amount } from '../../../src/domain/money/amount.ts';
import { balanceOf, EXAMPLE_MARKETS, exampleOrder, exampleVenue, START_MS } from './example-venue.ts';

const sell = { side: 'sell', limitPrice: '9900' } as const;
const rest = { timeInForce: 'goodTilCancelled' } as const;

describe('a spot market', () => {
  it('quotes the bid rounded down to the tick and the ask rounded up', () => {
    const { venue, setPrice } = exampleVenue();
    setPrice('BTC', '12345.67');
    expect(venue.markets()[0]).toMatchObject({ bid: '12333.32', ask: '12358.02' });
    setPrice('BTC', '10000');
    expect(venue.markets()[1]).toMatchObject({ market: 'ETH-BTC', bid: '0.04995', ask: '0.05005' });
    expect(venue.markets()[0]).not.toHaveProperty('spreadBps');
  });

  it('fills a buy at the ask and takes the fee in the quote', () => {
    const { venue } = exampleVenue();
    const order = venue.submit(exampleOrder({ clientOrderId: 'a' }));
    expect(order).toMatchObject({
      status: 'filled',
      filledQuantity: '0.1',
      createdAtMs: START_MS,
      rejectReason: null,
    });
    expect(venue.fills()).toMatchObject([
      {
        orderId: order.id,
        clientOrderId: 'a',
        price: '10010',
        quoteAmount: '1001',
        fee: { asset: 'USD', amount: '6.006' },
        base: 'BTC',
        quote: 'USD',
        height: 1_000_000,
      },
    ]);
    expect(balanceOf(venue, 'USD')).toEqual({ available: '8992.994', hold: '0' });
    expect(balanceOf(venue, 'BTC')).toEqual({ available: '1.1', hold: '0' });
  });

  it('fills a sell at the bid and rounds the fee up where the venue does', () => {
    const { venue } = exampleVenue({ feeDecimals: 2 });
    venue.submit(exampleOrder({ ...sell, quantity: '0.105' }));
    expect(venue.fills()[0]).toMatchObject({ price: '9990', fee: { asset: 'USD', amount: '6.3' } });
    venue.submit(exampleOrder({ ...sell, quantity: '0.011' }));
    expect(venue.fills()[0]?.fee.amount).toBe('0.66');
    expect(balanceOf(venue, 'USD')).toEqual({ available: '11151.88', hold: '0' });
  });

  it('takes the fee in another asset at its price', () => {
    const markets = EXAMPLE_MARKETS.map((rules) => ({ ...rules, feeIn: { asset: 'FEE', pricedAs: 'FEE' } }));
    const balances = { USD: amount('10000'), FEE: amount('4') };
    const { venue } = exampleVenue({ markets, balances, feeDecimals: 3 });
    venue.submit(exampleOrder());
    expect(venue.fills()[0]?.fee).toEqual({ asset: 'FEE', amount: '3.003' });
    expect(balanceOf(venue, 'FEE')).toEqual({ available: '0.997', hold: '0' });
    expect(venue.submit(exampleOrder())).toMatchObject({
      status: 'rejected',
      rejectReason: 'insufficient funds: 3.03 FEE needed',
    });
  });

  it('cancels an immediate order whose limit the market does not meet', () => {
    const { venue } = exampleVenue();
    expect(venue.submit(exampleOrder({ limitPrice: '10009.99' })).status).toBe('cancelled');
    expect(venue.submit(exampleOrder({ side: 'sell', limitPrice: '9990.01' })).status).toBe('cancelled');
    expect(venue.fills()).toEqual([]);
    expect(balanceOf(venue, 'USD')).toEqual({ available: '10000', hold: '0' });
  });

  it.each([
    ['funds for its limit and fee', { quantity: '0.985' }, 'insufficient funds: 10008.191 USD needed'],
    ['the asset it sells', { ...sell, quantity: '1.001' }, 'insufficient funds: 1.001 BTC needed'],
    ['the least quantity', { quantity: '0.001' }, 'the quantity is below the minimum of 0.002'],
    ['a quantity on the step', { quantity: '0.1001' }, 'the quantity is not a multiple of 0.001'],
    ['a price on the tick', { limitPrice: '10100.001' }, 'the limit price is not a multiple of 0.01'],
    ['a positive quantity', { quantity: '-1' }, 'the quantity is not positive'],
    ['a market that exists', { market: 'DOGE-USD' }, 'the market DOGE-USD does not exist'],
  ])('rejects an order without %s', (_what, changes, rejectReason) => {
    const { venue } = exampleVenue();
    const before = venue.balances();
    expect(venue.submit(exampleOrder(changes))).toMatchObject({
      status: 'rejected',
      rejectReason,
      filledQuantity: '0',
    });
    expect(venue.balances()).toEqual(before);
  });

  it('rejects an order below the least value and one in a closed market', () => {
    const markets = EXAMPLE_MARKETS.map((rules) => ({ ...rules, minNotional: amount('1000') }));
    expect(exampleVenue({ markets }).venue.submit(exampleOrder({ quantity: '0.099' })).rejectReason).toBe(
      "the order's value is below the minimum of 1000",
    );
    const closed = EXAMPLE_MARKETS.map((rules) => ({ ...rules, isTradable: false }));
    expect(exampleVenue({ markets: closed }).venue.submit(exampleOrder()).rejectReason).toBe(
      'the market is not tradable',
    );
  });

  it('holds what a resting order needs and fills it at its limit when the price comes', () => {
    const { venue, passTime, setPrice } = exampleVenue();
    const order = venue.submit(exampleOrder({ ...rest, limitPrice: '9500' }));
    expect(order.status).toBe('open');
    expect(balanceOf(venue, 'USD')).toEqual({ available: '9044.3', hold: '955.7' });
    setPrice('BTC', '9000');
    passTime(60_000);
    expect(balanceOf(venue, 'USD')).toEqual({ available: '9044.3', hold: '0' });
    expect(venue.orders()[0]).toMatchObject({
      id: order.id,
      status: 'filled',
      updatedAtMs: START_MS + 60_000,
      updatedAtHeight: 1_000_060,
    });
    expect(venue.fills()[0]).toMatchObject({ price: '9500', atMs: START_MS + 60_000, height: 1_000_060 });
  });

  it('gives the hold back when a resting order is cancelled, once', () => {
    const { venue } = exampleVenue();
    const order = venue.submit(exampleOrder({ ...rest, side: 'sell', limitPrice: '11000' }));
    expect(balanceOf(venue, 'BTC')).toEqual({ available: '0.9', hold: '0.1' });
    expect(venue.cancel(order.id)?.status).toBe('cancelled');
    expect(venue.cancel(order.id)?.status).toBe('cancelled');
    expect(balanceOf(venue, 'BTC')).toEqual({ available: '1', hold: '0' });
    expect(venue.cancel('no such order')).toBeNull();
  });

  it('fills the next immediate order in part, rounded down to the step, and cancels the rest', () => {
    const { venue } = exampleVenue();
    venue.limitNextFill(amount('0.45'));
    expect(venue.submit(exampleOrder({ quantity: '0.105' }))).toMatchObject({
      status: 'cancelled',
      filledQuantity: '0.047',
    });
    expect(balanceOf(venue, 'USD')?.hold).toBe('0');
    expect(venue.submit(exampleOrder())).toMatchObject({ status: 'filled' });
  });

  it('the same client order id gives the same order again, unchanged: also when the price has moved', () => {
    const { venue, setPrice } = exampleVenue();
    const request = exampleOrder();
    const first = venue.submit(request);
    setPrice('BTC', '9000');
    expect(venue.submit(request)).toEqual(first);
    expect(venue.orders()).toHaveLength(1);
    expect(venue.fills()).toHaveLength(1);
  });

  it('lists the newest first and counts blocks by the second', () => {
    const { venue, passTime } = exampleVenue();
    venue.submit(exampleOrder({ clientOrderId: 'first' }));
    passTime(2_500);
    venue.submit(exampleOrder({ clientOrderId: 'second' }));
    expect(venue.orders().map(({ clientOrderId }) => clientOrderId)).toEqual(['second', 'first']);
    expect(venue.fills().map(({ height }) => height)).toEqual([1_000_002, 1_000_000]);
    expect(venue.height()).toBe(1_000_002);
  });
});

describe('transfers', () => {
  it('change the balance and are listed with a signed amount', () => {
    const { venue } = exampleVenue();
    venue.deposit('USD', amount('500'));
    const withdrawal = venue.withdraw('BTC', amount('0.25'));
    expect(venue.transfers()).toMatchObject([
      { id: withdrawal.id, kind: 'withdrawal', deltas: [{ asset: 'BTC', amount: '-0.25' }] },
      { kind: 'deposit', deltas: [{ asset: 'USD', amount: '500' }], height: 1_000_000 },
    ]);
    expect(balanceOf(venue, 'BTC')).toEqual({ available: '0.75', hold: '0' });
    expect(() => venue.withdraw('BTC', amount('0.751'))).toThrow('a withdrawal is covered');
  });
});

describe('a perpetual market', () => {
  const perpetual = { market: 'BTC-PERP' } as const;

  it('settles the notional against the collateral and averages the entry price', () => {
    const { venue, setPrice } = exampleVenue();
    venue.submit(exampleOrder(perpetual));
    expect(balanceOf(venue, 'USDC')).toEqual({ available: '-7.006', hold: '0' });
    setPrice('BTC', '11000');
    venue.submit(exampleOrder({ ...perpetual, limitPrice: '12000' }));
    expect(venue.positions()).toEqual([
      { market: 'BTC-PERP', side: 'long', size: '0.2', entryPrice: '10510.5' },
    ]);
    expect(venue.fills()[0]).toMatchObject({ base: 'perpetual:BTC-PERP', quote: 'USDC', price: '11011' });
    expect(venue.balances().map(({ asset }) => asset)).toEqual(['BTC', 'USD', 'USDC']);
  });

  it('keeps the entry price when it shrinks, closes, and turns around', () => {
    const { venue } = exampleVenue();
    venue.submit(exampleOrder({ ...perpetual, quantity: '0.2' }));
    venue.submit(exampleOrder({ ...perpetual, ...sell, quantity: '0.05' }));
    expect(venue.positions()).toEqual([
      { market: 'BTC-PERP', side: 'long', size: '0.15', entryPrice: '10010' },
    ]);
    venue.submit(exampleOrder({ ...perpetual, ...sell, quantity: '0.25' }));
    expect(venue.positions()).toEqual([
      { market: 'BTC-PERP', side: 'short', size: '-0.1', entryPrice: '9990' },
    ]);
    venue.submit(exampleOrder({ ...perpetual, quantity: '0.1' }));
    expect(venue.positions()).toEqual([]);
  });

  it('refuses what the margin does not carry and always lets a position shrink', () => {
    const { venue, setPrice } = exampleVenue();
    expect(venue.submit(exampleOrder({ ...perpetual, quantity: '2' })).rejectReason).toBe(
      'insufficient margin',
    );
    venue.submit(exampleOrder({ ...perpetual, quantity: '1' }));
    expect(venue.freeCollateral('USDC')).toBe('429.94');
    setPrice('BTC', '9000');
    expect(venue.freeCollateral('USDC')).toBe('-520.06');
    expect(venue.submit(exampleOrder({ ...perpetual, quantity: '0.01' })).rejectReason).toBe(
      'insufficient margin',
    );
    expect(
      venue.submit(exampleOrder({ ...perpetual, side: 'sell', limitPrice: '8000', quantity: '0.5' })).status,
    ).toBe('filled');
    expect(() => venue.withdraw('USDC', amount('1'))).toThrow('a withdrawal is covered');
  });

  it('reduces at most to nothing where an order only reduces', () => {
    const { venue } = exampleVenue();
    const reduce = { ...perpetual, ...sell, reduceOnly: true } as const;
    expect(venue.submit(exampleOrder({ ...reduce })).rejectReason).toBe(
      'the order would not reduce a position',
    );
    venue.submit(exampleOrder({ ...perpetual }));
    expect(venue.submit(exampleOrder({ ...reduce, quantity: '0.3' }))).toMatchObject({
      status: 'cancelled',
      filledQuantity: '0.1',
    });
    expect(venue.positions()).toEqual([]);
  });

  it('charges longs and pays shorts while the funding rate is positive', () => {
    const { venue, passTime } = exampleVenue({ fundingDecimals: 6 });
    venue.submit(exampleOrder({ ...perpetual, quantity: '0.003' }));
    passTime(3_600_000);
    const before = balanceOf(venue, 'USDC')?.available;
    const payments = venue.settleFunding(amount('0.0000123456'));
    expect(payments).toEqual(venue.fundingPayments());
    expect(payments).toMatchObject([
      {
        market: 'BTC-PERP',
        size: '0.003',
        oraclePrice: '10000',
        rate: '0.0000123456',
        payment: '-0.00037',
        height: 1_003_600,
      },
    ]);
    expect([before, balanceOf(venue, 'USDC')?.available]).toEqual(['969.78982', '969.78945']);
  });

  it('opens with positions that are already settled', () => {
    const positions = [
      { market: 'BTC-PERP', side: 'short', size: amount('-0.5'), entryPrice: amount('9000') },
    ] as const;
    const { venue } = exampleVenue({ positions });
    expect(venue.positions()).toEqual(positions);
    expect(venue.settleFunding(amount('0.001'))[0]?.payment).toBe('5');
  });
});
