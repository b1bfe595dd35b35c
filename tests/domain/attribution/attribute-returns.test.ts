import { describe, expect, it } from '@jest/globals';
import { attributeReturns } from '../../../src/domain/attribution/attribute-returns.ts';
import type { AttributionPeriod } from '../../../src/domain/attribution/attribution-period.ts';
import { attributionPeriods } from '../../../src/domain/attribution/attribution-periods.ts';
import { GROUPINGS } from '../../../src/domain/attribution/grouping.ts';
import { PARTS } from '../../../src/domain/attribution/part.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import { checkAttribution } from '../../support/attribution-check.ts';
import { randomHistory } from '../../support/attribution-histories.ts';
import { period, worth } from './attribution-fixtures.ts';

const attribute = (
  periods: readonly AttributionPeriod[],
  grouping: 'strategy' | 'asset' | 'venue' = 'asset',
) => attributeReturns(periods, { grouping, cash: ['USD'] });

const value = (day: number, from: string, to: string, flow?: string): AttributionPeriod =>
  period(day, {
    opening: [worth('coinbase BTC', from)],
    closing: [worth('coinbase BTC', to)],
    flows: flow === undefined ? [] : [{ ...worth('coinbase BTC', flow), at: 'opening' }],
  });

const DEPOSITED = [
  value(0, '10000', '10800'),
  value(1, '10800', '16590', '5000'),
  value(2, '16590', '14500', '-2000'),
];

describe('attributing returns', () => {
  it('does not take a deposit for a gain: the time-weighted return of our golden history', () => {
    const [chain] = attribute(DEPOSITED).chains;
    expect(chain?.periods.map((each) => each.return)).toEqual([0.08, 0.05, -90 / 14590]);
    expect(chain?.linked).toMatchObject({ state: 'linked', return: expect.closeTo(0.12700479780671703, 14) });
  });

  it('tells each strategy, asset and venue what it has contributed, and the same return by all of them', () => {
    const days = [
      period(0, {
        opening: [worth('trend coinbase BTC', '50'), worth('carry dydx ETH', '30'), worth('dydx BTC', '20')],
        closing: [
          worth('trend coinbase BTC', '55'),
          worth('carry dydx ETH', '28.5'),
          worth('dydx BTC', '20.4'),
        ],
      }),
    ];
    const told = GROUPINGS.map((grouping) => {
      const linked = attribute(days, grouping).chains[0]?.linked;
      if (linked?.state !== 'linked') throw new Error('linked');
      return {
        return: linked.return,
        by: Object.fromEntries(
          linked.contributions.map(({ name, total }) => [name, Number(total.toFixed(12))]),
        ),
      };
    });
    expect(told.map(({ by }) => by)).toEqual([
      { '': 0.004, trend: 0.05, carry: -0.015 },
      { BTC: 0.054, ETH: -0.015 },
      { coinbase: 0.05, dydx: -0.011 },
    ]);
    for (const each of told) expect(each.return).toBeCloseTo(0.039, 15);
  });

  it('begins a chain anew after a period that had nothing to earn a return', () => {
    const { chains, undefinedPeriods } = attribute([
      value(0, '100', '110'),
      value(1, '110', '0', '-110'),
      value(2, '0', '0'),
      value(3, '0', '105', '100'),
    ]);
    expect(chains.map(({ linked }) => linked)).toMatchObject([
      { state: 'linked', return: expect.closeTo(0.1, 15) },
      { state: 'linked', return: expect.closeTo(0.05, 15) },
    ]);
    expect(undefinedPeriods).toMatchObject([
      { baseUsd: '0', reason: 'nothing was there to earn a return' },
      { baseUsd: '0', reason: 'nothing was there to earn a return' },
    ]);
  });

  it('names what was gained on less than nothing, and tells no return of it', () => {
    const { chains, undefinedPeriods } = attribute([value(0, '-5', '10')]);
    expect(chains).toEqual([]);
    expect(undefinedPeriods).toMatchObject([
      { baseUsd: '-5', gainUsd: '15', reason: /which earns no return/ },
    ]);
  });

  it('ends a chain with a loss of everything, refuses to link it, and begins another', () => {
    const { chains } = attribute([value(0, '100', '110'), value(1, '110', '0'), value(2, '0', '55', '50')]);
    expect(chains.map(({ linked }) => linked)).toMatchObject([
      { state: 'refused', reason: /^1970-01-02T00:00:00.000Z to .*a return of -1 is a loss of everything/ },
      { state: 'linked', return: expect.closeTo(0.1, 15) },
    ]);
    expect(chains[0]?.periods.map((each) => each.return)).toEqual([0.1, -1]);
  });

  it('names assets without a price in every period that leaves them out', () => {
    const unpriced = ['AIRDROP'];
    const [chain] = attribute([{ ...value(0, '100', '110'), unpriced }]).chains;
    expect(chain?.periods[0]?.unpriced).toEqual(unpriced);
  });

  it('keeps gains in exact money', () => {
    const [chain] = attribute([value(0, '0.1', '0.3')]).chains;
    expect(chain?.periods[0]).toMatchObject({
      gainUsd: '0.2',
      gains: [{ name: 'BTC', parts: { price: amount('0.2') } }],
    });
  });
});

describe('of 300 random histories with flows', () => {
  const check = checkAttribution(300, 2);

  it('every grouping tells the same return, and the same of each part', () => {
    for (let number = 0; number < 100; number++) {
      const built = attributionPeriods(randomHistory(5, number));
      if (built.state === 'refused') throw new Error(built.problem.path);
      const [first, ...others] = GROUPINGS.map((grouping) => attribute(built.periods, grouping).chains);
      for (const chains of others) {
        for (const [index, { linked }] of chains.entries()) {
          const told = first?.[index]?.linked;
          if (linked.state === 'refused' || told?.state !== 'linked') {
            expect(linked).toEqual(told);
            continue;
          }
          const within = 1e-12 * Math.max(1, Math.abs(told.return));
          expect(Math.abs(linked.return - told.return)).toBeLessThanOrEqual(within);
          for (const part of PARTS)
            expect(Math.abs(linked.parts[part] - told.parts[part])).toBeLessThanOrEqual(within);
        }
      }
    }
  });

  it('contributions sum to the return of their period, and linked ones to that of their chain, within 1e-12', () => {
    expect(check.flows).toBeGreaterThan(1_000);
    expect(check.chains).toBeGreaterThan(300);
    expect(check.largestRelativeError).toBeLessThanOrEqual(1e-12);
    expect(check.inexactGains).toBe(0);
  });

  it('returns are those of totals and flows alone, in exact decimals', () => {
    expect(check.largestReturn).toBeGreaterThan(0.5);
    expect(check.largestErrorOfReturn).toBeLessThanOrEqual(1e-12);
  });

  it('a period without a base, or one that lost everything, ends its chain; nothing is ever told as NaN', () => {
    expect(check.undefinedPeriods).toBeGreaterThan(0);
    expect(check.refusedChains).toBeGreaterThan(0);
    expect(check.notFinite).toBe(0);
  });
});
