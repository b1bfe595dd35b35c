import { describe, expect, it, test } from '@jest/globals';
import { startDrawdown } from '../../../src/domain/risk/drawdown-state.ts';
import { evaluateBeforePlan, evaluationsOf } from '../../../src/domain/risk/evaluate-before-plan.ts';
import type { RiskLimitName } from '../../../src/domain/risk/risk-evaluation.ts';
import {
  DEFAULT_RISK_LIMITS,
  RISK_LIMIT_NAMES,
  type RiskLimits,
} from '../../../src/domain/risk/risk-limits.ts';
import { known, missing, type RiskState } from '../../../src/domain/risk/risk-state.ts';
import { a, NOW_MS, ofLimit, stateOf, unitMarket, unitVenue } from './risk-fixtures.ts';

type Expected = readonly [state: 'ok' | 'breached' | 'unknown', action?: string, severity?: string];
type Row = readonly [name: string, state: RiskState, ...expected: Expected];

const DAY_MS = 86_400_000;
const ok: Expected = ['ok'];

/** What the subject that is first in breach, else first unknown, else first of all, says of one limit. */
function expectOf(limit: RiskLimitName, state: RiskState, expected: Expected, limits: RiskLimits): void {
  const all = ofLimit(evaluationsOf(state, limits), limit);
  const worst =
    all.find((each) => each.state === 'breached') ?? all.find((each) => each.state === 'unknown') ?? all[0];
  expect([worst?.state, ...(worst && 'action' in worst ? [worst.action, worst.severity] : [])]).toEqual([
    ...expected,
  ]);
}

/** The bound is exact: a hundredth of a cent beyond it is beyond. */
const heldOf = (asset: string, share: string) =>
  stateOf([unitVenue('v', a(String(1_000 - Number(share))), { [asset]: share }, [asset])]);
const clusters = known({ A: 'one', B: 'one' });
const inCluster = (second: string) =>
  stateOf([unitVenue('v', 1_000 - 300 - Number(second), { A: 300, B: second })], { clusters });
const venuesWith = (first: string) =>
  stateOf([unitVenue('v', first, {}), unitVenue('w', 1_000 - Number(first), {})]);
const unpriced = (quantity: string) =>
  stateOf([
    { ...unitVenue('v', 1_000, { A: quantity }), markets: [{ ...unitMarket('A'), bid: null, ask: null }] },
  ]);
const cashOf = (cash: string) => stateOf([unitVenue('v', cash, { A: 1_000 - Number(cash) })]);
const tradedBefore = (notional: string, atMs = NOW_MS) =>
  stateOf([unitVenue('v', 1_000, {})], { traded: known([{ atMs, notionalUsd: a(notional) }]) });
const sentTimes = (count: number, agoMs: number) =>
  stateOf([unitVenue('v', 1_000, {})], {
    ordersSentAtMs: known(Array.from({ length: count }, () => NOW_MS - agoMs)),
  });
const one = (more: Partial<RiskState>) => stateOf([unitVenue('v', 800, { A: 200 })], more);
const fallenTo = (index: string) =>
  one({ drawdown: known({ ...startDrawdown({ index: a('1'), atMs: 0 }), index: a(index) }) });
const lost = (pnl: string, haltedAtMs: number | null = null) =>
  one({ day: known({ pnlUsd: a(pnl), startUsd: a('1000'), haltedAtMs }) });
const aged = (ageMs: number, isIlliquid = false) =>
  one({
    quotes: [
      { venue: 'v', asset: 'A', price: a('1'), observedAtMs: NOW_MS - ageMs, isIlliquid, earlier: null },
    ],
  });
/** One venue for each price; what they were a minute before, where that is kept: by default the same. */
const priced = (
  prices: readonly string[],
  {
    minuteAgo = prices as readonly (string | null)[],
    agoMs = 60_000,
    agesMs = [] as readonly number[],
    asset = 'A',
    traded = prices.length,
  } = {},
) => {
  const ids = prices.map((_, index) => `v${index}`);
  return stateOf(
    ids.slice(0, traded).map((id) => unitVenue(id, 100, { [`${asset}/${id}`]: 1 })),
    {
      quotes: prices.map((price, index) => ({
        venue: ids[index] ?? '',
        asset: `${asset}/${ids[index]}`,
        price: a(price),
        observedAtMs: NOW_MS - (agesMs[index] ?? 0),
        isIlliquid: false,
        earlier: minuteAgo[index] == null ? null : { price: a(minuteAgo[index]), agoMs },
      })),
      groups: Object.fromEntries(
        ids.flatMap((id) => [
          [`${asset}/${id}`, asset],
          ['USD', 'CASH'],
        ]),
      ),
    },
  );
};
const quotesOf = (prices: readonly (readonly [venue: string, price: string])[], ageMs = 0) =>
  prices.map(([venue, price]) => ({
    venue,
    asset: 'A',
    price: a(price),
    observedAtMs: NOW_MS - ageMs,
    isIlliquid: false,
    earlier: { price: a(price), agoMs: 60_000 },
  }));
const pegged = (price: string) => one({ stablecoins: { USDC: known(a(price)) } });
const reported = (status: 'reconciled' | 'pending', ageMs: number) =>
  one({ reconciliations: { v: known({ status, atMs: NOW_MS - ageMs }) } });
/** What the last price of A is, where its market shows none. */
const frozen = (value: string, { isIlliquid = false, ageMs = 0, more = {} as Record<string, number> } = {}) =>
  stateOf(
    [
      {
        ...unitVenue('v', 1_000 - Number(value), { A: value, ...more }),
        markets: isIlliquid ? [] : [{ ...unitMarket('A'), bid: null, ask: null }],
      },
    ],
    { lastPrices: { A: { price: a('1'), observedAtMs: NOW_MS - ageMs, isIlliquid } } },
  );

const TABLE: Readonly<
  Record<Exclude<RiskLimitName, 'maxOrderUsd' | 'maxOrderPctADV' | 'maxSlippageBps'>, readonly Row[]>
> = {
  maxPositionPct: [
    ['below', heldOf('A', '399.99'), ...ok],
    ['at', heldOf('A', '400'), ...ok],
    ['above', heldOf('A', '400.01'), 'breached', 'clip', 'warning'],
    ['without a price of it', unpriced('1'), 'unknown', 'clip', 'warning'],
    [
      'of a portfolio that owes more than it has',
      one({ elsewhere: [{ venue: 'w', asset: 'A', quantity: a('-1000') }] }),
      'unknown',
      'clip',
      'warning',
    ],
    [
      'for a short as for a long',
      stateOf([unitVenue('v', 1_401, { A: -401 })]),
      'breached',
      'clip',
      'warning',
    ],
    [
      'with what is held where nothing trades',
      one({ elsewhere: [{ venue: 'wallet', asset: 'A', quantity: a('300') }] }),
      ...ok,
    ],
    [
      'above, with what is held where nothing trades',
      one({ elsewhere: [{ venue: 'wallet', asset: 'A', quantity: a('400') }] }),
      'breached',
      'clip',
      'warning',
    ],
  ],
  maxVenuePct: [
    ['below', venuesWith('599.99'), ...ok],
    ['at', venuesWith('600'), ...ok],
    ['above', venuesWith('600.01'), 'breached', 'noBuysAtVenue', 'warning'],
    [
      'without a price of something there',
      stateOf([{ ...unitVenue('v', 500, { X: 1 }, []) }, unitVenue('w', 500, {})]),
      'unknown',
      'noBuysAtVenue',
      'warning',
    ],
  ],
  maxClusterPct: [
    ['below', inCluster('299.99'), ...ok],
    ['at', inCluster('300'), ...ok],
    ['above', inCluster('300.01'), 'breached', 'clip', 'warning'],
    [
      'without clusters',
      one({ clusters: missing('clusters of groups') }),
      'unknown',
      'reduceOnly',
      'warning',
    ],
    ['without a price of a member', unpriced('1'), 'unknown', 'clip', 'warning'],
  ],
  minCashPct: [
    ['above', cashOf('10.01'), ...ok],
    ['at', cashOf('10'), ...ok],
    ['below', cashOf('9.99'), 'breached', 'keepCash', 'warning'],
    ['of a portfolio with a short that has no price', unpriced('-1'), 'unknown', 'keepCash', 'warning'],
  ],
  minCashUsd: [
    ['above', stateOf([unitVenue('v', '10.01', { A: 5 })]), ...ok],
    ['at', stateOf([unitVenue('v', '10', { A: 5 })]), ...ok],
    ['below', stateOf([unitVenue('v', '9.99', { A: 5 })]), 'breached', 'keepCash', 'warning'],
    [
      'below at one of two venues',
      stateOf([unitVenue('v', '9', {}), unitVenue('w', '90', {})]),
      'breached',
      'keepCash',
      'warning',
    ],
  ],
  maxTurnoverPerDay: [
    ['below', tradedBefore('399.99'), ...ok],
    ['at', tradedBefore('400'), ...ok],
    ['above', tradedBefore('400.01'), 'breached', 'scalePlan', 'warning'],
    ['above, but a day ago', tradedBefore('400.01', NOW_MS - DAY_MS), ...ok],
    [
      'without a record of trades',
      one({ traded: missing('what was traded') }),
      'unknown',
      'scalePlan',
      'warning',
    ],
  ],
  maxOrdersPerHour: [
    ['below', sentTimes(9, 0), ...ok],
    ['at: no room for another', sentTimes(10, 3_599_999), 'breached', 'defer', 'warning'],
    ['at, but an hour ago', sentTimes(10, 3_600_000), ...ok],
    [
      'without a record of orders',
      one({ ordersSentAtMs: missing('times of orders') }),
      'unknown',
      'defer',
      'warning',
    ],
  ],
  maxOrdersPerDay: [
    ['below', sentTimes(49, 4_000_000), ...ok],
    ['at: no room for another', sentTimes(50, DAY_MS - 1), 'breached', 'defer', 'warning'],
    ['at, but a day ago', sentTimes(50, DAY_MS), ...ok],
    [
      'without a record of orders',
      one({ ordersSentAtMs: missing('times of orders') }),
      'unknown',
      'defer',
      'warning',
    ],
  ],
  maxLeverage: [
    ['below', cashOf('0.01'), ...ok],
    ['at', cashOf('0'), ...ok],
    ['above', cashOf('-0.01'), 'breached', 'reduceOnly', 'critical'],
    [
      'of a long and a short that cancel out',
      stateOf([unitVenue('v', 0, { A: 1_000 }), unitVenue('w', 501, { A: -501 })]),
      'breached',
      'reduceOnly',
      'critical',
    ],
    ['with something outright that has no price', unpriced('1'), ...ok],
    [
      'with a position that has no price',
      stateOf([unitVenue('v', 1_000, { 'perpetual:X-USD': 1 }, [])]),
      'unknown',
      'reduceOnly',
      'warning',
    ],
  ],
  drawdownHalt: [
    ['below the warning', fallenTo('0.8501'), ...ok],
    ['at the warning', fallenTo('0.85'), 'breached', 'tell', 'warning'],
    ['below the halt', fallenTo('0.7501'), 'breached', 'tell', 'warning'],
    ['at the halt', fallenTo('0.75'), 'breached', 'halt', 'critical'],
    [
      'risen again, while nobody has re-armed',
      one({
        drawdown: known({
          ...startDrawdown({ index: a('1'), atMs: 0 }),
          halt: { atMs: 0, drawdown: a('0.25') },
        }),
      }),
      'breached',
      'halt',
      'critical',
    ],
    ['without an index', one({ drawdown: missing('the high-water mark') }), 'unknown', 'halt', 'warning'],
  ],
  dailyLoss: [
    ['below', lost('-49.99'), ...ok],
    ['at', lost('-50'), 'breached', 'halt', 'critical'],
    ['a gain', lost('60'), ...ok],
    ['halted within 24 hours', lost('0', NOW_MS - DAY_MS + 1), 'breached', 'halt', 'critical'],
    ['halted 24 hours ago', lost('0', NOW_MS - DAY_MS), ...ok],
    [
      'without a result of the day',
      one({ day: missing('the result of 24 hours') }),
      'unknown',
      'halt',
      'warning',
    ],
    [
      'of nothing',
      one({ day: known({ pnlUsd: a('0'), startUsd: a('0'), haltedAtMs: null }) }),
      'unknown',
      'halt',
      'warning',
    ],
  ],
  minimumBalanceUsd: [
    ['above', stateOf([unitVenue('v', '50.01', {})]), ...ok],
    ['at', stateOf([unitVenue('v', '50', {})]), ...ok],
    ['below', stateOf([unitVenue('v', '49.99', {})]), 'breached', 'halt', 'critical'],
    [
      'with something beside that has no price',
      stateOf([unitVenue('v', '49.99', { X: 10 }, [])]),
      'unknown',
      'halt',
      'warning',
    ],
    ['with a short that has no price', unpriced('-1'), 'unknown', 'halt', 'warning'],
  ],
  priceStaleness: [
    ['fresh', aged(10_000), ...ok],
    ['too old to trade', aged(10_001), 'breached', 'freezeAsset', 'warning'],
    ['too old to value', aged(60_001), 'breached', 'freezeAsset', 'warning'],
    ['illiquid, a day old', aged(DAY_MS, true), ...ok],
    ['illiquid, older than a day', aged(DAY_MS + 1, true), 'breached', 'tell', 'warning'],
    ['illiquid, older than three days', aged(3 * DAY_MS + 1, true), 'breached', 'freezeAsset', 'critical'],
    ['of unknown age', one({ quotes: [] }), 'unknown', 'freezeAsset', 'warning'],
    ['held and traded nowhere, a day old', frozen('1', { isIlliquid: true, ageMs: DAY_MS }), ...ok],
    [
      'held and traded nowhere, older than a day',
      frozen('1', { isIlliquid: true, ageMs: DAY_MS + 1 }),
      'breached',
      'tell',
      'warning',
    ],
    [
      'held and traded nowhere, older than three days',
      frozen('1', { isIlliquid: true, ageMs: 3 * DAY_MS + 1 }),
      'breached',
      'freezeAsset',
      'critical',
    ],
  ],
  priceDeviation: [
    ['at, of two', priced(['97.5', '102.5']), ...ok],
    ['beyond, of two', priced(['97.5', '102.51']), 'breached', 'freezeAsset', 'warning'],
    ['at, of three', priced(['100', '100', '105']), ...ok],
    ['beyond, of three', priced(['100', '100', '105.01']), 'breached', 'freezeAsset', 'warning'],
    ['at, of a major', priced(['100', '100', '102'], { asset: 'BTC' }), ...ok],
    [
      'beyond, of a major',
      priced(['100', '100', '102.01'], { asset: 'BTC' }),
      'breached',
      'freezeAsset',
      'warning',
    ],
    ['of one source', priced(['100']), 'unknown', 'freezeAsset', 'warning'],
    [
      'of one source that has jumped',
      priced(['110.01'], { minuteAgo: ['100'] }),
      'breached',
      'freezeAsset',
      'warning',
    ],
    ['of two that moved by a tenth together', priced(['110', '110'], { minuteAgo: ['100', '100'] }), ...ok],
    [
      'of two that fell by more than a tenth together',
      priced(['89.99', '89.99'], { minuteAgo: ['100', '100'] }),
      'breached',
      'freezeAsset',
      'warning',
    ],
    [
      'of two that nobody has read before',
      priced(['100', '100'], { minuteAgo: [null, null] }),
      'unknown',
      'tell',
      'warning',
    ],
    [
      'of two that nobody has read a minute before',
      priced(['100', '100'], { agoMs: 59_999 }),
      'unknown',
      'tell',
      'warning',
    ],
    [
      'of one that jumped within less than a minute',
      priced(['110.01'], { minuteAgo: ['100'], agoMs: 5_000 }),
      'breached',
      'freezeAsset',
      'warning',
    ],
    [
      'beyond, of two, one of which is not traded in',
      priced(['97.5', '102.51'], { traded: 1 }),
      'breached',
      'freezeAsset',
      'warning',
    ],
    [
      'beyond, of three, by one that is not traded in',
      priced(['100', '100', '105.01'], { traded: 2 }),
      ...ok,
    ],
    ['of two, one of which is as old as it may be', priced(['100', '100'], { agesMs: [0, 60_000] }), ...ok],
    [
      'of two, one of which is too old',
      priced(['100', '100'], { agesMs: [0, 60_001], traded: 1 }),
      'unknown',
      'freezeAsset',
      'warning',
    ],
    [
      'of one that is too old itself',
      priced(['100', '100', '100'], { agesMs: [60_001], traded: 1 }),
      'unknown',
      'freezeAsset',
      'warning',
    ],
  ],
  stablecoinDepeg: [
    ['near', pegged('0.9901'), ...ok],
    ['at the warning', pegged('0.99'), 'breached', 'tell', 'warning'],
    ['above one', pegged('1.0299'), 'breached', 'tell', 'warning'],
    ['at the halt', pegged('0.97'), 'breached', 'noBuysOfAsset', 'critical'],
    [
      'without a price',
      one({ stablecoins: { USDC: missing('a price of USDC') } }),
      'unknown',
      'noBuysOfAsset',
      'warning',
    ],
  ],
  reconcileGate: [
    ['reconciled a minute ago', reported('reconciled', 60_000), ...ok],
    ['reconciled longer ago', reported('reconciled', 60_001), 'breached', 'halt', 'critical'],
    ['not reconciled', reported('pending', 0), 'breached', 'halt', 'critical'],
    ['without a report', one({ reconciliations: {} }), 'unknown', 'halt', 'warning'],
  ],
  frozenShare: [
    ['below', frozen('49.99'), ...ok],
    ['at', frozen('50'), ...ok],
    ['above', frozen('50.01'), 'breached', 'halt', 'critical'],
    ['above, by a price that is too old', aged(60_001), 'breached', 'halt', 'critical'],
    ['without any price', unpriced('1'), 'unknown', 'halt', 'warning'],
    ['traded nowhere, three days old', frozen('500', { isIlliquid: true, ageMs: 3 * DAY_MS }), ...ok],
    [
      'traded nowhere, older than three days',
      frozen('500', { isIlliquid: true, ageMs: 3 * DAY_MS + 1 }),
      'breached',
      'halt',
      'critical',
    ],
    [
      'above, without any price of something else',
      frozen('50.01', { more: { B: 1 } }),
      'breached',
      'halt',
      'critical',
    ],
    [
      'below, without any price of something else',
      frozen('49.99', { more: { B: 1 } }),
      'unknown',
      'halt',
      'warning',
    ],
    [
      'above, by a price that deviates',
      one({
        quotes: quotesOf([
          ['v', '1'],
          ['w', '1.1'],
        ]),
      }),
      'breached',
      'halt',
      'critical',
    ],
    [
      'held elsewhere, where one source of three deviates',
      stateOf([unitVenue('v', 1_000, {}, ['A'])], {
        elsewhere: [{ venue: 'x', asset: 'A', quantity: a('900') }],
        quotes: quotesOf([
          ['v', '1.1'],
          ['w', '1'],
          ['y', '1'],
        ]),
      }),
      ...ok,
    ],
    [
      'held elsewhere, where every source is too old',
      stateOf([unitVenue('v', 1_000, {}, ['A'])], {
        elsewhere: [{ venue: 'x', asset: 'A', quantity: a('900') }],
        quotes: quotesOf([['v', '1']], 60_001),
      }),
      'breached',
      'halt',
      'critical',
    ],
  ],
  concurrency: [
    ['idle', one({ plansInFlight: known(0) }), ...ok],
    ['a plan in flight', one({ plansInFlight: known(1) }), 'breached', 'halt', 'info'],
    ['without a count', one({ plansInFlight: missing('the plans in flight') }), 'unknown', 'halt', 'warning'],
  ],
};

describe.each(Object.entries(TABLE))('%s', (limit, rows) => {
  test.each(rows.map((row) => [row[0], row] as const))('%s', (_name, [, state, ...expected]) => {
    const name = limit as keyof typeof TABLE;
    expectOf(name, state, expected, { ...DEFAULT_RISK_LIMITS });
    expect(ofLimit(evaluationsOf(state, {}), name)).toEqual([]);
  });
});

describe('what is found before a plan', () => {
  const quiet = stateOf([unitVenue('v', 600, { A: 200, B: 200 })], { clusters });
  const alone = { ...DEFAULT_RISK_LIMITS, maxVenuePct: a('100') };
  const without = (limit: keyof RiskLimits): RiskLimits => {
    const { [limit]: _, ...rest } = alone as RiskLimits;
    return rest;
  };

  it('is nothing where every limit is kept', () => {
    const state = { ...quiet, quotes: [...quiet.quotes] };
    expect(evaluateBeforePlan(state, without('priceDeviation'))).toEqual({
      mode: 'trade',
      findings: [],
      notEvaluated: [],
    });
  });

  it.each<[string, Partial<RiskState>, string]>([
    [
      'halts on a loss',
      { day: known({ pnlUsd: a('-50'), startUsd: a('1000'), haltedAtMs: null }) },
      'halted',
    ],
    [
      'halts when the switch is on',
      { killSwitch: { isOn: true, by: 'person:ann', atMs: 1, reason: 'r' } },
      'halted',
    ],
    [
      'halts where the orders of the hour are used up',
      { ordersSentAtMs: known(Array(10).fill(NOW_MS)) },
      'halted',
    ],
    [
      'only reduces with leverage',
      {
        elsewhere: [
          { venue: 'w', asset: 'A', quantity: a('900') },
          { venue: 'w', asset: 'B', quantity: a('-900') },
        ],
      },
      'reduceOnly',
    ],
    [
      'trades on with a position in breach',
      { elsewhere: [{ venue: 'w', asset: 'A', quantity: a('900') }] },
      'trade',
    ],
    ['halts where the result of the day is not known', { day: missing('the result') }, 'halted'],
  ])('%s', (_name, more, mode) => {
    expect(evaluateBeforePlan({ ...quiet, ...more }, without('priceDeviation')).mode).toBe(mode);
  });

  it('sets aside what is not known and not required, and says so', () => {
    const state = { ...quiet, day: missing('the result of 24 hours') };
    const judged = evaluateBeforePlan(state, without('priceDeviation'), (limit) => limit !== 'dailyLoss');
    expect(judged).toMatchObject({ mode: 'trade', findings: [] });
    expect(judged.notEvaluated).toMatchObject([{ limit: 'dailyLoss', missing: 'the result of 24 hours' }]);
  });

  it('lets a drawdown stop buys alone, where that is configured', () => {
    const state = {
      ...quiet,
      drawdown: known({ ...startDrawdown({ index: a('1'), atMs: 0 }), index: a('0.7') }),
    };
    const limits = { drawdownHalt: { warn: a('0.15'), halt: a('0.25'), stops: 'buys' as const } };
    expect(evaluateBeforePlan(state, limits).mode).toBe('reduceOnly');
  });
});

it('has a row in this table, or a test of single orders, for every limit', () => {
  const single = ['maxOrderUsd', 'maxOrderPctADV', 'maxSlippageBps'];
  expect([...Object.keys(TABLE), ...single].sort()).toEqual([...RISK_LIMIT_NAMES].sort());
});

test('cash is kept for nothing where no venue trades, as with a statement alone', () => {
  const state = stateOf([], { elsewhere: [{ venue: 'kraken', asset: 'USD', quantity: a('1000') }] });
  const evaluations = evaluationsOf(state, DEFAULT_RISK_LIMITS);
  for (const limit of ['minCashPct', 'minCashUsd'] as const) expect(ofLimit(evaluations, limit)).toEqual([]);
});
