// From what is configured and known to the targets of a plan, with how they came about.
//
// Invariants, each held by a property test of the same name:
// 1. Targets sum to exactly 1 000 000, and what is allotted to strategies and to none sums to each of them.
// 2. What is needed and not known, too old or not confirmed is refused, and never stands as equal weights.
// 3. Equal facts give equal targets.

import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { type AssetGroup, CASH, type TargetWeights } from '../rebalancing/targets.ts';
import type { Aggregate } from '../signals/aggregate.ts';
import type { Signal } from '../signals/signal.ts';
import { byId } from '../targets/apportion.ts';
import { type DerivedTargets, deriveTargets, type TargetMethod } from '../targets/derive-targets.ts';
import type { BoundGroup, ProjectionRules } from '../targets/project-weights.ts';
import { findUnusable, type ReadReturns } from '../targets/usable-returns.ts';
import type { VenueId } from '../venue/venue.ts';
import { type Allotment, allotTargets } from './allot-targets.ts';
import { combineStrategies } from './combine-strategies.ts';
import { needsConfirmation, type TokenMapping } from './infer-tokens.ts';
import { equalParts, isUnknown, tokensOf } from './mapped-tokens.ts';
import type { StrategyAllocation, StrategyId } from './strategy-allocation.ts';
import { needsReturns, type TargetBase, type Targeting } from './targeting.ts';

/** What targets are resolved from besides the configuration. */
export interface TargetFacts {
  readonly nowMs: number;
  readonly returns: ReadReturns;
  readonly signals: readonly Signal[];
  /** What the method said last time, for a plan that was kept; null before there is one. */
  readonly inForce: TargetWeights | null;
  readonly tokens: readonly TokenMapping[];
  /** What nobody has confirmed is not traded live; elsewhere it is said. */
  readonly isLive: boolean;
}

/** How targets came about, for the audit log and for people. */
export interface TargetRecord {
  readonly method: TargetMethod['kind'];
  readonly over: Targeting['over'];
  readonly sources: readonly string[];
  /** Of the least certain of what a strategy trades, from 0 to 1; 1 where everything is written. */
  readonly confidence: number;
  readonly targets: TargetWeights;
  /** What the method said, of assets or of strategies, before the caps. */
  readonly uncapped: TargetWeights;
  readonly allotments: readonly Allotment[];
  readonly bound: readonly (BoundGroup & { readonly of: 'assets' | 'strategies' })[];
  /** Where the strategies that want a group let it be traded, for the groups that are not traded everywhere. */
  readonly venues: Readonly<Record<AssetGroup, readonly VenueId[]>>;
  readonly notes: readonly string[];
  /** Which signals counted with which weight; only where the method aggregates them. */
  readonly aggregates?: readonly Aggregate[];
}

export type ResolvedTargets =
  | { readonly state: 'resolved'; readonly record: TargetRecord }
  | {
      readonly state: 'refused';
      readonly code:
        | 'WRONG_INPUT'
        | 'INFEASIBLE_TARGETS'
        | 'RETURNS_UNKNOWN'
        | 'RETURNS_TOO_OLD'
        | 'TOKENS_UNKNOWN'
        | 'TOKENS_UNCONFIRMED';
      readonly problem: InputProblem;
    };

type Refused = Extract<ResolvedTargets, { readonly state: 'refused' }>;

/** Targets by method, within caps, and what of them is whose. Pure; never throws for what is configured or read. */
export function resolveTargets(targeting: Targeting, facts: TargetFacts): ResolvedTargets {
  const { base, method, over, caps } = targeting;
  const refusal = whyRefused(targeting, facts);
  if (refusal !== null) return refusal;
  const mixes = mixesOf(base, facts.tokens);
  const strategic = strategyWeights(targeting, mixes, facts);
  if (strategic.state === 'refused') return strategic;
  const isOverStrategies = over === 'strategies';
  const assets = derive(
    strategic.combined,
    { method: isOverStrategies ? CONFIGURED : method, caps },
    { ...facts, inForce: isOverStrategies ? null : facts.inForce },
  );
  if (assets.state === 'refused') return assets;
  const { targets } = assets;
  return {
    state: 'resolved',
    record: {
      method: method.kind,
      over,
      sources: sourcesOf(targeting, facts),
      confidence: confidenceOf(base, facts.tokens),
      targets,
      uncapped: isOverStrategies ? strategic.uncapped : assets.uncapped,
      allotments: allotTargets(targets, strategic.allocations, strategic.cashPpm),
      bound: [
        ...strategic.bound.map((each) => ({ ...each, of: 'strategies' as const })),
        ...assets.bound.map((each) => ({ ...each, of: 'assets' as const })),
      ],
      venues: restrictedVenues(strategic.allocations, base),
      notes: [...notesOf(base, mixes, facts), ...strategic.notes, ...assets.notes],
      ...(assets.aggregates && { aggregates: assets.aggregates }),
    },
  };
}

const CONFIGURED: TargetMethod = { kind: 'threshold' };

const refused = (code: Refused['code'], problem: InputProblem): Refused => ({
  state: 'refused',
  code,
  problem,
});

function whyRefused({ base, method, returnsAgeMaxMs }: Targeting, facts: TargetFacts): Refused | null {
  const open = mappings(base, facts.tokens).find(needsConfirmation);
  if (facts.isLive && open !== undefined) {
    const { strategy, asset, evidence, confidence } = open;
    const expected = `a word from a person, "trueup targets confirm ${strategy} ${asset}", before it is traded live`;
    const found = `${asset} because ${evidence}, with a confidence of ${confidence}`;
    return refused('TOKENS_UNCONFIRMED', inputProblem(`strategies.${strategy}`, expected, found));
  }
  const idle =
    base.kind === 'weights' ? undefined : base.strategies.find((each) => isUnknown(each, facts.tokens));
  if (facts.isLive && idle !== undefined) {
    const expected = 'a mix, or a token map that names what it trades, before its weight is traded live';
    return refused('TOKENS_UNKNOWN', inputProblem(`strategies.${idle.id}`, expected, 'neither'));
  }
  if (!needsReturns(method)) return null;
  const unusable = findUnusable(facts.returns, {
    nowMs: facts.nowMs,
    ageMaxMs: returnsAgeMaxMs,
    expected: `daily returns for ${method.kind}`,
  });
  return unusable === null ? null : refused(unusable.code, unusable.problem);
}

const mappings = (base: TargetBase, tokens: readonly TokenMapping[]): readonly TokenMapping[] =>
  base.kind === 'weights' ? [] : base.strategies.flatMap((strategy) => tokensOf(strategy, tokens));

const confidenceOf = (base: TargetBase, tokens: readonly TokenMapping[]): number =>
  Math.min(1, ...mappings(base, tokens).map(({ confidence }) => confidence));

type Mixes = ReadonlyMap<StrategyId, StrategyAllocation['mixPpm']>;

function mixesOf(base: TargetBase, tokens: readonly TokenMapping[]): Mixes {
  if (base.kind === 'weights') return new Map();
  return new Map(
    base.strategies.map((strategy) => [
      strategy.id,
      strategy.mixPpm ?? equalParts(tokensOf(strategy, tokens)),
    ]),
  );
}

type StrategyWeights =
  | {
      readonly state: 'weighed';
      /** Of the assets, before their method and caps. */
      readonly combined: TargetWeights;
      readonly uncapped: TargetWeights;
      readonly allocations: readonly StrategyAllocation[];
      readonly cashPpm: number;
      readonly bound: readonly BoundGroup[];
      readonly notes: readonly string[];
    }
  | Refused;

function strategyWeights(
  { base, method, over }: Targeting,
  mixes: Mixes,
  facts: TargetFacts,
): StrategyWeights {
  if (base.kind === 'weights') {
    const { weights } = base;
    const nothing = { allocations: [], cashPpm: weights[CASH] ?? 0, bound: [], notes: [] };
    return { state: 'weighed', combined: weights, uncapped: weights, ...nothing };
  }
  const written = base.strategies.map(({ id, weightPpm }) => [id, weightPpm] as const);
  const isOver = over === 'strategies';
  const outcome = derive(
    { ...Object.fromEntries(written), [CASH]: base.cashPpm },
    { method: isOver ? method : CONFIGURED, caps: base.caps },
    isOver ? facts : { ...facts, inForce: null },
  );
  if (outcome.state === 'refused') return outcome;
  const { targets, uncapped, bound, notes } = outcome;
  const allocations = base.strategies.map(({ id }) => ({
    id,
    weightPpm: targets[id] ?? 0,
    mixPpm: mixes.get(id) ?? {},
  }));
  const cashPpm = targets[CASH] ?? 0;
  const combined = combineStrategies({ strategies: allocations, cashPpm });
  if (combined.state === 'refused') return refused('WRONG_INPUT', combined.problem);
  return { state: 'weighed', combined: combined.targets, uncapped, allocations, cashPpm, bound, notes };
}

function derive(
  base: TargetWeights,
  by: { readonly method: TargetMethod; readonly caps: ProjectionRules },
  { nowMs, returns, signals, inForce }: TargetFacts,
): DerivedTargets {
  const known = by.method.kind === 'signals' ? signals.filter(isExpectedBy(by.method)) : [];
  return deriveTargets(base, by, {
    nowMs,
    returns: returns.state === 'read' ? returns.returns : {},
    signals: known,
    current: inForce,
    drawdown: null,
    volatility: null,
  });
}

/** What was said before the sources were changed is kept, and not used. */
const isExpectedBy =
  ({ rules }: Extract<TargetMethod, { readonly kind: 'signals' }>) =>
  ({ source, asset }: Signal): boolean =>
    rules.sources.some((one) => one.source === source && one.asset === asset);

function restrictedVenues(
  allocations: readonly StrategyAllocation[],
  base: TargetBase,
): TargetRecord['venues'] {
  if (base.kind === 'weights') return {};
  const allowed = new Map<AssetGroup, readonly VenueId[] | null>();
  for (const { id, venues } of base.strategies) {
    const { mixPpm = {} } = allocations.find((each) => each.id === id) ?? {};
    for (const group of Object.keys(mixPpm)) {
      const before = allowed.get(group);
      const both =
        before === null || venues === null ? null : [...new Set([...(before ?? []), ...venues])].sort(byId);
      allowed.set(group, both);
    }
  }
  return Object.fromEntries(
    [...allowed].flatMap(([group, venues]) => (venues === null || group === CASH ? [] : [[group, venues]])),
  );
}

function sourcesOf({ base, method }: Targeting, { returns }: TargetFacts): readonly string[] {
  const written =
    base.kind === 'weights' ? 'weights of the configuration' : 'strategies of the configuration';
  if (method.kind === 'signals') {
    const names = [...new Set(method.rules.sources.map(({ source }) => source))].sort(byId);
    return [written, ...names.map((name) => `signals of ${name}`)];
  }
  if (!needsReturns(method) || returns.state === 'unread') return [written];
  const lastDay = new Date(returns.endsAtMs - 1).toISOString().slice(0, 10);
  return [written, `${returns.source}, ${returns.observations} days to ${lastDay}`];
}

function notesOf(base: TargetBase, mixes: Mixes, { tokens }: TargetFacts): readonly string[] {
  if (base.kind === 'weights') return [];
  return base.strategies.flatMap((strategy): readonly string[] => {
    const { id, mixPpm } = strategy;
    if (mixPpm !== null) return [];
    const named = Object.keys(mixes.get(id) ?? {});
    if (named.length === 0) return [`${id}: nothing is known of what it trades; its weight is cash`];
    const open = tokensOf(strategy, tokens).filter(needsConfirmation);
    return [
      `${id}: no mix is configured; equal parts of ${named.join(', ')}`,
      ...open.map(
        ({ asset, evidence }) => `${id}: ${asset} because ${evidence}; not live until it is confirmed`,
      ),
    ];
  });
}
