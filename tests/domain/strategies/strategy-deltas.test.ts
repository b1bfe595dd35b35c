import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount, sum } from '../../../src/domain/money/amount.ts';
import { NOBODY, strategyDeltas } from '../../../src/domain/strategies/strategy-deltas.ts';
import { amountsOf, anyAmount, anyDeltas } from './strategy-arbitraries.ts';

const parts = (ppm: Readonly<Record<string, number>>) => new Map(Object.entries(ppm));
const STEP = amount('0.1');

describe('what strategies want of an asset', () => {
  it.each([
    // What is there already is taken over before anything is bought.
    [{ [NOBODY]: '0.8' }, '-0.2', { a: 300_000, b: 100_000 }, { [NOBODY]: '-0.8', a: '0.5', b: '0.1' }],
    [{ a: '1', b: '1', [NOBODY]: '0' }, '0', { a: 1, b: 3 }, { a: '-0.5', b: '0.5', [NOBODY]: '0' }],
    // Nobody wants it: everyone sells in proportion.
    [{ a: '3', [NOBODY]: '1' }, '-2', {}, { a: '-1.5', [NOBODY]: '-0.5' }],
    [{ a: '3', [NOBODY]: '1' }, '-4', {}, { a: '-3', [NOBODY]: '-1' }],
    [{ [NOBODY]: '0' }, '2', {}, { [NOBODY]: '2' }],
    // Short: the size of a position is shared out like any other.
    [{ [NOBODY]: '0' }, '-2', { a: 1, b: 1 }, { a: '-1', b: '-1', [NOBODY]: '0' }],
  ])('is %j and %s to trade by %j: %j', (held, traded, ppm, expected) => {
    const found = strategyDeltas(amountsOf(held), amount(traded), { parts: parts(ppm as never), step: STEP });
    expect(Object.fromEntries(found)).toEqual(expected);
    expect(sum(found.values())).toBe(traded);
  });

  it('sums to what is traded, whoever holds and wants what', () => {
    fc.assert(
      fc.property(
        anyDeltas,
        anyAmount,
        fc.dictionary(fc.constantFrom('a', 'b', NOBODY), fc.nat(1_000_000)),
        (held, traded, ppm) => {
          const found = strategyDeltas(held, traded, { parts: parts(ppm), step: STEP });
          expect(sum(found.values())).toBe(traded);
        },
      ),
      { seed: 20_240_705, numRuns: 300 },
    );
  });
});
