import { type Amount, amount, toAtoms } from '../../domain/money/amount.ts';
import { CASH, parseTargets } from '../../domain/rebalancing/targets.ts';
import { resolveTargets } from '../../domain/strategies/resolve-targets.ts';
import { readAllocations } from '../../domain/strategies/strategy-allocation.ts';
import type { TargetBase, Targeting } from '../../domain/strategies/targeting.ts';
import type { TargetMethod } from '../../domain/targets/derive-targets.ts';
import { findMarketlessTarget } from '../../domain/targets/find-marketless-target.ts';
import type { WeightBounds } from '../../domain/targets/project-weights.ts';
import { type AssetGroups, groupOf } from '../asset-groups.ts';
import { type ConfigurationProblem, pathText } from '../configuration-problem.ts';
import type { WrittenConfiguration } from '../configuration-schema.ts';
import type { VenueConfiguration } from '../venue-configuration.ts';
import { aggregationOf } from './aggregation-schema.ts';
import { readRegistry } from './read-registry.ts';
import { findMisplaced, targetingProblems, type WrittenBounds } from './targeting-claims.ts';
import { tradedGroups } from './traded-groups.ts';

export interface AssembledTargeting {
  /** Null where targets are plain weights and nothing else is asked for, or there are none. */
  readonly targeting: Targeting | null;
  /** Everything that can get a weight; empty where that is not known, or nothing can. */
  readonly names: ReadonlySet<string>;
  readonly problems: readonly ConfigurationProblem[];
}

interface Sources {
  readonly venues: readonly VenueConfiguration[];
  readonly groups: AssetGroups;
  /** Of the configuration: relative paths start at its folder. */
  readonly path: string;
  readonly readFile: (path: string) => string;
}

const NONE = { targeting: null, names: new Set<string>() } as const;
/** Where no method asks for returns, their age is no matter. */
const AGE_UNUSED_MS = 0;

/** What targets come from, checked against the rest of the configuration. */
export function assembleTargeting(written: WrittenConfiguration, sources: Sources): AssembledTargeting {
  const { strategies, targets, method, caps, unassigned, normalize } = written;
  const hasTargets = Object.keys(targets).length > 0;
  const misplaced = findMisplaced(written, hasTargets);
  if (misplaced.length > 0) return { ...NONE, problems: misplaced };
  const symbols = tradedGroups(sources.venues, sources.groups, written.tokens);
  const isPlain = method === undefined && caps === undefined && unassigned === 'hold' && !normalize;
  if (strategies === undefined && (isPlain || !hasTargets))
    return { ...NONE, names: new Set(Object.keys(targets)), problems: marketless(targets, symbols) };
  const base = baseOf(written, sources, new Set(Object.values(symbols)));
  if ('problems' in base) return { ...NONE, problems: base.problems };
  const names = weighedNames(base, symbols);
  const returns = method !== undefined && 'returns' in method ? method.returns : null;
  const targeting: Targeting = {
    base,
    method: methodOf(method),
    over: method !== undefined && 'over' in method ? method.over : 'assets',
    caps: {
      bounds: Object.fromEntries(
        Object.entries(caps?.assets ?? {}).map(([name, each]) => [name, boundsOf(each)]),
      ),
      ...(caps?.others && { others: boundsOf(caps.others) }),
      ...(caps?.minPosition && { positionMinPpm: ppmOf(caps.minPosition) }),
      excess: caps?.excess ?? 'cash',
    },
    returnsAgeMaxMs: returns === null ? AGE_UNUSED_MS : returns.maxAgeSeconds * 1_000,
    unassigned,
    symbols,
  };
  const problems = targetingProblems(written, names, sources);
  return {
    targeting,
    names,
    problems:
      problems.length > 0
        ? problems
        : [...claimProblems(targeting, symbols), ...untradableProblems(targeting, sources, written.tokens)],
  };
}

function baseOf(
  written: WrittenConfiguration,
  { groups, path, readFile }: Sources,
  traded: ReadonlySet<string>,
): TargetBase | { readonly problems: readonly ConfigurationProblem[] } {
  const { strategies, cash, targets, strategyRegistry, caps } = written;
  const rule = written.normalize ? 'normalize' : 'exact';
  if (strategies === undefined) {
    const parsed = parseTargets(targets, (name) => name, rule);
    // Plain weights that are wrong are told where they stand, by the claims of the configuration.
    return parsed.state === 'refused' ? { problems: [] } : { kind: 'weights', weights: parsed.targets };
  }
  const read = readAllocations(
    {
      strategies: strategies.map((each) => ({ ...each, mix: each.mix ?? {} })),
      ...(cash !== undefined && { cash }),
    },
    (name) => name,
    rule,
  );
  if (read.state === 'refused') return { problems: [read.problem] };
  const ids = strategies.map(({ id }) => id);
  const registry =
    strategyRegistry === undefined
      ? { registered: new Map<string, readonly string[]>(), problems: [] }
      : readRegistry(strategyRegistry, {
          path,
          readFile,
          ids,
          traded,
          groupOf: (name) => groupOf(groups, name),
        });
  if (registry.problems.length > 0) return { problems: registry.problems };
  return {
    kind: 'strategies',
    strategies: read.allocations.strategies.map(({ id, weightPpm, mixPpm }, index) => ({
      id,
      weightPpm,
      mixPpm: strategies[index]?.mix === undefined ? null : mixPpm,
      registered: registry.registered.get(id) ?? [],
      venues: strategies[index]?.venues ?? null,
    })),
    cashPpm: read.allocations.cashPpm,
    caps: {
      bounds: Object.fromEntries(
        strategies
          .filter(({ minWeight, maxWeight }) => minWeight !== undefined || maxWeight !== undefined)
          .map((each) => [each.id, boundsOf(each)]),
      ),
      excess: caps?.excess ?? 'cash',
    },
  };
}

function methodOf(written: WrittenConfiguration['method']): TargetMethod {
  switch (written?.kind) {
    case undefined:
      return { kind: 'threshold' };
    case 'threshold':
    case 'calendar':
    case 'risk_parity':
      return { kind: written.kind };
    case 'adaptive': {
      const { tilt, tiltShareMax, priorObservations, minImprovement } = written;
      return {
        kind: 'adaptive',
        rules: written.legacyCompat
          ? 'legacyCompat'
          : { tilt, tiltShareMax, priorObservations, minImprovement },
      };
    }
    case 'signals': {
      const { sources, reach, minCash, aggregation } = written;
      return {
        kind: 'signals',
        rules: {
          sources,
          reach,
          cashMinPpm: minCash === undefined ? 0 : ppmOf(minCash),
          ...(aggregation && { aggregation: aggregationOf(aggregation) }),
        },
      };
    }
  }
}

const ppmOf = (weight: Amount): number => Number(toAtoms(weight, 6));

const boundsOf = ({ minWeight, maxWeight }: WrittenBounds): WeightBounds => ({
  ...(minWeight !== undefined && { lowerPpm: ppmOf(minWeight) }),
  ...(maxWeight !== undefined && { upperPpm: ppmOf(maxWeight) }),
});

/** Everything that can get a weight: what mixes name, and what a strategy without one might trade. */
function weighedNames(base: TargetBase, symbols: Targeting['symbols']): ReadonlySet<string> {
  if (base.kind === 'weights') return new Set([CASH, ...Object.keys(base.weights)]);
  const isInferred = base.strategies.some(({ mixPpm }) => mixPpm === null);
  return new Set([
    CASH,
    ...base.strategies.flatMap(({ mixPpm }) => Object.keys(mixPpm ?? {})),
    ...(isInferred ? Object.values(symbols) : []),
  ]);
}

/** What the weights as configured come to, whatever the data says later. */
function claimProblems(targeting: Targeting, symbols: Targeting['symbols']): readonly ConfigurationProblem[] {
  const configured = resolveTargets(
    { ...targeting, method: { kind: 'threshold' } },
    {
      nowMs: 0,
      returns: { state: 'unread', source: '', reason: 'it is not asked for' },
      signals: [],
      inForce: null,
      tokens: [],
      isLive: false,
    },
  );
  if (configured.state === 'refused') {
    const { path, expected, found } = configured.problem;
    return [{ path: path.replace(/^bounds/, 'caps'), expected, found }];
  }
  const { base } = targeting;
  const asked = base.kind === 'weights' ? base.weights : configured.record.targets;
  return marketlessGroups(asked, symbols, base.kind === 'weights' ? 'targets' : 'strategies');
}

/** A strategy that may only trade where there is no market of what it wants. */
function untradableProblems(
  { base, symbols }: Targeting,
  { venues, groups }: Sources,
  tokens: WrittenConfiguration['tokens'],
): readonly ConfigurationProblem[] {
  if (base.kind === 'weights' || Object.keys(symbols).length === 0) return [];
  return base.strategies.flatMap(({ mixPpm, venues: allowed }, index) => {
    if (allowed === null) return [];
    const there = venues.filter(({ id }) => allowed.includes(id));
    const traded = new Set(Object.values(tradedGroups(there, groups, tokens)));
    return Object.entries(mixPpm ?? {})
      .filter(([group, ppm]) => group !== CASH && ppm > 0 && !traded.has(group))
      .map(([group]) => ({
        path: pathText(['strategies', index, 'mix', group]),
        expected: `an asset that ${allowed.join(' or ')} has a market of`,
        found: `"${group}"`,
      }));
  });
}

function marketless(
  targets: Readonly<Record<string, string>>,
  symbols: Targeting['symbols'],
): readonly ConfigurationProblem[] {
  const weights = Object.entries(targets).map(([name, weight]) => [name, ppmOf(amount(weight))] as const);
  return marketlessGroups(Object.fromEntries(weights), symbols, 'targets');
}

/** Only where something is traded at all: a portfolio that is only looked at has no markets. */
function marketlessGroups(
  targets: Readonly<Record<string, number>>,
  symbols: Targeting['symbols'],
  at: 'targets' | 'strategies',
): readonly ConfigurationProblem[] {
  const markets = Object.values(symbols);
  const problem = markets.length === 0 ? null : findMarketlessTarget(targets, { groups: {}, markets });
  if (problem === null) return [];
  return [
    { ...problem, path: at === 'targets' ? problem.path : problem.path.replace(/^targets/, 'strategies') },
  ];
}
