import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  absolute,
  add,
  amount,
  isLess,
  isMore,
  isNegative,
  multiply,
  subtract,
  sum,
  toNumber,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import type { Plan, PlanOutcome } from '../../../src/domain/rebalancing/plan.ts';
import { planRebalance } from '../../../src/domain/rebalancing/plan.ts';
import type { PlanInput, PlanVenue } from '../../../src/domain/rebalancing/plan-input.ts';
import { weightFraction } from '../../../src/domain/rebalancing/targets.ts';
import { anyInput } from './plan-arbitrary.ts';
import { demoInput, market, planned, venue } from './plan-fixtures.ts';

const oneVenue: PlanInput = {
  asOf: 0,
  reportingCurrency: 'USD',
  venues: [
    venue({
      id: 'v',
      cash: '0',
      takerFeeBps: '10',
      holdings: { A: '700', B: '300' },
      markets: [
        market({ asset: 'A', bid: '1', ask: '1', step: '0.01' }),
        market({ asset: 'B', bid: '1', ask: '1', step: '0.01' }),
      ],
    }),
  ],
  groups: { A: 'A', B: 'B', USD: 'CASH' },
  targets: { A: 500_000, B: 500_000, CASH: 0 },
  limits: {},
  destination: 'target',
};

const withVenue = (input: PlanInput, change: Partial<PlanVenue>): PlanInput => ({
  ...input,
  venues: input.venues.map((v, index) => (index === 0 ? { ...v, ...change } : v)),
});

const withMarket = (change: object): PlanInput =>
  withVenue(oneVenue, {
    markets: (oneVenue.venues[0]?.markets ?? []).map((m, index) => (index === 0 ? { ...m, ...change } : m)),
  });

function farthest(plan: Plan, targets: PlanInput['targets']): number {
  const gaps = Object.entries(targets).map(([group, ppm]) =>
    Math.abs(toNumber(subtract(plan.weightsAfterExpected[group] ?? ZERO, weightFraction(ppm)))),
  );
  return Math.max(...gaps);
}

describe('a venue whose cash is below what must stay', () => {
  it('has a plan with a bound, whatever can be sold there', () => {
    const short = withVenue(oneVenue, { cash: amount('0'), minCash: amount('500') });
    const plan = planned({ ...short, targets: { A: 1_000_000, B: 0, CASH: 0 } });
    expect(isMore(plan.lowerBound, plan.objective)).toBe(false);
    const empty = withVenue(short, { holdings: {} });
    const other = { ...empty, venues: [...empty.venues, { ...(oneVenue.venues[0] as PlanVenue), id: 'w' }] };
    expect(planned(other).orders.filter(({ venue: id, side }) => id === 'v' && side === 'buy')).toEqual([]);
  });

  it('never has a bound above its plan', () => {
    const cents = (max: number) =>
      fc.integer({ min: 0, max }).map((count) => amount((count / 100).toFixed(2)));
    fc.assert(
      fc.property(
        cents(100_000),
        cents(300_000),
        cents(100_000),
        fc.nat(1_000_000),
        (cash, floor, held, ppm) => {
          const input = withVenue(oneVenue, { cash, minCash: floor, holdings: { A: held } });
          const outcome = planRebalance({ ...input, targets: { A: ppm, B: 1_000_000 - ppm, CASH: 0 } });
          if (outcome.state !== 'planned') return;
          expect(isMore(outcome.plan.lowerBound, outcome.plan.objective)).toBe(false);
          expect(isMore(outcome.plan.drift.structural, outcome.plan.drift.after)).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('an input that nobody can plan with', () => {
  it.each<[string, PlanInput, string]>([
    ['a venue named as every object has it', withVenue(oneVenue, { id: '__proto__' }), 'venues[0].id'],
    ['an asset named so', withMarket({ asset: 'toString' }), 'venues[0].markets[0].asset'],
    ['a tick above the bid', withMarket({ tick: amount('2') }), 'venues[0].markets[0].tick'],
    ['more than a double can reckon with', withVenue(oneVenue, { cash: amount('99999999999999') }), 'venues'],
  ])('refuses %s', (_, input, path) => {
    expect(planRebalance(input)).toMatchObject({ state: 'refused', problem: { path } });
  });
});

describe('a plan over an exchange, a perpetuals venue and a chain', () => {
  const plan = planned(demoInput);

  it('brings every group within five points of its target, and nearly all the way', () => {
    expect(farthest(plan, demoInput.targets)).toBeLessThan(0.001);
    expect(isLess(plan.drift.after, plan.drift.before)).toBe(true);
  });

  it('numbers sells before buys', () => {
    const sides = plan.orders.map((order) => order.side);
    expect(sides).toEqual([...sides].sort().reverse());
    expect(plan.orders.map((order) => order.sequence)).toEqual(plan.orders.map((_, index) => index + 1));
  });

  it('is within a basis point of the bound that no plan can beat', () => {
    expect(isMore(plan.lowerBound, plan.objective)).toBe(false);
    expect(toNumber(plan.gapBps)).toBeLessThan(1);
  });

  it('gives a different identity to the same orders at another time', () => {
    const later = planned({ ...demoInput, asOf: '2025-01-03T00:00:00Z' });
    expect(later.orders).toEqual(plan.orders);
    expect(later.hash).not.toBe(plan.hash);
  });

  it('says which sells fund a buy when present cash is not enough', () => {
    const alone = {
      ...demoInput,
      venues: demoInput.venues.slice(0, 1),
      targets: { BTC: 300_000, ETH: 600_000, CASH: 100_000 },
    };
    const poor = planned(withVenue(alone, { cash: amount('60') }));
    const buy = poor.orders.find((order) => order.side === 'buy');
    const sells = poor.orders.filter((order) => order.side === 'sell').map((order) => order.sequence);
    expect(buy?.fundedBy.length).toBeGreaterThan(0);
    expect(sells).toEqual(expect.arrayContaining([...(buy?.fundedBy ?? [])]));
  });

  it('cuts orders above the largest size into slices', () => {
    const sliced = planned({ ...demoInput, limits: { ...demoInput.limits, maxOrderUsd: amount('5000') } });
    for (const order of sliced.orders) expect(isMore(order.notionalUsd, amount('5000'))).toBe(false);
    expect(sliced.orders.length).toBeGreaterThan(plan.orders.length);
    expect(farthest(sliced, demoInput.targets)).toBeLessThan(0.001);
  });
});

describe('a plan at one venue', () => {
  it('sells 200.2 of 700 and buys 199.8 where each side costs a tenth of a percent', () => {
    const plan = planned(oneVenue);
    expect(plan.orders.map((order) => [order.side, order.asset])).toEqual([
      ['sell', 'A'],
      ['buy', 'B'],
    ]);
    const [sell, buy] = plan.orders;
    expect(Math.abs(toNumber(sell?.quantity ?? ZERO) - 200)).toBeLessThan(0.25);
    expect(Math.abs(toNumber(buy?.quantity ?? ZERO) - 199.8)).toBeLessThan(0.25);
    expect(buy?.fundedBy).toEqual([1]);
    expect(toNumber(plan.objective)).toBeCloseTo(0.8, 1);
  });

  it('does nothing for a portfolio at its targets', () => {
    const plan = planned({ ...oneVenue, targets: { A: 700_000, B: 300_000, CASH: 0 } });
    expect(plan.orders).toEqual([]);
    expect(plan.skipped.map((s) => s.asset)).toEqual(['A', 'B']);
    expect(plan.objective).toBe('0');
  });

  it('rounds limit prices to the tick, a buy up and a sell down', () => {
    const plan = planned({
      ...withMarket({ bid: amount('0.9999'), ask: amount('1.0001'), tick: amount('0.01') }),
      targets: { A: 500_000, B: 500_000, CASH: 0 },
      limits: { maxSlippageBps: amount('20') },
    });
    expect(plan.orders.find((order) => order.side === 'sell')?.limitPrice).toBe('0.99');
    expect(plan.orders.find((order) => order.side === 'buy')?.limitPrice).toBe('1.01');
  });

  it('keeps an asset without a price at its quantity, outside the value, and says so', () => {
    const plan = planned(withMarket({ bid: null, ask: null }));
    expect(plan.navUsd).toBe('300');
    expect(plan.orders).toEqual([]);
    expect(plan.skipped).toContainEqual({
      venue: 'v',
      asset: 'A',
      reason: 'frozen: no price at any venue; kept at its quantity, and outside the value',
    });
  });

  it('keeps an asset without a target and says so', () => {
    const plan = planned({
      ...withVenue(oneVenue, { holdings: { A: amount('700'), B: amount('300'), GIFT: amount('5') } }),
      groups: { ...oneVenue.groups, GIFT: 'GIFT' },
    });
    expect(plan.navUsd).toBe('1000');
    expect(plan.skipped.some((s) => s.asset === 'GIFT' && s.reason.startsWith('no target'))).toBe(true);
  });

  it('makes no plan for an empty portfolio', () => {
    expect(planRebalance(withVenue(oneVenue, { holdings: {} })).state).toBe('nothingToPlan');
  });

  it('only sells at a venue whose cash is below what must stay', () => {
    const plan = planned(
      withVenue({ ...oneVenue, targets: { A: 0, B: 1_000_000, CASH: 0 } }, { minCash: amount('5000') }),
    );
    expect(plan.orders.every((order) => order.side === 'sell')).toBe(true);
  });
});

describe('an input that makes no sense', () => {
  it.each<[string, PlanInput]>([
    ['targets', { ...oneVenue, targets: { A: 500_000, B: 400_000 } }],
    ['targets.A', { ...oneVenue, targets: { A: -1, B: 1_000_001 } }],
    ['targets.DOGE', { ...oneVenue, targets: { A: 500_000, B: 400_000, DOGE: 100_000 } }],
    ['venues[0].holdings.A', withVenue(oneVenue, { holdings: { A: amount('-1') } })],
    ['venues[0].holdings.X', withVenue(oneVenue, { holdings: { X: amount('1') } })],
    ['venues[0].cash', withVenue(oneVenue, { cash: amount('-1') })],
    ['venues[0].takerFeeBps', withVenue(oneVenue, { takerFeeBps: amount('10000') })],
    ['venues[0].markets[0].bid', withMarket({ bid: amount('2') })],
    ['venues[0].markets[0].ask', withMarket({ ask: null })],
    ['venues[0].markets[0].step', withMarket({ step: ZERO })],
    ['venues[0].markets[1].asset', withMarket({ asset: 'B' })],
    ['limits.maxSlippageBps', { ...oneVenue, limits: { maxSlippageBps: amount('-1') } }],
  ])('is refused at %s', (path, input) => {
    expect(planRebalance(input)).toMatchObject({ state: 'refused', problem: { path } });
  });
});

const cashKept = (input: PlanInput, plan: Plan): boolean =>
  input.venues.every((v) => {
    const hasBuys = plan.orders.some((order) => order.venue === v.id && order.side === 'buy');
    return !hasBuys || !isLess(plan.cash[v.id]?.worstCaseAfter ?? ZERO, v.minCash);
  });

const neverOversold = (input: PlanInput, plan: Plan): boolean =>
  input.venues.every((v) =>
    Object.entries(v.holdings).every(([asset, held]) => {
      const sold = plan.orders.filter((o) => o.venue === v.id && o.asset === asset && o.side === 'sell');
      return !isMore(sum(sold.map((o) => o.quantity)), held);
    }),
  );

/** Spending at limit prices and fees alone, which a venue could charge without any rounding. */
function spentAtLimits(input: PlanInput, plan: Plan, id: string): boolean {
  const v = input.venues.find((candidate) => candidate.id === id);
  if (v === undefined) return false;
  const fee = multiply(v.takerFeeBps, amount('0.0001'));
  const flows = plan.orders
    .filter((o) => o.venue === id)
    .map((o) => {
      const gross = multiply(o.quantity, o.limitPrice);
      return o.side === 'sell'
        ? subtract(gross, multiply(gross, fee))
        : subtract(ZERO, add(gross, multiply(gross, fee)));
    });
  const hasBuys = plan.orders.some((o) => o.venue === id && o.side === 'buy');
  return !hasBuys || !isNegative(subtract(add(v.cash, sum(flows)), v.minCash));
}

describe('a plan over three venues with fine lots', () => {
  it('is within a tenth of a basis point of the bound, also where two venues must move together', () => {
    const fine = (id: string, cash: string, held: Readonly<Record<string, string>>, fee: string) =>
      venue({
        id,
        cash,
        takerFeeBps: fee,
        holdings: held,
        markets: ['A', 'B', 'C'].map((asset, index) =>
          market({
            asset,
            bid: `${10 ** index}.00`,
            ask: `${10 ** index}.01`,
            step: '0.001',
            minQuantity: '0.001',
          }),
        ),
      });
    const plan = planned({
      ...oneVenue,
      venues: [
        fine('v0', '100', { A: '9000', B: '10', C: '3' }, '60'),
        fine('v1', '40', { A: '200', B: '900', C: '1' }, '5'),
        fine('v2', '2500', { A: '10', B: '20', C: '80' }, '26'),
      ],
      groups: { A: 'A', B: 'B', C: 'C', USD: 'CASH' },
      targets: { A: 200_000, B: 300_000, C: 400_000, CASH: 100_000 },
    });
    expect(toNumber(plan.gapBps)).toBeLessThan(0.2);
    for (const { worstCaseAfter } of Object.values(plan.cash)) expect(isNegative(worstCaseAfter)).toBe(false);
  });
});

const outcomes = new Map<string, PlanOutcome>();
/** Planned once for all the tests that look at the plan. */
function outcomeOf(input: PlanInput): PlanOutcome {
  const key = JSON.stringify(input);
  const outcome = outcomes.get(key) ?? planRebalance(input);
  outcomes.set(key, outcome);
  return outcome;
}

/** What must hold of every plan, over the same inputs. */
function holdsOfEveryPlan(check: (input: PlanInput, plan: Plan) => void): void {
  fc.assert(
    fc.property(anyInput, (input) => {
      const outcome = outcomeOf(input);
      if (outcome.state !== 'planned') return outcome.state === 'nothingToPlan';
      check(input, outcome.plan);
      return true;
    }),
    { numRuns: 120, seed: 1 },
  );
}

describe('any plan', () => {
  it('equal inputs give equal plans, to the last digit and the hash: and the same orders whatever order the venues come in', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const once = planRebalance(input);
        expect(planRebalance(structuredClone(input))).toEqual(once);
        const turned = planRebalance({ ...input, venues: [...input.venues].reverse() });
        if (once.state === 'planned' && turned.state === 'planned')
          expect(turned.plan.orders).toEqual(once.plan.orders);
      }),
      { numRuns: 25, seed: 2 },
    );
  });

  it('at every venue that buys, cash after all its sells at their limits and all its buys at their reservations is not below the floor', () => {
    holdsOfEveryPlan((input, plan) => {
      expect(cashKept(input, plan)).toBe(true);
      for (const v of input.venues) expect(spentAtLimits(input, plan, v.id)).toBe(true);
    });
  });

  it('sells come before buys; no asset is sold beyond what is held', () => {
    holdsOfEveryPlan((input, plan) => {
      const sides = plan.orders.map((order) => order.side);
      expect(sides).toEqual([...sides].sort().reverse());
      expect(plan.orders.map((order) => order.sequence)).toEqual(plan.orders.map((_, index) => index + 1));
      expect(neverOversold(input, plan)).toBe(true);
    });
  });

  it('the objective is never above that of doing nothing by more than rounding, and never below the lower bound', () => {
    holdsOfEveryPlan((_, plan) => {
      const idle = toNumber(plan.drift.before) * 2 * toNumber(plan.navUsd);
      expect(toNumber(plan.objective)).toBeLessThanOrEqual(idle + 1e-6 * toNumber(plan.navUsd));
      expect(isMore(plan.lowerBound, plan.objective)).toBe(false);
    });
  });

  it('expects weights that sum to one', () => {
    holdsOfEveryPlan((_, plan) => {
      const total = sum(Object.values(plan.weightsAfterExpected));
      expect(isMore(absolute(subtract(total, amount('1'))), amount('0.000000001'))).toBe(false);
    });
  });
});
