import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluateAtRuntime } from '../../../src/domain/risk/evaluate-at-runtime.ts';
import { type IntendedOrder, whyNotIntended } from '../../../src/domain/risk/judge-intent.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '../../../src/domain/risk/risk-limits.ts';
import { known, missing, type RiskState } from '../../../src/domain/risk/risk-state.ts';
import { a, NOW_MS, stateOf, unitVenue } from './risk-fixtures.ts';

const { priceDeviation, ...limits } = DEFAULT_RISK_LIMITS;

/** A is held long, S short, B not at all; C is held and trades nowhere. */
const venue = unitVenue('v', 700, { A: 300, S: -100 }, ['A', 'B', 'S']);
const quiet = stateOf([venue], { stablecoins: {} });

const order = (side: 'buy' | 'sell', asset: string, quantity: number): IntendedOrder => ({
  venue: 'v',
  asset,
  side,
  quantity: a(quantity),
});
const ORDERS = {
  buy: order('buy', 'B', 10),
  more: order('buy', 'A', 10),
  sell: order('sell', 'A', 300),
  sellTooMuch: order('sell', 'A', 301),
  close: order('buy', 'S', 100),
  closeTooMuch: order('buy', 'S', 101),
} as const;
type Which = keyof typeof ORDERS;
const ALL = Object.keys(ORDERS) as readonly Which[];
const ADDING: readonly Which[] = ['buy', 'more', 'sellTooMuch', 'closeTooMuch'];

const volumesOf = (dayUsd: string) =>
  ['A', 'B', 'S'].map((asset) => ({ venue: 'v', market: `${asset}-USD`, dayUsd: a(dayUsd) }));

const quotesAged = (asset: string, ageMs: number) =>
  quiet.quotes.map((quote) => (quote.asset === asset ? { ...quote, observedAtMs: NOW_MS - ageMs } : quote));

describe('an order that is about to be intended', () => {
  test.each<[string, Partial<RiskState>, readonly Which[], RegExp, RiskLimits?]>([
    ['passes where every limit holds', {}, [], /^$/],
    [
      'is stopped by the switch, whatever it does',
      { killSwitch: { isOn: true, by: 'person:a', atMs: 1, reason: 'r' } },
      ALL,
      /^killSwitch: trading was stopped by person:a at 1970-01-01T00:00:00\.001Z: r$/,
    ],
    [
      'is stopped by a loss of the day',
      { day: known({ pnlUsd: a('-60'), startUsd: a('1000'), haltedAtMs: null }) },
      ALL,
      /^dailyLoss: 60 of 1000 were lost within 24 hours, which is 0.06, at most 0.05 may be/,
    ],
    [
      'is stopped by a drawdown',
      { drawdown: known({ index: a('0.7'), indexAtMs: 0, highWaterIndex: a('1'), halt: null }) },
      ALL,
      /^drawdownHalt: the index is 0.3 below its high-water mark, trading stops at 0.25/,
    ],
    [
      'only reduces in a drawdown that stops buys',
      { drawdown: known({ index: a('0.7'), indexAtMs: 0, highWaterIndex: a('1'), halt: null }) },
      ADDING,
      /^drawdownHalt: /,
      { drawdownHalt: { ...DEFAULT_RISK_LIMITS.drawdownHalt, stops: 'buys' } },
    ],
    [
      'only reduces above the leverage',
      {
        elsewhere: [
          { venue: 'w', asset: 'A', quantity: a('900') },
          { venue: 'w', asset: 'USD', quantity: a('-900') },
        ],
      },
      ADDING,
      /^maxLeverage: exposures are 1.444445 times the equity, at most 1 may be$/,
    ],
    [
      'only reduces while what a limit needs is not known',
      { day: missing('the result of the day') },
      ADDING,
      /^dailyLoss: it cannot be evaluated for the portfolio: the result of the day is not known$/,
    ],
    [
      'is stopped by what the portfolio is worth',
      { venues: [unitVenue('v', 9, { A: 30 }, ['A', 'B', 'S'])] },
      ALL,
      /^minimumBalanceUsd: the portfolio is worth 39, trading needs 50$/,
      { minimumBalanceUsd: a('50') },
    ],
    [
      'only reduces where the portfolio may be worth enough with what has no price',
      {
        venues: [unitVenue('v', 9, { A: 300, S: -100, C: 1 }, ['B'])],
        groups: {},
        lastPrices: { S: { price: a('0'), observedAtMs: NOW_MS, isIlliquid: false } },
      },
      ADDING,
      /^minimumBalanceUsd: .*a price of A, without which the portfolio is worth 9 is not known$/,
      { minimumBalanceUsd: a('50') },
    ],
    [
      'does not add at an old price of its own market',
      { quotes: quotesAged('A', 10_001) },
      ['more', 'sellTooMuch'],
      /^priceStaleness: the price of A at v is 10001 ms old, at most 10000 ms may be$/,
    ],
    [
      'does not add in a market that nobody has read',
      {
        quotes: quiet.quotes.filter(({ asset }) => asset !== 'B'),
        venues: [unitVenue('v', 700, { A: 300, S: -100 }, ['A', 'S'])],
      },
      ['buy'],
      /^priceStaleness: .*the price of B at v is not known$/,
    ],
    [
      'does not add in a market whose volume has shrunk',
      { volumes: volumesOf('833') },
      ['buy', 'more', 'sellTooMuch', 'closeTooMuch'],
      /^maxOrderPctADV: an order of \d+ is \d+\.\d+ % of the volume of 24 hours of [ABS]-USD at v, at most 1\.2 % may be$/,
    ],
    [
      'goes while its share is no more than a fifth beyond the bound',
      { volumes: volumesOf('834') },
      ['sellTooMuch', 'closeTooMuch'],
      /^maxOrderPctADV: /,
    ],
    [
      'does not add where nothing is traded any more',
      { volumes: volumesOf('0') },
      ADDING,
      /^maxOrderPctADV: nothing was traded within 24 hours in [ABS]-USD at v$/,
    ],
    [
      'does not add where the volume is not told any more',
      { volumes: [] },
      ADDING,
      /^maxOrderPctADV: it cannot be evaluated for .* the volume of 24 hours of [ABS]-USD at v is not known$/,
    ],
    [
      'is not paid with a stablecoin that has lost its peg, but to close a short',
      { stablecoins: { USD: known(a('0.96')) } },
      ['buy', 'more', 'closeTooMuch'],
      /^stablecoinDepeg: USD is worth 0.96, 0.04 from one$/,
    ],
  ])('%s', (_name, more, forbidden, reason, of = limits) => {
    const state = { ...quiet, ...more };
    const why = (which: Which) => whyNotIntended(ORDERS[which], state, of);
    expect(ALL.filter((which) => why(which) !== null)).toEqual(forbidden);
    for (const which of forbidden) expect(why(which)).toMatch(reason);
  });

  it('is not stopped by a default that cannot be measured yet', () => {
    const state = { ...quiet, day: missing('x'), drawdown: missing('y') };
    const isRequired = (limit: string) => limit !== 'dailyLoss' && limit !== 'drawdownHalt';
    expect(whyNotIntended(ORDERS.buy, state, { ...limits, priceDeviation }, isRequired)).toContain(
      'priceDeviation: ',
    );
    expect(whyNotIntended(ORDERS.buy, state, limits, isRequired)).toBeNull();
  });

  it('never goes where the verdict stops it, nor adds where the verdict is to reduce', () => {
    let met = { stop: 0, reduceOnly: 0, goOn: 0 };
    const anyAmount = fc.integer({ min: -90, max: 90 });
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL),
        fc.option(anyAmount, { freq: 3 }),
        fc.option(fc.integer({ min: 1, max: 10 }), { freq: 3 }),
        fc.integer({ min: 0, max: 1_000 }),
        (which, pnl, index, borrowed) => {
          const state: RiskState = {
            ...quiet,
            day:
              pnl === null ? missing('d') : known({ pnlUsd: a(pnl), startUsd: a('1000'), haltedAtMs: null }),
            drawdown:
              index === null
                ? missing('i')
                : known({ index: a(index), indexAtMs: 0, highWaterIndex: a('10'), halt: null }),
            elsewhere: [
              { venue: 'w', asset: 'A', quantity: a(borrowed) },
              { venue: 'w', asset: 'USD', quantity: a(-borrowed) },
            ],
          };
          const { verdict } = evaluateAtRuntime(state, limits);
          met = { ...met, [verdict]: met[verdict] + 1 };
          const isForbidden = whyNotIntended(ORDERS[which], state, limits) !== null;
          expect(isForbidden).toBe(
            verdict === 'stop' || (verdict === 'reduceOnly' && ADDING.includes(which)),
          );
        },
      ),
      { numRuns: 400, seed: 5 },
    );
    for (const count of Object.values(met)) expect(count).toBeGreaterThan(15);
  });
});
