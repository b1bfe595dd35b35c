import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LotMarket, LotProblem } from '../../../src/domain/rebalancing/lot-problem.ts';
import { searchLots } from '../../../src/domain/rebalancing/lot-search.ts';
import { relax } from '../../../src/domain/rebalancing/relaxation.ts';

interface MarketDraw {
  readonly lotValue: number;
  readonly fee: number;
  readonly lotsMin: number;
  readonly lotsHeld: number;
}

const GROUPS = 3;
const marketDraw: fc.Arbitrary<MarketDraw> = fc.record({
  lotValue: fc.integer({ min: 1, max: 100 }),
  fee: fc.integer({ min: 0, max: 100 }),
  lotsMin: fc.integer({ min: 1, max: 5 }),
  lotsHeld: fc.integer({ min: 0, max: 200 }),
});

/** Three groups and cash at up to three venues, with one market per group and venue. */
const problem: fc.Arbitrary<LotProblem> = fc
  .record({
    cash: fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 3 }),
    markets: fc.array(marketDraw, { minLength: 3 * GROUPS, maxLength: 3 * GROUPS }),
    shares: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: GROUPS + 1, maxLength: GROUPS + 1 }),
  })
  .map(({ cash, markets, shares }) => {
    const all = cash.flatMap((_, venue) =>
      Array.from({ length: GROUPS }, (_, group) =>
        lotMarket(venue, group, markets[venue * GROUPS + group] as MarketDraw),
      ),
    );
    const values = Array.from({ length: GROUPS }, (_, group) =>
      all.filter((m) => m.group === group).reduce((total, m) => total + m.heldValue, 0),
    );
    const groupValues = [...values, cash.reduce((total, c) => total + c, 0)];
    const nav = groupValues.reduce((total, value) => total + value, 0) + 1;
    const whole = shares.reduce((total, share) => total + share, 0);
    return {
      nav,
      groupValues,
      groupTargets: shares.map((share) => (share / whole) * nav),
      cashGroup: GROUPS,
      venueCash: cash,
      hasShort: cash.map(() => false),
      markets: all,
    };
  });

const lotMarket = (venue: number, group: number, draw: MarketDraw): LotMarket => {
  const fee = draw.fee / 10_000;
  const { lotValue } = draw;
  return {
    venue,
    group,
    lotValue,
    buyCash: lotValue * (1.0005 + fee),
    sellCash: lotValue * (0.9995 - fee),
    buyCashWorst: lotValue * (1.002 + fee),
    sellCashWorst: lotValue * (0.998 - fee),
    orderAllowance: 0.01,
    lotsMin: draw.lotsMin,
    lotsHeld: draw.lotsHeld,
    lotsMax: Number.MAX_SAFE_INTEGER,
    heldValue: lotValue * draw.lotsHeld,
    marginRate: 0,
  };
};

function objective(p: LotProblem, lots: readonly number[]): number {
  const groups = [...p.groupValues];
  let cost = 0;
  for (const [index, m] of p.markets.entries()) {
    const count = lots[index] ?? 0;
    const cash = count > 0 ? -count * m.buyCash : -count * m.sellCash;
    groups[m.group] = (groups[m.group] ?? 0) + count * m.lotValue;
    groups[p.cashGroup] = (groups[p.cashGroup] ?? 0) + cash;
    cost -= count * m.lotValue + cash;
  }
  return groups.reduce((total, value, index) => total + Math.abs(value - (p.groupTargets[index] ?? 0)), cost);
}

function isAffordable(p: LotProblem, lots: readonly number[]): boolean {
  return p.venueCash.every((cash, venue) => {
    let left = cash;
    let buys = 0;
    for (const [index, m] of p.markets.entries()) {
      const count = lots[index] ?? 0;
      if (m.venue !== venue || count === 0) continue;
      buys += count > 0 ? 1 : 0;
      left -= (count > 0 ? count * m.buyCashWorst : count * m.sellCashWorst) + m.orderAllowance;
    }
    return buys === 0 || left >= -1e-6;
  });
}

describe('whole lots near a relaxed solution', () => {
  it('are affordable at every venue, legal in every market, and never better than the bound', () => {
    fc.assert(
      fc.property(problem, (p) => {
        const bound = relax(p, { cashAt: 'touch', hasCosts: true })?.objective ?? 0;
        const start = relax(p, { cashAt: 'limit', hasCosts: true })?.lots ?? p.markets.map(() => 0);
        const lots = searchLots(p, start, bound, { evaluationsMax: 20_000, gapEnough: 1e-6 });
        expect(isAffordable(p, lots)).toBe(true);
        expect(objective(p, lots)).toBeGreaterThanOrEqual(bound - 1e-6 * p.nav);
        expect(objective(p, lots)).toBeLessThanOrEqual(
          objective(
            p,
            p.markets.map(() => 0),
          ) +
            1e-6 * p.nav,
        );
        for (const [index, m] of p.markets.entries()) {
          const count = lots[index] ?? 0;
          expect(count).toBeGreaterThanOrEqual(-m.lotsHeld);
          expect(count === 0 || Math.abs(count) >= m.lotsMin).toBe(true);
        }
      }),
      { numRuns: 150, seed: 6 },
    );
  });
});
