import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import { plannedUsdOf, whyNotByPolicy } from '../../../src/domain/rebalancing/approval-policy.ts';

const a = (text: string) => amount(text);
const LIMITS = { maxUsd: a('1000'), maxNavFraction: a('0.1'), maxUsdPerDay: a('1500') };

const facts = (orders: readonly string[], more: { readonly nav?: string; readonly day?: string } = {}) => ({
  navUsd: a(more.nav ?? '100000'),
  orders: orders.map((notionalUsd) => ({ notionalUsd: a(notionalUsd) })),
  approvedWithinDayUsd: a(more.day ?? '0'),
});

describe('the approval policy', () => {
  it.each([
    ['approves what is within every bound', facts(['400', '600']), null],
    ['approves a plan without orders', facts([], { day: '1500' }), null],
    ['adds buys and sells', facts(['400', '600.01']), /worth 1000\.01 USD, above maxUsd 1000$/],
    [
      'looks at the share of the portfolio',
      facts(['300'], { nav: '2999' }),
      /above 299\.9, which is maxNavFraction/,
    ],
    ['approves the bound itself', facts(['500'], { nav: '5000', day: '1000' }), null],
    [
      'counts the day',
      facts(['500.01'], { day: '1000' }),
      /1500\.01 USD would be .* above maxUsdPerDay 1500$/,
    ],
    ['approves nothing of a portfolio that is worth nothing', facts(['1'], { nav: '0' }), /above 0, /],
  ])('%s', (_, given, expected) => {
    const found = whyNotByPolicy(given, LIMITS);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatch(expected);
  });

  it('never approves more than a bound, however a day is cut into plans', () => {
    const dollars = fc.integer({ min: 0, max: 800 }).map((value) => a(String(value)));
    const worth = fc.integer({ min: 0, max: 30_000 }).map((value) => a(String(value)));
    const refusedFor: Record<string, number> = { maxUsd: 0, maxNavFraction: 0, maxUsdPerDay: 0 };
    fc.assert(
      fc.property(fc.array(fc.array(dollars, { maxLength: 4 }), { maxLength: 12 }), worth, (plans, nav) => {
        let day = 0;
        for (const orders of plans.map((values) => values.map((notionalUsd) => ({ notionalUsd })))) {
          const given = { navUsd: nav, orders, approvedWithinDayUsd: a(String(day)) };
          const why = whyNotByPolicy(given, LIMITS);
          for (const limit of Object.keys(refusedFor))
            if (why !== null && new RegExp(`\\b${limit}\\b`).test(why)) refusedFor[limit]! += 1;
          if (why !== null) continue;
          const value = Number(plannedUsdOf(orders));
          expect(value).toBeLessThanOrEqual(Math.min(1_000, Number(nav) / 10));
          day += value;
        }
        expect(day).toBeLessThanOrEqual(1_500);
      }),
      { numRuns: 200, seed: 31 },
    );
    for (const [limit, count] of Object.entries(refusedFor))
      expect([limit, count > 10]).toEqual([limit, true]);
  });
});
