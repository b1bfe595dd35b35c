import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type HeldPortfolio,
  rebalancingPremium,
} from '../../../src/domain/attribution/rebalancing-premium.ts';
import { type Amount, amount } from '../../../src/domain/money/amount.ts';

const amounts = (texts: Readonly<Record<string, string>>): Readonly<Record<string, Amount>> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, amount(text)]));

const held = (
  atMs: number,
  navUsd: string,
  quantities: Readonly<Record<string, string>>,
  pricesUsd: Readonly<Record<string, string>>,
  flowUsd = '0',
): HeldPortfolio => ({
  atMs,
  navUsd: amount(navUsd),
  quantities: amounts(quantities),
  pricesUsd: amounts(pricesUsd),
  flowUsd: amount(flowUsd),
});

/** A doubles and halves, B stays; half of each, again after the first period. */
const SHANNON = [
  held(0, '100', { A: '50', B: '50' }, { A: '1', B: '1' }),
  held(1, '150', { A: '50', B: '50' }, { A: '2', B: '1' }),
  held(2, '112.5', { A: '37.5', B: '75' }, { A: '1', B: '1' }),
];
const AT_ONE = [{ id: 'r1', atMs: 1 }];

describe('the rebalancing premium', () => {
  it("is 12.5 % against nothing of Shannon's portfolio", () => {
    expect(rebalancingPremium(SHANNON, AT_ONE).cumulative).toEqual({
      state: 'known',
      value: { fromMs: 0, toMs: 2, actual: 0.125, hold: 0, premium: 0.125 },
    });
  });

  it('is of each rebalance from its time on: a quarter lost instead of a third', () => {
    const [only] = rebalancingPremium(SHANNON, AT_ONE).rebalances;
    expect(only).toMatchObject({
      id: 'r1',
      premium: {
        state: 'known',
        value: {
          fromMs: 1,
          toMs: 2,
          actual: -0.25,
          hold: expect.closeTo(-1 / 3, 15),
          premium: expect.closeTo(1 / 12, 15),
        },
      },
    });
  });

  it('is nothing where nothing is rebalanced, whatever flows', () => {
    const quantity = fc.integer({ min: 1, max: 1_000 });
    const price = fc.integer({ min: 1, max: 1_000 });
    fc.assert(
      fc.property(
        quantity,
        quantity,
        fc.array(fc.tuple(price, price, fc.integer({ min: 1, max: 4 })), { minLength: 2, maxLength: 9 }),
        (a, b, steps) => {
          let scale = 1;
          const portfolios = steps.map(([priceA, priceB, growth], index) => {
            const nav = scale * (a * priceA + b * priceB);
            const flow = nav * (growth - 1);
            const point = held(
              index,
              String(nav),
              { A: String(scale * a), B: String(scale * b) },
              { A: String(priceA), B: String(priceB) },
              String(flow),
            );
            scale *= growth;
            return point;
          });
          const { cumulative } = rebalancingPremium(portfolios, []);
          if (cumulative.state === 'unknown') throw new Error(cumulative.reason);
          expect(Math.abs(cumulative.value.premium)).toBeLessThanOrEqual(
            1e-12 * Math.max(1, cumulative.value.actual),
          );
        },
      ),
    );
  });

  it('ends at the next rebalance, and begins with the last valuation before its own', () => {
    const points = [...SHANNON, held(3, '150', { A: '56.25', B: '56.25' }, { A: '2', B: '1' })];
    const { rebalances } = rebalancingPremium(points, [
      { id: 'r2', atMs: 2 },
      { id: 'r1', atMs: 1.5 },
    ]);
    expect(
      rebalances.map(({ id, premium }) => [
        id,
        premium.state === 'known' && [premium.value.fromMs, premium.value.toMs],
      ]),
    ).toEqual([
      ['r1', [1, 2]],
      ['r2', [2, 3]],
    ]);
  });

  it('holds a perpetual by its price alone, with the margin as it was', () => {
    const points = [
      held(0, '100', { USDC: '100', 'perpetual:BTC-USD': '2' }, { USDC: '1', 'perpetual:BTC-USD': '50' }),
      held(1, '130', { USDC: '130' }, { USDC: '1', 'perpetual:BTC-USD': '60' }),
    ];
    expect(rebalancingPremium(points, []).cumulative).toMatchObject({
      value: { actual: expect.closeTo(0.3, 15), hold: 0.2 },
    });
  });

  it.each([
    ['before any valuation', [held(5, '1', {}, {})], 4, 'there is no valuation at or before it'],
    ['after the last', [held(5, '1', {}, {})], 6, 'there is no valuation after it, before the next'],
    [
      'of an asset that has lost its price',
      [held(0, '1', { A: '1' }, { A: '1' }), held(1, '1', {}, {})],
      0,
      'A has no price at 1970-01-01T00:00:00.001Z',
    ],
    ['of nothing', [held(0, '0', {}, {}), held(1, '1', {}, {})], 0, 'there was nothing to earn a return at'],
    ['that lost everything', [held(0, '1', {}, {}), held(1, '0', {}, {})], 0, 'everything was lost by'],
    [
      'whose shadow would have lost everything',
      [held(0, '1', { A: '1' }, { A: '1' }), held(1, '1', {}, { A: '0' })],
      0,
      'holding on would have lost everything by',
    ],
  ] as const)('is unknown %s, with the reason', (_what, portfolios, atMs, reason) => {
    const [only] = rebalancingPremium(portfolios, [{ id: 'r', atMs }]).rebalances;
    expect(only?.premium).toEqual({ state: 'unknown', reason: expect.stringContaining(reason) });
  });

  it('is unknown of no valuations at all', () => {
    expect(rebalancingPremium([], []).cumulative.state).toBe('unknown');
  });
});
