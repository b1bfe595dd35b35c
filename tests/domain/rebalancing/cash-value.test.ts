import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, amount, isNegative, subtract, toNumber } from '../../../src/domain/money/amount.ts';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';
import { FAMILIES, type Family, instanceOf } from '../../support/optimality/instance-families.ts';
import { market, planned, venue } from './plan-fixtures.ts';

const A = market({ asset: 'A', bid: '99.9', ask: '100.1' });

/** Half in A is wanted, which trades at one venue; the cash is where `cash` says. */
const twoVenues = (cash: { readonly north: string; readonly south: string }): PlanInput => ({
  asOf: 1,
  reportingCurrency: 'USD',
  venues: [
    venue({ id: 'north', cash: cash.north, takerFeeBps: '10', markets: [A] }),
    venue({ id: 'south', cash: cash.south, takerFeeBps: '10', markets: [] }),
  ],
  groups: { A: 'A', USD: 'CASH' },
  targets: { A: 500_000, CASH: 500_000 },
  limits: {},
  destination: 'target',
});

describe('what cash is worth where', () => {
  it('is nothing where a venue has more than it needs', () => {
    const plan = planned(twoVenues({ north: '9000', south: '1000' }));
    expect(plan.shadowPrices).toEqual({ north: '0', south: '0' });
    expect(plan.transferAdvice).toBeNull();
  });

  it('is two dollars less the cost of trading where each dollar more buys what is missing', () => {
    const { shadowPrices, transferAdvice } = planned(twoVenues({ north: '1000', south: '9000' }));
    // A dollar buys 1 / (100.1 · 1.001) of what is worth 100, and leaves the cash that there is too much of.
    const value = 100 / (100.1 * 1.001);
    expect(toNumber(shadowPrices.north ?? amount('0'))).toBeCloseTo(value + 1 - (1 - value), 4);
    expect(shadowPrices.south).toBe('0');
    expect(transferAdvice).toMatchObject({ transfers: [{ fromVenue: 'south', toVenue: 'north' }] });
    expect(toNumber(transferAdvice?.transfers[0]?.amountUsd ?? amount('0'))).toBeCloseTo(4_000 / value, -2);
    expect(transferAdvice?.reason).toContain('from south to north would bring the portfolio');
  });

  it('is not advised where it would bring less than a basis point', () => {
    expect(planned(twoVenues({ north: '5009.6', south: '4990.4' })).transferAdvice).toBeNull();
  });

  it('gains what it says: the plan for the portfolio after the transfers is that much nearer', () => {
    const several = FAMILIES[3] as Family;
    let advised = 0;
    fc.assert(
      fc.property(fc.nat({ max: 10_000 }), (number) => {
        const input = instanceOf(several, { seed: 7, number });
        const before = planned(input);
        for (const price of Object.values(before.shadowPrices))
          expect(price === null || isNegative(price)).toBe(false);
        const advice = before.transferAdvice;
        if (advice === null) return;
        advised += 1;
        const moved = (id: string) =>
          advice.transfers.reduce((cash, { fromVenue, toVenue, amountUsd }) => {
            if (fromVenue === id) return subtract(cash, amountUsd);
            return toVenue === id ? add(cash, amountUsd) : cash;
          }, amount('0'));
        const venues = input.venues.map((at) => ({ ...at, cash: add(at.cash, moved(at.id)) }));
        for (const { cash } of venues) expect(isNegative(cash)).toBe(false);
        const after = planned({ ...input, venues });
        const nearer = toNumber(subtract(before.lowerBound, after.lowerBound));
        expect(Math.abs(nearer - toNumber(advice.gainUsd))).toBeLessThan(
          1e-5 * toNumber(before.navUsd) + 0.05,
        );
      }),
      { numRuns: 40, seed: 5 },
    );
    expect(advised).toBeGreaterThan(10);
  });
});
