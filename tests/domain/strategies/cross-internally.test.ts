import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  absolute,
  add,
  amount,
  isMore,
  isNegative,
  isPositive,
  minimum,
  sum,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import { crossInternally } from '../../../src/domain/strategies/cross-internally.ts';
import { amountsOf, anyDeltas } from './strategy-arbitraries.ts';

const SEED = 20_240_709;
const anyMid = fc.integer({ min: 1, max: 10_000_000 }).map((cents) => amount(String(cents / 100)));

describe('an internal crossing', () => {
  it('moves the smaller side whole and the larger in proportion, at mid', () => {
    const crossing = crossInternally(amountsOf({ a: '2', b: '1', c: '-1.5' }), amount('100'));
    expect(crossing).toEqual({
      moved: amountsOf({ a: '1', b: '0.5', c: '-1.5' }),
      cash: amountsOf({ a: '-100', b: '-50', c: '150' }),
      crossed: '1.5',
      remaining: amountsOf({ a: '1', b: '0.5', c: '0' }),
      net: '1.5',
    });
  });

  it.each([
    ['of one direction moves nothing', { a: '2', b: '1' }, {}, '3'],
    ['that evens out sends nothing to the market', { a: '2', b: '-2' }, { a: '2', b: '-2' }, '0'],
    ['of nobody is none', {}, {}, '0'],
    [
      'rounds at the last digit there is',
      { a: '0.1', b: '0.1', c: '0.1', d: '-0.1' },
      { a: '0.1', b: '0', c: '0', d: '-0.1' },
      '0.2',
    ],
  ] as const)('%s', (_, deltas, moved, net) => {
    const crossing = crossInternally(amountsOf(deltas), amount('7'));
    expect(crossing.moved).toEqual(amountsOf(moved));
    expect(crossing.net).toBe(net);
  });

  it('what is crossed sums to zero, in the asset and in cash', () => {
    fc.assert(
      fc.property(anyDeltas, anyMid, (deltas, mid) => {
        const { moved, cash, crossed } = crossInternally(deltas, mid);
        expect(sum(moved.values())).toBe('0');
        expect(sum(cash.values())).toBe('0');
        const [plus, minus] = [isPositive, isNegative].map((is) =>
          sum([...deltas.values()].filter(is).map(absolute)),
        );
        expect(crossed).toBe(minimum(plus!, minus!));
        expect(sum([...moved.values()].filter(isPositive))).toBe(crossed);
      }),
      { seed: SEED },
    );
  });

  it('what is crossed and what goes to the market make up what each strategy wants, to the digit', () => {
    fc.assert(
      fc.property(anyDeltas, anyMid, (deltas, mid) => {
        const { moved, remaining } = crossInternally(deltas, mid);
        expect([...remaining.keys()]).toEqual([...deltas.keys()]);
        for (const [id, delta] of deltas) {
          expect(add(moved.get(id) ?? ZERO, remaining.get(id)!)).toBe(delta);
          expect(isMore(absolute(moved.get(id) ?? ZERO), absolute(delta))).toBe(false);
        }
      }),
      { seed: SEED },
    );
  });

  it('everything that goes to the market has one direction, and sums to the net', () => {
    fc.assert(
      fc.property(anyDeltas, anyMid, (deltas, mid) => {
        const { remaining, net } = crossInternally(deltas, mid);
        expect(sum(remaining.values())).toBe(net);
        for (const part of remaining.values())
          expect(part === ZERO || isNegative(part) === isNegative(net)).toBe(true);
      }),
      { seed: SEED },
    );
  });
});
