import type { SignalRules } from '../targets/derive-signals.ts';
import { type SignalOutcome, settleSignal } from './settle-signal.ts';
import { type Signal, sourceKey } from './signal.ts';

export interface SettledSignals {
  /** In the order of the signals. */
  readonly outcomes: readonly SignalOutcome[];
  /** In the order in which they take each other's place. */
  readonly kept: readonly Signal[];
}

/**
 * What becomes of several signals that are reported together, after `known`, the newest of each source on each asset.
 * Where signals are aggregated they are taken by their time, so that a file may tell a history in any order; else in the
 * order in which they stand.
 */
export function settleSignals(
  signals: readonly Signal[],
  on: { readonly rules: SignalRules | null; readonly known: readonly Signal[]; readonly nowMs: number },
): SettledSignals {
  const { rules, nowMs } = on;
  const known = new Map(on.known.map((each) => [sourceKey(each), each]));
  const places = signals.map((signal, place) => ({ signal, place }));
  const taken =
    rules?.aggregation === undefined
      ? places
      : places.toSorted((a, b) => a.signal.atMs - b.signal.atMs || a.place - b.place);
  const kept: Signal[] = [];
  const outcomes = new Map<number, SignalOutcome>();
  for (const { signal, place } of taken) {
    const outcome = settleSignal(signal, { rules, before: known.get(sourceKey(signal)) ?? null, nowMs });
    outcomes.set(place, outcome);
    if (outcome.status !== 'kept') continue;
    known.set(sourceKey(signal), signal);
    kept.push(signal);
  }
  return { outcomes: places.flatMap(({ place }) => outcomes.get(place) ?? []), kept };
}
