import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, amount, ZERO } from '../../../src/domain/money/amount.ts';
import { findExactSubsets, type SolverEvent } from '../../../src/domain/reconciliation/exact-solver.ts';

const event = (amounts: readonly string[], isCertain = true): SolverEvent => ({
  amounts: amounts.map(amount),
  isCertain,
});

const solve = (target: readonly string[], events: readonly SolverEvent[], more = {}) =>
  findExactSubsets({ target: target.map(amount), events, nodesMax: 200_000, solutionsMax: 1_000, ...more });

/** Every subset, one by one: the truth that the search is held against. */
function bruteForce(
  target: readonly string[],
  events: readonly SolverEvent[],
): readonly (readonly number[])[] {
  const wanted = target.map(amount);
  let best = Number.POSITIVE_INFINITY;
  let found: number[][] = [];
  for (let mask = 0; mask < 2 ** events.length; mask += 1) {
    const chosen = events.flatMap((_, index) => ((mask >> index) & 1 ? [index] : []));
    const sums = wanted.map((_, d) =>
      chosen.reduce((total, i) => add(total, events[i]?.amounts[d] ?? ZERO), ZERO),
    );
    if (sums.some((total, d) => total !== wanted[d])) continue;
    const uncertain = chosen.filter((index) => events[index]?.isCertain === false).length;
    const cost = uncertain * 1_000 + chosen.length;
    if (cost < best) [best, found] = [cost, []];
    if (cost === best) found.push(chosen);
  }
  const inOrder = (a: readonly number[], b: readonly number[]) => {
    const index = a.findIndex((value, position) => value !== b[position]);
    return index < 0 ? a.length - b.length : (a[index] ?? 0) - (b[index] ?? -1);
  };
  return found.sort(inOrder);
}

describe('findExactSubsets', () => {
  it.each<[string, readonly string[], readonly SolverEvent[], readonly (readonly number[])[]]>([
    ['one event fits', ['1'], [event(['1']), event(['2'])], [[0]]],
    [
      'one event of several amounts fits',
      ['0.5', '-30.18'],
      [event(['0.5', '-30']), event(['0.5', '-30.18'])],
      [[1]],
    ],
    ['two events fit together', ['3'], [event(['1']), event(['2']), event(['7'])], [[0, 1]]],
    ['fewer events are preferred', ['3'], [event(['1']), event(['2']), event(['3'])], [[2]]],
    ['two explanations are both found', ['3'], [event(['3']), event(['3'])], [[0], [1]]],
    ['records come before hypotheses', ['3'], [event(['3'], false), event(['1']), event(['2'])], [[1, 2]]],
    ['nothing fits', ['4'], [event(['1']), event(['2'])], []],
    ['almost is not exact', ['1'], [event(['0.999999999999999999'])], []],
    [
      'eighteen decimals and twenty-seven digits are exact',
      ['1000000000000000000000000000.000000000000000001'],
      [event(['1000000000000000000000000000']), event(['0.000000000000000001'])],
      [[0, 1]],
    ],
    ['nothing needs no event', ['0'], [event(['1'])], [[]]],
    ['signs cancel', ['1'], [event(['5']), event(['-4']), event(['-3'])], [[0, 1]]],
  ])('%s', (_, target, events, expected) => {
    expect(solve(target, events).solutions).toEqual(expected);
    expect(solve(target, events, { halvesMax: 0 }).solutions).toEqual(expected);
  });

  it('says that its limit ended the search', () => {
    const events = Array.from({ length: 64 }, (_, index) => event([String(2 * index + 2 ** 20)]));
    const result = solve([String(2 ** 25 + 1)], events, { nodesMax: 5_000 });
    expect(result).toMatchObject({ solutions: [], isExhaustive: false });
    expect(result.nodes).toBeLessThanOrEqual(5_001);
  });

  it('finds a few events among sixty-four well within the limit', () => {
    const events = Array.from({ length: 64 }, (_, i) =>
      event([String((i ** 3 * 7919 + 13) % 1_000_003), String(-((i ** 4 * 104_729) % 999_983))]),
    );
    const chosen = [3, 31, 47, 60];
    const target = [0, 1].map((d) =>
      chosen.reduce((total, i) => add(total, events[i]?.amounts[d] ?? ZERO), ZERO),
    );
    const result = solve(target, events);
    expect(result.solutions).toEqual([chosen]);
    expect(result.isExhaustive).toBe(true);
    expect(result.nodes).toBeLessThan(200_000);
  });
});

describe('invariants of the solver', () => {
  const small = fc.integer({ min: -4, max: 4 }).map((n) => (n / 4).toString());
  const anyEvent = fc.tuple(fc.array(small, { minLength: 2, maxLength: 2 }), fc.boolean());
  const anyCase = fc.record({
    target: fc.array(small, { minLength: 2, maxLength: 2 }),
    events: fc.array(
      anyEvent.map(([amounts, isCertain]) => event(amounts, isCertain)),
      { maxLength: 12 },
    ),
  });

  it('1. Every solution sums to the target exactly, in every dimension.', () =>
    fc.assert(
      fc.property(anyCase, ({ target, events }) => {
        for (const solution of solve(target, events).solutions) {
          const sums = target.map((_, d) =>
            solution.reduce((total, i) => add(total, events[i]?.amounts[d] ?? ZERO), ZERO),
          );
          expect(sums).toEqual(target.map(amount));
        }
      }),
    ));

  it.each([
    ['by halves', {}],
    ['by size', { halvesMax: 0 }],
  ])(
    '2. The solutions are the minimal ones: the fewest uncertain events, then the fewest events (%s).',
    (_, more) => {
      fc.assert(
        fc.property(anyCase, ({ target, events }) => {
          const result = solve(target, events, more);
          expect(result.isExhaustive).toBe(true);
          expect(result.solutions).toEqual(bruteForce(target, events));
        }),
        { numRuns: 150 },
      );
    },
  );

  it('3. Work is limited by a count, and a search that hit its limit says so.', () =>
    fc.assert(
      fc.property(anyCase, fc.integer({ min: 1, max: 60 }), ({ target, events }, nodesMax) => {
        const result = solve(target, events, { halvesMax: 0, nodesMax });
        expect(result.nodes).toBeLessThanOrEqual(nodesMax + events.length + 1);
        if (result.isExhaustive) expect(result.solutions).toEqual(bruteForce(target, events));
      }),
    ));
});
