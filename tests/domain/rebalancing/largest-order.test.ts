import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { amount, isMore, sum } from '../../../src/domain/money/amount.ts';
import { type Plan, planRebalance } from '../../../src/domain/rebalancing/plan.ts';
import type { PlanInput, PlanLimits } from '../../../src/domain/rebalancing/plan-input.ts';
import { market, planned, venue } from './plan-fixtures.ts';

/** 1 000 in cash and 1 000 of A, at a dollar without costs; half of A is to be B. */
const inputOf = (ofA: string | null, ofB: string | null, limits: PlanLimits = {}): PlanInput => ({
  asOf: '2025-01-02T00:00:00Z',
  reportingCurrency: 'USD',
  venues: [
    venue({
      id: 'v',
      cash: '1000',
      takerFeeBps: '0',
      holdings: { A: '1000' },
      markets: [
        { ...unit('A'), ...(ofA === null ? {} : { orderMaxUsd: amount(ofA) }) },
        { ...unit('B'), ...(ofB === null ? {} : { orderMaxUsd: amount(ofB) }) },
      ],
    }),
  ],
  groups: { A: 'A', B: 'B', USD: 'CASH' },
  targets: { A: 250_000, B: 250_000, CASH: 500_000 },
  limits,
  destination: 'target',
});
const unit = (asset: string) => market({ asset, bid: '1', ask: '1', step: '0.01' });

const sizes = ({ orders }: Plan, asset: string) =>
  orders.filter((order) => order.asset === asset).map(({ notionalUsd }) => notionalUsd);
const reasonOf = ({ skipped }: Plan, asset: string) => skipped.find((each) => each.asset === asset)?.reason;

describe('the largest order of a market', () => {
  test.each<[string, PlanInput, readonly string[], readonly string[]]>([
    ['cuts nothing where there is none', inputOf(null, null), ['500'], ['500']],
    ['cuts its own orders alone', inputOf('200', null), ['166.67', '166.67', '166.66'], ['500']],
    ['cuts nothing that fits', inputOf('500', '500'), ['500'], ['500']],
    [
      'counts where that of all markets is larger',
      inputOf('250', null, { maxOrderUsd: amount('500') }),
      ['250', '250'],
      ['500'],
    ],
    [
      'does not where that of all markets is smaller',
      inputOf('500', null, { maxOrderUsd: amount('250') }),
      ['250', '250'],
      ['250', '250'],
    ],
  ])('%s', (_name, input, ofA, ofB) => {
    const plan = planned(input);
    expect([sizes(plan, 'A'), sizes(plan, 'B')]).toEqual([ofA, ofB]);
  });

  test('bounds what is traded in one plan, and says so', () => {
    const plan = planned(inputOf(null, '2'));
    expect(sizes(plan, 'B')).toEqual(Array(50).fill('2'));
    expect(plan.orders.at(-1)?.bindingConstraint).toBe('50 orders of at most 2 in B-USD');
  });

  test.each([
    ['0', '0'],
    ['9.99', '9.99'],
  ])('makes no order where it is below the smallest one: %s', (orderMaxUsd, told) => {
    const plan = planned(inputOf(null, orderMaxUsd, { minTradeUsd: amount('10') }));
    expect(sizes(plan, 'B')).toEqual([]);
    expect(reasonOf(plan, 'B')).toBe(
      `B stays 500 from its target: an order here may be worth ${told} at most, and the smallest is worth 10`,
    );
  });

  test('of all markets makes no order where the smallest one is larger, and leaves other markets their orders', () => {
    const dear = inputOf(null, null, { maxOrderUsd: amount('250') });
    const [at] = dear.venues;
    const [ofA, ofB] = at?.markets ?? [];
    if (at === undefined || ofA === undefined || ofB === undefined) throw new Error('two markets');
    const targets = { A: 250_000, B: 200_000, CASH: 550_000 };
    const input = { ...dear, targets, venues: [{ ...at, markets: [ofA, { ...ofB, step: amount('300') }] }] };
    const plan = planned(input);
    expect(sizes(plan, 'A')).not.toEqual([]);
    expect(sizes(plan, 'B')).toEqual([]);
    expect(reasonOf(plan, 'B')).toBe(
      'B stays 400 from its target: an order here may be worth 250 at most, and the smallest is worth 300',
    );
  });

  test('of all markets bounds what is traded in one plan, and says so', () => {
    const plan = planned(inputOf(null, null, { maxOrderUsd: amount('2') }));
    expect(sizes(plan, 'B')).toEqual(Array(50).fill('2'));
    expect(plan.orders.at(-1)?.bindingConstraint).toBe('50 orders of at most 2 in B-USD');
  });

  test.each([
    ['500', '300', ['500']],
    ['450', '300', ['450']],
    ['300', '200', ['250', '250']],
    ['240', '180', ['240', '240']],
  ])('of %s is kept where the smallest is %s and not every size can be cut', (max, min, expected) => {
    const plan = planned(inputOf(null, null, { maxOrderUsd: amount(max), minTradeUsd: amount(min) }));
    expect([sizes(plan, 'A'), sizes(plan, 'B')]).toEqual([expected, expected]);
  });

  test('is refused where it is negative, with its place', () => {
    expect(planRebalance(inputOf(null, '-1'))).toEqual({
      state: 'refused',
      problem: {
        path: 'venues[0].markets[1].orderMaxUsd',
        expected: 'an amount that is not negative',
        found: '-1',
      },
    });
  });

  test('is kept by every order that there is room for in whole orders', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 1_000 }), fc.integer({ min: 20, max: 1_000 }), (ofA, ofB) => {
        const plan = planned(inputOf(String(ofA), String(ofB), { minTradeUsd: amount('10') }));
        for (const { asset, notionalUsd } of plan.orders)
          expect(isMore(notionalUsd, amount(String(asset === 'A' ? ofA : ofB)))).toBe(false);
        expect(sum(sizes(plan, 'B'))).toBe('500');
      }),
      { numRuns: 30 },
    );
  });
});
