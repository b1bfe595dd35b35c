import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, amount, isMore, maximum, ZERO } from '../../../src/domain/money/amount.ts';
import { growthOf } from '../../../src/domain/risk/bounded.ts';

const a = amount;
const increases = (...by: readonly string[]) =>
  by.map((each, index) => ({ sequence: index + 1, by: a(each) }));

describe('what orders add to what is bounded', () => {
  it.each<[string, string, readonly string[], readonly number[]]>([
    ['up to the bound fits', '90', ['10'], []],
    ['a hundred-millionth beyond it does not', '90', ['10.00000001'], [1]],
    ['a dollar beyond it does not', '90', ['11'], [1]],
    ['half a dollar beyond it, in two orders: the second does not', '90', ['10', '0.5'], [2]],
    ['what does not fit leaves room for what does', '90', ['11', '10'], [1]],
    ['beyond a bound that is broken already nothing fits', '120', ['0.00000001'], [1]],
    ['nothing added is nothing worsened', '120', ['0'], []],
  ])('%s', (_, before, by, culprits) => {
    const growth = growthOf(a(before), a('100'), increases(...by));
    expect(growth.culprits).toEqual(culprits);
    expect(growth.isTooMuch).toBe(culprits.length > 0);
  });

  it('never exceeds the ceiling by anything with the orders that fit, and would with each of the others', () => {
    const cents = fc.integer({ min: 0, max: 5_000 }).map((n) => a((n / 100).toFixed(2)));
    fc.assert(
      fc.property(cents, cents, fc.array(cents, { maxLength: 6 }), (before, bound, by) => {
        const all = by.map((each, index) => ({ sequence: index + 1, by: each }));
        const { worst, ceiling, culprits, isTooMuch } = growthOf(before, bound, all);
        expect(ceiling).toBe(maximum(before, bound));
        let fitting = before;
        for (const { sequence, by: added } of all) {
          const wouldExceed = added !== ZERO && isMore(add(fitting, added), ceiling);
          expect(culprits.includes(sequence)).toBe(wouldExceed);
          if (!wouldExceed) fitting = add(fitting, added);
        }
        expect(isMore(fitting, ceiling)).toBe(false);
        expect(worst).toBe(all.reduce((sum, each) => add(sum, each.by), before));
        expect(isTooMuch).toBe(isMore(worst, ceiling));
      }),
      { numRuns: 300 },
    );
  });
});
