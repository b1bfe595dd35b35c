import type { Amount } from '../../money/amount.ts';
import type { AssetGroup, TargetWeights } from '../targets.ts';
import type { Covariance } from './drift.ts';
import type { Fact } from './fact.ts';
import type { TriggerKind } from './trigger.ts';

/** Which orders may answer a trigger: all; those that a flow of cash asks for (`flowFirst`); those that reduce. */
export type PlanScope = { readonly kind: 'full' } | RestrictedScope;

export type RestrictedScope =
  /** Buys from cash that came in and no sell, or sells for cash that is short and no buy: no round trip. */
  | { readonly kind: 'flowFirst'; readonly side: 'buysOnly' | 'sellsOnly' }
  /** Orders that shrink what is held, long or short. */
  | { readonly kind: 'reduceOnly' };

/** A limit that the portfolio is beyond, as whoever watches limits says. */
export interface LimitBreach {
  readonly limit: string;
  readonly value: Amount;
  readonly bound: Amount;
  readonly group: AssetGroup | null;
}

/** What triggers are judged by. Times are epoch milliseconds, values in the reporting currency. */
export interface TriggerFacts {
  readonly nowMs: number;
  readonly navUsd: Fact<Amount>;
  /** Share of the portfolio by group, unknown where one that is held has no price. */
  readonly weights: Fact<Readonly<Record<AssetGroup, Amount>>>;
  readonly targets: TargetWeights;
  /** A holding of less is not there. */
  readonly dustUsd: Amount;
  readonly covariance: Fact<Covariance>;
  /** Money that came from outside since the last plan; negative where it went. */
  readonly flowUsd: Fact<Amount>;
  readonly breaches: Fact<readonly LimitBreach[]>;
  /** Who asked, or null. */
  readonly askedBy: string | null;
  /** When what runs now was started, and the time up to which the calendar has been answered. */
  readonly startedAtMs: number;
  readonly calendarAnsweredAtMs: number;
}

/** What one trigger says. What could not be judged has not fired, and says so; it is not quiet. */
export type TriggerDecision = JudgedTrigger | UndecidableTrigger;

export interface JudgedTrigger {
  readonly state: 'judged';
  readonly kind: TriggerKind;
  readonly hasFired: boolean;
  /** In the unit of the threshold: a fraction of the portfolio, of a year's volatility, milliseconds, or money. */
  readonly metric: Amount;
  readonly threshold: Amount;
  readonly group: AssetGroup | null;
  readonly scope: PlanScope;
  readonly reason: string;
}

export interface UndecidableTrigger {
  readonly state: 'undecidable';
  readonly kind: TriggerKind;
  readonly reason: string;
}

export const FULL: PlanScope = { kind: 'full' };
export const REDUCE_ONLY: PlanScope = { kind: 'reduceOnly' };

export const undecidable = (kind: TriggerKind, reason: string): UndecidableTrigger => ({
  state: 'undecidable',
  kind,
  reason,
});
