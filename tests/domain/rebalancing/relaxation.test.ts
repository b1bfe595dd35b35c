import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { solve } from 'yalps';
import type { LotMarket, LotProblem } from '../../../src/domain/rebalancing/lot-problem.ts';
import { type RelaxationTerms, relax } from '../../../src/domain/rebalancing/relaxation.ts';

const GROUPS = 4;

/** Four groups and cash at up to three venues; some markets hold nothing, some venues have no cash. */
const problem: fc.Arbitrary<LotProblem> = fc
  .record({
    cash: fc.array(fc.constantFrom(0, 30, 700, 4_000), { minLength: 1, maxLength: 3 }),
    markets: fc.array(
      fc.record({
        lotValue: fc.integer({ min: 1, max: 90 }),
        fee: fc.integer({ min: 0, max: 80 }),
        lotsHeld: fc.constantFrom(0, 0, 3, 40, 200),
      }),
      { minLength: 3 * GROUPS, maxLength: 3 * GROUPS },
    ),
    shares: fc.array(fc.integer({ min: 0, max: 50 }), { minLength: GROUPS + 1, maxLength: GROUPS + 1 }),
  })
  .map(({ cash, markets, shares }) => {
    const all = cash.flatMap((_, venue) =>
      Array.from({ length: GROUPS }, (_, group) =>
        lotMarket(venue, group, markets[venue * GROUPS + group] ?? { lotValue: 1, fee: 0, lotsHeld: 0 }),
      ),
    );
    const values = Array.from({ length: GROUPS }, (_, group) =>
      all.filter((m) => m.group === group).reduce((total, m) => total + m.heldValue, 0),
    );
    const groupValues = [...values, cash.reduce<number>((total, c) => total + c, 0)];
    const nav = groupValues.reduce((total, value) => total + value, 0) + 1;
    const whole = shares.reduce((total, share) => total + share, 0) + 1;
    return {
      nav,
      groupValues,
      groupTargets: shares.map((share, group) => ((share + (group === GROUPS ? 1 : 0)) / whole) * nav),
      cashGroup: GROUPS,
      venueCash: cash,
      hasShort: cash.map(() => false),
      markets: all,
    };
  });

const lotMarket = (
  venue: number,
  group: number,
  draw: { readonly lotValue: number; readonly fee: number; readonly lotsHeld: number },
): LotMarket => {
  const { lotValue, lotsHeld } = draw;
  const fee = draw.fee / 10_000;
  return {
    venue,
    group,
    lotValue,
    buyCash: lotValue * (1.0005 + fee),
    sellCash: lotValue * (0.9995 - fee),
    buyCashWorst: lotValue * (1.002 + fee),
    sellCashWorst: lotValue * (0.998 - fee),
    orderAllowance: 0.01,
    lotsMin: 1,
    lotsHeld,
    lotsMax: Number.MAX_SAFE_INTEGER,
    heldValue: lotValue * lotsHeld,
    marginRate: 0,
    markMove: 0,
  };
};

/** The program as it is written in books: what a group is above and below its target are two variables of one equation. */
function textbookOptimum(p: LotProblem, { cashAt, hasCosts }: RelaxationTerms): number {
  const constraints: Record<string, object> = {};
  const variables: Record<string, Record<string, number>> = {};
  for (const [group, value] of p.groupValues.entries()) {
    constraints[`g${group}`] = { equal: (p.groupTargets[group] ?? 0) - value };
    variables[`over${group}`] = { cost: 1, [`g${group}`]: -1 };
    variables[`under${group}`] = { cost: 1, [`g${group}`]: 1 };
  }
  for (const [venue, cash] of p.venueCash.entries()) constraints[`v${venue}`] = { max: cash };
  const trade = (name: string, m: LotMarket, sign: 1 | -1, touch: number, worst: number, rows: object) => {
    const paid = hasCosts ? touch / m.lotValue : 1;
    const spent = hasCosts && cashAt === 'limit' ? worst / m.lotValue : paid;
    variables[name] = {
      cost: sign * (paid - 1),
      [`g${m.group}`]: sign,
      [`g${p.cashGroup}`]: -sign * paid,
      [`v${m.venue}`]: sign * spent,
      ...rows,
    };
  };
  for (const [index, m] of p.markets.entries()) {
    trade(`buy${index}`, m, 1, m.buyCash, m.buyCashWorst, {});
    constraints[`h${index}`] = { max: m.lotsHeld * m.lotValue };
    trade(`sell${index}`, m, -1, m.sellCash, m.sellCashWorst, { [`h${index}`]: 1 });
  }
  return solve({ direction: 'minimize', objective: 'cost', constraints, variables }).result;
}

/** Tracking and cost of signed lots, whole or not. */
function objectiveAt(p: LotProblem, lots: readonly number[], hasCosts: boolean): number {
  const groups = [...p.groupValues];
  let cost = 0;
  for (const [index, m] of p.markets.entries()) {
    const count = lots[index] ?? 0;
    const touch = count > 0 ? m.buyCash : m.sellCash;
    const cash = count * (hasCosts ? touch : m.lotValue);
    groups[m.group] = (groups[m.group] ?? 0) + count * m.lotValue;
    groups[p.cashGroup] = (groups[p.cashGroup] ?? 0) - cash;
    cost += cash - count * m.lotValue;
  }
  return groups.reduce((total, value, group) => total + Math.abs(value - (p.groupTargets[group] ?? 0)), cost);
}

describe('the relaxation', () => {
  it.each<[string, RelaxationTerms]>([
    ['a bound, at the touch', { cashAt: 'touch', hasCosts: true }],
    ['a start, at limit prices', { cashAt: 'limit', hasCosts: true }],
    ['the drift that stays, for nothing', { cashAt: 'touch', hasCosts: false }],
  ])('as %s, finds the optimum of the program as books write it, and lots that have it', (_, terms) => {
    fc.assert(
      fc.property(problem, (p) => {
        const found = relax(p, terms);
        const tolerance = 1e-7 * p.nav;
        expect(found).not.toBeNull();
        if (found === null) return;
        expect(Math.abs(found.objective - textbookOptimum(p, terms))).toBeLessThan(tolerance);
        const reached = objectiveAt(p, found.lots, terms.hasCosts);
        expect(Math.abs(found.objective - reached)).toBeLessThan(tolerance);
        for (const [index, m] of p.markets.entries())
          expect(found.lots[index]).toBeGreaterThanOrEqual(-m.lotsHeld - 1e-6);
        if (terms.hasCosts) for (const left of found.cashLeft) expect(left).toBeGreaterThan(-tolerance);
      }),
      { numRuns: 150, seed: 4 },
    );
  });
});
