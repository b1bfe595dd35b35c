// Plans beside what others trade for the same portfolio: by our objective none of theirs is nearer to its targets.

import { describe, expect, it, test } from '@jest/globals';
import { amount, toNumber } from '../../../src/domain/money/amount.ts';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';
import { referenceData } from '../../support/reference-data.ts';
import { market, planned, venue } from './plan-fixtures.ts';

type Numbers = Readonly<Record<string, number>>;

const decimal = (value: number, places = 12) => amount(value.toFixed(places));

/** One venue without a spread; what has no weight is sold, what is left of the weights is cash. */
function inputOf(given: {
  readonly prices: Numbers;
  readonly weights: Numbers;
  readonly cash: number;
  readonly holdings?: Numbers;
  readonly feeBps?: number;
  readonly steps?: Numbers;
  readonly step?: string;
}): PlanInput {
  const assets = Object.keys(given.prices);
  const stepOf = (asset: string) =>
    given.steps === undefined ? (given.step ?? '0.00000001') : String(given.steps[asset]);
  const weights = assets.map((asset) => [asset, Math.round((given.weights[asset] ?? 0) * 1e6)] as const);
  const spent = weights.reduce((sum, [, ppm]) => sum + ppm, 0);
  // Published weights sum to one but for their last digit; the first one gives what is too much.
  const over = Math.max(0, spent - 1_000_000);
  const [first = ['', 0], ...others] = weights;
  return {
    asOf: 0,
    reportingCurrency: 'USD',
    venues: [
      venue({
        id: 'one',
        cash: given.cash.toFixed(8),
        takerFeeBps: String(given.feeBps ?? 0),
        holdings: Object.fromEntries(
          assets.map((asset) => [asset, (given.holdings?.[asset] ?? 0).toFixed(12)]),
        ),
        markets: assets.map((asset) => {
          const price = decimal(given.prices[asset] ?? 0);
          const text = { asset, bid: price, ask: price, step: stepOf(asset), minQuantity: stepOf(asset) };
          return { ...market({ ...text, tick: '0.000000000001' }), minNotional: amount('0') };
        }),
      }),
    ].map((at) => ({ ...at, cashUnit: amount('0') })),
    groups: { ...Object.fromEntries(assets.map((asset) => [asset, asset])), USD: 'CASH' },
    targets: Object.fromEntries([[first[0], first[1] - over], ...others, ['CASH', 1_000_000 - spent + over]]),
    limits: {},
    destination: 'target',
  };
}

/** Tracking and what was lost, in dollars, for positions that somebody else ends with. */
function objectiveOf(input: PlanInput, after: Numbers, cash: number): number {
  const [at] = input.venues;
  const prices = new Map(at?.markets.map(({ asset, bid }) => [asset, Number(bid)]));
  const worth = (held: Numbers) =>
    Object.entries(held).reduce((sum, [asset, q]) => sum + q * (prices.get(asset) ?? 0), 0);
  const held = Object.fromEntries(Object.entries(at?.holdings ?? {}).map(([asset, q]) => [asset, Number(q)]));
  const nav = worth(held) + Number(at?.cash);
  const tracking = Object.entries(input.targets).map(([group, ppm]) =>
    Math.abs((group === 'CASH' ? cash : worth({ [group]: after[group] ?? 0 })) - (ppm / 1e6) * nav),
  );
  return tracking.reduce((sum, one) => sum + one, 0) + (nav - worth(after) - cash);
}

interface Step {
  readonly id: string;
  readonly input: {
    readonly prices: Numbers;
    readonly cash: number;
    readonly holdings: Numbers;
    readonly target_weights: Numbers;
    readonly fee_bp: number;
    readonly integer_quantities: boolean;
  };
  readonly expected: {
    readonly total_value_before: number;
    readonly trades: Numbers;
    readonly positions: Numbers;
    readonly cash_after: number;
    readonly value_after: number;
  };
}

const steps = referenceData('rebalancing/bt.single-step.json') as { readonly cases: readonly Step[] } | null;
const allocations = referenceData('rebalancing/pypfopt.discrete-allocation.json') as {
  readonly cases: readonly {
    readonly id: string;
    readonly input: {
      readonly weights: Numbers;
      readonly prices: Numbers;
      readonly unit_price?: Numbers;
      readonly lot_size?: Numbers;
      readonly total_value: number;
    };
    readonly expected: { readonly units: Numbers; readonly leftover: number };
  }[];
} | null;

if (steps === null || allocations === null)
  test('reference data not present', () => expect([steps, allocations]).toContain(null));
else {
  describe('one step of bt, which shrinks a buy by its fee and sells more for one', () => {
    it.each(steps.cases.map((each) => [each.id, each] as const))(
      '%s: the plan is as near or nearer',
      (_, { input: given, expected }) => {
        const input = inputOf({
          prices: given.prices,
          weights: given.target_weights,
          cash: given.cash,
          holdings: given.holdings,
          feeBps: given.fee_bp,
          step: given.integer_quantities ? '1' : '0.00000001',
        });
        const plan = planned(input);
        const nav = expected.total_value_before;
        expect(toNumber(plan.navUsd) / nav).toBeCloseTo(1, 9);
        const theirs = objectiveOf(input, expected.positions, expected.cash_after);
        expect(toNumber(plan.objective)).toBeLessThanOrEqual(theirs + 1e-5 * nav);
        if (given.fee_bp > 0 || given.integer_quantities) return;
        // Without a fee and with fine lots both trade to the target itself.
        const traded = new Map(
          plan.orders.map((o) => [o.asset, Number(o.quantity) * (o.side === 'buy' ? 1 : -1)]),
        );
        for (const [asset, quantity] of Object.entries(expected.trades))
          expect(Math.abs((traded.get(asset) ?? 0) - quantity) * (given.prices[asset] ?? 0)).toBeLessThan(
            1e-5 * nav,
          );
      },
    );
  });

  describe('whole units of PyPortfolioOpt', () => {
    /** Its short book sells what is not held, which a spot venue does not do. */
    const SHORT = ['pypfopt/upstream-short-50k'];
    const run = allocations.cases.filter(({ id }) => !SHORT.includes(id));

    it('are 8 cases, of which the short book is not planned here', () => {
      expect([allocations.cases.length, run.length]).toEqual([8, 7]);
    });

    it.each(run.map((each) => [each.id, each] as const))('%s: the plan is as near or nearer', (_, one) => {
      const {
        weights,
        total_value: cash,
        lot_size: steps,
        unit_price: prices = one.input.prices,
      } = one.input;
      const input = inputOf({ prices, weights, cash, ...(steps === undefined ? { step: '1' } : { steps }) });
      const plan = planned(input);
      const bought = Object.fromEntries(
        Object.entries(one.expected.units).map(([asset, units]) => [asset, units * (steps?.[asset] ?? 1)]),
      );
      const theirs = objectiveOf(input, bought, one.expected.leftover);
      expect(toNumber(plan.objective)).toBeLessThanOrEqual(theirs + 1e-5 * cash);
    });
  });
}

// OctoBot, packages/copy/tests, test_rebalance_plan_and_execution.py.
describe('plans that OctoBot states', () => {
  it('of 1.12 BTC and 24 000 at 50 000, for halves: one sell of 0.32, and no round trip', () => {
    const plan = planned(
      inputOf({ prices: { BTC: 50_000 }, weights: { BTC: 0.5 }, cash: 24_000, holdings: { BTC: 1.12 } }),
    );
    expect(plan.orders.map(({ side, quantity }) => [side, quantity])).toEqual([['sell', '0.32']]);
  });

  it('of 100 000 for half BTC and half ETH: two buys', () => {
    const plan = planned(
      inputOf({ prices: { BTC: 50_000, ETH: 3_000 }, weights: { BTC: 0.5, ETH: 0.5 }, cash: 100_000 }),
    );
    expect(plan.orders.map(({ side }) => side)).toEqual(['buy', 'buy']);
    for (const { notionalUsd } of plan.orders) expect(toNumber(notionalUsd)).toBeCloseTo(50_000, 2);
  });
});

// LEAN, CashBuyingPowerModelTests: what all of the cash buys at a fee of 0.8 % in lots of 1e-8.
describe('what LEAN buys with all there is', () => {
  it.each([
    ['20000', 10_000, 80, '1.98412698'],
    ['10000', 15_000, 80, '0.66137566'],
    ['8000', 10_000, 80, '0.79365079'],
    ['10000', 10_050, 80, '0.98712785'],
    ['10000', 15_000, 0, '0.66666666'],
  ])('%s at %d and %d basis points: %s', (cash, price, feeBps, quantity) => {
    const plan = planned(
      inputOf({ prices: { BTC: price }, weights: { BTC: 1 }, cash: Number(cash), feeBps }),
    );
    expect(plan.orders.map((order) => [order.side, order.quantity])).toEqual([['buy', quantity]]);
  });
});

// freqtrade, tests/test_wallets.py: a stake, at most what is available, and none below the smallest.
describe('sizes that freqtrade states', () => {
  /** A share of a portfolio that may be worth more than what is available: the rest has to stay at the venue. */
  const sized = (wanted: number, smallest: number, available: number) => {
    const input = inputOf({ prices: { A: 1 }, weights: { A: 1 }, cash: available, step: '0.01' });
    const worth = Math.max(wanted, available);
    const ppm = Math.round((wanted / worth) * 1e6);
    return planned({
      ...input,
      venues: input.venues.map((at) => ({
        ...at,
        cash: amount(String(worth)),
        minCash: amount(String(worth - available)),
      })),
      targets: { A: ppm, CASH: 1_000_000 - ppm },
      limits: { minTradeUsd: amount(String(smallest)) },
    }).orders.map(({ quantity }) => quantity);
  };

  it.each<[number, number, number, readonly string[]]>([
    [22, 11, 50, ['22']],
    [100, 11, 500, ['100']],
    [1000, 11, 500, ['500']],
    [20, 15, 10, []],
    [20, 50, 100, []],
    // freqtrade raises by three tenths at most, a plan wherever the smallest order is nearer than none.
    [9, 11, 100, ['11']],
  ])('%d wanted, at least %d, %d available: %j', (wanted, smallest, available, quantities) => {
    expect(sized(wanted, smallest, available)).toEqual(quantities);
  });
});

// bt, tests/test_algos.py: literal steps in whole units. Its fee is a dollar a trade, here a share of the value.
describe('steps that bt states', () => {
  const prices = { c1: 100, c2: 100 };

  it('all in one, and from it all into the other', () => {
    const first = planned(inputOf({ prices, weights: { c1: 1 }, cash: 1_000, step: '1' }));
    expect(first.orders.map(({ side, asset, quantity }) => [side, asset, quantity])).toEqual([
      ['buy', 'c1', '10'],
    ]);
    const second = planned(inputOf({ prices, weights: { c2: 1 }, cash: 0, holdings: { c1: 10 }, step: '1' }));
    expect(second.orders.map(({ side, asset, quantity }) => [side, asset, quantity])).toEqual([
      ['sell', 'c1', '10'],
      ['buy', 'c2', '10'],
    ]);
    expect(second.cash.one?.expectedAfter).toBe('0');
  });

  it('whole units only, where a fee leaves too little for the last one', () => {
    const plan = planned(inputOf({ prices, weights: { c1: 1 }, cash: 1_000, step: '1', feeBps: 10 }));
    expect(plan.orders.map(({ quantity }) => quantity)).toEqual(['9']);
    expect(plan.cash.one?.expectedAfter).toBe('99.1');
  });
});
