import { CASH, type TargetWeights } from '../domain/rebalancing/targets.ts';
import type { Aggregate, CountedSignal, IgnoredSignal, WeightFactors } from '../domain/signals/aggregate.ts';
import type { AggregationMethod } from '../domain/signals/aggregation-rules.ts';
import type { Damping } from '../domain/signals/find-dampings.ts';
import type { Signal } from '../domain/signals/signal.ts';
import { byId } from '../domain/targets/apportion.ts';
import { weightOf } from '../domain/targets/move-with-cash.ts';

/** What `trueup signals` prints. Weights are whole parts per million. */
export interface SignalsDocument {
  readonly asOf: string;
  readonly method: AggregationMethod;
  /** By name. */
  readonly assets: readonly AssetDocument[];
  /** Sums to 1 000 000 with CASH. */
  readonly targets: TargetWeights;
  /** In words: assets without a view, sources that are damped, and those that were expected and did not count. */
  readonly notes: readonly string[];
  /** Sources of the settings that have given no signal. */
  readonly unheard: readonly string[];
}

export interface AssetDocument {
  readonly asset: string;
  /** Null, as strength and confidence are, where there is no view: `noView` says why. */
  readonly direction: Signal['direction'] | null;
  readonly strength: number | null;
  readonly confidence: number | null;
  readonly noView: { readonly code: string; readonly reason: string } | null;
  /** Null where no signal counts. */
  readonly conflict: number | null;
  readonly counted: readonly CountedDocument[];
  readonly ignored: readonly IgnoredDocument[];
  /** What caps and dampings leave to nobody. */
  readonly unassignedPpm: number;
  readonly targetPpm: number;
}

export interface CountedDocument extends SignalDocument {
  readonly weightPpm: number;
  readonly undampedPpm: number;
  readonly score: number;
  readonly factors: WeightFactors;
  readonly dampings: readonly Damping[];
}

export interface IgnoredDocument {
  readonly source: string;
  readonly code: IgnoredSignal['code'];
  readonly reason: string;
  readonly weightPpm: 0;
  /** Null where there is none. */
  readonly signal: SignalDocument | null;
}

interface SignalDocument {
  readonly source: string;
  readonly direction: Signal['direction'];
  readonly strength: number;
  readonly confidence: number;
  readonly at: string;
  readonly expiresAt: string;
}

/** Aggregates and targets as programs and people read them. */
export function signalsDocument(of: {
  readonly asOfMs: number;
  readonly method: AggregationMethod;
  readonly aggregates: readonly Aggregate[];
  readonly targets: TargetWeights;
  readonly notes: readonly string[];
  readonly unheard: readonly string[];
}): SignalsDocument {
  const { asOfMs, method, aggregates, targets, notes, unheard } = of;
  const groups = Object.keys(targets).sort((a, b) => Number(a === CASH) - Number(b === CASH) || byId(a, b));
  return {
    asOf: isoTime(asOfMs),
    method,
    assets: aggregates.map((each) => assetDocument(each, targets)),
    targets: Object.fromEntries(groups.map((group) => [group, targets[group] ?? 0])),
    notes,
    unheard,
  };
}

/** One asset with its view, its signals and its target. */
export function assetDocument(aggregate: Aggregate, targets: TargetWeights): AssetDocument {
  const { asset, view, conflict, counted, ignored, unassignedPpm } = aggregate;
  const said =
    view.state === 'view'
      ? { direction: view.direction, strength: view.strength, confidence: view.confidence, noView: null }
      : {
          direction: null,
          strength: null,
          confidence: null,
          noView: { code: view.code, reason: view.reason },
        };
  return {
    asset,
    ...said,
    conflict,
    counted: counted.map(countedDocument),
    ignored: ignored.map(ignoredDocument),
    unassignedPpm,
    targetPpm: weightOf(targets, asset),
  };
}

const countedDocument = ({ signal, ...rest }: CountedSignal): CountedDocument => ({
  ...signalDocument(signal),
  ...rest,
});

const ignoredDocument = ({ source, code, reason, signal }: IgnoredSignal): IgnoredDocument => ({
  source,
  code,
  reason,
  weightPpm: 0,
  signal: signal === null ? null : signalDocument(signal),
});

const signalDocument = ({
  source,
  direction,
  strength,
  confidence,
  atMs,
  expiresAtMs,
}: Signal): SignalDocument => ({
  source,
  direction,
  strength,
  confidence,
  at: isoTime(atMs),
  expiresAt: isoTime(expiresAtMs),
});

const isoTime = (atMs: number): string => new Date(atMs).toISOString();
