// Weights tilted by the view that the sources of an asset have together.
//
// Invariants, each held by a property test of the same name:
// 1. An asset of which there is no view has its configured weight within its limits, and the reason is told.

import type { TargetWeights } from '../rebalancing/targets.ts';
import type { Aggregate } from '../signals/aggregate.ts';
import { aggregateSignals } from '../signals/aggregate-signals.ts';
import type { AggregationRules } from '../signals/aggregation-rules.ts';
import { SIGN, type Signal } from '../signals/signal.ts';
import type { SignalRules } from './derive-signals.ts';
import { type MethodOutcome, refusedMethod } from './method-outcome.ts';
import { moveWithCash, weightOf } from './move-with-cash.ts';

/**
 * Each configured weight times 1 + reach·conviction, where conviction is ±strength·confidence of the view, against cash
 * above its floor and within the limits of the aggregation. Every source that is damped or does not count is named.
 */
export function deriveAggregated(
  base: TargetWeights,
  signals: readonly Signal[],
  on: { readonly rules: SignalRules; readonly aggregation: AggregationRules; readonly nowMs: number },
): MethodOutcome {
  const { rules, aggregation, nowMs } = on;
  const aggregated = aggregateSignals(signals, aggregation, { asOfMs: nowMs, expected: rules.sources });
  if (aggregated.state === 'refused') return refusedMethod(aggregated.problem);
  const { aggregates } = aggregated;
  const changes = aggregates.map(
    ({ asset, view }) =>
      [asset, Math.round(weightOf(base, asset) * rules.reach * convictionOf(view))] as const,
  );
  const limits = { cashMinPpm: rules.cashMinPpm, bounds: aggregation.limits };
  const targets = moveWithCash(base, changes, limits);
  return { state: 'derived', targets, notes: aggregates.flatMap(notesOf), aggregates };
}

/** From -1 for a short one to 1 for a long one; 0 where there is none. */
const convictionOf = (view: Aggregate['view']): number =>
  view.state === 'none' ? 0 : SIGN[view.direction] * view.strength * view.confidence;

/** What a person should know: what is no view, what is damped, and what does not count though it was expected. */
function notesOf({ asset, view, counted, ignored }: Aggregate): readonly string[] {
  return [
    ...(view.state === 'none' ? [`${asset}: no view, ${view.reason}; its weight is as configured`] : []),
    ...counted.flatMap(({ signal, dampings }) =>
      dampings.map(
        ({ kind, factor, reason }) =>
          `${signal.source} on ${asset}: ${kind}, damped to ${Math.round(factor * 100)} %: ${reason}`,
      ),
    ),
    ...ignored
      .filter(({ code }) => code !== 'replaced' && code !== 'future')
      .map(({ source, reason }) => `${source} on ${asset}: not counted, ${reason}`),
  ];
}
