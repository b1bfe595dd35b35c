import { expect, it } from '@jest/globals';
import { runKilledRebalance, SELLS_FIRST } from './support/killed-rebalance.ts';

it('goes on where it stopped, sends nothing twice, and ends within a point of its targets or says what fell short', async () => {
  const { beforeKill, wasKilled, ended, intents, weights, targets } = await runKilledRebalance(7);
  expect(wasKilled).toBe(true);
  expect(beforeKill.some(({ status }) => status === 'unknown')).toBe(true);
  expect(beforeKill.some(({ side, status }) => side === 'sell' && status === 'partlyFilled')).toBe(true);
  expect(
    beforeKill.filter(
      ({ side, status, venue }) => side === 'buy' && status === 'submitted' && SELLS_FIRST.includes(venue),
    ),
  ).toEqual([]);

  expect(ended).toMatchObject([{ requestId: 'r-1', outcome: 'done' }]);
  expect(ended[0]?.reason).toMatch(/^sell \d in BTC-USD at coinbase filled [\d.]+ of [\d.]+ \(partlyFilled/);
  expect(new Set(intents.map(({ venue }) => venue)).size).toBe(3);
  expect(intents.some(({ side }) => side === 'buy')).toBe(true);
  for (const { venue, status, ordersAtVenue } of intents) {
    expect(['filled', 'cancelled']).toContain(status);
    expect(ordersAtVenue).toBe(venue === 'solana' ? null : 1);
  }
  for (const [group, target] of Object.entries(targets))
    expect(Math.abs(Number(weights.afterAnother[group] ?? '0') - Number(target))).toBeLessThan(0.01);
}, 120_000);
