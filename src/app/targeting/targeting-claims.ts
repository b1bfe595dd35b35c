// What must hold between the keys that targets come from, and between them and the rest of a configuration.

import { type Amount, isMore } from '../../domain/money/amount.ts';
import { type AssetGroups, groupOf } from '../asset-groups.ts';
import { type ConfigurationProblem, pathText } from '../configuration-problem.ts';
import type { WrittenConfiguration } from '../configuration-schema.ts';
import type { VenueConfiguration } from '../venue-configuration.ts';
import { aggregationProblems } from './aggregation-claims.ts';

export interface WrittenBounds {
  readonly minWeight?: Amount | undefined;
  readonly maxWeight?: Amount | undefined;
}

/** Keys that have no place beside others. */
export function findMisplaced(
  { strategies, cash, strategyRegistry, method, caps, normalize }: WrittenConfiguration,
  hasTargets: boolean,
): readonly ConfigurationProblem[] {
  const problem = (path: string, expected: string, found: string) => [{ path, expected, found }];
  if (strategies !== undefined && hasTargets)
    return problem('strategies', 'strategies or targets, one of them', 'both');
  if (strategies === undefined && cash !== undefined)
    return problem('cash', 'strategies beside it; among targets cash is "CASH"', 'no strategies');
  if (strategies === undefined && strategyRegistry !== undefined)
    return problem('strategyRegistry', 'strategies beside it', 'no strategies');
  if (strategies !== undefined || hasTargets) return [];
  if (method !== undefined) return problem('method', 'targets or strategies beside it', 'neither');
  if (normalize) return problem('normalize', 'targets or strategies beside it', 'neither');
  return caps === undefined ? [] : problem('caps', 'targets or strategies beside it', 'neither');
}

/** What is wrong with keys that each are right by themselves. `weighed` is everything that can have a weight. */
export function targetingProblems(
  written: WrittenConfiguration,
  weighed: ReadonlySet<string>,
  on: { readonly venues: readonly VenueConfiguration[]; readonly groups: AssetGroups },
): readonly ConfigurationProblem[] {
  return [
    ...boundProblems(written),
    ...nameProblems(written, weighed, on.groups),
    ...venueProblems(written, on.venues),
    ...methodProblems(written),
  ];
}

function boundProblems({ strategies = [], caps }: WrittenConfiguration): readonly ConfigurationProblem[] {
  const all: readonly (readonly [readonly PropertyKey[], WrittenBounds])[] = [
    ...strategies.map((each, index) => [['strategies', index], each] as const),
    ...Object.entries(caps?.assets ?? {}).map(([name, each]) => [['caps', 'assets', name], each] as const),
    ...(caps?.others ? [[['caps', 'others'], caps.others] as const] : []),
  ];
  return all.flatMap(([path, { minWeight, maxWeight }]) =>
    minWeight !== undefined && maxWeight !== undefined && isMore(minWeight, maxWeight)
      ? [
          {
            path: pathText([...path, 'maxWeight']),
            expected: `at least minWeight, ${minWeight}`,
            found: maxWeight,
          },
        ]
      : [],
  );
}

/** Names are those of groups, or of assets in none; what is bounded or signalled must be able to have a weight. */
function nameProblems(
  { strategies = [], caps, method }: WrittenConfiguration,
  weighed: ReadonlySet<string>,
  groups: AssetGroups,
): readonly ConfigurationProblem[] {
  const inGroup = (path: readonly PropertyKey[], name: string): readonly ConfigurationProblem[] => {
    const group = groupOf(groups, name);
    if (group === name) return [];
    const expected = `the group "${group}", which holds "${name}"`;
    return [{ path: pathText(path), expected, found: `"${name}"` }];
  };
  const known = (path: readonly PropertyKey[], name: string): readonly ConfigurationProblem[] => {
    const wrong = inGroup(path, name);
    if (wrong.length > 0 || weighed.has(name)) return wrong;
    const expected = `one of ${[...weighed].sort().slice(0, 20).join(', ')}`;
    return [{ path: pathText(path), expected, found: `"${name}"` }];
  };
  const sources = method?.kind === 'signals' ? method.sources : [];
  return [
    ...strategies.flatMap(({ mix = {} }, index) =>
      Object.keys(mix).flatMap((name) => inGroup(['strategies', index, 'mix', name], name)),
    ),
    ...Object.keys(caps?.assets ?? {}).flatMap((name) => known(['caps', 'assets', name], name)),
    ...sources.flatMap(({ asset }, index) => known(['method', 'sources', index, 'asset'], asset)),
    ...(method?.kind === 'signals' && method.aggregation !== undefined
      ? aggregationProblems(method.aggregation, {
          path: ['method', 'aggregation'],
          sources: new Set(sources.map(({ source }) => source)),
          assets: weighed,
        })
      : []),
  ];
}

function venueProblems(
  { strategies = [] }: WrittenConfiguration,
  venues: readonly VenueConfiguration[],
): readonly ConfigurationProblem[] {
  const ids = venues.map(({ id }) => id);
  return strategies.flatMap(({ venues: allowed = [] }, index) =>
    allowed.flatMap((id, at) =>
      ids.includes(id)
        ? []
        : [
            {
              path: pathText(['strategies', index, 'venues', at]),
              expected: `one of ${ids.join(', ') || 'the venues, of which there is none'}`,
              found: `"${id}"`,
            },
          ],
    ),
  );
}

/** A method that is about when to trade, without anything that says when, would never trade. */
function methodProblems({
  method,
  strategies,
  rebalancing,
}: WrittenConfiguration): readonly ConfigurationProblem[] {
  const { bands, hybrid, absolute, relative, total, calendar } = rebalancing.triggers;
  const problem = (path: string, expected: string, found: string) => [{ path, expected, found }];
  if (method?.kind === 'calendar' && calendar === undefined)
    return problem('rebalancing.triggers.calendar', 'a time, as method is "calendar"', 'nothing');
  const isDrift = bands || hybrid || absolute !== undefined || relative !== undefined || total !== undefined;
  if (method?.kind === 'threshold' && !isDrift)
    return problem(
      'rebalancing.triggers',
      'bands, hybrid, absolute, relative or total, as method is "threshold"',
      'none of them',
    );
  if (method !== undefined && 'over' in method && method.over === 'strategies' && strategies === undefined)
    return problem('method.over', '"assets", as there are no strategies', '"strategies"');
  return [];
}
