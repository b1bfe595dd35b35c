import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount, toNumber } from '../../../src/domain/money/amount.ts';
import { planRebalance } from '../../../src/domain/rebalancing/plan.ts';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';
import { demoInput, market, planned, venue } from './plan-fixtures.ts';

const BUYS = { kind: 'flowFirst', side: 'buysOnly' } as const;
const SELLS = { kind: 'flowFirst', side: 'sellsOnly' } as const;
const REDUCE = { kind: 'reduceOnly' } as const;

const inputOf = (held: readonly [a: number, b: number, cash: number], minCash = '0'): PlanInput => ({
  asOf: 0,
  reportingCurrency: 'USD',
  venues: [
    venue({
      id: 'one',
      cash: String(held[2]),
      minCash,
      holdings: { A: String(held[0]), B: String(held[1]) },
      markets: ['A', 'B'].map((asset) => market({ asset, bid: '0.999', ask: '1.001', tick: '0.0001' })),
    }),
  ],
  groups: { USD: 'CASH', A: 'A', B: 'B' },
  targets: { A: 450_000, B: 450_000, CASH: 100_000 },
  limits: { minTradeUsd: amount('10') },
  destination: 'target',
});
const sides = (input: PlanInput) => planned(input).orders.map(({ asset, side }) => `${side} ${asset}`);

describe('a plan that answers a flow', () => {
  // 6 000 and 3 000 are held, and 1 500 came in: all orders would sell A to buy B.
  const deposited = inputOf([6_000, 3_000, 2_500]);

  it('buys from the cash that came in after a deposit, and sells nothing', () => {
    expect(sides(deposited)).toEqual(['sell A', 'buy B']);
    const plan = planned({ ...deposited, scope: BUYS });
    expect(plan.orders.map(({ asset, side }) => `${side} ${asset}`)).toEqual(['buy B']);
    // Cash is left at its target of a tenth, and no lower.
    expect(toNumber(plan.cash.one?.expectedAfter ?? amount('0'))).toBeCloseTo(1_150, 0);
    expect(plan.skipped).toMatchObject([
      {
        asset: 'A',
        reason: expect.stringMatching(/from its target: this plan only buys, from cash that came in$/),
      },
    ]);
  });

  it('sells for the cash that is short after a withdrawal, and buys nothing', () => {
    const withdrawn = inputOf([6_000, 3_000, 100]);
    expect(sides(withdrawn)).toEqual(['sell A', 'buy B']);
    const plan = planned({ ...withdrawn, scope: SELLS });
    expect(plan.orders.map(({ asset, side }) => `${side} ${asset}`)).toEqual(['sell A']);
    expect(plan.skipped[0]?.reason).toContain('this plan only sells, for cash that is short');
  });

  it('makes no order where cash has nothing to give or to take', () => {
    expect(sides({ ...inputOf([6_000, 3_000, 1_000]), scope: BUYS })).toEqual([]);
  });

  it('says what no trade of any side could remove', () => {
    expect(planned({ ...deposited, scope: BUYS }).drift.structural).toBe(planned(deposited).drift.structural);
  });

  it('is another plan than the one of all orders, and refused where it is neither', () => {
    const near = inputOf([4_500, 4_500, 1_000]);
    expect(planned({ ...near, scope: BUYS }).hash).not.toBe(planned(near).hash);
    for (const scope of [{ kind: 'full' }, { kind: 'flowFirst', side: 'both' }])
      expect(planRebalance({ ...near, scope: scope as never })).toMatchObject({
        state: 'refused',
        problem: { path: 'scope' },
      });
  });
});

describe('a plan that reduces', () => {
  it('sells what is above its target although cash is above its own then', () => {
    const plan = planned({ ...inputOf([6_000, 3_000, 1_000]), scope: REDUCE });
    expect(plan.orders.map(({ asset, side }) => `${side} ${asset}`)).toEqual(['sell A']);
    expect(toNumber(plan.weightsAfterExpected.A ?? amount('0'))).toBeCloseTo(0.45, 3);
    expect(plan.skipped).toMatchObject([
      { asset: 'B', reason: 'B stays 1500 from its target: this plan only makes positions smaller' },
    ]);
  });

  it('sells what is held and buys back what is short', () => {
    const [coinbase, dydx, solana] = demoInput.venues;
    const short = { ...dydx!, cash: amount('40000'), holdings: { 'perpetual:BTC-USD': amount('-0.2') } };
    const input = { ...demoInput, venues: [coinbase!, short, solana!] };
    const targets = { BTC: 100_000, ETH: 10_000, SOL: 400_000, CASH: 490_000 };
    const { orders } = planned({ ...input, targets, scope: REDUCE });
    expect(orders.length).toBeGreaterThan(0);
    for (const { asset, side, quantity, venue: id } of orders) {
      const holdings: Readonly<Record<string, string>> =
        input.venues.find((each) => each.id === id)?.holdings ?? {};
      const held = holdings[asset];
      expect(side).toBe(held?.startsWith('-') ? 'buy' : 'sell');
      expect(toNumber(quantity)).toBeLessThanOrEqual(Math.abs(Number(held)));
    }
    const back = planned({
      ...input,
      targets: { BTC: 400_000, ETH: 0, SOL: 0, CASH: 600_000 },
      scope: REDUCE,
    });
    const bought = back.orders.filter(({ side }) => side === 'buy');
    expect(bought.map(({ asset }) => asset)).toEqual(['perpetual:BTC-USD']);
    expect(toNumber(bought[0]?.quantity ?? amount('0'))).toBeGreaterThan(0.19);
    expect(toNumber(bought[0]?.quantity ?? amount('1'))).toBeLessThanOrEqual(0.2);
  });
});

describe('for every portfolio', () => {
  const dollars = fc.integer({ min: 0, max: 10_000 });
  const portfolios = fc
    .tuple(dollars, dollars, dollars, fc.constantFrom('0', '500'))
    .filter(([a, b, cash]) => a + b + cash > 100);

  it.each([
    ['buysOnly', BUYS, 'sell'],
    ['sellsOnly', SELLS, 'buy'],
    ['reduceOnly', REDUCE, 'buy'],
  ] as const)(
    '%s makes no order of the other side, and does not fall behind doing nothing',
    (_, scope, other) => {
      fc.assert(
        fc.property(portfolios, ([a, b, cash, minCash]) => {
          const input = inputOf([a, b, cash], minCash);
          const plan = planned({ ...input, scope });
          expect(plan.orders.filter(({ side }) => side === other)).toEqual([]);
          expect(toNumber(plan.drift.after)).toBeLessThanOrEqual(toNumber(plan.drift.before) + 1e-9);
          expect(toNumber(plan.lowerBound)).toBeLessThanOrEqual(toNumber(plan.objective));
        }),
        { seed: 20_240_618, numRuns: 100 },
      );
    },
  );
});
