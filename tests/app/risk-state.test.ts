import { expect, test } from '@jest/globals';
import { presentVenuesOf } from '../../src/app/rebalancing/plan-input-of.ts';
import { ACTIVITY_UNREAD, riskStateOf } from '../../src/app/rebalancing/risk-state-of.ts';
import { amount, ZERO } from '../../src/domain/money/amount.ts';
import { evaluateDeviation } from '../../src/domain/risk/price-deviation.ts';
import { DEFAULT_RISK_LIMITS } from '../../src/domain/risk/risk-limits.ts';
import { NO_READINGS, withReadings } from '../../src/domain/venue/price-readings.ts';
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

test('a source of a price counts for its group, also where its venue trades nothing', () => {
  const venues = [
    { venue: 'coinbase', cashAsset: 'USD', markets: ['SOL-USD'] },
    { venue: 'solana', kind: 'solana' as const, markets: ['WSOL/USDC'] },
  ];
  const reading = idleReading(serviceSettings(venues, { groups: { WSOL: 'SOL' } }), NOW_MS);
  const show = (venue: string, name: string, price: string): void => {
    const [base = '', quote = ''] = name.split(/[-/]/);
    const market = { market: name, base, quote, bid: amount(price), ask: amount(price), takerFeeRate: ZERO };
    const readings = withReadings(NO_READINGS, [market], NOW_MS);
    const known = { ...market, isTradable: true };
    const memories = reading.state.venues as Map<string, object>;
    memories.set(venue, { ...memories.get(venue), markets: [known], marketsAtMs: NOW_MS, readings });
  };
  const found = (price: string) => {
    show('coinbase', 'SOL-USD', '100');
    show('solana', 'WSOL/USDC', price);
    const state = riskStateOf(reading, presentVenuesOf(reading), ACTIVITY_UNREAD);
    return evaluateDeviation(state, { priceDeviation: DEFAULT_RISK_LIMITS.priceDeviation })
      .filter(({ state: of }) => of !== 'unknown')
      .map(({ state: of, subject }) => [of, subject]);
  };
  const subject = { kind: 'market', venue: 'coinbase', asset: 'SOL' };
  expect(found('105')).toEqual([['ok', subject]]);
  expect(found('106')).toEqual([['breached', subject]]);
});
