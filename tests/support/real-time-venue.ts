import { amount } from '../../src/domain/money/amount.ts';
import { openInProcessExchange } from '../../src/exchanges/simulated/in-process-exchange.ts';
import { createSimulatedVenue } from '../../src/exchanges/simulated/venue-engine.ts';
import { systemClock } from '../../src/platform/clock.ts';

const PRICES: Readonly<Record<string, string>> = { BTC: '50000', ETH: '2500', USD: '1' };

/** A simulated Coinbase on the machine's clock: BTC at 50 000 and ETH at 2 500 USD. */
export function realTimeVenue(id = 'coinbase') {
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
  return createSimulatedVenue({
    venue: id,
    now: systemClock.now,
    prices: { priceAt: (asset) => amount(PRICES[asset] ?? `no price of ${asset}`) },
    markets: ['BTC', 'ETH'].map((base) => ({
      ...spot,
      market: `${base}-USD`,
      base,
      quote: 'USD',
      pricedAs: { base, quote: 'USD' },
    })),
    balances: { USD: amount('3000'), BTC: amount('0.1'), ETH: amount('1') },
  });
}

export function realTimeExchange(id = 'coinbase') {
  const venue = realTimeVenue(id);
  return { venue, exchange: openInProcessExchange({ venue, kind: 'coinbase', now: systemClock.now }) };
}

/** Rounds only on request, quiet windows of 20 ms, no rate to keep to; opens by itself unless told otherwise. */
export const realTimeConfiguration = (
  changes: { readonly venue?: object; readonly reconciliation?: object; readonly more?: object } = {},
) => ({
  venues: [
    {
      id: 'coinbase',
      kind: 'coinbase',
      markets: ['BTC-USD', 'ETH-USD'],
      policy: 'auto',
      opening: 'auto',
      requestsPerSecond: 1_000,
      ...changes.venue,
    },
  ],
  reconciliation: {
    intervalSeconds: 3_600,
    quietWindowSeconds: 0.02,
    timeoutSeconds: 5,
    ...changes.reconciliation,
  },
  ...changes.more,
});

/** Two thirds of 10 500 USD have to move. */
export const TARGETS = {
  targets: { BTC: '0.2', ETH: '0.6', CASH: '0.2' },
  limits: { maxOrderUsd: '10000', maxSlippageBps: '50' },
};
