import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, amount, ZERO } from '../../../src/domain/money/amount.ts';
import { findExactSubsets, type SolverEvent } from '../../../src/domain/reconciliation/exact-solver.ts';

const event = (amounts: readonly string[], isCertain = true): SolverEvent => ({
  amounts: amounts.map(amount),
  isCertain,
});

const solve = (target: readonly string[], events: readonly SolverEvent[], more = {}) =>
  findExactSubsets({ target: target.map(amount), events, nodesMax: 200_000, solutionsMax: 5_000, ...more });

/** Every subset, one by one: the truth that the search is held against. */
function bruteForce(
  target: readonly string[],
  events: readonly SolverEvent[],
): readonly (readonly number[])[] {
  const wanted = target.map(amount);
  const exact: number[] = [];
  for (let mask = 0; mask < 2 ** events.length; mask += 1) {
    const chosen = placesOf(mask, events);
    const sums = wanted.map((_, d) =>
      chosen.reduce((total, i) => add(total, events[i]?.amounts[d] ?? ZERO), ZERO),
    );
    if (sums.every((total, d) => total === wanted[d])) exact.push(mask);
  }
  const minimal = exact.filter((mask) => !exact.some((other) => other !== mask && (other & mask) === other));
  const uncertain = (solution: readonly number[]) =>
    solution.filter((index) => events[index]?.isCertain === false).length;
  const inOrder = (a: readonly number[], b: readonly number[]) => {
    const index = a.findIndex((value, position) => value !== b[position]);
    return uncertain(a) - uncertain(b) || a.length - b.length || (a[index] ?? 0) - (b[index] ?? 0);
  };
  return minimal.map((mask) => placesOf(mask, events)).sort(inOrder);
}

const placesOf = (mask: number, events: readonly SolverEvent[]): number[] =>
  events.flatMap((_, index) => ((mask >> index) & 1 ? [index] : []));

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
    ['fewer events come first', ['3'], [event(['1']), event(['2']), event(['3'])], [[2], [0, 1]]],
    ['two explanations are both found', ['3'], [event(['3']), event(['3'])], [[0], [1]]],
    [
      'records come before hypotheses',
      ['3'],
      [event(['3'], false), event(['1']), event(['2'])],
      [[1, 2], [0]],
    ],
    [
      'what sums to nothing belongs to no solution',
      ['3'],
      [event(['3']), event(['2']), event(['-2'])],
      [[0]],
    ],
    [
      'parts without a common dimension are combined',
      ['1', '2'],
      [event(['1', '0']), event(['0', '2']), event(['1', '0'])],
      [
        [0, 1],
        [1, 2],
      ],
    ],
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
  });

  it('says that its limit ended the search', () => {
    const events = Array.from({ length: 64 }, (_, index) => event([String(2 * index + 2 ** 20)]));
    const result = solve([String(2 ** 25 + 1)], events, { nodesMax: 5_000 });
    expect(result).toMatchObject({ solutions: [], isExhaustive: false });
    expect(result.nodes).toBeLessThanOrEqual(5_001);
  });

  const many = Array.from({ length: 64 }, (_, i) =>
    event([String((i ** 3 * 7919 + 13) % 1_000_003), String(-((i ** 4 * 104_729) % 999_983))]),
  );
  const sumsOf = (chosen: readonly number[]) =>
    [0, 1].map((d) => chosen.reduce((total, i) => add(total, many[i]?.amounts[d] ?? ZERO), ZERO));

  it.each<[string, readonly number[]]>([
    ['a few of them', [3, 31, 47, 60]],
    ['all but a few', Array.from({ length: 64 }, (_, i) => i).filter((i) => i % 13 !== 5)],
    ['all of them', Array.from({ length: 64 }, (_, i) => i)],
  ])(
    'finds %s among sixty-four that touch the same dimensions, and does not call it the only one',
    (_, chosen) => {
      const result = solve(sumsOf(chosen), many);
      expect(result.solutions).toContainEqual(chosen);
      expect(result.isExhaustive).toBe(false);
      expect(result.nodes).toBeLessThan(200_000);
    },
  );

  it('proves that there is one solution among sixty-four events of several markets', () => {
    const events = Array.from({ length: 64 }, (_, i) => {
      const base = Array.from({ length: 8 }, (_, d) => (d === i % 8 ? String((i + 1) ** 5 + 0.25) : '0'));
      return event([...base, String(-((i + 3) ** 6) - 0.5)]);
    });
    const chosen = [3, 8, 31, 47, 60];
    const target = events[0]?.amounts.map((_, d) =>
      chosen.reduce((total, i) => add(total, events[i]?.amounts[d] ?? ZERO), ZERO),
    );
    const result = solve(target ?? [], events);
    expect(result).toMatchObject({ solutions: [chosen], isExhaustive: true });
    expect(result.nodes).toBeLessThan(5_000);
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

  it('2. The solutions are the minimal ones: none contains another, and none is left out by an exhaustive search.', () =>
    fc.assert(
      fc.property(anyCase, ({ target, events }) => {
        const result = solve(target, events);
        expect(result.isExhaustive).toBe(true);
        expect(result.solutions).toEqual(bruteForce(target, events));
      }),
      { numRuns: 150 },
    ));

  it('2. … also where dimensions are decided one after the other.', () =>
    fc.assert(
      fc.property(anyCase, ({ target, events }) => {
        // Twelve events that fit nowhere but by their own dimension make the rest too many to be halved at once.
        const wide = (amounts: readonly string[], own = -1, moved = '0') => [
          ...amounts,
          ...Array.from({ length: 5 }, (_, d) => (d === own ? moved : '0')),
        ];
        const beside = Array.from({ length: 15 }, (_, i) =>
          event(wide(['0.25', '0.25'], Math.floor(i / 3), ['1', '-1', '2'][i % 3])),
        );
        const all = [...events.map((one) => event(wide(one.amounts), one.isCertain)), ...beside];
        const wanted = wide(target.map(String));
        const result = solve(wanted, all);
        for (const solution of bruteForce(target, events)) expect(result.solutions).toContainEqual(solution);
        expect(result.isExhaustive || result.nodes > 190_000).toBe(true);
      }),
      { numRuns: 40 },
    ));

  it('3. Work is limited by a count, and a search that hit its limit says so.', () =>
    fc.assert(
      fc.property(anyCase, fc.integer({ min: 1, max: 60 }), ({ target, events }, nodesMax) => {
        const result = solve(target, events, { nodesMax });
        expect(result.nodes).toBeLessThanOrEqual(nodesMax);
        if (result.isExhaustive) expect(result.solutions).toEqual(bruteForce(target, events));
      }),
    ));
});
