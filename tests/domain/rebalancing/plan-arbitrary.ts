import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';
import { market, venue } from './plan-fixtures.ts';

const price = fc.integer({ min: 1, max: 9_000_000 }).map((cents) => (cents / 100).toFixed(2));
const step = fc.constantFrom('0.0001', '0.01', '1', '10');
const quantity = fc.integer({ min: 0, max: 200_000 }).map((n) => (n / 100).toFixed(2));

/** Up to four assets at up to three venues, with coarse and fine lots, floors, fees and slices. */
export const anyInput: fc.Arbitrary<PlanInput> = fc
  .record({
    assets: fc.integer({ min: 1, max: 4 }),
    prices: fc.array(price, { minLength: 4, maxLength: 4 }),
    venues: fc.array(
      fc.record({
        cash: fc.integer({ min: 0, max: 5_000_000 }).map((n) => (n / 100).toFixed(2)),
        minCash: fc.constantFrom('0', '10', '1000'),
        fee: fc.constantFrom('0', '5', '60', '120'),
        steps: fc.array(step, { minLength: 4, maxLength: 4 }),
        held: fc.array(quantity, { minLength: 4, maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    cuts: fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 4, maxLength: 4 }),
    slippage: fc.constantFrom('0', '20', '100'),
    maxOrder: fc.constantFrom(null, '500', '5000'),
  })
  .map((g) => {
    const names = ['A', 'B', 'C', 'D'].slice(0, g.assets);
    const cuts = [0, ...[...g.cuts].sort((x, y) => x - y).slice(0, g.assets), 1_000_000];
    const weights = [...names, 'CASH'].map((name, i) => [name, (cuts[i + 1] ?? 0) - (cuts[i] ?? 0)] as const);
    return {
      asOf: 1,
      reportingCurrency: 'USD',
      venues: g.venues.map((v, index) =>
        venue({
          id: `v${index}`,
          cash: v.cash,
          minCash: v.minCash,
          takerFeeBps: v.fee,
          holdings: Object.fromEntries(names.map((name, i) => [name, v.held[i] ?? '0'])),
          markets: names.map((asset, i) =>
            market({
              asset,
              bid: g.prices[i] ?? '1',
              ask: (Number(g.prices[i] ?? '1') + 0.01).toFixed(2),
              step: v.steps[i] ?? '1',
              minQuantity: v.steps[i] ?? '1',
              minNotional: '5',
            }),
          ),
        }),
      ),
      groups: { ...Object.fromEntries(names.map((name) => [name, name])), USD: 'CASH' },
      targets: Object.fromEntries(weights),
      limits: {
        maxSlippageBps: amount(g.slippage),
        ...(g.maxOrder === null ? {} : { maxOrderUsd: amount(g.maxOrder) }),
      },
      destination: 'target' as const,
    };
  });
