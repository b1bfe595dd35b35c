import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import {
  correlationDistance,
  correlationDistances,
} from '../../../src/domain/correlation/correlation-distance.ts';
import { cutClusters, leafOrder } from '../../../src/domain/correlation/cut-clusters.ts';
import { LINKAGES, linkClusters, type Merge } from '../../../src/domain/correlation/link-clusters.ts';
import type { SquareMatrix } from '../../../src/domain/correlation/square-matrix.ts';
import { anyCorrelation, permuted } from './any-correlation.ts';

/** Distances of which some are equal. Expected rows are those of SciPy 1.17. */
const EQUALS: readonly (readonly [string, SquareMatrix, Readonly<Record<string, readonly Merge[]>>])[] = [
  [
    'a pair of names before a pair of clusters',
    [
      [0, 2, 2, 2],
      [2, 0, 5, 5],
      [2, 5, 0, 1],
      [2, 5, 1, 0],
    ],
    {
      single: [
        [2, 3, 1, 2],
        [0, 1, 2, 2],
        [4, 5, 2, 4],
      ],
      complete: [
        [2, 3, 1, 2],
        [0, 1, 2, 2],
        [4, 5, 5, 4],
      ],
      average: [
        [2, 3, 1, 2],
        [0, 1, 2, 2],
        [4, 5, 3.5, 4],
      ],
      ward: [
        [2, 3, 1, 2],
        [0, 1, 2, 2],
        [4, 5, 5.1478150704934995, 4],
      ],
    },
  ],
  [
    'all as far from each other',
    [
      [0, 1, 1, 1, 1],
      [1, 0, 1, 1, 1],
      [1, 1, 0, 1, 1],
      [1, 1, 1, 0, 1],
      [1, 1, 1, 1, 0],
    ],
    Object.fromEntries(
      (['single', 'complete', 'average'] as const).map((linkage) => [
        linkage,
        [
          [0, 1, 1, 2],
          [2, 5, 1, 3],
          [3, 6, 1, 4],
          [4, 7, 1, 5],
        ],
      ]),
    ),
  ],
];

/** Of Ward's, two groups are farther apart than any of their members. */
const BLOCKS: SquareMatrix = [
  [1, 0.8, 0.2, 0.2],
  [0.8, 1, 0.2, 0.2],
  [0.2, 0.2, 1, 0.8],
  [0.2, 0.2, 0.8, 1],
];

describe('merges', () => {
  test.each(
    EQUALS.flatMap(([name, distances, expected]) =>
      Object.entries(expected).map(([linkage, merges]) => [name, linkage, distances, merges] as const),
    ),
  )('of %s, by %s linkage, are as SciPy has them', (_, linkage, distances, expected) => {
    const merges = linkClusters(distances, linkage as (typeof LINKAGES)[number]);
    expect(merges.map(([first, second, , size]) => [first, second, size])).toEqual(
      expected.map(([first, second, , size]) => [first, second, size]),
    );
    for (const [k, merge] of merges.entries()) expect(merge[2]).toBeCloseTo(expected[k]![2], 14);
  });

  it.each(LINKAGES)('of two blocks join the block that is named first, by %s linkage', (linkage) => {
    const pairs = linkClusters(correlationDistances(BLOCKS), linkage).map(([first, second]) => [
      first,
      second,
    ]);
    expect(pairs).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
  });

  it('of one name or none are none', () => {
    expect(linkClusters([[0]], 'average')).toEqual([]);
    expect(linkClusters([], 'ward')).toEqual([]);
    expect(cutClusters([], 1, 0.5)).toEqual([[0]]);
    expect(leafOrder([], 1)).toEqual([0]);
  });

  it('rise, use each cluster once and end with all, by any linkage', () => {
    fc.assert(
      fc.property(anyCorrelation(), fc.constantFrom(...LINKAGES), (correlation, linkage) => {
        const leaves = correlation.length;
        const merges = linkClusters(correlationDistances(correlation), linkage);
        expect(merges).toHaveLength(leaves - 1);
        const heights = merges.map(([, , height]) => height);
        expect(heights).toEqual(heights.toSorted((a, b) => a - b));
        const used = merges.flatMap((merge) => merge.slice(0, 2));
        expect(used.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2 * leaves - 2 }, (_, i) => i));
        for (const [k, [first, second]] of merges.entries()) {
          expect(first).toBeLessThan(second);
          expect(second).toBeLessThan(leaves + k);
        }
        expect(merges.at(-1)![3]).toBe(leaves);
        expect(leafOrder(merges, leaves).toSorted((a, b) => a - b)).toEqual([...correlation.keys()]);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('make the same clusters in whatever order the assets come, by any linkage', () => {
    fc.assert(
      fc.property(
        anyCorrelation(),
        fc.constantFrom(...LINKAGES),
        fc.integer({ min: 0, max: 1e9 }),
        fc.double({ min: 0.05, max: 1.2, noNaN: true }),
        (correlation, linkage, seed, height) => {
          const { order, matrix } = permuted(correlation, seed);
          const clustersOf = (of: SquareMatrix, name: (i: number) => number) =>
            cutClusters(linkClusters(correlationDistances(of), linkage), of.length, height)
              .map((members) => members.map(name).toSorted((a, b) => a - b))
              .toSorted((a, b) => a[0]! - b[0]!);
          expect(clustersOf(matrix, (i) => order[i]!)).toEqual(clustersOf(correlation, (i) => i));
        },
      ),
      { numRuns: 200, seed: 5 },
    );
  });
});

describe('a cut', () => {
  const chain = linkClusters(
    correlationDistances([
      [1, 0.8, 0.7],
      [0.8, 1, 0.6],
      [0.7, 0.6, 1],
    ]),
    'single',
  );

  it.each<[number, readonly (readonly number[])[]]>([
    [0.9, [[0], [1], [2]]],
    [0.8, [[0], [1], [2]]],
    [0.75, [[0, 1], [2]]],
    [0.7, [[0, 1], [2]]],
    [0.65, [[0, 1, 2]]],
  ])('at a correlation of %d joins what correlates by more', (correlation, clusters) => {
    expect(cutClusters(chain, 3, correlationDistance(correlation))).toEqual(clusters);
  });
});
