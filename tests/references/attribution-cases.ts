// Published figures of attribution, linking, rebalancing and execution cost, each with its source. Facts, and no code of
// theirs.

import { attributeReturns, type PeriodAttribution } from '../../src/domain/attribution/attribute-returns.ts';
import { attributionPeriods } from '../../src/domain/attribution/attribution-periods.ts';
import { carinoCoefficient, linkByCarino } from '../../src/domain/attribution/link-by-carino.ts';
import {
  type HeldPortfolio,
  type Premium,
  rebalancingPremium,
} from '../../src/domain/attribution/rebalancing-premium.ts';
import { type Amount, add, amount, multiply, ZERO } from '../../src/domain/money/amount.ts';
import { bpsOf, realisedCost, type TradingCost } from '../../src/domain/rebalancing/history/order-cost.ts';
import type { ReferenceCase } from './reference-case.ts';

const GOLDENS = 'own goldens: carino, rebalPremium and xirr';
const LOTUS = 'lotus-performance: tests/unit/engine/test_contribution.py';
const ERMOLCHIK = 'D. Ermolchik: "Cariño linking for portfolio analysis" (2024)';
const POUNDSTONE = 'W. Poundstone: "Fortune\'s Formula" (2005), Shannon\'s demon';
const SHANNON = 'BMT: "Shannon\'s Demon (Volatility Harvesting)": doubles, then halves';
const PERFORMANCE_ANALYTICS = 'PerformanceAnalytics: vignette portfolio_returns';
const PORTFOLIO_PERFORMANCE = 'Portfolio Performance: ClientIndexTest, as attribution';
const ANALYST_FORUM = 'AnalystForum: CFA Level III, sell of 4 000 of 5 000 XYZ';
const ACADIFI = 'Acadifi: CFA Level III, buy of 35 000 Nextera';

const caseOf =
  (source: string, toleranceOfAll: number) =>
  (name: string, actual: () => number, expected: number, tolerance = toleranceOfAll): ReferenceCase => ({
    source,
    name,
    actual,
    expected,
    tolerance,
  });

const golden = caseOf(GOLDENS, 1e-14);
const lotus = caseOf(LOTUS, 5e-11);
const ermolchik = caseOf(ERMOLCHIK, 5e-10);
const poundstone = caseOf(POUNDSTONE, 1e-15);
const shannon = caseOf(SHANNON, 1e-15);
const performanceAnalytics = caseOf(PERFORMANCE_ANALYTICS, 1e-15);
/** Their money is told in cents: half of one, of 10 000. */
const portfolioPerformance = caseOf(PORTFOLIO_PERFORMANCE, 5e-7);
const analystForum = caseOf(ANALYST_FORUM, 0);
const acadifi = caseOf(ACADIFI, 1e-5);

const WEIGHTS = [
  [0.5, 0.3, 0.2],
  [0.45, 0.35, 0.2],
  [0.4, 0.4, 0.2],
];
const RETURNS = [
  [0.1, -0.05, 0.02],
  [-0.04, 0.08, 0.01],
  [0.06, 0.03, -0.02],
];
const CARINO = WEIGHTS.map((weights, t) => weights.map((weight, i) => weight * (RETURNS[t]?.[i] ?? 0)));

/** A rise of 10 % and a fall of 10 %. */
const UP_AND_DOWN = [[0.1], [-0.1]];
/** 60 % of 10 % and −2 %, 40 % of 5 % and 4 %. */
const TWO_QUARTERS = [
  [0.6 * 0.1, 0.4 * 0.05],
  [0.6 * -0.02, 0.4 * 0.04],
];

/** The golden flows of XIRR by sub-periods: value before the flow, and what flows then. */
const SUB_PERIODS = valued([
  ['10000', '0'],
  ['10800', '5000'],
  ['16590', '-2000'],
  ['14500', '0'],
]);

/** Gains with flows in the course of a day: "230", "+200 200". */
const CLIENT_INDEX = clientIndex([
  ['0', '230'],
  ['200', '200'],
  ['-400', '-234.41'],
  ['0', '293.99'],
  ['0', '293.99'],
  ['5400', '195.99'],
  ['-3697.04', '-882.52'],
  ['0', '-1003.85'],
]);

const DEMON = premiumOf([
  ['1000', { stock: '1', cash: '500' }, '500'],
  ['750', { stock: '1.5', cash: '375' }, '250'],
  ['1125', { stock: '1.5', cash: '375' }, '500'],
]);
const DEMON_UP = premiumOf([
  ['100', { stock: '0.5', cash: '50' }, '100'],
  ['150', { stock: '0.375', cash: '75' }, '200'],
  ['112.5', { stock: '0.375', cash: '75' }, '100'],
]);

/** 100 of A at 5, 7, 6, 7 and 50 of B at 10, 11, 12, 8. */
const HELD_ON = attributed([
  { A: '500', B: '500' },
  { A: '700', B: '550' },
  { A: '600', B: '600' },
  { A: '700', B: '400' },
]);

const SOLD = costOf('sell', { quantity: '4000', fill: '39.7', mid: '40', fee: '75' });
const BOUGHT = costOf('buy', { quantity: '35000', fill: '42.75', mid: '42', fee: '1050' });

export const ATTRIBUTION: readonly ReferenceCase[] = [
  golden('linked return', () => linkedReturn(CARINO), 0.08511497599999984),
  ...[0.05708037110239182, 0.025976977034659864, 0.0020576278629482764].map((expected, part) =>
    golden(`linked contribution ${part}`, () => linkedContribution(CARINO, part), expected),
  ),
  ...[0.039, 0.012, 0.032].map((expected, t) =>
    golden(`return of period ${t}`, () => linkedReturn([CARINO[t] ?? []]), expected),
  ),
  golden('time-weighted return with flows', () => SUB_PERIODS.whole, 0.12700479780671703),
  golden('rebalanced', () => DEMON_UP.actual, 0.125),
  golden('bought and held', () => DEMON_UP.hold, 0),
  golden('rebalancing premium', () => DEMON_UP.premium, 0.125),

  lotus('k of +10 %', () => carinoCoefficient(0.1), 0.953101798),
  lotus('k of −10 %', () => carinoCoefficient(-0.1), 1.0536051566),
  lotus('k of nothing', () => carinoCoefficient(0), 1),
  lotus('k of the whole', () => carinoCoefficient(linkedReturn(UP_AND_DOWN)), 1.0050335854),
  lotus('linked return', () => linkedReturn(UP_AND_DOWN), -0.01),
  lotus(
    'linking factor of the first day',
    () => carinoCoefficient(0.1) / carinoCoefficient(linkedReturn(UP_AND_DOWN)),
    0.9483283066,
  ),
  lotus(
    'linking factor of the second day',
    () => carinoCoefficient(-0.1) / carinoCoefficient(linkedReturn(UP_AND_DOWN)),
    1.0483283066,
  ),
  lotus('smoothed contributions of the one position', () => linkedContribution(UP_AND_DOWN, 0), -0.01),
  lotus(
    'smoothed contributions to a linked return of nothing',
    () => linkedContribution([[0.1], [-0.09090909090909]], 0),
    0,
    1e-12,
  ),

  ermolchik('compound return', () => linkedReturn(TWO_QUARTERS), 0.08432, 1e-15),
  ermolchik('coefficient of the whole', () => carinoCoefficient(0.08432), 0.9600695257),
  ermolchik(
    'adjustment of the first quarter',
    () => carinoCoefficient(0.08) / carinoCoefficient(0.08432),
    1.002024321,
  ),
  ermolchik(
    'adjustment of the second quarter',
    () => carinoCoefficient(0.004) / carinoCoefficient(0.08432),
    1.039513588,
  ),

  poundstone('first day, 1 000 become 750', () => DEMON.firstActual, -0.25),
  poundstone('second day, 1 125', () => DEMON.actual, 0.125),
  poundstone('bought and held', () => DEMON.hold, 0),

  shannon('first year, 150', () => DEMON_UP.firstActual, 0.5),
  shannon('second year, 112.50', () => DEMON_UP.actual, 0.125),

  ...[1250 / 1000 - 1, 1200 / 1250 - 1, 1100 / 1200 - 1].map((expected, t) =>
    performanceAnalytics(`return of period ${t + 1}`, () => HELD_ON.returns[t] ?? Number.NaN, expected),
  ),
  performanceAnalytics('value at the end, 1 100 of 1 000', () => HELD_ON.whole, 0.1),
  performanceAnalytics('contribution of A, first period', () => HELD_ON.contribution(0, 'A'), 0.2),
  performanceAnalytics('contribution of B, first period', () => HELD_ON.contribution(0, 'B'), 0.05),

  ...[
    0.023, 0.019175455, -0.0220517, 0.0294117647, 0.0285714286, 0.012261967, -0.0545454545, -0.0865384615,
  ].map((expected, t) =>
    portfolioPerformance(`day ${t + 1}`, () => CLIENT_INDEX.returns[t] ?? Number.NaN, expected),
  ),
  portfolioPerformance('accumulated', () => CLIENT_INDEX.whole, -0.056182678),

  analystForum('delay and market impact, of what was sold', () => Number(SOLD.shortfallUsd), 1200),
  analystForum('explicit cost', () => Number(SOLD.feesUsd), 75),
  acadifi(
    'delay and trading cost, of what was bought',
    () => share(BOUGHT.shortfallUsd, BOUGHT),
    0.00714 + 0.01071,
  ),
  acadifi('commission', () => share(BOUGHT.feesUsd, BOUGHT), 0.00071),
];

function linkedReturn(periods: readonly (readonly number[])[]): number {
  const linked = linkByCarino(periods);
  return linked.state === 'linked' ? linked.return : Number.NaN;
}

function linkedContribution(periods: readonly (readonly number[])[], part: number): number {
  const linked = linkByCarino(periods);
  return linked.state === 'linked' ? (linked.contributions[part] ?? Number.NaN) : Number.NaN;
}

interface Attributed {
  readonly whole: number;
  readonly returns: readonly number[];
  readonly contribution: (period: number, asset: string) => number;
}

type Flow = { readonly atMs: number; readonly valueUsd: Amount };

/** A portfolio valued at 0, 2, 4 …; flows may be in between. */
function attributed(
  values: readonly Readonly<Record<string, string>>[],
  flows: readonly Flow[] = [],
): Attributed {
  const cell = { strategy: '', venue: 'broker' };
  const built = attributionPeriods({
    valuations: values.map((assets, index) => ({
      atMs: 2 * index,
      values: Object.entries(assets).map(([asset, value]) => ({ ...cell, asset, valueUsd: amount(value) })),
      unpriced: [],
    })),
    flows: flows.map((flow) => ({ ...cell, asset: 'fund', ...flow })),
    trades: [],
    payments: [],
    transfers: [],
  });
  if (built.state === 'refused') throw new Error(built.problem.expected);
  const { chains } = attributeReturns(built.periods, { grouping: 'asset', cash: [] });
  const periods: readonly PeriodAttribution[] = chains[0]?.periods ?? [];
  const linked = chains[0]?.linked;
  return {
    whole: linked?.state === 'linked' ? linked.return : Number.NaN,
    returns: periods.map((period) => period.return),
    contribution: (period, asset) =>
      periods[period]?.contributions.find(({ name }) => name === asset)?.total ?? Number.NaN,
  };
}

/** Valued right before each flow. */
function valued(points: readonly (readonly [value: string, flow: string])[]): Attributed {
  return attributed(
    points.map(([fund]) => ({ fund })),
    points.map(([, flow], index) => ({ atMs: 2 * index, valueUsd: amount(flow) })),
  );
}

/** From 10 000 on, valued once a day: flows come in the course of it. */
function clientIndex(days: readonly (readonly [flow: string, gain: string])[]): Attributed {
  const values = [amount('10000')];
  for (const [flow, gain] of days) values.push(add(values.at(-1) ?? ZERO, add(amount(flow), amount(gain))));
  return attributed(
    values.map((fund) => ({ fund })),
    days.map(([flow], index) => ({ atMs: 2 * index + 1, valueUsd: amount(flow) })),
  );
}

/** A stock and cash, rebalanced to halves at each point: value, what is held from then on, and the stock's price. */
function premiumOf(
  points: readonly (readonly [
    nav: string,
    held: { readonly stock: string; readonly cash: string },
    price: string,
  ])[],
): Premium & { readonly firstActual: number } {
  const portfolios = points.map(
    ([nav, { stock, cash }, price], atMs): HeldPortfolio => ({
      atMs,
      navUsd: amount(nav),
      quantities: { stock: amount(stock), cash: amount(cash) },
      pricesUsd: { stock: amount(price), cash: amount('1') },
      flowUsd: ZERO,
    }),
  );
  const whole = rebalancingPremium(portfolios, []).cumulative;
  const first = rebalancingPremium(portfolios.slice(0, 2), []).cumulative;
  if (whole.state === 'unknown' || first.state === 'unknown')
    throw new Error('a premium of all of these is known');
  return { ...whole.value, firstActual: first.value.actual };
}

function costOf(
  side: 'buy' | 'sell',
  order: { readonly quantity: string; readonly fill: string; readonly mid: string; readonly fee: string },
): TradingCost {
  const quantity = amount(order.quantity);
  const quoteAmount = multiply(quantity, amount(order.fill));
  const fill = { fillId: '', quantity, quoteAmount, fee: { asset: 'USD', amount: amount(order.fee) } };
  const cost = realisedCost(side, [fill], { mid: amount(order.mid), priceOf: () => amount('1') });
  if (cost.state === 'unknown') throw new Error(cost.reason);
  return cost.value;
}

/** Of what was traded at the decision's price. */
const share = (part: Amount, { turnoverUsd }: TradingCost): number =>
  Number(bpsOf(part, turnoverUsd) ?? Number.NaN) / 10_000;
