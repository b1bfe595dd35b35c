import { isMore, ONE, sum } from '../../domain/money/amount.ts';
import { CASH } from '../../domain/rebalancing/targets.ts';
import { type ConfigurationProblem, pathText } from '../configuration-problem.ts';
import type { WrittenAggregation } from './aggregation-schema.ts';

const NAMED_MAX = 20;

/**
 * What is wrong with keys of an aggregation that each are right by themselves. `path` is where it stands, `sources` who
 * may say something and `assets` what can have a weight.
 */
export function aggregationProblems(
  { sources, limits }: WrittenAggregation,
  on: {
    readonly path: readonly PropertyKey[];
    readonly sources: ReadonlySet<string>;
    readonly assets: ReadonlySet<string>;
  },
): readonly ConfigurationProblem[] {
  const oneOf = (key: string, known: ReadonlySet<string>, name: string): readonly ConfigurationProblem[] =>
    known.has(name)
      ? []
      : [
          {
            path: pathText([...on.path, key, name]),
            expected: `one of ${[...known].sort().slice(0, NAMED_MAX).join(', ')}`,
            found: JSON.stringify(name),
          },
        ];
  const assets = new Set([...on.assets].filter((asset) => asset !== CASH));
  const floors = sum(Object.values(limits).flatMap(({ minWeight }) => minWeight ?? []));
  return [
    ...Object.keys(sources).flatMap((name) => oneOf('sources', on.sources, name)),
    ...Object.keys(limits).flatMap((name) => oneOf('limits', assets, name)),
    ...Object.entries(limits).flatMap(([name, { minWeight, maxWeight }]) =>
      minWeight !== undefined && maxWeight !== undefined && isMore(minWeight, maxWeight)
        ? [
            {
              path: pathText([...on.path, 'limits', name, 'maxWeight']),
              expected: `at least minWeight, ${minWeight}`,
              found: maxWeight,
            },
          ]
        : [],
    ),
    ...(isMore(floors, ONE)
      ? [
          {
            path: pathText([...on.path, 'limits']),
            expected: 'values of minWeight that sum to 1 at most',
            found: floors,
          },
        ]
      : []),
  ];
}
