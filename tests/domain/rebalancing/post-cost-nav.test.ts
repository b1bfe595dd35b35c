import { describe, expect, it, test } from '@jest/globals';
import { add, amount, multiply, subtract, toNumber } from '../../../src/domain/money/amount.ts';
import { postCostNav } from '../../../src/domain/rebalancing/post-cost-nav.ts';
import { referenceData } from '../../support/reference-data.ts';

interface Golden {
  readonly h: readonly number[];
  readonly cash: number;
  readonly w: readonly number[];
  readonly c: readonly number[];
  readonly postNav: number;
  readonly trades: readonly number[];
}

const holdings = (h: readonly string[], w: readonly string[], c: readonly string[]) =>
  h.map((value, index) => ({
    value: amount(value),
    weight: amount(w[index] ?? '0'),
    costRate: amount(c[index] ?? '0'),
  }));

describe('the value that is left after costs', () => {
  it.each([
    ['0.001', '999.6', '-200.2', '199.8'],
    ['0.006', '997.6', '-201.2', '198.8'],
  ])('pays the trades to one half each at cost %s exactly', (cost, nav, sold, bought) => {
    const found = postCostNav(holdings(['700', '300'], ['0.5', '0.5'], [cost, cost]), amount('0'));
    expect(found).toBe(nav);
    expect(subtract(multiply(found, amount('0.5')), amount('700'))).toBe(sold);
    expect(subtract(multiply(found, amount('0.5')), amount('300'))).toBe(bought);
  });

  it('sells and buys so that proceeds pay exactly for what is bought', () => {
    const proceeds = multiply(amount('200.2'), amount('0.999'));
    expect(proceeds).toBe('199.9998');
    expect(multiply(amount('199.8'), add(amount('1'), amount('0.001')))).toBe(proceeds);
  });

  it('is the whole value where nothing has to be traded', () => {
    expect(postCostNav(holdings(['500', '500'], ['0.5', '0.5'], ['0.006', '0.006']), amount('0'))).toBe(
      '1000',
    );
  });

  it('agrees with the rebalancing factor of Jiang, Xu and Liang where a buy costs c/(1-c)', () => {
    const c = amount('0.0025');
    const buy = '0.002506265664160401002506265664160401';
    const found = postCostNav(holdings(['0.7', '0.3'], ['0.5', '0.5'], [c, buy]), amount('0'));
    expect(toNumber(found)).toBeCloseTo(0.998998750003916, 14);
  });
});

const goldens = referenceData('goldens/goldens.json') as { readonly postCostNav: readonly Golden[] } | null;

if (goldens === null) test('reference data not present', () => expect(goldens).toBeNull());
else {
  test.each(goldens.postCostNav.map((golden) => [golden]))('the published case %j is met', (golden) => {
    const texts = (numbers: readonly number[]) => numbers.map(String);
    const nav = postCostNav(
      holdings(texts(golden.h), texts(golden.w), texts(golden.c)),
      amount(String(golden.cash)),
    );
    expect(Math.abs(toNumber(nav) - golden.postNav)).toBeLessThan(1e-9);
    for (const [index, trade] of golden.trades.entries()) {
      const target = multiply(nav, amount(String(golden.w[index])));
      const found = toNumber(subtract(target, amount(String(golden.h[index]))));
      expect(Math.abs(found - trade)).toBeLessThan(1e-8);
    }
  });
}
