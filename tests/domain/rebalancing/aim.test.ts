import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { absolute, amount, isMore, subtract, sum, toNumber, ZERO } from '../../../src/domain/money/amount.ts';
import { type Aim, aimOf } from '../../../src/domain/rebalancing/aim.ts';
import type { BandRules } from '../../../src/domain/rebalancing/bands/band-rules.ts';
import type { Destination } from '../../../src/domain/rebalancing/bands/destination.ts';
import { planRebalance } from '../../../src/domain/rebalancing/plan.ts';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';
import { valuePortfolio } from '../../../src/domain/rebalancing/valuation.ts';
import { planWithout } from '../../../src/domain/risk/plan-without-orders.ts';
import { market, planned, venue } from './plan-fixtures.ts';

const NAMES = ['A', 'B', 'C', 'D'];

interface Written {
  /** In dollars, cash last; every asset is worth one. */
  readonly held: readonly string[];
  /** In millionths, cash last. */
  readonly targets: readonly number[];
  readonly feeBps?: string;
  readonly destination?: Destination;
  readonly bands?: Partial<BandRules>;
}

const inputOf = ({ held, targets, feeBps = '0', destination = 'edge', bands = {} }: Written): PlanInput => {
  const names = NAMES.slice(0, held.length - 1);
  return {
    asOf: 0,
    reportingCurrency: 'USD',
    venues: [
      venue({
        id: 'one',
        cash: held.at(-1) ?? '0',
        takerFeeBps: feeBps,
        holdings: Object.fromEntries(names.map((name, index) => [name, held[index] ?? '0'])),
        markets: names.map((asset) => market({ asset, bid: '1', ask: '1', tick: '0.0001' })),
      }),
    ],
    groups: { USD: 'CASH', ...Object.fromEntries(names.map((name) => [name, name])) },
    targets: Object.fromEntries([...names, 'CASH'].map((name, index) => [name, targets[index] ?? 0])),
    limits: { minTradeUsd: amount('10') },
    destination,
    bands: { widths: 'hybrid', riskAversion: amount('3'), fixedCostUsd: amount('0.1'), ...bands },
  };
};
const aim = (input: PlanInput): Aim => aimOf(input, valuePortfolio(input));
const statesOf = ({ destination }: Aim) =>
  Object.fromEntries(Object.entries(destination?.bands ?? {}).map(([group, { state }]) => [group, state]));

const FOUR = [400_000, 250_000, 250_000, 100_000];

describe('what a plan goes for', () => {
  it('is every target where there are no bands', () => {
    const { bands: _, ...input } = inputOf({ held: ['6000', '4000'], targets: [500_000, 500_000] });
    const wanted = valuePortfolio(input);
    expect(aimOf({ ...input, destination: 'target' }, wanted)).toEqual({
      valuation: wanted,
      destination: null,
    });
  });

  // The linear program of REBALANCING.md §5: no trade where every group is inside.
  it('is where it is while every group is inside its band', () => {
    const found = aim(inputOf({ held: ['3600', '3000', '2400', '1000'], targets: FOUR, feeBps: '60' }));
    expect(found.destination?.weights).toEqual({ A: '0.36', B: '0.3', C: '0.24', CASH: '0.1' });
    expect(new Set(Object.values(statesOf(found)))).toEqual(new Set(['inside']));
  });

  it('is the edge for those outside, and cash takes what it costs least to take', () => {
    const found = aim(inputOf({ held: ['5200', '1800', '2000', '1000'], targets: FOUR }));
    // A to 45 %, B to 20 %; 5 points are too little then, and at no cost the group furthest off takes them first.
    expect(found.destination?.weights).toEqual({ A: '0.45', B: '0.25', C: '0.2', CASH: '0.1' });
    expect(statesOf(found)).toEqual({ A: 'outside', B: 'outside', C: 'inside', CASH: 'inside' });
  });

  it('moves a group that is inside where cash alone cannot absorb what is missing', () => {
    // The linear program of REBALANCING.md §5: A and C come to their edges, cash goes to its own, and A gives the rest.
    const input = inputOf({ held: ['4600', '2800', '1600', '1000'], targets: FOUR });
    const dear = market({ asset: 'B', bid: '0.99', ask: '1.01', tick: '0.0001' });
    const venues = input.venues.map((each) => ({
      ...each,
      markets: each.markets.map((one) => (one.asset === 'B' ? dear : one)),
    }));
    const found = aim({ ...input, venues });
    expect(statesOf(found)).toMatchObject({ A: 'outside', B: 'inside', C: 'outside' });
    expect(found.destination?.weights).toMatchObject({ B: '0.28', C: '0.2' });
  });

  it('is after what trading costs: at ten basis points 2 000.60 are sold to be at 30 % of what is left', () => {
    const input = inputOf({
      held: ['5000', '5000'],
      targets: [250_000, 750_000],
      feeBps: '10',
      bands: { widths: { A: amount('0.05') } },
    });
    const { valuation, destination } = aim(input);
    expect(destination?.weights).toEqual({ A: '0.3', CASH: '0.7' });
    // x (1 - 0.3 × 0.001) = 2 000.
    expect(toNumber(subtract(amount('5000'), valuation.targetValueByGroup.A ?? ZERO))).toBeCloseTo(
      2_000 / 0.9997,
      6,
    );
    expect(toNumber(sum(Object.values(valuation.targetValueByGroup)))).toBeCloseTo(10_000 - 2 / 0.9997, 6);
  });

  it.each<[Destination, string]>([
    ['target', '0.25'],
    ['edge', '0.3'],
    [{ fraction: amount('0.5') }, '0.275'],
  ])('brings a group that is outside to %j', (destination, weight) => {
    const bands = { widths: { A: amount('0.05') } };
    const input = inputOf({ held: ['5000', '5000'], targets: [250_000, 750_000], destination, bands });
    expect(aim(input).destination?.weights.A).toBe(weight);
  });

  it('uses the optimal band and destination of the closed form', () => {
    const input = inputOf({
      held: ['7000', '3000'],
      targets: [600_000, 400_000],
      feeBps: '60',
      destination: 'optimal',
      bands: { widths: 'optimal', fixedCostUsd: amount('0.1') },
    });
    const band = aim({ ...input, limits: {} }).destination?.bands.A;
    // K = 0.1 of 10 000 = 1e-5 at 60 basis points a side: REBALANCING.md §3b, 7.04 and 4.32 points.
    expect(band).toMatchObject({ source: 'optimal', state: 'outside' });
    expect(toNumber(band?.halfWidth ?? ZERO)).toBeCloseTo(0.07044605, 6);
    expect(toNumber(band?.distance ?? ZERO)).toBeCloseTo(0.04317687, 6);
  });

  it('falls back to 5/25 where no cost is known', () => {
    const input = inputOf({
      held: ['7000', '3000'],
      targets: [600_000, 400_000],
      bands: { widths: 'optimal' },
    });
    const other = venue({
      id: 'two',
      cash: '0',
      holdings: {},
      markets: [{ ...market({ asset: 'B', bid: '1', ask: '1' }), bid: null, ask: null }],
    });
    const withB = {
      ...input,
      venues: [...input.venues, { ...other, holdings: {} }],
      groups: { ...input.groups, B: 'B' },
      targets: { A: 500_000, B: 100_000, CASH: 400_000 },
    };
    // Nothing of B is held, so that it counts as zero without a price; its cost is not known.
    const band = aim(withB).destination?.bands.B;
    expect(band).toMatchObject({ source: 'fallback', halfWidth: '0.025' });
    expect(band?.reason).toContain('no market of B has a price');
  });

  it('narrows the optimal band by what a weight overshoots between two looks, where its volatility is known', () => {
    const written = { held: ['7000', '3000'], targets: [600_000, 400_000], feeBps: '60' };
    const wide = aim(inputOf({ ...written, bands: { widths: 'optimal' } })).destination?.bands;
    const monitoring = { intervalMs: 6 * 3_600_000, volatility: { A: 0.6 } };
    const narrow = aim(inputOf({ ...written, bands: { widths: 'optimal', monitoring } })).destination?.bands;
    const overshoot = 0.58 * 0.6 * 0.6 * 0.4 * Math.sqrt(6 / 8_760);
    const width = (bands: typeof wide, group: string) => toNumber(bands?.[group]?.halfWidth ?? ZERO);
    expect(width(wide, 'A') - width(narrow, 'A')).toBeCloseTo(overshoot, 9);
    expect(width(narrow, 'CASH')).toBe(width(wide, 'CASH'));
  });

  it('ends a band at what a limit allows', () => {
    const bands = { weightsMax: { A: amount('0.42') } };
    const found = aim(inputOf({ held: ['4400', '2500', '2100', '1000'], targets: FOUR, bands }));
    expect(found.destination?.weights.A).toBe('0.42');
    expect(statesOf(found).A).toBe('outside');
  });

  it('sells off what has no target', () => {
    const found = aim(inputOf({ held: ['500', '9500'], targets: [0, 1_000_000] }));
    expect(found.destination?.weights).toEqual({ A: '0', CASH: '1' });
  });
});

describe('a plan with bands', () => {
  const outside = inputOf({
    held: ['5200', '1800', '2000', '1000'],
    targets: FOUR,
    feeBps: '60',
  });

  it('records targets and destination, measures drift against the targets and the objective against the destination', () => {
    const plan = planned(outside);
    expect(plan.weightsTarget).toEqual({ A: '0.4', B: '0.25', C: '0.25', CASH: '0.1' });
    expect(plan.destination?.weights.A).toBe('0.45');
    expect(plan.drift.before).toBe('0.12');
    // Half of 0.05 + 0.05 + 0.05 + what cash is off is left of it on purpose; the objective is what trading costs.
    expect(toNumber(plan.drift.after)).toBeGreaterThan(0.06);
    expect(toNumber(plan.objective)).toBeLessThan(10);
    expect(plan.orders.map(({ asset, side }) => [asset, side])).toEqual([
      ['A', 'sell'],
      ['B', 'buy'],
    ]);
    expect(plan.orders[0]?.reason).toBe(
      'A is above its band: 52 % of the portfolio, target 40 % ± 5 points; it is brought to 45 %',
    );
    expect(plan.skipped).toEqual([
      {
        venue: 'one',
        asset: 'C',
        reason: 'C is inside its band: 20 % of the portfolio, target 25 % ± 5 points',
      },
    ]);
  });

  it('is measured the same way after limits have dropped orders of it', () => {
    const plan = planned(outside);
    const dropped = plan.orders.map(({ sequence }) => ({
      sequence,
      limit: 'maxOrderUsd' as const,
      reason: 'x',
    }));
    const none = planWithout(plan, dropped, outside);
    expect(none.orders).toEqual([]);
    expect(none.drift.after).toBe(plan.drift.before);
    expect(none.destination).toEqual(plan.destination);
    const { valuation } = aim(outside);
    const away = valuation.groups.map((group) =>
      absolute(subtract(valuation.valueByGroup[group] ?? ZERO, valuation.targetValueByGroup[group] ?? ZERO)),
    );
    expect(toNumber(none.objective)).toBeCloseTo(toNumber(sum(away)), 6);
    expect(toNumber(plan.objective)).toBeLessThan(toNumber(none.objective));
  });

  it('says of a group inside that the others need it', () => {
    const widths = { A: amount('0.05'), B: amount('0.05'), C: amount('0.05'), CASH: ZERO };
    const input = inputOf({
      held: ['5000', '2400', '1600', '1000'],
      targets: FOUR,
      feeBps: '60',
      bands: { widths },
    });
    const [one] = input.venues;
    const cheap = one?.markets.map((each) =>
      each.asset === 'B' ? { ...each, takerFeeBps: amount('1') } : each,
    );
    const plan = planned({ ...input, venues: [{ ...one!, markets: cheap ?? [] }] });
    expect(plan.destination?.bands.B?.state).toBe('moved');
    expect(plan.orders.find(({ asset }) => asset === 'B')?.reason).toMatch(
      /^B is inside its band: 24 % of the portfolio, target 25 % ± 5 points; it is brought to 25 % all the same/,
    );
  });

  it.each<[string, Partial<PlanInput>, string]>([
    ['a destination without bands', { bands: undefined, destination: 'edge' } as never, 'bands'],
    ['another destination', { destination: 'middle' as never }, 'destination'],
    ['a fraction above one', { destination: { fraction: amount('1.5') } }, 'destination.fraction'],
    ['a width of one', { bands: { ...outside.bands!, widths: { A: amount('1') } } }, 'bands.A'],
    ['a width of no target', { bands: { ...outside.bands!, widths: { X: amount('0.1') } } }, 'bands.X'],
    ['no risk aversion', { bands: { ...outside.bands!, riskAversion: ZERO } }, 'bands.riskAversion'],
    ['a gain', { bands: { ...outside.bands!, fixedCostUsd: amount('-1') } }, 'bands.fixedCostUsd'],
  ])('is refused with %s', (_, changed, path) => {
    expect(planRebalance({ ...outside, ...changed })).toMatchObject({ state: 'refused', problem: { path } });
  });
});

const dollars = fc.integer({ min: 0, max: 10_000 });
const destinations: readonly Destination[] = ['target', 'edge', 'optimal', { fraction: amount('0.5') }];
const written = fc
  .integer({ min: 2, max: 5 })
  .chain((count) =>
    fc.record({
      held: fc.array(dollars, { minLength: count, maxLength: count }),
      shares: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: count, maxLength: count }),
      feeBps: fc.constantFrom('0', '10', '60', '200'),
      destination: fc.constantFrom(...destinations),
      widths: fc.constantFrom('optimal' as const, 'hybrid' as const),
    }),
  )
  .filter(({ held, shares }) => held.some((each) => each > 100) && shares.some((each) => each > 0))
  .map(({ held, shares, feeBps, destination, widths }): PlanInput => {
    const total = shares.reduce((before, share) => before + share, 0);
    const parts = shares.slice(0, -1).map((share) => Math.floor((share / total) * 1_000_000));
    const targets = [...parts, 1_000_000 - parts.reduce((before, part) => before + part, 0)];
    return inputOf({ held: held.map(String), targets, feeBps, destination, bands: { widths } });
  });
const SEEDED = { seed: 20_240_617, numRuns: 300 };

describe('for every portfolio', () => {
  it('1. The weights that are gone for sum to exactly 1, after what trading there costs.', () => {
    fc.assert(
      fc.property(written, (input) => {
        const { valuation, destination } = aim(input);
        expect(sum(Object.values(destination?.weights ?? {}))).toBe('1');
        const nav = toNumber(valuation.nav);
        const left = toNumber(sum(Object.values(valuation.targetValueByGroup)));
        const rate = Number(input.venues[0]?.takerFeeBps) / 10_000;
        const traded = valuation.groups
          .filter((group) => group !== 'CASH')
          .reduce(
            (total, group) =>
              total +
              Math.abs(
                toNumber(
                  subtract(
                    valuation.targetValueByGroup[group] ?? ZERO,
                    valuation.valueByGroup[group] ?? ZERO,
                  ),
                ),
              ),
            0,
          );
        expect(nav - left).toBeCloseTo(traded * rate, 4);
      }),
      SEEDED,
    );
  });

  it('2. No group inside its band moves, unless the others do not sum to 1 without it.', () => {
    fc.assert(
      fc.property(written, (input) => {
        const { valuation, destination } = aim(input);
        const bands = Object.entries(destination?.bands ?? {});
        const moves = bands.filter(
          ([group]) =>
            group !== 'CASH' && valuation.targetValueByGroup[group] !== valuation.valueByGroup[group],
        );
        if (bands.every(([, { state }]) => state === 'inside')) expect(moves).toEqual([]);
        for (const [, { state }] of moves) expect(state).not.toBe('inside');
        // Cash costs nothing to move: while it has room left, nothing that is inside is moved.
        const cash = destination?.bands.CASH;
        const weight = destination?.weights.CASH ?? ZERO;
        const away = cash === undefined ? ZERO : absolute(subtract(weight, cash.target));
        const hasRoom = cash !== undefined && cash.state === 'inside' && isMore(cash.halfWidth, away);
        if (hasRoom && input.venues[0]?.takerFeeBps !== '0')
          expect(bands.filter(([, { state }]) => state === 'moved')).toEqual([]);
      }),
      SEEDED,
    );
  });

  it('3. From there nothing is gone for any more: what is at its destination stays.', () => {
    fc.assert(
      fc.property(written, (input) => {
        const { valuation } = aim(input);
        const { CASH: cash = ZERO, ...holdings } = valuation.targetValueByGroup;
        fc.pre(!cash.startsWith('-'));
        const arrived = { ...input, venues: input.venues.map((each) => ({ ...each, cash, holdings })) };
        const again = aim(arrived);
        expect(new Set(Object.values(statesOf(again)))).toEqual(new Set(['inside']));
        expect(again.valuation.targetValueByGroup).toEqual(valuation.targetValueByGroup);
      }),
      SEEDED,
    );
  });

  it('a plan that was carried out is followed by one without orders', () => {
    fc.assert(
      fc.property(written, (input) => {
        const first = planRebalance(input);
        fc.pre(first.state === 'planned');
        const moved = (asset: string) =>
          sum(
            first.plan.orders
              .filter((order) => order.asset === asset)
              .map(({ side, quantity }) => (side === 'buy' ? quantity : subtract(ZERO, quantity))),
          );
        const [one] = input.venues;
        if (one === undefined) return;
        const holdings = Object.fromEntries(
          Object.entries(one.holdings).map(([asset, held]) => [
            asset,
            subtract(held, subtract(ZERO, moved(asset))),
          ]),
        );
        const cash = first.plan.cash.one?.expectedAfter ?? one.cash;
        const second = planRebalance({ ...input, venues: [{ ...one, holdings, cash }] });
        expect(second).toMatchObject({ state: 'planned', plan: { orders: [] } });
      }),
      { ...SEEDED, numRuns: 60 },
    );
  });
});
