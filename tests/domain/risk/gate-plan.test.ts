import { describe, expect, it } from '@jest/globals';
import { isMore } from '../../../src/domain/money/amount.ts';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';
import { clipTargets } from '../../../src/domain/risk/clip-targets.ts';
import { gatePlan } from '../../../src/domain/risk/gate-plan.ts';
import { planWithout } from '../../../src/domain/risk/plan-without-orders.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '../../../src/domain/risk/risk-limits.ts';
import { known, missing } from '../../../src/domain/risk/risk-state.ts';
import { demoInput, planned } from '../rebalancing/plan-fixtures.ts';
import { a, NOW_MS, order, stateOf, unitVenue } from './risk-fixtures.ts';

const half = stateOf([unitVenue('v', 500, { A: 300, B: 200 })]);

describe('the gate', () => {
  it('passes a plan that keeps every limit, and one without orders', () => {
    const limits = { maxPositionPct: a('40') };
    expect(gatePlan({ orders: [order(1, 'buy', 100)] }, half, limits)).toEqual({
      state: 'passed',
      mode: 'trade',
      findings: [],
      notEvaluated: [],
      dropped: [],
    });
    expect(gatePlan({ orders: [] }, half, limits)).toMatchObject({ state: 'passed', dropped: [] });
  });

  it('drops the orders that break a limit, and says which and why', () => {
    const orders = [order(1, 'sell', 10, { asset: 'B' }), order(2, 'buy', 101)];
    expect(gatePlan({ orders }, half, { maxPositionPct: a('40') })).toMatchObject({
      state: 'passed',
      dropped: [
        {
          sequence: 2,
          limit: 'maxPositionPct',
          reason: 'maxPositionPct: A could come to 40.1 % of the portfolio, at most 40 % may be',
        },
      ],
      findings: [{ limit: 'maxPositionPct', subject: { kind: 'group', group: 'A' }, orders: [2] }],
    });
  });

  it('drops what a dropped sell was to pay for', () => {
    const poor = stateOf([unitVenue('v', 5, { A: 300, B: 200 })]);
    const orders = [order(1, 'sell', 100), order(2, 'buy', 100, { asset: 'B', fundedBy: [1] })];
    const gated = gatePlan({ orders }, poor, { maxOrderUsd: a('99'), minCashUsd: a('5') });
    expect(gated).toMatchObject({ state: 'refused' });
    const smaller = [order(1, 'sell', 100), order(2, 'buy', 90, { asset: 'B', fundedBy: [1] })];
    expect(gatePlan({ orders: smaller }, poor, { maxOrderUsd: a('99'), minCashUsd: a('5') })).toMatchObject({
      state: 'refused',
      findings: [{ limit: 'maxOrderUsd' }, { limit: 'minCashUsd' }, { limit: 'minCashUsd' }],
    });
  });

  it('refuses while trading is halted, in the words of the limit', () => {
    const state = { ...half, day: known({ pnlUsd: a('-60'), startUsd: a('1000'), haltedAtMs: null }) };
    expect(gatePlan({ orders: [order(1, 'sell', 1)] }, state, DEFAULT_RISK_LIMITS)).toMatchObject({
      state: 'refused',
      mode: 'halted',
      reason: expect.stringMatching(/^dailyLoss: 60 of 1000 were lost within 24 hours/),
    });
  });

  it('refuses where an input of a limit is not known, and names it; unless that is not required', () => {
    const state = { ...half, day: missing('the result of 24 hours') };
    const judge = (isRequired?: () => boolean) =>
      gatePlan({ orders: [order(1, 'sell', 1)] }, state, { dailyLoss: a('0.05') }, isRequired);
    expect(judge()).toMatchObject({
      state: 'refused',
      reason: 'dailyLoss: it cannot be evaluated for the portfolio: the result of 24 hours is not known',
    });
    expect(judge(() => false)).toMatchObject({
      state: 'passed',
      dropped: [],
      notEvaluated: [{ limit: 'dailyLoss', missing: 'the result of 24 hours' }],
    });
  });

  it('keeps the cheapest pair where turnover has room for one', () => {
    const state = { ...half, traded: known([{ atMs: NOW_MS, notionalUsd: a('200') }]) };
    const orders = [
      order(1, 'sell', 100),
      { ...order(2, 'sell', 100), limitPrice: a('0.99') },
      order(3, 'buy', 100, { asset: 'B', fundedBy: [1] }),
    ];
    expect(gatePlan({ orders }, state, { maxTurnoverPerDay: a('0.2') })).toMatchObject({
      dropped: [{ sequence: 3, limit: 'maxTurnoverPerDay' }],
    });
  });
});

describe('a plan whose targets were clipped', () => {
  const limits: RiskLimits = {
    maxPositionPct: a('40'),
    maxVenuePct: a('60'),
    minCashPct: a('1'),
    minCashUsd: a('10'),
    maxSlippageBps: a('20'),
    maxLeverage: a('1'),
  };
  const wanted = { BTC: 650_000, ETH: 150_000, SOL: 100_000, CASH: 100_000 };
  const state = stateOf(demoInput.venues, { groups: demoInput.groups });
  const { targets } = clipTargets(wanted, state, limits);
  const input: PlanInput = {
    ...demoInput,
    targets,
    limits: { ...demoInput.limits, minCashPct: a('1'), minCashUsd: a('10') },
  };

  it('passes the gate whole, where the plan for the wanted targets loses orders', () => {
    expect(targets.BTC).toBeLessThanOrEqual(400_000);
    const plan = planned(input);
    expect(plan.orders.length).toBeGreaterThan(0);
    expect(gatePlan(plan, state, limits)).toMatchObject({ state: 'passed', dropped: [] });
    const greedy = planned({ ...input, targets: wanted });
    expect(gatePlan(greedy, state, limits)).toMatchObject({
      state: 'passed',
      dropped: expect.arrayContaining([expect.objectContaining({ limit: 'maxPositionPct' })]),
    });
  });
});

describe('a plan without some of its orders', () => {
  const plan = planned(demoInput);
  const [first] = plan.orders;
  const drop = (sequence: number) => [{ sequence, limit: 'maxOrderUsd' as const, reason: 'too large' }];

  it('is the plan itself where none was dropped', () => {
    expect(planWithout(plan, [], demoInput)).toBe(plan);
  });

  it('states of the orders that stay what the planner states of them', () => {
    const { hash: _, ...all } = plan;
    const { hash: __, ...again } = planWithout(plan, drop(999), demoInput);
    expect(again).toEqual(all);
  });

  it('states what there was before where none stays', () => {
    const none = planWithout(
      plan,
      plan.orders.flatMap(({ sequence }) => drop(sequence)),
      demoInput,
    );
    expect(none.orders).toEqual([]);
    expect(none.weightsAfterExpected).toEqual(plan.weightsBefore);
    expect(none.drift.after).toBe(plan.drift.before);
    for (const { before, expectedAfter, worstCaseAfter } of Object.values(none.cash))
      expect([expectedAfter, worstCaseAfter]).toEqual([before, before]);
  });

  it('names what was dropped among what is left alone, keeps numbers, and has a hash of its own', () => {
    const less = planWithout(plan, drop(first?.sequence ?? 0), demoInput);
    expect(less.orders.map(({ sequence }) => sequence)).toEqual(
      plan.orders.slice(1).map(({ sequence }) => sequence),
    );
    expect(less.skipped.at(-1)).toEqual({ venue: first?.venue, asset: first?.asset, reason: 'too large' });
    expect(less.orders.flatMap(({ fundedBy }) => fundedBy)).not.toContain(first?.sequence);
    expect(less.hash).not.toBe(plan.hash);
    expect(planWithout(plan, drop(first?.sequence ?? 0), demoInput)).toEqual(less);
    expect(isMore(plan.objective, less.objective)).toBe(false);
  });
});
