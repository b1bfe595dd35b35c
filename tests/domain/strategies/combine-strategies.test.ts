import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CASH, WEIGHT_TOTAL_PPM } from '../../../src/domain/rebalancing/targets.ts';
import { combineStrategies } from '../../../src/domain/strategies/combine-strategies.ts';
import { readAllocations } from '../../../src/domain/strategies/strategy-allocation.ts';

const SEED = 20_240_703;
type Written = Parameters<typeof readAllocations>[0];

function combined(...args: Parameters<typeof readAllocations>) {
  const read = readAllocations(...args);
  return read.state === 'refused' ? read : combineStrategies(read.allocations);
}

describe('strategies combined', () => {
  it.each<[string, Written, Record<string, number>]>([
    [
      'two strategies and cash of nobody',
      {
        strategies: [
          { id: 'trend', weight: '0.6', mix: { BTC: '0.5', ETH: '0.3' } },
          { id: 'carry', weight: '0.3', mix: { BTC: '1' } },
        ],
        cash: '0.1',
      },
      { BTC: 600_000, ETH: 180_000, CASH: 220_000 },
    ],
    [
      'one strategy that wants to hold nothing',
      { strategies: [{ id: 'idle', weight: '1', mix: {} }] },
      { CASH: 1_000_000 },
    ],
    ['cash alone', { strategies: [], cash: '1' }, { CASH: 1_000_000 }],
    [
      // 333333 · 333333 = 111110888889: three remainders of .888889 and cash's of .333333, for three millionths.
      'products finer than a millionth by largest remainder',
      {
        strategies: [{ id: 'a', weight: '0.333333', mix: { A: '0.333333', B: '0.333333', C: '0.333333' } }],
        cash: '0.666667',
      },
      { A: 111_111, B: 111_111, C: 111_111, CASH: 666_667 },
    ],
    [
      // Both are 0.5 ppm: the tie goes to the name that sorts first.
      'ties to the name that sorts first',
      {
        strategies: [{ id: 'a', weight: '0.000001', mix: { B: '0.5', A: '0.5' } }],
        cash: '0.999999',
      },
      { A: 1, B: 0, CASH: 999_999 },
    ],
  ])('are %s', (_, written, targets) => {
    expect(combined(written)).toEqual({ state: 'combined', targets });
  });

  it('count assets of one group as one', () => {
    const written = {
      strategies: [{ id: 'a', weight: '1', mix: { BTC: '0.4', WBTC: '0.2', USDC: '0.1' } }],
    };
    const groupOf = (key: string) => ({ WBTC: 'BTC', USDC: CASH })[key] ?? key;
    expect(combined(written, groupOf)).toEqual({
      state: 'combined',
      targets: { BTC: 600_000, CASH: 400_000 },
    });
  });

  it('are scaled only under a rule that says so', () => {
    const strategies = ['a', 'b', 'c'].map((id) => ({ id, weight: '0.333', mix: { [id]: '1' } }));
    expect(combined({ strategies })).toMatchObject({ state: 'refused', problem: { found: '0.999' } });
    const targets = { a: 333_334, b: 333_333, c: 333_333, CASH: 0 };
    for (const rule of ['normalize', 'legacyCompat'] as const)
      expect(combined({ strategies }, undefined, rule)).toEqual({ state: 'combined', targets });
  });

  const one = (strategy: Partial<Written['strategies'][number]>, cash?: unknown): Written => ({
    strategies: [{ id: 'a', weight: '1', mix: { BTC: '1' }, ...strategy }],
    cash,
  });
  it.each<[string, Written, string, string]>([
    ['a weight below zero', one({ weight: '-1' }), 'strategies[0].weight', '-1'],
    ['a weight that is a number', one({ weight: 1 }), 'strategies[0].weight', '1'],
    ['a weight that is no number', one({ weight: Number.NaN }), 'strategies[0].weight', 'NaN'],
    ['weights that sum to less than one', one({ weight: '0.9' }), 'strategies', '0.9'],
    ['cash beside weights that are all', one({}, '0.1'), 'strategies', '1.1'],
    ['cash below zero', one({ weight: '1' }, '-0.1'), 'cash', '-0.1'],
    ['a mix above one', one({ mix: { BTC: '0.6', ETH: '0.41' } }), 'strategies[0].mix', '1.01'],
    ['a mix below zero', one({ mix: { BTC: '-0.1' } }), 'strategies[0].mix.BTC', '-0.1'],
    [
      'a mix finer than a millionth',
      one({ mix: { BTC: '0.1234567' } }),
      'strategies[0].mix.BTC',
      '0.1234567',
    ],
    ['a strategy without a name', one({ id: '' }), 'strategies[0].id', ''],
    [
      'a name that comes twice',
      { strategies: [...one({ weight: '0.5' }).strategies, ...one({ weight: '0.5' }).strategies] },
      'strategies[1].id',
      'a',
    ],
  ])('refuse %s with its place and what was found', (_, written, path, found) => {
    expect(combined(written)).toMatchObject({ state: 'refused', problem: { path, found } });
  });

  it.each([
    [{ strategies: [{ id: 'a', weightPpm: 0.5, mixPpm: {} }], cashPpm: 0 }, 'strategies[0].weightPpm'],
    [
      { strategies: [{ id: 'a', weightPpm: 1_000_000, mixPpm: { A: -1 } }], cashPpm: 0 },
      'strategies[0].mixPpm.A',
    ],
    [
      { strategies: [{ id: 'a', weightPpm: 1_000_000, mixPpm: { A: 600_000, B: 600_000 } }], cashPpm: 0 },
      'strategies[0].mixPpm',
    ],
    [{ strategies: [], cashPpm: 999_999 }, 'strategies'],
    [{ strategies: [], cashPpm: -1 }, 'cashPpm'],
  ])('refuse allocations that were made elsewhere and are wrong: %j', (allocations, path) => {
    expect(combineStrategies(allocations)).toMatchObject({ state: 'refused', problem: { path } });
  });

  /** Cuts of a whole. */
  const cutsOf = (count: number) =>
    fc
      .array(fc.nat(WEIGHT_TOTAL_PPM), { minLength: count, maxLength: count })
      .map((cuts) => [0, ...cuts.toSorted((a, b) => a - b), WEIGHT_TOTAL_PPM])
      .map((cuts) => cuts.slice(1).map((cut, index) => cut - cuts[index]!));
  const anyAllocations = fc
    .tuple(cutsOf(4), fc.array(cutsOf(5), { minLength: 4, maxLength: 4 }))
    .map(([weights, mixes]) => ({
      strategies: mixes.map((parts, index) => ({
        id: `s${index}`,
        weightPpm: weights[index]!,
        mixPpm: Object.fromEntries(['A', 'B', 'C', 'D', CASH].map((group, place) => [group, parts[place]!])),
      })),
      cashPpm: weights[4]!,
    }));
  const targetsOf = (allocations: Parameters<typeof combineStrategies>[0]) => {
    const result = combineStrategies(allocations);
    if (result.state === 'refused') throw new Error(JSON.stringify(result));
    return result.targets;
  };

  it('combined weights sum to exactly 1 000 000, and each is its exact product sum rounded to a neighbouring millionth', () => {
    fc.assert(
      fc.property(anyAllocations, (allocations) => {
        const targets = targetsOf(allocations);
        expect(Object.values(targets).reduce((sum, ppm) => sum + ppm, 0)).toBe(1_000_000);
        for (const group of ['A', 'B', 'C', 'D']) {
          // At most 1e12 in all, so exact in a double.
          const product = allocations.strategies.reduce((sum, s) => sum + s.weightPpm * s.mixPpm[group]!, 0);
          expect([Math.floor(product / 1e6), Math.ceil(product / 1e6)]).toContain(targets[group]);
        }
      }),
      { seed: SEED },
    );
  });

  it('what no mix names is cash', () => {
    fc.assert(
      fc.property(anyAllocations, fc.nat(3), (allocations, place) => {
        const group = 'ABCD'[place]!;
        const without = allocations.strategies.map(({ mixPpm, ...rest }) => {
          const { [group]: _, ...others } = mixPpm;
          return { ...rest, mixPpm: others };
        });
        const asCash = allocations.strategies.map(({ mixPpm, ...rest }) => {
          const { [group]: moved = 0, ...others } = mixPpm;
          return { ...rest, mixPpm: { ...others, [CASH]: (others[CASH] ?? 0) + moved } };
        });
        expect(targetsOf({ ...allocations, strategies: without })).toEqual(
          targetsOf({ ...allocations, strategies: asCash }),
        );
      }),
      { seed: SEED },
    );
  });

  it('the order of strategies does not matter', () => {
    fc.assert(
      fc.property(anyAllocations, (allocations) => {
        const reversed = { ...allocations, strategies: allocations.strategies.toReversed() };
        expect(JSON.stringify(targetsOf(reversed))).toBe(JSON.stringify(targetsOf(allocations)));
      }),
      { seed: SEED },
    );
  });
});
