import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  add,
  amount,
  isLess,
  isMore,
  isNegative,
  multiply,
  subtract,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import { type Plan, type PlanOrder, planRebalance } from '../../../src/domain/rebalancing/plan.ts';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';
import { planWithout } from '../../../src/domain/risk/plan-without-orders.ts';
import { anyInput } from '../rebalancing/plan-arbitrary.ts';
import { demoInput, market, PERPETUAL_TERMS, planned, venue } from '../rebalancing/plan-fixtures.ts';

const drop = (orders: readonly PlanOrder[]) =>
  orders.map(({ sequence }) => ({ sequence, limit: 'maxOrderUsd' as const, reason: 'too large' }));

/** Buys of B and C that the sells of A pay for. */
const funded: PlanInput = {
  asOf: 0,
  reportingCurrency: 'USD',
  venues: [
    venue({
      id: 'v',
      cash: '100',
      minCash: '10',
      takerFeeBps: '10',
      holdings: { A: '900' },
      markets: ['A', 'B', 'C'].map((asset) =>
        market({ asset, bid: '1', ask: '1', step: '0.01', minQuantity: '0.01' }),
      ),
    }),
  ],
  groups: { A: 'A', B: 'B', C: 'C', USD: 'CASH' },
  targets: { A: 500_000, B: 300_000, C: 190_000, CASH: 10_000 },
  limits: {},
  destination: 'target',
};

describe('what limits leave of a plan', () => {
  const plan = planned(funded);
  const buys = plan.orders.filter(({ side }) => side === 'buy');

  it('is nothing where it would be farther from the targets than before, unless it is to reduce', () => {
    // Cash is at its target: what is sold without being spent is no nearer, and costs a fee.
    const less = planWithout(plan, drop(buys), funded);
    expect(less.orders).toEqual([]);
    expect(less.skipped.map(({ asset }) => asset).sort()).toEqual(['A', 'B', 'C']);
    expect(less.skipped.find(({ asset }) => asset === 'A')?.reason).toContain('no nearer to its targets');
    expect(planWithout(plan, drop(buys), funded, 'reduceOnly').orders).toEqual([plan.orders[0]]);
  });
});

describe('a plan without the sell that was to pay for its buys', () => {
  const plan = planned(funded);
  const sells = plan.orders.filter(({ side }) => side === 'sell');
  const less = planWithout(plan, drop(sells), funded);

  it('buys with the cash that is there: the first buy is smaller, the next one is left out', () => {
    expect(plan.orders.map(({ side, asset }) => `${side} ${asset}`)).toEqual(['sell A', 'buy B', 'buy C']);
    const [buy] = less.orders;
    expect(less.orders).toEqual([
      {
        ...plan.orders[1],
        quantity: buy?.quantity,
        notionalUsd: buy?.quantity,
        fundedBy: [],
        bindingConstraint: 'cash at v',
      },
    ]);
    // 90 above the floor, less a fee of a tenth of a percent and what rounding may take.
    expect(Number(buy?.quantity)).toBeLessThan(90 / 1.001);
    expect(Number(buy?.quantity)).toBeGreaterThan(89.5);
    expect(isLess(less.cash.v?.worstCaseAfter ?? ZERO, amount('10'))).toBe(false);
    expect(less.skipped.slice(-2)).toEqual([
      { venue: 'v', asset: 'A', reason: 'too large' },
      { venue: 'v', asset: 'C', reason: 'what was to pay for it is left out: not enough cash at v' },
    ]);
  });

  it('states the sells that pay for what stays where a buy is left out, and no others', () => {
    const [, first, second] = plan.orders;
    expect([first?.fundedBy, second?.fundedBy]).toEqual([[1], [1]]);
    const rich = { ...funded, venues: funded.venues.map((v) => ({ ...v, cash: amount('250') })) };
    const other = planned({ ...rich, targets: { A: 400_000, B: 350_000, C: 200_000, CASH: 50_000 } });
    const buys = other.orders.filter(({ side }) => side === 'buy');
    expect(buys.map(({ fundedBy }) => fundedBy)).toEqual([[1], [1]]);
    const rest = planWithout(other, drop(buys.slice(0, 1)), {
      ...rich,
      targets: { A: 400_000, B: 350_000, C: 200_000, CASH: 50_000 },
    });
    expect(rest.orders.at(-1)).toMatchObject({ side: 'buy', asset: 'C', fundedBy: [] });
  });
});

/** Which orders a limit drops: any subset, as bits by sequence. */
const anyDrop = fc.nat(2 ** 20);
const dropAmong = (plan: Plan, bits: number) =>
  drop(plan.orders.filter(({ sequence }) => ((bits >> (sequence % 20)) & 1) === 1));

/** Free collateral at limit prices and worst marks: cash, and each perpetual's value less its initial margin. */
function marginAt(input: PlanInput, plan: Plan, id: string) {
  const at = input.venues.find((each) => each.id === id);
  return (at?.perpetuals ?? []).reduce((left, { asset, price, terms }) => {
    if (terms.state === 'unknown' || price === null) throw new Error('expected known terms');
    const size = plan.orders
      .filter((order) => order.venue === id && order.asset === asset)
      .reduce(
        (held, { side, quantity }) => (side === 'buy' ? add(held, quantity) : subtract(held, quantity)),
        at?.holdings[asset] ?? ZERO,
      );
    const rate = terms.initialMarginRate;
    const move = isNegative(size) ? add(amount('1'), rate) : subtract(amount('1'), rate);
    const value = multiply(multiply(size, price), move);
    const margin = multiply(isNegative(value) ? subtract(ZERO, value) : value, rate);
    return add(left, subtract(value, margin));
  }, plan.cash[id]?.worstCaseAfter ?? ZERO);
}

/** The venues where buys were left to be judged. */
function holdsWithout(input: PlanInput, bits: number): readonly string[] {
  const outcome = planRebalance(input);
  if (outcome.state !== 'planned') return [];
  const judged: string[] = [];
  const { plan } = outcome;
  const less = planWithout(plan, dropAmong(plan, bits), input);
  const before = new Map(plan.orders.map((order) => [order.sequence, order]));
  for (const { id, minCash, holdings } of input.venues) {
    if (!less.orders.some(({ venue: at, side }) => at === id && side === 'buy')) continue;
    expect(isLess(less.cash[id]?.worstCaseAfter ?? ZERO, minCash)).toBe(false);
    // What closes a short gives collateral back, and may be ordered where there is too little.
    const opens = less.orders.some(
      ({ venue: at, side, asset }) => at === id && side === 'buy' && !isNegative(holdings[asset] ?? ZERO),
    );
    if (opens) expect(isLess(marginAt(input, less, id), minCash)).toBe(false);
    judged.push(id);
  }
  const staying = new Set(less.orders.map(({ sequence }) => sequence));
  const gone = plan.orders.filter(({ sequence }) => !staying.has(sequence));
  expect(less.skipped.length).toBe(plan.skipped.length + gone.length);
  for (const order of less.orders) {
    const was = before.get(order.sequence);
    expect({ ...order, quantity: '', notionalUsd: '', bindingConstraint: '', fundedBy: [] }).toEqual({
      ...was,
      quantity: '',
      notionalUsd: '',
      bindingConstraint: '',
      fundedBy: [],
    });
    expect(isMore(order.quantity, was?.quantity ?? ZERO)).toBe(false);
    if (order.side === 'sell') expect(order.quantity).toBe(was?.quantity);
    for (const sell of order.fundedBy) expect(staying.has(sell)).toBe(true);
  }
  expect(isMore(less.lowerBound, less.objective)).toBe(false);
  return judged;
}

describe('a plan without any of its orders', () => {
  it('spends at no venue what must stay there, invents nothing, and enlarges nothing', () => {
    let judged = 0;
    const holds = (input: PlanInput, bits: number): void => {
      judged += holdsWithout(input, bits).length;
    };
    fc.assert(fc.property(anyInput, anyDrop, holds), { numRuns: 160, seed: 11 });
    expect(judged).toBeGreaterThan(20);
  });

  it('keeps the margin of a venue whose positions are short', () => {
    const short = fc.record({
      btc: fc.integer({ min: -4_000, max: 2_000 }),
      eth: fc.integer({ min: -40_000, max: 5_000 }),
      cash: fc.integer({ min: 30_000, max: 80_000 }),
    });
    let margins = 0;
    fc.assert(
      fc.property(short, anyDrop, ({ btc, eth, cash }, bits) => {
        const venues = demoInput.venues.map((each) =>
          each.id === 'dydx'
            ? {
                ...each,
                cash: amount(String(cash)),
                perpetuals: (each.perpetuals ?? []).map((one) => ({
                  ...one,
                  terms: { ...PERPETUAL_TERMS, initialMarginRate: amount('0.5') },
                })),
                holdings: {
                  'perpetual:BTC-USD': amount((btc / 10_000).toFixed(4)),
                  'perpetual:ETH-USD': amount((eth / 10_000).toFixed(4)),
                },
              }
            : each,
        );
        const targets = { BTC: 300_000, ETH: 400_000, SOL: 100_000, CASH: 200_000 };
        const limits = { ...demoInput.limits, maxOrderUsd: amount('8000') };
        const judged = holdsWithout({ ...demoInput, venues, targets, limits }, bits);
        if (judged.includes('dydx')) margins += 1;
      }),
      { numRuns: 40, seed: 12 },
    );
    expect(margins).toBeGreaterThan(10);
  });
});
