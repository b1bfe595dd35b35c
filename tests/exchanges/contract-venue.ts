// What the venues of the contract have in common: a simulated engine, its truth, and orders that rest.

import { type Amount, add, amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction, PreparedOrder } from '../../src/domain/venue/order.ts';
import type { SimulatedVenue } from '../../src/exchanges/simulated/simulated-venue.ts';
import { createSimulatedVenue } from '../../src/exchanges/simulated/venue-engine.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { VenueTruth } from './contract.ts';

const PRICES: Readonly<Record<string, string>> = { BTC: '50000', USD: '1' };

/** BTC at 50 000 USD: with 100 000 USD and 2 BTC and a fill, or with as many assets as are asked for and nothing else. */
export function spotVenue(id: string, rows: number | null) {
  const plain = { USD: amount('100000.01'), BTC: amount('2.00000001') };
  const venue = createSimulatedVenue({
    venue: id,
    now: systemClock.now,
    prices: { priceAt: (asset) => amount(PRICES[asset] ?? '1') },
    markets: [
      {
        market: 'BTC-USD',
        kind: 'spot',
        base: 'BTC',
        quote: 'USD',
        step: amount('0.00000001'),
        tick: amount('0.01'),
        minQuantity: amount('0.00000001'),
        minNotional: amount('1'),
        takerFeeRate: amount('0.006'),
        isTradable: true,
        spreadBps: amount('2'),
        pricedAs: { base: 'BTC', quote: 'USD' },
      },
    ],
    balances: rows === null ? plain : manyBalances(rows),
    feeDecimals: 8,
  });
  if (rows === null) {
    const { clientOrderId, market, side, quantity, timeInForce, reduceOnly } = instructionOf(id, 0);
    const order = { clientOrderId, market, side, quantity, reduceOnly };
    venue.submit({
      ...order,
      limitPrice: amount('60000'),
      timeInForce: 'immediateOrCancel' as typeof timeInForce,
    });
  }
  return venue;
}

const manyBalances = (rows: number): Readonly<Record<string, Amount>> =>
  Object.fromEntries(
    Array.from({ length: rows }, (_, index) => [`A${index}`, amount(`${index + 1}.00000001`)]),
  );

/** As many deposits, of as many amounts. */
export function depositInto(venue: SimulatedVenue, asset: string, count: number): void {
  for (let serial = 1; serial <= count; serial += 1) venue.deposit(asset, amount(`${serial}.000001`));
}

/** A buy far below the market. */
export const instructionOf = (venue: string, serial: number): OrderInstruction => ({
  intentId: `intent-${serial}`,
  venue,
  market: 'BTC-USD',
  side: 'buy',
  quantity: amount('0.001'),
  limitPrice: amount('10000'),
  timeInForce: 'goodTilCancelled',
  reduceOnly: false,
  clientOrderId: String(serial),
});

export function truthOf(venue: SimulatedVenue): VenueTruth {
  const totals = venue
    .balances()
    .map(({ asset, available, hold }) => [asset, add(available, hold)] as const)
    .filter(([, total]) => total !== '0');
  return {
    totals: Object.fromEntries(totals),
    fills: venue.fills().length,
    openOrders: venue.orders().filter(({ status }) => status === 'open').length,
    moved: [
      ...venue.transfers().flatMap(({ deltas }) => deltas.map((delta) => delta.amount)),
      ...venue.fundingPayments().map(({ payment }) => payment),
    ],
  };
}

export const takenBy =
  (venue: SimulatedVenue) =>
  async ({ instruction }: PreparedOrder): Promise<number> =>
    venue.orders().filter(({ clientOrderId }) => clientOrderId === instruction.clientOrderId).length;
