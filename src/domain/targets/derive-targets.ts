import type { InputProblem } from '../rebalancing/input-problem.ts';
import { findTargetProblem, type TargetWeights } from '../rebalancing/targets.ts';
import type { Aggregate } from '../signals/aggregate.ts';
import type { Signal } from '../signals/signal.ts';
import { type DrawdownDeployRules, deployByDrawdown } from './cash-by-drawdown.ts';
import { reduceByVolatility, type VolatilityRegimeRules } from './cash-by-volatility.ts';
import { type AdaptiveRules, deriveAdaptive } from './derive-adaptive.ts';
import { deriveLegacyAdaptive } from './derive-legacy-adaptive.ts';
import { deriveRiskParity } from './derive-risk-parity.ts';
import { deriveSignals, type SignalRules } from './derive-signals.ts';
import { derived, type MethodOutcome } from './method-outcome.ts';
import { type BoundGroup, type ProjectionRules, projectWeights } from './project-weights.ts';
import type { ReturnSeries } from './return-series.ts';

/** How configured weights become targets. The first four names are those of the earlier design. */
export type TargetMethod =
  /** The configured weights; the two differ in when they are traded to, which is not decided here. */
  | { readonly kind: 'threshold' }
  | { readonly kind: 'calendar' }
  | { readonly kind: 'adaptive'; readonly rules: AdaptiveRules | 'legacyCompat' }
  | { readonly kind: 'risk_parity' }
  | { readonly kind: 'signals'; readonly rules: SignalRules }
  | { readonly kind: 'drawdown_deploy'; readonly rules: DrawdownDeployRules }
  | { readonly kind: 'volatility_regime'; readonly rules: VolatilityRegimeRules };

/** What methods look at besides the configured weights. Each looks only at its own. */
export interface MethodFacts {
  readonly nowMs: number;
  readonly returns: ReturnSeries;
  /** The newest of each source on each asset; with an aggregation, those before them as well. */
  readonly signals: readonly Signal[];
  /** What is in force, before its caps; null before there is anything. */
  readonly current: TargetWeights | null;
  /** Null where it is not known. */
  readonly drawdown: number | null;
  /** Of the portfolio, a year; null where it is not known. */
  readonly volatility: number | null;
}

export type DerivedTargets =
  | {
      readonly state: 'derived';
      readonly targets: TargetWeights;
      /** What the method said, before the caps: the next derivation's `current`. */
      readonly uncapped: TargetWeights;
      readonly notes: readonly string[];
      readonly bound: readonly BoundGroup[];
      /** Which signals counted with which weight; only of signals that are aggregated. */
      readonly aggregates?: readonly Aggregate[];
    }
  | {
      readonly state: 'refused';
      readonly code: 'WRONG_INPUT' | 'INFEASIBLE_TARGETS';
      readonly problem: InputProblem;
    };

/** The targets of a method, then within their caps. Pure: equal facts give equal targets. Never throws. */
export function deriveTargets(
  base: TargetWeights,
  { method, caps }: { readonly method: TargetMethod; readonly caps: ProjectionRules },
  facts: MethodFacts,
): DerivedTargets {
  const problem = findTargetProblem(base);
  if (problem !== null) return { state: 'refused', code: 'WRONG_INPUT', problem };
  const outcome = byMethod(base, method, facts);
  if (outcome.state === 'refused') return { state: 'refused', code: 'WRONG_INPUT', problem: outcome.problem };
  const projection = projectWeights(outcome.targets, caps);
  if (projection.state === 'refused') return projection;
  const { targets, bound } = projection;
  const { targets: uncapped, notes, aggregates } = outcome;
  return { state: 'derived', targets, uncapped, notes, bound, ...(aggregates && { aggregates }) };
}

function byMethod(base: TargetWeights, method: TargetMethod, facts: MethodFacts): MethodOutcome {
  switch (method.kind) {
    case 'threshold':
    case 'calendar':
      return derived(base);
    case 'adaptive':
      return method.rules === 'legacyCompat'
        ? deriveLegacyAdaptive(base, facts.returns)
        : deriveAdaptive({ base, current: facts.current ?? base }, facts.returns, method.rules);
    case 'risk_parity':
      return deriveRiskParity(base, facts.returns);
    case 'signals':
      return deriveSignals(base, facts.signals, { rules: method.rules, nowMs: facts.nowMs });
    case 'drawdown_deploy':
      return deployByDrawdown(base, facts.drawdown, method.rules);
    case 'volatility_regime':
      return reduceByVolatility(base, facts.volatility, method.rules);
  }
}
