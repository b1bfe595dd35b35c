import type { AssetGroup, TargetWeights } from '../rebalancing/targets.ts';
import type { TargetMethod } from '../targets/derive-targets.ts';
import type { ProjectionRules } from '../targets/project-weights.ts';
import type { VenueId } from '../venue/venue.ts';
import type { StrategyId } from './strategy-allocation.ts';
import type { UnassignedPolicy } from './unassigned-policy.ts';

/** A strategy as it is configured, in parts per million. */
export interface TargetedStrategy {
  readonly id: StrategyId;
  readonly weightPpm: number;
  /** Sums to 1 000 000 at most. Null where nothing is written: then it is equal parts of what the token map names. */
  readonly mixPpm: Readonly<Record<AssetGroup, number>> | null;
  /** What the registry of strategies lists as traded. */
  readonly registered: readonly AssetGroup[];
  /** Where its assets may be traded; null for everywhere. */
  readonly venues: readonly VenueId[] | null;
}

/** What targets start from: plain weights, or strategies with the cash that belongs to none. */
export type TargetBase =
  | { readonly kind: 'weights'; readonly weights: TargetWeights }
  | {
      readonly kind: 'strategies';
      readonly strategies: readonly TargetedStrategy[];
      readonly cashPpm: number;
      /** Bounds of the strategies' weights. */
      readonly caps: ProjectionRules;
    };

/** How configured weights become targets: plain data, as a journal carries it. */
export interface Targeting {
  readonly base: TargetBase;
  readonly method: TargetMethod;
  /** Whose weights the method derives. */
  readonly over: 'assets' | 'strategies';
  /** Bounds of the assets' weights, whatever the method. */
  readonly caps: ProjectionRules;
  /** Returns that end longer ago are not derived from. */
  readonly returnsAgeMaxMs: number;
  /** What becomes of holdings that no target names. */
  readonly unassigned: UnassignedPolicy;
  /** What a strategy's name is matched with: symbol in capitals → group. */
  readonly symbols: Readonly<Record<string, AssetGroup>>;
}

/** The methods that cannot be without returns. */
export const needsReturns = ({ kind }: TargetMethod): boolean =>
  kind === 'risk_parity' || kind === 'adaptive';
