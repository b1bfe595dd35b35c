// Weights tilted by what sources say of assets.
//
// Invariants, each held by a property test of the same name:
// 1. An asset of which no source says anything in force has its configured weight, to the millionth, and the source is named.
// 2. What a signal adds comes out of cash above its floor, so that nothing else is sold for it; what it takes goes to cash.

import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { type AssetGroup, CASH, findTargetProblem, type TargetWeights } from '../rebalancing/targets.ts';
import type { AggregationRules } from '../signals/aggregation-rules.ts';
import { findSignalProblem, SIGN, type Signal, sourceKey } from '../signals/signal.ts';
import { deriveAggregated } from './derive-aggregated.ts';
import { derived, findFractionProblem, type MethodOutcome, refusedMethod } from './method-outcome.ts';
import { moveWithCash } from './move-with-cash.ts';

export interface SignalRules {
  /** Who is expected to say something of which asset. Several sources of one asset count equally. */
  readonly sources: readonly { readonly source: string; readonly asset: AssetGroup }[];
  /** How far full conviction moves a weight, as a share of it: at 1 a short one sells all and a long one doubles. */
  readonly reach: number;
  /** Cash that signals leave alone. */
  readonly cashMinPpm: number;
  /** How the sources of one asset become one view; the mean of what they say in force without it. */
  readonly aggregation?: AggregationRules;
}

/**
 * Each configured weight times 1 + reach·conviction, where conviction is the mean over the asset's sources of
 * ±strength·confidence. A source that is silent, expired or speaks from the future counts as no conviction and is named
 * in a note. Where cash is too little for what is added, all additions shrink in proportion. Never goes short.
 * Refuses signals nobody is expected to give, two of one source on one asset, and numbers outside their range. With an
 * aggregation it is `deriveAggregated` instead, whose signals may be several of each source: its history.
 */
export function deriveSignals(
  base: TargetWeights,
  signals: readonly Signal[],
  { rules, nowMs }: { readonly rules: SignalRules; readonly nowMs: number },
): MethodOutcome {
  const wrong = findTargetProblem(base) ?? findRulesProblem(base, rules);
  if (wrong !== null) return refusedMethod(wrong);
  const { aggregation } = rules;
  if (aggregation !== undefined) return deriveAggregated(base, signals, { rules, aggregation, nowMs });
  const problem = findSignalsProblem(signals, rules);
  if (problem !== null) return refusedMethod(problem);
  const notes: string[] = [];
  const convictions = new Map<AssetGroup, number[]>();
  for (const { source, asset } of rules.sources) {
    const signal = signals.find((one) => one.source === source && one.asset === asset);
    const silence = whySilent(signal, nowMs);
    if (silence !== null)
      notes.push(`${source} on ${asset}: ${silence}; its part of the weight is as configured`);
    const conviction = signal === undefined || silence !== null ? 0 : convictionOf(signal);
    convictions.set(asset, [...(convictions.get(asset) ?? []), conviction]);
  }
  const changes = [...convictions].map(([asset, values]) => {
    const conviction = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [asset, Math.round((base[asset] ?? 0) * rules.reach * conviction)] as const;
  });
  return derived(moveWithCash(base, changes, { cashMinPpm: rules.cashMinPpm, bounds: {} }), notes);
}

const convictionOf = ({ direction, strength, confidence }: Signal): number =>
  SIGN[direction] * strength * confidence;

function whySilent(signal: Signal | undefined, nowMs: number): string | null {
  if (signal === undefined) return 'silent';
  if (signal.atMs > nowMs) return `its signal is of ${signal.atMs - nowMs} ms from now`;
  return signal.expiresAtMs <= nowMs ? `expired ${nowMs - signal.expiresAtMs} ms ago` : null;
}

function findRulesProblem(
  base: TargetWeights,
  { sources, reach, cashMinPpm }: SignalRules,
): InputProblem | null {
  for (const [index, { source, asset }] of sources.entries()) {
    const path = `method.sources[${index}]`;
    if (asset === CASH || !((base[asset] ?? 0) > 0))
      return inputProblem(`${path}.asset`, 'an asset with a target above zero, but not CASH', asset);
    const first = sources.findIndex((one) => one.source === source && one.asset === asset);
    if (first !== index) return inputProblem(path, 'a source that is named once for an asset', source);
  }
  if (!(Number.isSafeInteger(cashMinPpm) && cashMinPpm >= 0 && cashMinPpm <= 1_000_000))
    return inputProblem('method.cashMinPpm', 'whole millionths from 0 to 1000000', cashMinPpm);
  return findFractionProblem('method.reach', reach);
}

function findSignalsProblem(signals: readonly Signal[], { sources }: SignalRules): InputProblem | null {
  const seen = new Set<string>();
  for (const [index, signal] of signals.entries()) {
    const path = `signals[${index}]`;
    const { source, asset } = signal;
    if (!sources.some((one) => one.source === source && one.asset === asset))
      return inputProblem(
        path,
        'a source that is expected to say something of the asset',
        `${source} on ${asset}`,
      );
    const key = sourceKey(signal);
    if (seen.has(key))
      return inputProblem(path, 'one signal of a source on an asset', `${source} on ${asset}`);
    seen.add(key);
    const problem = findSignalProblem(path, signal);
    if (problem !== null) return problem;
  }
  return null;
}
