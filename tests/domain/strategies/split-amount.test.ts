import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Amount,
  absolute,
  add,
  amount,
  fromAtoms,
  isMore,
  isNegative,
  multiply,
  negate,
  sum,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import {
  remainingAfter,
  type StrategyAmounts,
  splitAmount,
  splitFill,
} from '../../../src/domain/strategies/split-amount.ts';
import { amountsOf, anyDeltas } from './strategy-arbitraries.ts';

const SEED = 20_240_708;

describe('a fill split back to strategies', () => {
  it.each([
    ['in proportion', '3', { a: '4', b: '2' }, '1', { a: '2', b: '1' }, '0'],
    [
      'at the step, by largest remainder',
      '0.5',
      { a: '1', b: '1', c: '1' },
      '0.1',
      { a: '0.2', b: '0.2', c: '0.1' },
      '0',
    ],
    ['of a sell', '-3', { a: '-4', b: '-2' }, '1', { a: '-2', b: '-1' }, '0'],
    [
      'finer than the step: the rest to the largest',
      '1.05',
      { a: '1', b: '2' },
      '0.1',
      { a: '0.3', b: '0.75' },
      '0',
    ],
    [
      'of all that remains, to the digit',
      '1.5',
      { a: '0.75', b: '0.75' },
      '1',
      { a: '0.75', b: '0.75' },
      '0',
    ],
    [
      'of more than was ordered: the rest to nobody',
      '2',
      { a: '0.75', b: '0.75' },
      '1',
      { a: '0.75', b: '0.75' },
      '0.5',
    ],
    ['against what one wants: nothing to that one', '2', { a: '3', b: '-1' }, '1', { a: '2' }, '0'],
    ['that nobody ordered', '2', {}, '1', {}, '2'],
    ['of nothing', '0', { a: '1' }, '1', { a: '0' }, '0'],
  ] as const)('%s', (_, fill, remaining, step, shares, unassigned) => {
    const split = splitFill(amount(fill), amountsOf(remaining), amount(step));
    expect(split).toEqual({ shares: amountsOf(shares), unassigned: amount(unassigned) });
  });

  it('comes out even over many small fills, when each gets what is left to get', () => {
    let remaining: StrategyAmounts = amountsOf({ a: '5', b: '5' });
    const shares = Array.from({ length: 10 }, () => {
      const split = splitFill(amount('1'), remaining, amount('1'));
      remaining = remainingAfter(remaining, split.shares);
      return split.shares;
    });
    expect(sum(shares.map((each) => each.get('a') ?? ZERO))).toBe('5');
    expect([...remaining.values()]).toEqual(['0', '0']);
  });

  it('splits what is to be split at a step that is one, among parts above zero', () => {
    expect(() => splitAmount(amount('1'), amountsOf({ a: '1' }), ZERO)).toThrow('a step is positive');
    expect(() => splitAmount(amount('1'), amountsOf({ a: '0' }), amount('1'))).toThrow('parts above zero');
  });

  const anyStep = fc.constantFrom('1', '0.1', '0.00000001', '0.25', '1000').map((text) => amount(text));
  const anyFill = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }).map((atoms) => signed(atoms));
  const signed = (atoms: bigint): Amount => (atoms < 0n ? negate(fromAtoms(-atoms, 6)) : fromAtoms(atoms, 6));

  it('sums to the fill exactly, and no share is against it', () => {
    fc.assert(
      fc.property(anyFill, anyDeltas, anyStep, (fill, remaining, step) => {
        const { shares, unassigned } = splitFill(fill, remaining, step);
        expect(sum([...shares.values(), unassigned])).toBe(fill);
        for (const share of [...shares.values(), unassigned])
          expect(share === ZERO || isNegative(share) === isNegative(fill)).toBe(true);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('gives nobody as much as two steps more than their proportion, or than they wanted', () => {
    fc.assert(
      fc.property(anyFill, anyDeltas, anyStep, (fill, remaining, step) => {
        const { shares } = splitFill(fill, remaining, step);
        const wanted = sum([...shares.keys()].map((id) => absolute(remaining.get(id)!)));
        const twoSteps = add(step, step);
        for (const [id, share] of shares) {
          const own = absolute(remaining.get(id)!);
          expect(isMore(absolute(share), add(own, twoSteps))).toBe(false);
          // share <= fill·own/wanted + 2·step, without a division.
          const inProportion = multiply(absolute(fill), own);
          expect(
            isMore(multiply(absolute(share), wanted), add(inProportion, multiply(twoSteps, wanted))),
          ).toBe(false);
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
