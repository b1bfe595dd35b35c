import { expect, test } from '@jest/globals';
import { presentVenuesOf } from '../../src/app/rebalancing/plan-input-of.ts';
import { ACTIVITY_UNREAD, riskStateOf } from '../../src/app/rebalancing/risk-state-of.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { idleReading } from '../support/idle-reading.ts';
import { serviceSettings } from '../support/service-settings.ts';

const unknown = { state: 'unknown', missing: 'the price of USDC in USD' };

test.each([
  [
    'is what its market says',
    { quote: 'USD', bid: '0.95', ask: '0.97', ageMs: 60_000 },
    { state: 'known', value: '0.96' },
  ],
  ['is not known of an old market', { quote: 'USD', bid: '0.95', ask: '0.97', ageMs: 60_001 }, unknown],
  ['is not known of a market that shows none', { quote: 'USD', bid: '0', ask: '0.97', ageMs: 0 }, unknown],
  ['is not known in another stablecoin', { quote: 'USDT', bid: '0.95', ask: '0.97', ageMs: 0 }, unknown],
])('the price of a stablecoin that is paid with %s', (_name, { quote, bid, ask, ageMs }, expected) => {
  const venues = [{ venue: 'dydx', kind: 'dydx' as const, cashAsset: 'USDC' }, { venue: 'coinbase' }];
  const reading = idleReading(serviceSettings(venues), NOW_MS);
  const memory = reading.state.venues.get('coinbase');
  const market = { market: `USDC-${quote}`, base: 'USDC', quote, bid: amount(bid), ask: amount(ask) };
  Object.assign(memory ?? {}, { markets: [market], marketsAtMs: NOW_MS - ageMs });
  const { stablecoins } = riskStateOf(reading, presentVenuesOf(reading), ACTIVITY_UNREAD);
  expect(stablecoins).toEqual({ USDC: expected });
});
