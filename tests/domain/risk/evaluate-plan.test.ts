import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Amount,
  absolute,
  add,
  amount,
  compare,
  divide,
  isLess,
  isMore,
  isNegative,
  maximum,
  minimum,
  multiply,
  subtract,
  sum,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import { evaluateBeforePlan } from '../../../src/domain/risk/evaluate-before-plan.ts';
import { evaluatePlan } from '../../../src/domain/risk/evaluate-plan.ts';
import { gatePlan } from '../../../src/domain/risk/gate-plan.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '../../../src/domain/risk/risk-limits.ts';
import type { RiskOrder } from '../../../src/domain/risk/risk-order.ts';
import { known, missing, type RiskState } from '../../../src/domain/risk/risk-state.ts';
import { market, venue } from '../rebalancing/plan-fixtures.ts';
import { a, NOW_MS, ofLimit, order, stateOf, unitVenue } from './risk-fixtures.ts';

const limitsIn = (state: RiskState, orders: readonly RiskOrder[], limits: RiskLimits) =>
  evaluatePlan(state, orders, limits).findings.map(({ limit, orders: culprits }) => [limit, culprits]);

describe('orders of a plan', () => {
  const half = stateOf([unitVenue('v', 500, { A: 300, B: 200 })]);

  test.each<[string, RiskState, readonly RiskOrder[], RiskLimits, unknown]>([
    ['up to the largest position', half, [order(1, 'buy', 100)], { maxPositionPct: a('40') }, []],
    [
      'beyond the largest position',
      half,
      [order(1, 'buy', '100.01')],
      { maxPositionPct: a('40') },
      [['maxPositionPct', [1]]],
    ],
    [
      'beyond it with the second buy',
      half,
      [order(1, 'buy', 60), order(2, 'buy', 60)],
      { maxPositionPct: a('40') },
      [['maxPositionPct', [2]]],
    ],
    [
      'more of a position in breach',
      half,
      [order(1, 'buy', '0.01')],
      { maxPositionPct: a('20') },
      [['maxPositionPct', [1]]],
    ],
    ['less of a position in breach', half, [order(1, 'sell', 10)], { maxPositionPct: a('20') }, []],
    [
      'a position that moves between venues and would be twice there',
      stateOf([unitVenue('v', 0, { A: 300 }), unitVenue('w', 700, {}, ['A'])]),
      [order(1, 'sell', 300), order(2, 'buy', 300, { venue: 'w' })],
      { maxPositionPct: a('40') },
      [['maxPositionPct', [2]]],
    ],
    [
      'buys of two members of a cluster',
      stateOf([unitVenue('v', 500, { A: 300, B: 200 })], { clusters: known({ A: 'x', B: 'x' }) }),
      [order(1, 'buy', 60), order(2, 'buy', 60, { asset: 'B' })],
      { maxClusterPct: a('60') },
      [['maxClusterPct', [2]]],
    ],
    ['a buy that leaves the cash that stays', half, [order(1, 'buy', 490)], { minCashUsd: a('10') }, []],
    [
      'a buy that leaves less cash than stays',
      half,
      [order(1, 'buy', '490.01')],
      { minCashUsd: a('10') },
      [
        ['minCashUsd', [1]],
        ['minCashUsd', [1]],
      ],
    ],
    [
      'a buy at a venue with too little cash',
      stateOf([unitVenue('v', 5, { A: 300 })]),
      [order(1, 'buy', 1)],
      { minCashUsd: a('10') },
      [
        ['minCashUsd', [1]],
        ['minCashUsd', [1]],
      ],
    ],
    [
      'a buy that a sell pays for, at a venue with too little cash',
      stateOf([unitVenue('v', 5, { A: 300, B: 1 })]),
      [order(1, 'sell', 100), order(2, 'buy', 100, { asset: 'B' })],
      { minCashUsd: a('10') },
      [],
    ],
    ['an order at the largest size', half, [order(1, 'buy', 50)], { maxOrderUsd: a('50') }, []],
    [
      'an order beyond the largest size',
      half,
      [order(1, 'buy', '50.01')],
      { maxOrderUsd: a('50') },
      [['maxOrderUsd', [1]]],
    ],
    [
      'an order at its share of the volume',
      { ...half, volumes: [{ venue: 'v', market: 'A-USD', dayUsd: a('5000') }] },
      [order(1, 'buy', 50)],
      { maxOrderPctADV: a('1') },
      [],
    ],
    [
      'an order beyond its share of the volume',
      { ...half, volumes: [{ venue: 'v', market: 'A-USD', dayUsd: a('5000') }] },
      [order(1, 'buy', '50.01')],
      { maxOrderPctADV: a('1') },
      [['maxOrderPctADV', [1]]],
    ],
    [
      'an order where nothing was traded',
      { ...half, volumes: [{ venue: 'v', market: 'A-USD', dayUsd: a('0') }] },
      [order(1, 'sell', 50)],
      { maxOrderPctADV: a('1') },
      [['maxOrderPctADV', [1]]],
    ],
    [
      'an order in a market of unknown volume',
      { ...half, volumes: [] },
      [order(1, 'buy', 50)],
      { maxOrderPctADV: a('1') },
      [['maxOrderPctADV', [1]]],
    ],
    [
      'a price at the slippage, up to the next tick',
      half,
      [{ ...order(1, 'buy', 1), limitPrice: a('1.01') }],
      { maxSlippageBps: a('20') },
      [],
    ],
    [
      'a price beyond the slippage',
      half,
      [{ ...order(1, 'buy', 1), limitPrice: a('1.0101') }],
      { maxSlippageBps: a('20') },
      [['maxSlippageBps', [1]]],
    ],
    [
      'a sell beyond the slippage',
      half,
      [{ ...order(1, 'sell', 1), limitPrice: a('0.9899') }],
      { maxSlippageBps: a('20') },
      [['maxSlippageBps', [1]]],
    ],
    [
      'turnover at the bound',
      half,
      [order(1, 'sell', 200), order(2, 'buy', 200, { asset: 'B', fundedBy: [1] })],
      { maxTurnoverPerDay: a('0.2') },
      [],
    ],
    [
      'turnover beyond the bound: the pair goes',
      half,
      [order(1, 'sell', 10), order(2, 'sell', 200), order(3, 'buy', 200, { asset: 'B', fundedBy: [2] })],
      { maxTurnoverPerDay: a('0.2') },
      [['maxTurnoverPerDay', [3]]],
    ],
    [
      'one order more than the hour has room for',
      { ...half, ordersSentAtMs: known(Array(9).fill(NOW_MS)) },
      [order(1, 'sell', 1), order(2, 'buy', 1)],
      { maxOrdersPerHour: 10 },
      [['maxOrdersPerHour', [2]]],
    ],
    [
      'a buy at a venue that is too large',
      half,
      [order(1, 'sell', 1), order(2, 'buy', 1)],
      { maxVenuePct: a('60') },
      [['maxVenuePct', [2]]],
    ],
    [
      'an order in a market with an old price',
      { ...half, nowMs: NOW_MS + 10_001 },
      [order(1, 'sell', 1)],
      { priceStaleness: DEFAULT_RISK_LIMITS.priceStaleness },
      [['priceStaleness', [1]]],
    ],
    [
      'a buy with a coin that has lost its peg',
      { ...half, stablecoins: { USD: known(a('0.96')) } },
      [order(1, 'sell', 1), order(2, 'buy', 1)],
      { stablecoinDepeg: DEFAULT_RISK_LIMITS.stablecoinDepeg },
      [['stablecoinDepeg', [2]]],
    ],
    [
      'orders while the loss of the day is not known',
      { ...half, day: missing('the result') },
      [order(1, 'sell', 1)],
      { dailyLoss: a('0.05') },
      [['dailyLoss', [1]]],
    ],
    [
      'a buy on credit',
      stateOf([unitVenue('v', -500, { A: 1_500 })]),
      [order(1, 'buy', 1)],
      { maxLeverage: a('1') },
      [
        ['maxLeverage', [1]],
        ['maxLeverage', [1]],
      ],
    ],
    [
      'a sell that pays credit back',
      stateOf([unitVenue('v', -500, { A: 1_500 })]),
      [order(1, 'sell', 1)],
      { maxLeverage: a('1') },
      [],
    ],
    [
      'costs that take the last of the balance',
      stateOf([
        venue({
          id: 'v',
          cash: '20',
          takerFeeBps: '100',
          holdings: { A: '30' },
          markets: [market({ asset: 'A', bid: '1', ask: '1' })],
        }),
      ]),
      [order(1, 'sell', 10)],
      { minimumBalanceUsd: a('50') },
      [['minimumBalanceUsd', [1]]],
    ],
  ])('%s', (_name, state, orders, limits, expected) => {
    expect(limitsIn(state, orders, limits)).toEqual(expected);
  });
});

// Random portfolios: two venues, three groups, one of them at a venue short at times; some within their limits, some far
// beyond them. Orders fill at their limit prices, in every combination that cash allows.

const PRICES: Readonly<Record<string, readonly [bid: string, ask: string]>> = {
  A: ['0.999', '1.001'],
  B: ['9.95', '10.05'],
  C: ['100', '100'],
};

const anyVenue = (id: string, canBeShort: boolean) =>
  fc
    .record({
      cash: fc.integer({ min: -300, max: 1_500 }),
      A: fc.integer({ min: canBeShort ? -400 : 0, max: 1_200 }),
      B: fc.integer({ min: 0, max: 100 }),
      C: fc.integer({ min: 0, max: 8 }),
      feeBps: fc.constantFrom(0, 10, 60),
    })
    .map(({ cash, A, B, C, feeBps }) =>
      venue({
        id,
        cash: String(cash),
        takerFeeBps: String(feeBps),
        holdings: Object.fromEntries(Object.entries({ A, B, C }).map(([asset, q]) => [asset, String(q)])),
        markets: Object.entries(PRICES).map(([asset, [bid, ask]]) =>
          market({ asset, bid, ask, step: '0.01', tick: '0.0001' }),
        ),
      }),
    );

const anyState = fc
  .record({
    v: anyVenue('v', false),
    w: anyVenue('w', true),
    isClustered: fc.boolean(),
    traded: fc.integer({ min: 0, max: 600 }),
    sent: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ v, w, isClustered, traded, sent }) =>
    stateOf([v, w], {
      clusters: known(isClustered ? { A: 'one', B: 'one' } : {}),
      traded: known([{ atMs: NOW_MS, notionalUsd: a(traded) }]),
      ordersSentAtMs: known(Array<number>(sent).fill(NOW_MS)),
    }),
  );

const anyOrders = fc
  .array(
    fc.record({
      venue: fc.constantFrom('v', 'w'),
      asset: fc.constantFrom('A', 'B', 'C'),
      side: fc.constantFrom('buy' as const, 'sell' as const),
      usd: fc.integer({ min: 1, max: 400 }),
      slippage: fc.constantFrom('0', '0.001'),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) =>
    [...parts]
      .sort((x, y) => (x.side === y.side ? 0 : x.side === 'sell' ? -1 : 1))
      .map(({ venue: at, asset, side, usd, slippage }, index): RiskOrder => {
        const [bid = '1', ask = '1'] = PRICES[asset] ?? [];
        const mid = divide(add(a(bid), a(ask)), a('2'));
        const quantity = divide(a(usd), mid, 2);
        const touch = side === 'buy' ? a(ask) : a(bid);
        const move = multiply(touch, a(slippage));
        return {
          ...order(index + 1, side, 1, { venue: at, asset }),
          quantity,
          limitPrice: side === 'buy' ? add(touch, move) : subtract(touch, move),
          notionalUsd: multiply(quantity, mid),
        };
      })
      .filter(({ quantity }) => quantity !== ZERO),
  );

const anyLimits: fc.Arbitrary<RiskLimits> = fc.record({
  maxPositionPct: fc.constantFrom('20', '40', '70').map(a),
  maxVenuePct: fc.constantFrom('60', '100').map(a),
  maxClusterPct: fc.constantFrom('50', '80').map(a),
  minCashPct: fc.constantFrom('0', '1', '10').map(a),
  minCashUsd: fc.constantFrom('0', '10').map(a),
  maxLeverage: fc.constantFrom('0.5', '1', '1.5').map(a),
  minimumBalanceUsd: fc.constant(a('50')),
  maxTurnoverPerDay: fc.constantFrom('0.2', '1').map(a),
  maxOrdersPerHour: fc.constantFrom(5, 10),
});

const midOf = (asset: string): Amount => {
  const [bid = '1', ask = '1'] = PRICES[asset] ?? [];
  return divide(add(amount(bid), amount(ask)), a('2'));
};

/** The portfolio with some orders filled at their limits, as it would stand in the book. */
function filled(state: RiskState, orders: readonly RiskOrder[]): RiskState {
  const venues = state.venues.map((at) => {
    const here = orders.filter((each) => each.venue === at.id);
    const rate = divide(at.takerFeeBps, a('10000'));
    const cash = here.reduce((left, { side, quantity, limitPrice }) => {
      const gross = multiply(quantity, limitPrice);
      const fee = multiply(gross, rate);
      return side === 'buy' ? subtract(left, add(gross, fee)) : add(left, subtract(gross, fee));
    }, at.cash);
    const holdings = { ...at.holdings };
    for (const { asset, side, quantity } of here) {
      const held = holdings[asset] ?? ZERO;
      holdings[asset] = side === 'buy' ? add(held, quantity) : subtract(held, quantity);
    }
    return { ...at, cash, holdings };
  });
  return { ...state, venues };
}

/** Each limit's measure, larger is worse, in USD, counted from the holdings and from nothing of the code under test. */
function measuresOf(
  state: RiskState,
  limits: RiskLimits,
  navUsd: Amount,
): ReadonlyMap<string, readonly [Amount, Amount]> {
  const measures = new Map<string, readonly [measure: Amount, bound: Amount]>();
  const share = (percent: Amount | undefined): Amount =>
    multiply(multiply(percent ?? ZERO, navUsd), a('0.01'));
  const values = new Map<string, Amount>();
  let gross = ZERO;
  for (const { id, cash, holdings } of state.venues) {
    let worth = cash;
    for (const [asset, quantity] of Object.entries(holdings)) {
      const value = multiply(quantity, midOf(asset));
      worth = add(worth, value);
      gross = add(gross, absolute(value));
      values.set(asset, add(values.get(asset) ?? ZERO, value));
    }
    measures.set(`venue ${id}`, [worth, share(limits.maxVenuePct)]);
    measures.set(`cash ${id}`, [subtract(ZERO, cash), ZERO]);
  }
  const clusters = state.clusters.state === 'known' ? state.clusters.value : {};
  const ofClusters = new Map<string, Amount>();
  for (const [group, value] of values) {
    measures.set(`position ${group}`, [absolute(value), share(limits.maxPositionPct)]);
    const cluster = clusters[group] ?? group;
    ofClusters.set(cluster, add(ofClusters.get(cluster) ?? ZERO, absolute(value)));
  }
  for (const [cluster, value] of ofClusters)
    measures.set(`cluster ${cluster}`, [value, share(limits.maxClusterPct)]);
  measures.set('leverage', [gross, multiply(limits.maxLeverage ?? ZERO, navUsd)]);
  measures.set('cash', [subtract(ZERO, sum(state.venues.map(({ cash }) => cash))), ZERO]);
  measures.set('balance', [subtract(ZERO, navOf(state)), subtract(ZERO, limits.minimumBalanceUsd ?? ZERO)]);
  return measures;
}

const navOf = (state: RiskState): Amount =>
  sum(
    state.venues.flatMap(({ cash, holdings }) => [
      cash,
      ...Object.entries(holdings).map(([asset, quantity]) => multiply(quantity, midOf(asset))),
    ]),
  );

/** Cash that stays: a percentage of what there was before the plan. */
function floorsOf(state: RiskState, limits: RiskLimits): ReadonlyMap<string, Amount> {
  const floorOf = (worth: Amount): Amount =>
    maximum(
      limits.minCashUsd ?? ZERO,
      multiply(multiply(limits.minCashPct ?? ZERO, maximum(ZERO, worth)), a('0.01')),
    );
  return new Map([
    ...state.venues.map((at) => [`cash ${at.id}`, floorOf(navOf({ ...state, venues: [at] }))] as const),
    ['cash', floorOf(navOf(state))] as const,
  ]);
}

const subsetsOf = (orders: readonly RiskOrder[]): readonly (readonly RiskOrder[])[] =>
  Array.from({ length: 2 ** orders.length }, (_, bits) =>
    orders.filter((__, index) => (bits >> index) % 2 === 1),
  );

/** A buy has filled only where its venue keeps what all of the plan leaves there, or what was there, if that is less. */
function isReachable(state: RiskState, orders: readonly RiskOrder[], subset: readonly RiskOrder[]): boolean {
  const after = filled(state, orders);
  const now = filled(state, subset);
  return state.venues.every(({ id, cash }, index) => {
    if (!subset.some((each) => each.venue === id && each.side === 'buy')) return true;
    const kept = minimum(cash, after.venues[index]?.cash ?? ZERO);
    return !isLess(now.venues[index]?.cash ?? ZERO, kept);
  });
}

function worsened(state: RiskState, orders: readonly RiskOrder[], limits: RiskLimits): readonly string[] {
  const nav = navOf(state);
  const floors = floorsOf(state, limits);
  const before = measuresOf(state, limits, nav);
  return subsetsOf(orders)
    .filter((subset) => isReachable(state, orders, subset))
    .flatMap((subset) =>
      [...measuresOf(filled(state, subset), limits, nav)].flatMap(([name, [measure, bound]]) => {
        const ceiling = floors.has(name) ? subtract(ZERO, floors.get(name) ?? ZERO) : bound;
        const [least = ZERO] = before.get(name) ?? [];
        return isMore(measure, maximum(ceiling, least))
          ? [`${name} by ${subset.map((o) => o.sequence)}`]
          : [];
      }),
    );
}

/** What the gate lets through: of most random orders something is left out. */
function passing(state: RiskState, orders: readonly RiskOrder[], limits: RiskLimits): readonly RiskOrder[] {
  const gated = gatePlan({ orders }, state, limits);
  if (gated.state === 'refused') return [];
  const dropped = new Set(gated.dropped.map(({ sequence }) => sequence));
  return orders.filter(({ sequence }) => !dropped.has(sequence));
}

describe('whatever part of a plan fills', () => {
  it('1. A plan that passes worsens no broken limit and breaks none that holds, in any state that its orders can reach.', () => {
    let passed = 0;
    let buys = 0;
    fc.assert(
      fc.property(anyState, anyOrders, anyLimits, fc.boolean(), (state, orders, drawn, isPoor) => {
        fc.pre(compare(navOf(state), a('1')) > 0);
        // A thousandth above the smallest balance, costs alone may break it.
        const minimumBalanceUsd = isPoor ? multiply(navOf(state), a('0.999')) : a('50');
        const limits = { ...drawn, minimumBalanceUsd };
        const kept = passing(state, orders, limits);
        passed += kept.length > 0 ? 1 : 0;
        buys += kept.filter(({ side }) => side === 'buy').length;
        expect(worsened(state, kept, limits)).toEqual([]);
        expect(evaluatePlan(state, kept, limits).findings).toEqual([]);
      }),
      { numRuns: 400, seed: 4 },
    );
    expect(passed).toBeGreaterThan(150);
    expect(buys).toBeGreaterThan(60);
  });

  it('2. Orders that pass while only reducing is allowed only reduce.', () => {
    let reduced = 0;
    const limits: RiskLimits = { drawdownHalt: { warn: a('0.1'), halt: a('0.2'), stops: 'buys' } };
    fc.assert(
      fc.property(anyState, anyOrders, (before, orders) => {
        const halted = { index: a('0.7'), indexAtMs: 0, highWaterIndex: a('1'), halt: null };
        const state: RiskState = { ...before, drawdown: known(halted) };
        expect(evaluateBeforePlan(state, limits).mode).toBe('reduceOnly');
        const kept = passing(state, orders, limits);
        for (const subset of subsetsOf(kept)) {
          reduced += subset.length;
          const after = filled(state, subset);
          for (const [index, { holdings }] of state.venues.entries()) {
            for (const [asset, held] of Object.entries(holdings)) {
              const now = after.venues[index]?.holdings[asset] ?? ZERO;
              expect(isMore(absolute(now), absolute(held))).toBe(false);
              expect(isNegative(multiply(now, held))).toBe(false);
            }
          }
        }
      }),
      { numRuns: 200, seed: 5 },
    );
    expect(reduced).toBeGreaterThan(500);
  });

  it('3. A limit that is required and cannot be evaluated lets no order pass that it guards.', () => {
    const blind: readonly [keyof RiskLimits, (state: RiskState) => RiskState, 'all' | 'adding'][] = [
      ['maxClusterPct', (state) => ({ ...state, clusters: missing('x') }), 'adding'],
      ['maxTurnoverPerDay', (state) => ({ ...state, traded: missing('x') }), 'all'],
      ['maxOrderPctADV', (state) => ({ ...state, volumes: [] }), 'all'],
      ['maxOrdersPerHour', (state) => ({ ...state, ordersSentAtMs: missing('x') }), 'all'],
      ['maxOrdersPerDay', (state) => ({ ...state, ordersSentAtMs: missing('x') }), 'all'],
      ['drawdownHalt', (state) => ({ ...state, drawdown: missing('x') }), 'all'],
      ['dailyLoss', (state) => ({ ...state, day: missing('x') }), 'all'],
      ['priceStaleness', (state) => ({ ...state, quotes: [] }), 'all'],
      ['reconcileGate', (state) => ({ ...state, reconciliations: {} }), 'all'],
      ['concurrency', (state) => ({ ...state, plansInFlight: missing('x') }), 'all'],
    ];
    fc.assert(
      fc.property(
        anyState,
        anyOrders,
        fc.constantFrom(...blind),
        (before, orders, [limit, blinded, guarded]) => {
          fc.pre(compare(navOf(before), a('1')) > 0);
          const state = blinded(before);
          const limits = { [limit]: DEFAULT_RISK_LIMITS[limit] };
          const kept = passing(state, orders, limits);
          if (guarded === 'all') expect(kept).toEqual([]);
          for (const { side, venue: at, asset } of kept) {
            const held = state.venues.find(({ id }) => id === at)?.holdings[asset] ?? ZERO;
            expect(side).toBe(isNegative(held) ? 'buy' : 'sell');
          }
          expect(ofLimit(gatePlan({ orders }, state, limits).findings, limit).length).toBeGreaterThan(0);
          expect(gatePlan({ orders }, state, limits, () => false).findings).toEqual([]);
        },
      ),
      { numRuns: 200, seed: 6 },
    );
  });
});
