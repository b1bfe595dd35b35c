import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  carinoCoefficient,
  type LinkedContributions,
  linkByCarino,
} from '../../../src/domain/attribution/link-by-carino.ts';
import { neumaierSum } from '../../../src/domain/attribution/neumaier-sum.ts';

function linked(periods: readonly (readonly number[])[]): Extract<LinkedContributions, { state: 'linked' }> {
  const outcome = linkByCarino(periods);
  if (outcome.state === 'refused') throw new Error(outcome.reason);
  return outcome;
}

/** Contributions of up to six parts to up to forty periods, none of which loses everything. */
const histories = fc.integer({ min: 1, max: 6 }).chain((parts) =>
  fc.array(
    fc
      .array(fc.double({ min: -0.9 / parts, max: 2 / parts, noNaN: true }), {
        minLength: parts,
        maxLength: parts,
      })
      .filter((contributions) => neumaierSum(contributions) > -1),
    { minLength: 1, maxLength: 40 },
  ),
);

describe('linking by Cariño', () => {
  it('tells the coefficient of a return, one where it is nothing', () => {
    expect(carinoCoefficient(0)).toBe(1);
    expect(carinoCoefficient(1)).toBe(Math.LN2);
    expect(carinoCoefficient(-0.5)).toBeCloseTo(2 * Math.LN2, 15);
  });

  it('has a coefficient without a step where its series ends', () => {
    for (const x of [1e-3, -1e-3, 9.99999e-4, 1e-8, -1e-15, 5e-324])
      expect(carinoCoefficient(x)).toBeCloseTo(Math.log1p(x) / x, 15);
  });

  it('links contributions that cancel over time to a return of nothing', () => {
    const { return: whole, contributions } = linked([
      [1, 0],
      [0, -0.5],
    ]);
    expect(whole).toBe(0);
    expect(contributions).toEqual([Math.LN2, -Math.LN2]);
  });

  it('refuses a loss of everything or more, and what is no number, and names the period', () => {
    const reason = expect.stringContaining('has no logarithm');
    expect(linkByCarino([[0.1], [-1]])).toEqual({ state: 'refused', period: 1, reason });
    expect(linkByCarino([[-0.7, -0.5]])).toEqual({ state: 'refused', period: 0, reason });
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(linkByCarino([[0.1], [odd]])).toMatchObject({ period: 1, reason: /finite/ });
  });

  it('tells nothing of no periods', () => {
    expect(linkByCarino([])).toEqual({ state: 'linked', return: 0, contributions: [] });
  });

  it('linked parts sum to the linked return within 1e-12 of it, or of one where it is smaller', () => {
    fc.assert(
      fc.property(histories, (periods) => {
        const { return: whole, contributions } = linked(periods);
        expect(Math.abs(neumaierSum(contributions) - whole)).toBeLessThanOrEqual(
          1e-12 * Math.max(1, Math.abs(whole)),
        );
      }),
    );
  });

  it('the linked return is the compounded return of the periods', () => {
    fc.assert(
      fc.property(histories, (periods) => {
        const growth = periods.reduce((product, parts) => product * (1 + neumaierSum(parts)), 1);
        expect(Math.abs(linked(periods).return + 1 - growth)).toBeLessThanOrEqual(
          1e-12 * Math.max(1, growth),
        );
      }),
    );
  });

  it('linking one period changes nothing', () => {
    fc.assert(
      fc.property(histories, ([period = []]) => {
        for (const [part, contribution] of linked([period]).contributions.entries())
          expect(Math.abs(contribution - (period[part] ?? 0))).toBeLessThanOrEqual(1e-14);
      }),
    );
  });
});

describe('a sum by Neumaier', () => {
  it('keeps what a plain sum loses', () => {
    expect(neumaierSum([1, 1e100, 1, -1e100])).toBe(2);
    expect(neumaierSum(Array.from({ length: 10 }, () => 0.1))).toBe(1);
    expect(neumaierSum([])).toBe(0);
  });
});
