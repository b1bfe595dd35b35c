import type { RebalanceOrigin } from '../../src/domain/rebalancing/history/rebalance.ts';
import type { RestrictedScope } from '../../src/domain/rebalancing/triggers/trigger-decision.ts';
import type { ReportStatus } from '../../src/domain/reconciliation/report-status.ts';
import type { VenueId } from '../../src/domain/venue/venue.ts';

/** Bring the portfolio to its targets, or only say what that would take. */
export interface RebalancingRequested {
  readonly type: 'rebalancing.requested';
  readonly requestId: string;
  /**
   * `planOnly` stops after the plan; `approved` needs nobody; `ask` waits for a person's decision on the plan; `policy`
   * needs nobody within the limits of the policy, and beyond them waits as well.
   */
  readonly approval: 'planOnly' | 'approved' | 'ask' | 'policy';
  /** Why, for the history. */
  readonly reason: string;
  /** Which orders may be made; all where it is absent. */
  readonly scope?: RestrictedScope;
  /** What asks; the bot where it is absent. */
  readonly origin?: RebalanceOrigin;
}

/** A person's word on a plan that waits for it. */
export interface PlanDecided {
  readonly type: 'rebalancing.planDecided';
  readonly planHash: string;
  readonly decision: 'approve' | 'reject';
  readonly by: string;
}

/** The kill switch: nothing more of the rebalance under way is sent, and what is live is followed to its end. */
export interface AbortRequested {
  readonly type: 'rebalancing.abortRequested';
  readonly by: string;
  readonly reason: string;
}

/** Nothing more is begun or sent until somebody says so; what is live is followed. Outlives a restart. */
export interface PauseRequested {
  readonly type: 'rebalancing.pauseRequested';
  readonly by: string;
  readonly reason: string;
}

/** Goes on where it was paused, or takes up again what was left to a person. */
export interface ResumeRequested {
  readonly type: 'rebalancing.resumeRequested';
  readonly by: string;
  readonly reason: string;
}

/** A venue's round is over and in the book. */
export interface VenueReported {
  readonly type: 'rebalancing.venueReported';
  readonly venue: VenueId;
  readonly status: ReportStatus;
  readonly atMs: number;
  /** The requests that this round began after. */
  readonly answers: readonly string[];
}

/** Everything that the rebalancing actor understands. */
export type RebalancingMessage =
  | RebalancingRequested
  | PlanDecided
  | AbortRequested
  | PauseRequested
  | ResumeRequested
  | VenueReported;
