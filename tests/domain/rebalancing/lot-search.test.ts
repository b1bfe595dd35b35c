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
    markMove: 0,
  };
};

/** The same problems, where venues may hold shorts that need margin. */
const shortable: fc.Arbitrary<LotProblem> = fc
  .tuple(problem, fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 9, maxLength: 9 }), fc.boolean())
  .map(([p, held, isShort]) => ({
    ...p,
    hasShort: p.venueCash.map(() => isShort),
    markets: p.markets.map((m, index) =>
      isShort ? { ...m, marginRate: 0.1, markMove: 0.1, heldValue: (held[index] ?? 0) * m.lotValue } : m,
    ),
  }));

function isMarginKept(p: LotProblem, lots: readonly number[]): boolean {
  return p.venueCash.every((cash, venue) => {
    if (!p.hasShort[venue]) return true;
    let margin = cash;
    let opens = 0;
    for (const [index, m] of p.markets.entries()) {
      const count = lots[index] ?? 0;
      if (m.venue !== venue) continue;
      if (count !== 0)
        margin -= (count > 0 ? count * m.buyCashWorst : count * m.sellCashWorst) + m.orderAllowance;
      const closes = count > 0 && m.heldValue < 0;
      opens += count > 0 && !closes ? 1 : 0;
      if (closes) margin += count * m.buyCashWorst + m.orderAllowance;
      const atMid = m.heldValue + Math.min(0, count) * m.lotValue;
      const value = atMid - Math.abs(atMid) * m.markMove;
      margin += value - Math.abs(value) * m.marginRate;
    }
    return opens === 0 || margin >= -1e-6;
  });
}

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

  const searched = (p: LotProblem, evaluationsMax: number, bound = Number.NEGATIVE_INFINITY) => {
    const start = relax(p, { cashAt: 'limit', hasCosts: true })?.lots ?? p.markets.map(() => 0);
    return searchLots(p, start, bound, { evaluationsMax, gapEnough: 0 });
  };

  it('every state is feasible: a venue that buys keeps its floor of cash and its margin at limit prices', () => {
    // A search that is ended early shows a state in the middle of it.
    fc.assert(
      fc.property(shortable, fc.nat(3_000), (p, evaluationsMax) => {
        const lots = searched(p, evaluationsMax);
        expect(isAffordable(p, lots)).toBe(true);
        expect(isMarginKept(p, lots)).toBe(true);
      }),
      { numRuns: 120, seed: 7 },
    );
  });

  it('every accepted move lowers the objective; work is bounded by a count of evaluations, never by time', () => {
    fc.assert(
      fc.property(shortable, fc.array(fc.nat(4_000), { minLength: 2, maxLength: 5 }), (p, counts) => {
        // What is not worth an order is dropped at the end, and may cost a thousandth of a basis point each.
        const dropped = 1e-7 * p.nav * p.markets.length;
        let before = Number.POSITIVE_INFINITY;
        for (const evaluationsMax of counts.sort((a, b) => a - b)) {
          let looks = 0;
          // What is looked at is valued by its lots: nothing that is not counted asks for a lot's value so often.
          const markets = p.markets.map((market) =>
            Object.defineProperty({ ...market }, 'lotValue', {
              get: () => {
                looks += 1;
                return market.lotValue;
              },
            }),
          );
          const counted = { ...p, markets };
          const after = objective(p, searched(counted, evaluationsMax));
          expect(after).toBeLessThanOrEqual(before + dropped);
          before = after;
          // Of one pass that was begun: eleven lots of a market, each answered by eleven lots of every other one.
          const begun = 11 * p.markets.length + 11 * (1 + 11 * p.markets.length);
          // Each move that is looked at asks for the cash at most nine times, with what it is tried on.
          expect(looks).toBeLessThanOrEqual(9 * (evaluationsMax + begun) + 100);
        }
      }),
      { numRuns: 40, seed: 8 },
    );
  });

  it('the result depends on the problem alone: markets are tried in order and the first of equals wins', () => {
    fc.assert(
      fc.property(problem, fc.nat(8), (p, chosen) => {
        expect(searched(structuredClone(p), 5_000)).toEqual(searched(p, 5_000));
        // Two markets alike in everything, and nothing to sell: whatever is bought is bought in the first.
        const one = { ...(p.markets[chosen % p.markets.length] as LotMarket), lotsHeld: 0 };
        const twins = { ...p, markets: [one, one] };
        const lots = searchLots(twins, [0, 0], Number.NEGATIVE_INFINITY);
        expect(lots[1]).toBe(0);
      }),
      { numRuns: 40, seed: 9 },
    );
  });
});
