import type { AssetGroup } from '../rebalancing/targets.ts';
import type { Damping } from './find-dampings.ts';
import type { Signal } from './signal.ts';

/** What the sources of one asset say of it together, which of their signals counted with which weight, and which did not. */
export interface Aggregate {
  readonly asset: AssetGroup;
  readonly view: View;
  /**
   * From 0, where all agree, to 1, where both directions weigh the same: 2·min/(long + short) of what is said either
   * way. Null where nothing counts.
   */
  readonly conflict: number | null;
  /** By source. */
  readonly counted: readonly CountedSignal[];
  /** By source; those that a newer one of the same source replaced are one entry. */
  readonly ignored: readonly IgnoredSignal[];
  /** What damping and caps leave to nobody: it says nothing, and weakens the view. 1 000 000 less all weights. */
  readonly unassignedPpm: number;
}

export type View =
  | {
      readonly state: 'view';
      readonly direction: Signal['direction'];
      /** From 0 to 1. */
      readonly strength: number;
      /** From 0 to 1; falls with the age of what it rests on. */
      readonly confidence: number;
    }
  /** No view is not a neutral one. */
  | {
      readonly state: 'none';
      readonly code: 'noSignals' | 'fewSources' | 'conflict' | 'noMajority';
      readonly reason: string;
    };

export interface CountedSignal {
  readonly signal: Signal;
  /** Its part of the view, in millionths. */
  readonly weightPpm: number;
  /** What it would be without damping. */
  readonly undampedPpm: number;
  /** What it says by the method, from -1 for short to 1 for long: a view is the sum of weight times score, but for `majority`. */
  readonly score: number;
  /** What its weight comes from, besides its cap: their product is compared with that of the others. */
  readonly factors: WeightFactors;
  readonly dampings: readonly Damping[];
}

export interface WeightFactors {
  /** As configured; 1 where nothing is. */
  readonly source: number;
  /** 2^(−age/half-life). */
  readonly decay: number;
  readonly trackRecord: number;
  /** That of the signal where the method weighs by it; else 1. */
  readonly confidence: number;
}

export interface IgnoredSignal {
  readonly source: string;
  /** The one that is ignored, or the newest of several; null where there is none. */
  readonly signal: Signal | null;
  /**
   * `silent`: expected, and nothing was said. `future`: its time has not come. `replaced`: a newer one counts.
   * `unranked`: of a source with a single asset, which has no rank. `weightless`: its weight is zero.
   */
  readonly code: 'silent' | 'expired' | 'future' | 'replaced' | 'unranked' | 'weightless';
  readonly reason: string;
}
