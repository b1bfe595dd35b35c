import { describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { openInProcessExchange } from '../../src/exchanges/simulated/in-process-exchange.ts';
import { recordedPrices } from '../../src/exchanges/simulated/recorded-prices.ts';
import { createSimulatedVenue } from '../../src/exchanges/simulated/venue-engine.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { openHarness } from '../../src/replay/harness.ts';
import { serviceSettings } from '../support/service-settings.ts';

const START_MS = Date.UTC(2024, 7, 5);
const MINUTE_MS = 60_000;

async function start() {
  const worldClock = new TurnClock(START_MS);
  const prices = recordedPrices({ interpolate: true });
  const spot = {
    kind: 'spot',
    step: amount('0.00000001'),
    tick: amount('0.01'),
    minQuantity: amount('0.00000001'),
    minNotional: amount('1'),
    takerFeeRate: amount('0.006'),
    isTradable: true,
    spreadBps: amount('2'),
  } as const;
  const venue = createSimulatedVenue({
    venue: 'coinbase',
    now: worldClock.now,
    prices,
    markets: [
      { ...spot, market: 'BTC-USD', base: 'BTC', quote: 'USD', pricedAs: { base: 'BTC', quote: 'USD' } },
      { ...spot, market: 'ETH-USD', base: 'ETH', quote: 'USD', pricedAs: { base: 'ETH', quote: 'USD' } },
    ],
    balances: { USD: amount('3000'), BTC: amount('0.8'), ETH: amount('1') },
  });
  const exchange = openInProcessExchange({ venue, kind: 'coinbase', now: worldClock.now });
  const settings = serviceSettings([{ markets: ['BTC-USD', 'ETH-USD'], cashAsset: 'USD' }], {
    targets: { BTC: '0.4', ETH: '0.4', CASH: '0.2' },
    limits: { maxOrderUsd: amount('10000'), maxSlippageBps: amount('50'), minTradeUsd: amount('10') },
  });
  const harness = await openHarness({
    settings,
    exchanges: [exchange],
    startMs: START_MS,
    worldClock,
    parking: [exchange],
  });
  return { harness, venue, exchange };
}

describe('service', () => {
  it('opens a venue with two certified reads that agree, and reports it reconciled', async () => {
    const { harness } = await start();
    await harness.advanceTo(START_MS + 6 * MINUTE_MS);
    const types = harness.events.map((event) => event.type);
    expect(types).toContain('venueOpened');
    expect(harness.events.filter((event) => event.type === 'venueReportMade').at(-1)).toMatchObject({
      status: 'reconciled',
    });
    expect(harness.service.reading().state.book.venues.get('coinbase')?.holdings.get('BTC')?.available).toBe(
      '0.8',
    );
    await harness.close();
  });

  it('finds a fill that the bot missed, explains it and corrects the book', async () => {
    const { harness, venue } = await start();
    await harness.advanceTo(START_MS + 6 * MINUTE_MS);
    venue.submit({
      clientOrderId: 'bot-1',
      market: 'BTC-USD',
      side: 'buy',
      quantity: amount('0.0005'),
      limitPrice: amount('70000'),
      timeInForce: 'immediateOrCancel',
      reduceOnly: false,
    });
    await harness.advanceTo(START_MS + 20 * MINUTE_MS);
    const corrections = harness.events.filter((event) => event.type === 'correctionChanged');
    expect(corrections).toMatchObject([{ state: 'applied', causes: ['missedFill'], by: 'policy' }]);
    expect(harness.events.filter((event) => event.type === 'venueReportMade').at(-1)).toMatchObject({
      status: 'reconciled',
    });
    await harness.close();
  });

  it('moves to the targets: sells, waits for confirmed proceeds, then buys', async () => {
    const { harness, exchange } = await start();
    await harness.advanceTo(START_MS + 6 * MINUTE_MS);
    exchange.inject({ kind: 'answerLost', method: 'submitOrder' });
    await harness.send({
      to: 'rebalancing',
      message: { type: 'rebalancing.requested', requestId: 'r-1', approval: 'approved', reason: 'test' },
    });
    await harness.advanceTo(START_MS + 20 * MINUTE_MS);
    const ended = harness.events.filter((event) => event.type === 'rebalancingEnded');
    expect(ended).toMatchObject([{ outcome: 'done' }]);
    const submits = harness.outputs.filter(
      (output) => output.kind === 'call' && output.method === 'submitOrder',
    );
    expect(submits.length).toBeGreaterThanOrEqual(2);
    await harness.close();
  });
});
