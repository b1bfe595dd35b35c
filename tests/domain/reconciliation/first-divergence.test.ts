import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstDivergence } from '../../../src/domain/reconciliation/first-divergence.ts';

/** Answers the search from what each read shows. */
function search(count: number, differs: (index: number) => boolean) {
  const asked: number[] = [];
  const steps = firstDivergence(count);
  let step = steps.next();
  while (!step.done) {
    asked.push(step.value);
    step = steps.next(differs(step.value));
  }
  return { found: step.value, asked };
}

const since = fc
  .integer({ min: 1, max: 1_000_000 })
  .chain((count) => fc.tuple(fc.constant(count), fc.integer({ min: 0, max: count })));

describe('firstDivergence', () => {
  it('finds none where there are no reads, or where the last one agrees', () => {
    expect(search(0, () => true).found).toBeNull();
    expect(search(5, () => false)).toEqual({ found: null, asked: [4] });
    expect(search(5, (index) => index < 2).found).toBeNull();
  });

  it('1. The read that is found differs, and the one before it agrees.', () =>
    fc.assert(
      fc.property(since, ([count, first]) => {
        const { found, asked } = search(count, (index) => index >= first);
        expect(found).toBe(first === count ? null : first);
        if (found !== null && found > 0) expect(asked).toContain(found - 1);
      }),
    ));

  it('2. Of a million reads at most twenty-one are looked at.', () =>
    fc.assert(
      fc.property(since, ([count, first]) => {
        expect(search(count, (index) => index >= first).asked.length).toBeLessThanOrEqual(21);
      }),
    ));
});
